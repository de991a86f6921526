// The sentence on amounts that are hardly right, which may make a good part of a total, and the way to leave them out.

import { countWords, formatPesos, formatShare } from "./amounts.js";
import { changeView } from "./view.js";

/** @import {BuildLink} from "./absence.js" */
/** @import {Children} from "./dom.js" */
/** @import {View} from "./view.js" */
/** @typedef {NonNullable<Api.SearchResult["implausible"]>} Implausible */

// What makes less changes no figure that people read.
const LEAST_SHARE = 0.001;

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
  if (!marked || view.implausible === "only" || marked.share < LEAST_SHARE) return [];
  const { count, share, total_value: value } = marked;
  const [whose, make, them] = count === 1 ? ["its", "makes", "it"] : ["their", "make", "them"];
  const words = `${countWords(count, "contract")} of more than ten times ${whose} budget, or of what is usual,`;
  return [
    buildLink(changeView(view, { implausible: "only" }), { title: formatPesos(value) }, words),
    ` ${make} ${formatShare(share)} of it. `,
    buildLink(changeView(view, { implausible: "exclude" }), {}, `Leave ${them} out`),
  ];
}
