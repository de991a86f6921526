// The sentence on amounts that are hardly right, which may make a good part of a total, and the way to leave them out.

import { countWords, formatPesos, formatShare } from "./amounts.js";
import { changeView } from "./view.js";

/** @import {BuildLink} from "./absence.js" */
/** @import {Children} from "./dom.js" */
/** @import {View} from "./view.js" */
/** @typedef {NonNullable<Api.SearchResult["implausible"]>} Implausible */

/** Why an amount is hardly right, by the mark of its row. @type {Record<string, string>} */
export const WHY = {
  over_budget: "implausible: more than ten times the approved budget",
  over_like: "implausible: far above contracts of its category and year",
};

/**
 * The content of the sentence; none where nothing is marked, or where it is all that was asked for. Answers that an
 * older program kept do not say it.
 * @param {View} view
 * @param {Implausible | null | undefined} marked
 * @param {BuildLink} buildLink
 * @returns {Children[]}
 */
export function buildImplausible(view, marked, buildLink) {
  if (!marked || view.implausible === "only") return [];
  const { count, share, total_value: value } = marked;
  const words = `${countWords(count, "contract")} of more than ten times the budget, or of what is usual, `;
  return [
    buildLink(changeView(view, { implausible: "only", page: "1" }), {}, words.trim()),
    ` ${count === 1 ? "makes" : "make"} ${formatShare(share)} of the value (${formatPesos(value)}). `,
    buildLink(changeView(view, { implausible: "exclude" }), {}, count === 1 ? "Leave it out" : "Leave them out"),
  ];
}
