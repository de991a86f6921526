// All that is known of one contract, in a dialog.

import { formatCell, isNumber } from "./columns.js";
import { build, find } from "./dom.js";
import { clearFilters, NAME_FILTERS } from "./view.js";

const TITLES = ["award_title", "notice_title"];

/**
 * Open the dialog for a row that holds all columns. Names lead to all contracts of the same name; `buildLink`
 * makes those links from a view.
 */
export function showDetails(row, columns, { view, buildLink }) {
  const dialog = find("#details");
  const title = TITLES.map((name) => row[name]).find((text) => text !== null) ?? "Contract";
  const linkTo = (column) => {
    const target = { ...clearFilters(view), [column.filter]: [row[column.name]], flood: view.flood, show: "rows" };
    return buildLink(target, { class: "detail" }, `All contracts of this ${NAME_FILTERS[column.filter]}`);
  };
  const facts = columns
    .filter((column) => row[column.name] !== title)
    .map((column) => [
      build("dt", { title: column.description }, column.label),
      build(
        "dd",
        { class: isNumber(column) ? "figure" : null },
        build("span", { class: row[column.name] === null ? "missing" : null }, formatCell(column, row[column.name])),
        column.filter in NAME_FILTERS && row[column.name] !== null && linkTo(column),
      ),
    ]);
  find("#details-title").textContent = title;
  find("#details-facts").replaceChildren(...facts.flat());
  for (const link of dialog.querySelectorAll("a")) {
    // A click that opens another tab leaves the dialog as it is.
    link.addEventListener("click", (event) => event.defaultPrevented && dialog.close());
  }
  dialog.showModal();
}
