// Columns of years, quarters and months: what the filters leave before what lies around it, and how far the data go.

import { countWords, formatPesos, formatShare, formatShort, formatShortPesos, groupDigits, MONTHS } from "./amounts.js";
import { narrowTo } from "./dimensions.js";
import { build, buildButton } from "./dom.js";
import { buildFigure, drawColumns } from "./figures.js";

/** @import {Mark} from "./figures.js" */
/** @import {Changes} from "./view.js" */
/** @typedef {Api.Part} Group */
/** @typedef {"year" | "quarter" | "month"} Grain */
/** @typedef {"value" | "count"} Measure */

const WORDS = { value: "Value", count: "Contracts" };
const MOST_WHOLE_YEARS = 14;
const MOST_ON_A_PHONE = 7;
// A day typed wrong lies in a month that has next to nothing.
const BUSY = 0.1;

/**
 * The last month of the data, "2025-09": that of the latest of its contracts but for stray ones; null without any.
 * @param {Group[]} months
 */
export function findEnd(months) {
  const dated = months.filter(({ label }) => label !== null);
  const counts = dated.map(({ count }) => count).sort((one, other) => one - other);
  const usual = counts[Math.floor(counts.length / 2)] ?? 0;
  return dated.findLast(({ count }) => count >= BUSY * usual)?.label ?? null;
}

/**
 * How far the period with this label goes where the data end within it: "Sep"; null for a whole one.
 * @param {Grain} grain
 * @param {string} label
 * @param {string | null} end  the last month of the data
 */
export function sayEnd(grain, label, end) {
  if (!end || grain === "month") return null;
  const [year, month] = end.split("-").map(Number);
  const quarter = Math.ceil(month / 3);
  const within = grain === "year" ? label === String(year) : label === `${year}-Q${quarter}`;
  const last = grain === "year" ? 12 : 3 * quarter;
  return within && month < last ? MONTHS[month - 1] : null;
}

/**
 * @typedef {object} Periods
 * @property {Grain} grain
 * @property {Measure} measure
 * @property {Group[]} inside  what the filters leave
 * @property {Group[]} around  the same without the filters of time
 * @property {string | null} end  the last month of the data
 * @property {(changes: Changes | null) => {href: string | null, follow?: () => void}} target
 */

/** @param {Periods} periods */
export function drawPeriods(periods) {
  const { grain, measure, inside, around } = periods;
  const left = new Map(inside.map((group) => [group.label, group]));
  const dated = around.filter(({ label }) => label !== null);
  const tick = chooseTick(grain, dated.length);
  const marks = dated.map((group) => {
    const mark = markOf(periods, group, left.get(group.label));
    return { ...mark, tick: tick(mark.label) };
  });
  const shown = inside.map((group) => markOf(periods, group, group));
  return buildFigure({
    title: `${WORDS[measure]} by ${grain} of award`,
    hint: dated.length > inside.length ? "Grey: left out by your filters of time. Click to filter" : "Click to filter",
    heads: ["Award", "Total value", "Contracts", "Share"],
    marks: shown,
    beyond: shown.find((_, index) => inside[index].label === null),
    drawing: drawColumns(marks, measure === "value" ? formatShortPesos : formatShort),
  });
}

/**
 * @param {Periods} periods
 * @param {Group} whole
 * @param {Group} [part]  of it, what the filters leave
 * @returns {Mark}
 */
function markOf({ grain, measure, end, target }, whole, part) {
  const sizeOf = (/** @type {Group} */ group) => (measure === "value" ? Number(group.total_value) : group.count);
  const [size, inner] = [sizeOf(whole), part ? sizeOf(part) : 0];
  const label = whole.label ?? "without a date";
  const told = part ?? whole;
  const share = formatShare(told.share);
  const upTo = whole.label && sayEnd(grain, whole.label, end);
  const doubtful = told.implausible_value;
  const doubt = doubtful && whole === told && measure === "value" ? Number(doubtful) / Number(told.total_value) : 0;
  const said = `${label}: ${formatPesos(told.total_value)}, ${share}, ${countWords(told.count, "contract")}`;
  return {
    ...target(narrowTo({ name: grain, filter: null, label: "", plural: "" }, whole)),
    label,
    size,
    within: size ? inner / size : 1,
    upTo,
    doubt,
    short: measure === "value" ? formatShortPesos(whole.total_value) : formatShort(whole.count),
    value: `${formatShortPesos(told.total_value)} · ${share}`,
    detail: [
      said,
      doubtful && `${formatPesos(doubtful)} of it implausible`,
      upTo && `to ${upTo}`,
      !part && "left out by your filters",
    ]
      .filter(Boolean)
      .join(", "),
    cells: [formatPesos(told.total_value), groupDigits(told.count), share],
  };
}

/** @param {Grain} grain @param {number} count @returns {(label: string) => string} */
function chooseTick(grain, count) {
  const short = (/** @type {string} */ label) => `’${label.slice(2, 4)}`;
  const most = matchMedia("(max-width: 40rem)").matches ? MOST_ON_A_PHONE : MOST_WHOLE_YEARS;
  if (grain === "year") return count > most ? short : (label) => label;
  const first = grain === "quarter" ? "Q1" : "-01";
  return (label) => (label.endsWith(first) ? short(label) : "");
}

/**
 * Buttons of which one is chosen, into the caption of a figure or before the charts.
 * @template {string} Choice
 * @param {string} label
 * @param {Record<Choice, string>} choices
 * @param {Choice} chosen
 * @param {(choice: Choice) => void} choose
 */
export function buildSwitch(label, choices, chosen, choose) {
  const buttons = /** @type {[Choice, string][]} */ (Object.entries(choices)).map(([choice, words]) => {
    const button = buildButton(words, () => choose(choice), { kind: "small quiet" });
    button.setAttribute("aria-pressed", String(choice === chosen));
    return button;
  });
  return build("div", { class: "switch", role: "group", "aria-label": label }, buttons);
}
