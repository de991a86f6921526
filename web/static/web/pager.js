// The bar below a table that leads from page to page.

import { groupDigits } from "./amounts.js";
import { build } from "./dom.js";

/** @import {Attributes} from "./dom.js" */

const PAGE_SIZES = ["25", "50", "100", "200"];

/**
 * @param {{page: number, pages: number, page_size: number, total_rows: number, rows: unknown[]}} answer
 * @param {object} does
 * @param {(page: string, attributes: Attributes, words: string) => Node} does.link  makes what leads to a page
 * @param {string} does.size  rows per page, as the view says it
 * @param {(size: string) => void} does.resize
 */
export function buildPager({ page, pages, page_size: rowsPerPage, total_rows: total, rows }, { link, size, resize }) {
  const step = (/** @type {number} */ number, /** @type {Attributes} */ attributes, /** @type {string} */ words) =>
    number >= 1 && number <= pages
      ? link(String(number), { class: "button", ...attributes }, words)
      : build("span", { class: "button disabled", "aria-disabled": "true" }, words);
  const first = (page - 1) * rowsPerPage + 1;
  const last = first + rows.length - 1;
  return [
    step(page - 1, { rel: "prev" }, "← Previous"),
    build("span", {}, `Rows ${groupDigits(first)}–${groupDigits(last)} of ${groupDigits(total)}`),
    step(page + 1, { rel: "next" }, "Next →"),
    buildSizes(size, resize),
  ];
}

/** @param {string} size @param {(size: string) => void} resize */
function buildSizes(size, resize) {
  const sizes = [...new Set([...PAGE_SIZES, size])];
  const select = build(
    "select",
    { onchange: () => resize(select.value) },
    sizes.map((each) => build("option", { value: each, selected: each === size }, each)),
  );
  return build("label", { class: "page-size" }, "Rows per page ", select);
}
