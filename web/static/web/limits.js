// The limits of the law that may have held for the contracts of a view. Knows no element of the page.

import { API, get, Problem } from "./api.js";

/** @import {View} from "./view.js" */
/** @typedef {Pick<Api.LegalLimit, "from" | "to" | "mode" | "amount" | "buyer">} Limit */
/** @typedef {{amount: number, buyers: string[]}} Line  a limit, and whose it may have been */

const MODES = ["small_value", "shopping_unforeseen", "shopping_regular", "direct_acquisition"];
const [FIRST, LAST] = ["0000", "9999"];

/** Null where they cannot be had: bars do without. @param {View} view @param {AbortSignal} signal @returns {Promise<Line[] | null>} */
export async function findLimits(view, signal) {
  const [name] = view.organizations;
  const asked =
    view.organizations.length === 1 && name ? `?organization=${encodeURIComponent(name.slice(0, 200))}` : "";
  try {
    const { body } = await get(`${API}/legal-limits/${asked}`, { signal });
    return chooseLimits(body.limits, spanOf(view));
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/**
 * The limits that held on some day of a span, the least first.
 * @param {Limit[]} limits
 * @param {[string, string]} span
 * @returns {Line[]}
 */
export function chooseLimits(limits, [first, last]) {
  /** @type {Map<number, Set<string>>} */
  const found = new Map();
  for (const { from, to, mode, amount, buyer } of limits) {
    if (amount === null || !MODES.includes(mode) || from > last || (to ?? LAST) < first) continue;
    const buyers = found.get(Number(amount)) ?? new Set();
    found.set(Number(amount), buyers.add(buyer ?? "all buyers"));
  }
  return [...found].sort(([one], [other]) => one - other).map(([amount, buyers]) => ({ amount, buyers: [...buyers] }));
}

/**
 * The first and the last day that a view asks for. By the award, as a view knows no day of the notice.
 * @param {Pick<View, "years" | "quarters" | "months" | "from" | "to">} view
 * @returns {[string, string]}
 */
export function spanOf({ years, quarters, months, from, to }) {
  const starts = [...years.map((year) => `${year}-01-01`), ...quarters.map((quarter) => monthOf(quarter, 1))];
  const ends = [...years.map((year) => `${year}-12-31`), ...quarters.map((quarter) => monthOf(quarter, 3))];
  starts.push(...months.map((month) => `${month}-01`));
  ends.push(...months.map((month) => `${month}-31`));
  if (from !== null || to !== null) {
    starts.push(from ?? FIRST);
    ends.push(to ?? LAST);
  }
  if (!starts.length) return [FIRST, LAST];
  return [/** @type {string} */ (starts.sort()[0]), /** @type {string} */ (ends.sort().at(-1))];
}

/** The first day of the first month of "2024-Q2", or the last one of its third. @param {string} quarter @param {number} month */
function monthOf(quarter, month) {
  const [year, number] = quarter.split("-Q").map(Number);
  const of = String((number - 1) * 3 + month).padStart(2, "0");
  return `${year}-${of}-${month === 1 ? "01" : "31"}`;
}
