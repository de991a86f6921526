// The table of a comparison: a row for each label of either side, sorted by any figure, a page at a time.

import { formatPesos, groupDigits } from "./amounts.js";
import { narrowTo } from "./dimensions.js";
import { build, find, MISSING, seek, stay } from "./dom.js";
import { buildPager } from "./pager.js";
import { SIDES, sayChange, sayDelta } from "./sides.js";
import { changeView, patternsOf, writeView } from "./view.js";

/** @import {Dimension} from "./dimensions.js" */
/** @import {Attributes, Children} from "./dom.js" */
/** @import {Comparison} from "./sides.js" */
/** @import {Changes} from "./view.js" */
/** @typedef {Api.ComparedRow} Row */

/** @type {{measure: "count" | "total_value", label: string, format: (text: string) => string}[]} */
const MEASURES = [
  { measure: "total_value", label: "Value", format: formatPesos },
  { measure: "count", label: "Contracts", format: groupDigits },
];
/** @type {{part: "a" | "b" | "difference" | "ratio", label: string}[]} */
const PARTS = [
  { part: "a", label: "A" },
  { part: "b", label: "B" },
  { part: "difference", label: "difference" },
  { part: "ratio", label: "change" },
];

export class ComparedTable {
  #root = find("#table");
  #by = find("#table-by", HTMLSelectElement);
  #dimensions;
  #change;
  #write;

  /**
   * `change` is called with the members of the comparison that a person changed, `link` gives the address of one.
   * @param {{dimensions: Dimension[], change: (changes: Partial<Comparison>) => void, link: (next: Comparison) => string}} does
   */
  constructor({ dimensions, change, link }) {
    this.#dimensions = dimensions;
    this.#change = change;
    this.#write = link;
    this.#by.addEventListener("change", () => change({ by: this.#by.value, page: "1" }));
  }

  /** @param {Comparison} comparison @param {Api.CompareResult} data */
  show(comparison, data) {
    this.#by.value = comparison.by;
    const by = this.#dimensions.find(({ name }) => name === comparison.by);
    if (!by) return;
    this.#drawHead(comparison, by);
    const rows = data.rows.map((row) => this.#buildRow(comparison, by, row));
    find("tbody", HTMLElement, this.#root).replaceChildren(...rows);
    find("#pager").replaceChildren(
      ...buildPager(data, {
        link: (page, attributes, words) => this.#link(comparison, { page }, attributes, words),
        size: comparison.size,
        resize: (size) => this.#change({ size, page: "1" }),
      }),
    );
  }

  /** @param {Comparison} comparison @param {Partial<Comparison>} changes @param {Attributes} attributes @param {...Children} content */
  #link(comparison, changes, attributes, ...content) {
    const onclick = stay(() => {
      find("#summary").focus(); // the link goes away with its row
      this.#change(changes);
    });
    return build("a", { ...attributes, href: this.#write({ ...comparison, ...changes }), onclick }, ...content);
  }

  /** @param {Comparison} comparison @param {Dimension} by */
  #drawHead(comparison, by) {
    const focused = document.activeElement?.getAttribute("data-order");
    const heads = MEASURES.flatMap(({ measure, label }) =>
      PARTS.map(({ part, label: words }) => this.#buildHead(comparison, `${measure}_${part}`, `${label}: ${words}`)),
    );
    find("thead tr", HTMLElement, this.#root).replaceChildren(this.#buildHead(comparison, "label", by.label), ...heads);
    if (focused) seek(`[data-order="${CSS.escape(focused)}"]`, HTMLElement, this.#root)?.focus();
  }

  /** @param {Comparison} comparison @param {string} name @param {string} label */
  #buildHead({ order }, name, label) {
    const isNumber = name !== "label";
    const sorted = { [name]: "ascending", [`-${name}`]: "descending" }[order] ?? null;
    const [first, other] = isNumber ? [`-${name}`, name] : [name, `-${name}`];
    const onclick = () => this.#change({ order: order === first ? other : first, page: "1" });
    return build(
      "th",
      { scope: "col", role: "columnheader", class: isNumber && "number", "aria-sort": sorted },
      build("button", { type: "button", "data-order": name, onclick }, label),
    );
  }

  /** @param {Comparison} comparison @param {Dimension} by @param {Row} row */
  #buildRow(comparison, by, row) {
    const changes = narrowTo(by, row);
    const words = row.label ?? MISSING;
    const cells = MEASURES.flatMap(({ measure, label, format }) =>
      PARTS.map(({ part, label: name }) => {
        const attributes = { role: "cell", class: "number", "data-label": `${label}: ${name}` };
        return build("td", attributes, buildFigure(comparison, changes, row, { measure, part, format }));
      }),
    );
    const target = changes && isFree(comparison, by) ? narrowBoth(comparison, changes) : null;
    const title =
      target && this.#link(comparison, target, { class: "name", title: "Compare only these contracts" }, words);
    return build(
      "tr",
      { role: "row" },
      build("th", { scope: "row", role: "rowheader", "data-label": by.label }, title ?? words),
      cells,
    );
  }
}

/**
 * A figure of a row; that of a side leads to its contracts.
 * @param {Comparison} comparison
 * @param {Changes | null} changes
 * @param {Row} row
 * @param {{measure: "count" | "total_value", part: "a" | "b" | "difference" | "ratio", format: (text: string) => string}} of
 */
function buildFigure(comparison, changes, row, { measure, part, format }) {
  if (part === "ratio") return sayChange(row[measure].ratio);
  const value = row[measure][part] ?? 0;
  if (part === "difference") return sayDelta(value, format);
  const words = row.count[part] ? format(String(value)) : "–";
  if (!changes || !row.count[part]) return words;
  const href = `/${writeView(changeView(comparison[part], changes))}`;
  return build("a", { class: "name", href, title: "Show these contracts" }, words);
}

/** Whether neither side has a filter on what the rows are, so that both can be narrowed to one of them. @param {Comparison} comparison @param {Dimension} by */
function isFree(comparison, { filter }) {
  return (
    filter !== null &&
    SIDES.every((side) => !comparison[side][filter].length && !comparison[side][patternsOf(filter)].length)
  );
}

/** @param {Comparison} comparison @param {Changes} changes @returns {Partial<Comparison>} */
const narrowBoth = (comparison, changes) => ({
  a: changeView(comparison.a, changes),
  b: changeView(comparison.b, changes),
  page: "1",
});
