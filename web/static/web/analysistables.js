// What the parts of a report are made of: sections, tables and their rows. Knows no figure.

import { formatShare } from "./amounts.js";
import { linkTo } from "./analysislinks.js";
import { build } from "./dom.js";

/** @import {Child} from "./dom.js" */
/** @typedef {"contractors" | "organizations"} Kind */

/** @type {Record<Kind, {one: string, many: string, other: string, partner: string}>} */
export const WORDS = {
  contractors: { one: "contractor", many: "Contractors", other: "largest buyer", partner: "organization" },
  organizations: { one: "organization", many: "Organizations", other: "largest supplier", partner: "contractor" },
};

/** @param {string} id @param {string} title @param {...Child} content */
export function buildPart(id, title, ...content) {
  return build(
    "section",
    { class: "analysis-part", "aria-labelledby": id },
    build("h2", { id, tabindex: "-1" }, title),
    content,
  );
}

/** @param {string} label @param {string[]} heads @param {HTMLTableRowElement[]} rows */
export function buildTable(label, heads, rows) {
  const head = heads.map((text, index) => build("th", { scope: "col", class: index ? "number" : null }, text));
  return build(
    "div",
    { class: "surface table-scroll", tabindex: "0", role: "region", "aria-label": label },
    build("table", {}, build("thead", {}, build("tr", {}, head)), build("tbody", {}, rows)),
  );
}

/** @param {Child | Child[]} name @param {(Child | Child[])[]} cells @param {{current?: boolean}} [more] */
export function buildRow(name, cells, { current = false } = {}) {
  return build(
    "tr",
    { "aria-current": current ? "true" : null },
    build("th", { scope: "row" }, name),
    cells.map((cell) => build("td", { class: "number" }, cell)),
  );
}

/** @param {Api.NameShare["largest"]} largest @returns {Child[]} */
export const sayLargest = (largest) =>
  largest ? [largest.name, linkTo(largest.figure.filters, formatShare(largest.share))] : ["–", "–"];
