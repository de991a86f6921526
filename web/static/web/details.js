// All that is known of one contract, in a dialog.

import { formatCell, isNumber } from "./columns.js";
import { EXACT, wordsOf } from "./declared.js";
import { build, find } from "./dom.js";
import { clearFilters, isNameFilter } from "./view.js";

/** @import {Column, Contract} from "./columns.js" */
/** @import {Attributes, Children} from "./dom.js" */
/** @import {View} from "./view.js" */

/** Where a number is missing, a dash stands; the server leads to the canonical address. @param {unknown} number */
const spell = (number) =>
  number === null ? "-" : encodeURIComponent(String(number)).replaceAll("~", "%7E").replaceAll("%", "~");

/** The link to the page of a contract (contracts/engine/records/addresses.py). @param {Contract} row */
function buildPageLink(row) {
  const parts = [row.reference_id ?? row.project_id, row.award_number ?? row.contract_number];
  if (parts.every((part) => part === null)) return [];
  const href = `/contracts/${parts.map(spell).join("/")}/`;
  return [
    build("dt", {}, "Address"),
    build(
      "dd",
      {},
      build("a", { href }, "Page of this contract"),
      build("span", { class: "detail" }, "to cite, print or share"),
    ),
  ];
}

const TITLES = /** @type {const} */ (["award_title", "notice_title"]);

/**
 * Open the dialog for a row that holds all columns. Names lead to all contracts of the same name; `buildLink`
 * makes those links from a view.
 * @param {Contract} row
 * @param {Column[]} columns
 * @param {{view: View, buildLink: (view: View, attributes: Attributes, ...content: Children[]) => HTMLElement}} around
 */
export function showDetails(row, columns, { view, buildLink }) {
  const dialog = find("#details", HTMLDialogElement);
  const title = TITLES.map((name) => row[name]).find((text) => text !== null) ?? "Contract";
  const linkTo = (/** @type {Column} */ column) => {
    if (!isNameFilter(column.filter) || row[column.name] === null) return null;
    const target = { ...clearFilters(view), [column.filter]: [row[column.name]], flood: view.flood, show: "rows" };
    return buildLink(target, { class: "detail" }, `All contracts of this ${wordsOf(column.filter)}`);
  };
  const linkToPage = (/** @type {Column} */ column) => {
    const named = EXACT.find(({ filter, more }) => filter === column.filter && !more);
    if (!named || row[column.name] === null) return null;
    const query = new URLSearchParams({ [named.word]: String(row[column.name]) });
    return build("a", { class: "detail", href: `/entity/?${query}` }, `This ${named.words} at a glance`);
  };
  const facts = columns
    .filter((column) => row[column.name] !== title)
    .map((column) => [
      build("dt", { title: column.description }, column.label),
      build(
        "dd",
        { class: isNumber(column) ? "figure" : null },
        build("span", { class: row[column.name] === null ? "missing" : null }, formatCell(column, row[column.name])),
        linkTo(column),
        linkToPage(column),
      ),
    ]);
  find("#details-title").textContent = title;
  find("#details-facts").replaceChildren(...facts.flat(), ...buildPageLink(row));
  for (const link of dialog.querySelectorAll("a")) {
    // A click that opens another tab leaves the dialog as it is.
    link.addEventListener("click", (event) => {
      if (event.defaultPrevented) dialog.close();
    });
  }
  dialog.showModal();
}
