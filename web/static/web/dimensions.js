// What tables are made by, and which filter means the contracts of a row. Knows no element of the page.

/** @import {Changes} from "./view.js" */
/** @import {NameFilter} from "./declared.js" */

/**
 * @typedef {object} Dimension  as contracts/questions/dimensions.py declares it
 * @property {string} name
 * @property {string} label
 * @property {string} plural
 * @property {NameFilter | null} filter  that takes its names, of those that have names
 */

/** @typedef {{label: string | null, min?: string | null, max?: string | null}} Group  a row or column of the API's table */

export const NO_TIMES = { years: [], quarters: [], months: [], from: null, to: null, undated: false };

// The finer one of two periods means the contracts of both.
const FINER = ["month", "quarter", "year"];

/**
 * What makes a view one of the contracts of a group; null where no filter says it.
 * @param {Dimension} dimension
 * @param {Group} group
 * @returns {Changes | null}
 */
export function narrowTo({ name, filter }, { label, min = null, max = null }) {
  if (filter) return { [filter]: [label] };
  if (name === "value_band") return { min: plain(min), max: plain(max) };
  if (!FINER.includes(name)) return null;
  if (label === null) return { ...NO_TIMES, undated: true };
  if (name === "year") return { ...NO_TIMES, years: [label] };
  return name === "quarter" ? { ...NO_TIMES, quarters: [label] } : { ...NO_TIMES, ...daysOfMonth(label) };
}

/**
 * As narrowTo, to the contracts that two groups share.
 * @param {[Dimension, Group]} one
 * @param {[Dimension, Group]} other
 * @returns {Changes | null}
 */
export function narrowToBoth(one, other) {
  const finerFirst = [one, other].sort(([a], [b]) => FINER.indexOf(a.name) - FINER.indexOf(b.name));
  const [fine, coarse] = finerFirst.map(([dimension, group]) => narrowTo(dimension, group));
  return fine && coarse && { ...coarse, ...fine };
}

/** "2024-02" -> its first and its last day. @param {string} month */
function daysOfMonth(month) {
  const [year, number] = month.split("-").map(Number);
  return { from: `${month}-01`, to: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) };
}

/** @param {string | null} amount */
const plain = (amount) => amount?.replace(/\.00$/, "") ?? null;
