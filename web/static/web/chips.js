// The bar of everything that narrows the view, each chip with a button that takes it away.

import { formatPesos } from "./amounts.js";
import { EXACT, titleOf } from "./declared.js";
import { buildChip, find, MISSING } from "./dom.js";
import { describePattern } from "./typing.js";
import { patternsOf } from "./view.js";

/** @import {Changes, View} from "./view.js" */

export class ChipBar {
  #changed;

  /**
   * @param {{changed: (changes: Changes) => void}} does  called with the members of the view that a removed chip leaves
   */
  constructor({ changed }) {
    this.#changed = changed;
  }

  /** What is typed into the search box needs none. @param {View} view */
  show(view) {
    const chips = [
      ...this.#buildTexts(view),
      ...this.#buildNames(view),
      ...this.#buildPatterns(view),
      ...this.#buildExceptions(view),
      ...this.#buildTimes(view),
      ...this.#buildOthers(view),
    ];
    find("#chips").replaceChildren(...chips);
    find("#chip-bar").hidden = !chips.length;
  }

  /** @param {View} view */
  #buildTexts({ keywords, numbers }) {
    return [
      ...keywords.map((text) => this.#build(text, { keywords: keywords.filter((kept) => kept !== text) }, "Text")),
      ...numbers.map((text) => this.#build(text, { numbers: numbers.filter((kept) => kept !== text) }, "Number")),
    ];
  }

  /** @param {View} view */
  #buildPatterns(view) {
    return EXACT.flatMap(({ filter }) =>
      /** @type {const} */ ([filter, `except_${filter}`]).flatMap((list) =>
        view[patternsOf(list)].map((contains) => {
          const words = `${list === filter ? "all" : "none"} with ${describePattern(contains)}`;
          const left = view[patternsOf(list)].filter((kept) => kept !== contains);
          const open = async () => (await import("./namelist.js")).showNames(filter, contains);
          return this.#build(words, { [patternsOf(list)]: left }, titleOf(filter), open);
        }),
      ),
    );
  }

  /** @param {View} view */
  #buildNames(view) {
    return EXACT.flatMap(({ filter }) =>
      view[filter].map((name) =>
        this.#build(name ?? MISSING, { [filter]: view[filter].filter((kept) => kept !== name) }, titleOf(filter)),
      ),
    );
  }

  /** One chip a list: those that charts lead to have dozens of names. @param {View} view */
  #buildExceptions(view) {
    return EXACT.flatMap(({ filter }) => {
      const list = /** @type {const} */ (`except_${filter}`);
      const [first, ...more] = view[list].map((name) => name ?? MISSING);
      if (first === undefined) return [];
      const words = more.length ? `none of ${more.length + 1} names` : `not ${first}`;
      return [this.#build(words, { [list]: [] }, titleOf(filter))];
    });
  }

  /** @param {View} view */
  #buildTimes(view) {
    const { years, quarters, from, to, undated } = view;
    const dates = from && to ? `${from} to ${to}` : from ? `From ${from}` : `Until ${to}`;
    return [
      ...years.map((year) => this.#build(year, { years: years.filter((kept) => kept !== year) })),
      ...quarters.map((text) =>
        this.#build(text.replace(/^(.*)-(Q\d)$/, "$2 $1"), { quarters: quarters.filter((kept) => kept !== text) }),
      ),
      ...(from || to ? [this.#build(dates, { from: null, to: null })] : []),
      ...(undated ? [this.#build("Without a date", { undated: false })] : []),
    ];
  }

  /** @param {View} view */
  #buildOthers({ min, max, repaired, flood }) {
    return [
      ...(repaired.length ? [this.#build(nameRepaired(repaired), { repaired: [] })] : []),
      ...(min !== null ? [this.#build(`At least ${formatPesos(min)}`, { min: null })] : []),
      ...(max !== null ? [this.#build(`At most ${formatPesos(max)}`, { max: null })] : []),
      ...(flood ? [this.#build("Flood control included", { flood: false })] : []),
    ];
  }

  /** @param {string} words @param {Changes} changes @param {string | null} kind @param {(() => void) | null} open */
  #build(words, changes, kind = null, open = null) {
    const remove = () => {
      find("#summary").focus(); // the chip goes away with its button
      this.#changed(changes);
    };
    return buildChip(words, { remove, kind, open });
  }
}

/** @param {string[]} columns */
const nameRepaired = (columns) =>
  columns.length > 3 ? `Repaired: any of ${columns.length} columns` : `Repaired: ${columns.join(" or ")}`;
