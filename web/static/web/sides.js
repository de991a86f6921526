// Two views side by side: their form in the URL, what they are called, and how their periods meet.
// Knows no element of the page.

import { MONTHS, subtractPesos } from "./amounts.js";
import { listChips } from "./chips.js";
import { DEFAULTS, EMPTY, readView, toFilters, writeView } from "./view.js";

/** @import {View} from "./view.js" */
/** @typedef {"a" | "b"} Side */
/** @typedef {Api.ComparedRow} Row */

/**
 * @typedef {object} Comparison
 * @property {View} a
 * @property {View} b  what a is measured by
 * @property {string} by  the dimension of the rows
 * @property {string} order  of the rows, "label" or "-total_value_difference"
 * @property {string} page
 * @property {string} size
 * @property {string} chart  "year", "quarter" or "month"; empty: what suits
 */

/**
 * @typedef {object} Pair  a period of either side; null where the side has no contract in it
 * @property {string | null} label
 * @property {Part | null} a
 * @property {Part | null} b
 */
/** @typedef {{label: string | null, count: number, value: string}} Part */

/** @type {Side[]} */
export const SIDES = ["a", "b"];
const OWN = { by: "contractor", order: "-total_value_difference", page: "1", size: "25", chart: "" };
/** From this ratio on people read it as a multiple sooner than as percents. */
const MANY = 10;

/** The filters of a view, shown as nobody has chosen yet. @param {View} view @returns {View} */
export const onlyFilters = (view) => ({ ...view, ...DEFAULTS });

/**
 * The comparison that a query string stands for: the names of the explorer's links, each behind "a." or "b.".
 * @param {string} search
 * @returns {Comparison}
 */
export function readComparison(search) {
  const query = [...new URLSearchParams(search)];
  const given = new URLSearchParams(search);
  const [a, b] = SIDES.map((side) => {
    const mine = query.filter(([name]) => name.startsWith(`${side}.`)).map(([name, value]) => [name.slice(2), value]);
    return onlyFilters(readView(new URLSearchParams(mine).toString()));
  });
  const own = Object.entries(OWN).map(([name, fallback]) => [name, given.get(name) || fallback]);
  return { .../** @type {Comparison} */ (Object.fromEntries(own)), a, b };
}

/** The query string of a link to this comparison. @param {Comparison} comparison */
export function writeComparison(comparison) {
  const query = new URLSearchParams();
  for (const side of SIDES) {
    const filters = new URLSearchParams(writeView(onlyFilters(comparison[side])));
    for (const [name, value] of filters) query.append(`${side}.${name}`, value);
  }
  for (const [name, fallback] of Object.entries(OWN)) {
    const value = comparison[/** @type {keyof typeof OWN} */ (name)];
    if (value !== fallback) query.set(name, value);
  }
  return `?${query}`;
}

/** Whether a query string is that of a view, as the explorer's link brings it. @param {string} search */
export const isOfView = (search) => ![...new URLSearchParams(search).keys()].some((name) => /^[ab][.]/.test(name));

/** The body of the question. @param {Comparison} comparison */
export const toCompare = ({ a, b, by, order, page, size }) => ({
  a: toFilters(a),
  b: toFilters(b),
  by,
  sort: order,
  page: wholeNumber(page),
  page_size: wholeNumber(size),
});

/**
 * What a view is usually compared with: the year or the quarter of the year before, otherwise all contracts.
 * @param {View} view
 * @returns {View}
 */
export function chooseOther(view) {
  const { years, quarters, months, from, to, undated } = view;
  const [year] = years;
  const quarter = /^(\d{4})-(Q\d)$/.exec(quarters[0] ?? "");
  if (from === null && to === null && !undated && years.length + quarters.length + months.length === 1) {
    if (/^\d{4}$/.test(year ?? "")) return { ...view, years: [String(Number(year) - 1)] };
    if (quarter) return { ...view, quarters: [`${Number(quarter[1]) - 1}-${quarter[2]}`] };
  }
  return EMPTY;
}

/**
 * What both sides are called: by what they differ in, where each has something of its own.
 * @param {View} a
 * @param {View} b
 * @returns {Record<Side, string>}
 */
export function nameSides(a, b) {
  const [ofA, ofB] = [a, b].map(listWords);
  const [ownA, ownB] = [ofA.filter((words) => !ofB.includes(words)), ofB.filter((words) => !ofA.includes(words))];
  return ownA.length && ownB.length
    ? { a: ownA.join(", "), b: ownB.join(", ") }
    : { a: ofA.join(", ") || "All contracts", b: ofB.join(", ") || "All contracts" };
}

/** @param {View} view */
const listWords = (view) => [...(view.text ? [`“${view.text}”`] : []), ...listChips(view).map(({ words }) => words)];

/**
 * The periods of the answer as pairs. Of two different years the same months meet, as no period is in both.
 * @param {Row[]} rows
 * @returns {Pair[]}
 */
export function pairPeriods(rows) {
  const [ofA, ofB] = SIDES.map((side) => rows.filter(({ count }) => count[side]).map((row) => takePart(row, side)));
  const [yearA, yearB] = [ofA, ofB].map(findOnlyYear);
  if (!yearA || !yearB || yearA === yearB) {
    return rows.map((row) => ({ label: row.label, a: seek(ofA, row.label), b: seek(ofB, row.label) }));
  }
  const rests = [...new Set([...ofA, ...ofB].map(({ label }) => label?.slice(4) ?? ""))].sort();
  return rests.map((rest) => ({
    label: rest ? nameRest(rest) : `${yearA}, ${yearB}`,
    a: seek(ofA, yearA + rest),
    b: seek(ofB, yearB + rest),
  }));
}

/** @param {Row} row @param {Side} side @returns {Part} */
const takePart = ({ label, count, total_value: value }, side) => ({
  label,
  count: count[side],
  value: value[side] ?? "0.00",
});

/** @param {Part[]} parts @param {string | null} label */
const seek = (parts, label) => parts.find((part) => part.label === label) ?? null;

/** The year of all parts, or null where they have several, or none. @param {Part[]} parts */
function findOnlyYear(parts) {
  const years = [...new Set(parts.map(({ label }) => label?.slice(0, 4) ?? null))];
  return years.length === 1 ? years[0] : null;
}

/** "-03" -> "Mar", "-Q1" -> "Q1". @param {string} rest */
const nameRest = (rest) => MONTHS[Number(rest.slice(1)) - 1] ?? rest.slice(1);

/** The periods that suit: months of a year or two, otherwise years. @param {Pick<Api.CompareResult, "by_month" | "by_year">} answer */
export const chooseChart = ({ by_month: months, by_year: years }) =>
  years.length <= 2 && months.length > 1 ? "month" : "year";

const LONG = new Intl.NumberFormat("en", { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 3 });

/**
 * How the values of both sides compare, in a sentence.
 * @param {Record<Side, string>} names
 * @param {Api.ComparedPesos} value
 */
export function sayDifference(names, { a, b, ratio }) {
  const [worthA, worthB] = [a, b].map((amount) => `₱${LONG.format(Number(amount))}`);
  if (!Number(a) && !Number(b)) return "Neither side has a contract.";
  if (!Number(b)) return `${names.a}: ${worthA}. ${names.b} has no contract.`;
  if (!Number(a)) return `${names.a} has no contract. ${names.b}: ${worthB}.`;
  const by = subtractPesos(a ?? "0.00", b ?? "0.00");
  if (!Number(by)) return `${names.a} is worth the same as ${names.b}: ${worthB}.`;
  if (ratio !== null && ratio >= MANY)
    return `${names.a} is worth ${times(ratio)} times as much as ${names.b}: ${worthA}.`;
  const more = `${by.startsWith("-") ? "less" : "more"} than ${names.b}`;
  return `${names.a} is worth ₱${LONG.format(Math.abs(Number(by)))} (${sayChange(ratio).replace(/^[+−]/, "")}) ${more}.`;
}

/** A ratio as what changed: 1.12 -> "+12.0 %", 25 -> "× 25"; none of nothing. @param {number | null} ratio */
export function sayChange(ratio) {
  if (ratio === null) return "–";
  if (ratio >= MANY) return `× ${times(ratio)}`;
  const percent = 100 * (ratio - 1);
  if (percent && Math.abs(percent) < 0.1) return `${sign(percent)}< 0.1 %`;
  return `${sign(percent)}${Math.abs(percent).toFixed(1)} %`;
}

/** @param {number} ratio */
const times = (ratio) => ratio.toLocaleString("en", { maximumSignificantDigits: 3 });

/** A number with its sign before what it is measured in. @param {string | number} number @param {(text: string) => string} format */
export const sayDelta = (number, format) => `${sign(Number(number))}${format(String(number).replace("-", ""))}`;

/** @param {number} number */
const sign = (number) => (number > 0 ? "+" : number < 0 ? "−" : "");

/** What is none stays text, which the API names in its answer. @param {string} text */
const wholeNumber = (text) => (/^\d{1,9}$/.test(text) ? Number(text) : text);
