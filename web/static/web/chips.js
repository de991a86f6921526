// The bar of everything that narrows the view, each chip with a button that takes it away.

import { formatPesos } from "./amounts.js";
import { EXACT, titleOf } from "./declared.js";
import { buildChip, find, MISSING } from "./dom.js";
import { describePattern } from "./typing.js";
import { patternsOf } from "./view.js";

/** @import {Changes, View} from "./view.js" */

/** @typedef {{words: string, changes: Changes, kind?: string, open?: () => void}} Chip  a filter in use; `changes` take it away */

export class ChipBar {
  #root;
  #changed;

  /**
   * @param {{changed: (changes: Changes) => void}} does  called with the members of the view that a removed chip leaves
   * @param {HTMLElement} [root]
   */
  constructor({ changed }, root = find("#chip-bar")) {
    this.#root = root;
    this.#changed = changed;
  }

  /** What is typed into the search box needs none. @param {View} view */
  show(view) {
    const chips = listChips(view).map(({ words, changes, kind, open }) => {
      const remove = () => {
        find("#summary").focus(); // the chip goes away with its button
        this.#changed(changes);
      };
      return buildChip(words, { remove, kind, open });
    });
    find("ul", HTMLElement, this.#root).replaceChildren(...chips);
    this.#root.hidden = !chips.length;
  }
}

/** @param {View} view @returns {Chip[]} */
export const listChips = (view) => [
  ...listTexts(view),
  ...listNames(view),
  ...listPatterns(view),
  ...listExceptions(view),
  ...listTimes(view),
  ...listOthers(view),
];

/** @param {View} view @returns {Chip[]} */
function listTexts({ keywords, numbers }) {
  return [
    ...keywords.map((words) => ({
      words,
      changes: { keywords: keywords.filter((kept) => kept !== words) },
      kind: "Text",
    })),
    ...numbers.map((words) => ({
      words,
      changes: { numbers: numbers.filter((kept) => kept !== words) },
      kind: "Number",
    })),
  ];
}

/** @param {View} view @returns {Chip[]} */
function listPatterns(view) {
  return EXACT.flatMap(({ filter }) =>
    /** @type {const} */ ([filter, `except_${filter}`]).flatMap((list) =>
      view[patternsOf(list)].map((contains) => ({
        words: `${list === filter ? "all" : "none"} with ${describePattern(contains)}`,
        changes: { [patternsOf(list)]: view[patternsOf(list)].filter((kept) => kept !== contains) },
        kind: titleOf(filter),
        open: async () => (await import("./namelist.js")).showNames(filter, contains),
      })),
    ),
  );
}

/** @param {View} view @returns {Chip[]} */
function listNames(view) {
  return EXACT.flatMap(({ filter }) =>
    view[filter].map((name) => ({
      words: name ?? MISSING,
      changes: { [filter]: view[filter].filter((kept) => kept !== name) },
      kind: titleOf(filter),
    })),
  );
}

/** One chip a list: those that charts lead to have dozens of names. @param {View} view @returns {Chip[]} */
function listExceptions(view) {
  return EXACT.flatMap(({ filter }) => {
    const list = /** @type {const} */ (`except_${filter}`);
    const [first, ...more] = view[list].map((name) => name ?? MISSING);
    if (first === undefined) return [];
    const words = more.length ? `none of ${more.length + 1} names` : `not ${first}`;
    return [{ words, changes: { [list]: [] }, kind: titleOf(filter) }];
  });
}

/** @param {View} view @returns {Chip[]} */
function listTimes({ years, quarters, months, from, to, undated }) {
  const words = from && to ? `${from} to ${to}` : from ? `From ${from}` : `Until ${to}`;
  return [
    ...years.map((year) => ({ words: year, changes: { years: years.filter((kept) => kept !== year) } })),
    ...quarters.map((text) => ({
      words: text.replace(/^(.*)-(Q\d)$/, "$2 $1"),
      changes: { quarters: quarters.filter((kept) => kept !== text) },
    })),
    ...months.map((month) => ({ words: month, changes: { months: months.filter((kept) => kept !== month) } })),
    ...(from || to ? [{ words, changes: { from: null, to: null } }] : []),
    ...(undated ? [{ words: "Without a date", changes: { undated: false } }] : []),
  ];
}

/** @param {View} view @returns {Chip[]} */
function listOthers({ places, min, max, implausible, repaired, flood }) {
  const words = implausible === "only" ? "Implausible amounts only" : "Without implausible amounts";
  return [
    ...places.map((place) => ({
      words: place,
      changes: { places: places.filter((kept) => kept !== place) },
      kind: "Place",
    })),
    ...(implausible !== null ? [{ words, changes: { implausible: null } }] : []),
    ...(repaired.length ? [{ words: nameRepaired(repaired), changes: { repaired: [] } }] : []),
    ...(min !== null ? [{ words: `At least ${formatPesos(min)}`, changes: { min: null } }] : []),
    ...(max !== null ? [{ words: `At most ${formatPesos(max)}`, changes: { max: null } }] : []),
    ...(flood ? [{ words: FLOOD[flood], changes: { flood: "" }, kind: "Source" }] : []),
  ];
}

/** @type {Record<string, string>} */
const FLOOD = { 1: "with the flood-control list", only: "flood-control projects only" };

/** @param {string[]} columns */
const nameRepaired = (columns) =>
  columns.length > 3 ? `Repaired: any of ${columns.length} columns` : `Repaired: ${columns.join(" or ")}`;
