// The parts of a report as elements. Each figure is a link to its contracts. Knows no form.

import { formatPesos, formatShare, formatShortPesos, groupDigits, MONTHS } from "./amounts.js";
import { addressOf, linkTo, linkToTable, reportOn } from "./analysislinks.js";
import { buildConcentration, buildFlags, buildPeers } from "./analysismarket.js";
import { buildPart, buildRow, buildTable, sayLargest, WORDS } from "./analysistables.js";
import { build, MISSING } from "./dom.js";
import { buildFigure, drawBars, drawColumns } from "./figures.js";

/** @import {Child} from "./dom.js" */
/** @import {Kind} from "./analysistables.js" */
/** @import {Mark} from "./figures.js" */
/** @typedef {Api.AnalysisResult} Report */
/** @typedef {Api.NameShare | Api.Year | Api.Month} Slice */

const HEADS = ["Total value", "Contracts", "Share"];
/** All parts of a report, in the order in which they are read. @param {Report} report */
export const buildReport = (report) => [
  buildTotals(report),
  buildTrend(report),
  buildSeason(report),
  ...report.partners.map((shares) => buildPartners(shares, report)),
  buildConcentration(report),
  buildPeers(report),
  buildFlags(report),
];

/** @param {Report} report */
function buildTotals({ summary, filters, subject }) {
  /** @type {[string, Child | Child[]][]} */
  const cards = [
    ["Contracts", linkTo(filters, groupDigits(summary.count))],
    ["Total value", linkTo(filters, formatShortPesos(summary.total_value))],
    ["Average", summary.avg_value === null ? "–" : linkTo(filters, formatShortPesos(summary.avg_value))],
    ["Median", summary.median_value === null ? "–" : linkTo(filters, formatShortPesos(summary.median_value))],
    ["Contractors", linkToTable(filters, "contractor", groupDigits(summary.contractors))],
    ["Organizations", linkToTable(filters, "organization", groupDigits(summary.organizations))],
  ];
  return buildPart(
    "totals",
    subject ? subject.name : "All of it",
    build(
      "dl",
      { class: "cards" },
      cards.map(([label, value]) => build("div", { class: "card" }, build("dt", {}, label), build("dd", {}, value))),
    ),
    subject &&
      build(
        "p",
        {},
        build(
          "a",
          { href: `/${subject.kind}/${subject.slug}/` },
          `The page of this ${WORDS[/** @type {Kind} */ (subject.kind)].one}`,
        ),
      ),
  );
}

/** @param {Slice} one @param {string} label @returns {Mark} */
function markOf(one, label) {
  const figures = `${formatPesos(one.total_value)}, ${groupDigits(one.count)} contracts, ${formatShare(one.share)}`;
  return {
    label,
    size: Number(one.total_value),
    value: formatShortPesos(one.total_value),
    detail: `${label}: ${figures}`,
    cells: [formatPesos(one.total_value), groupDigits(one.count), formatShare(one.share)],
    href: addressOf(one.filters),
  };
}

/** @param {Report} report */
function buildTrend({ trend }) {
  const { by_year: years, by_month: months, growth } = trend;
  return buildPart(
    "trend",
    "Trend",
    build("p", {}, sayGrowth(growth)),
    buildTimes("Value by month of award", fillMonths(months.map((one) => withTick(one, tickOfMonth))), months),
    buildTimes(
      "Value by year of award",
      years.map((one) => withTick(one, (label) => label)),
      years,
      ["Change"],
      years.map((one) => [sayChange(one)]),
    ),
  );
}

/** @param {Api.Trend["growth"]} growth @returns {Child[]} */
function sayGrowth(growth) {
  if (!growth) return ["Fewer than three whole years: no growth is told."];
  const { part_of_a_year: part, years, filters, source } = growth;
  return [
    `In the middle of all pairs of the ${years} whole years, the pesos ${part < 0 ? "shrink" : "grow"} by `,
    linkToTable(filters, "year", formatShare(Math.abs(part))),
    ` of a usual year each year (${source}).`,
  ];
}

/** @param {Api.Year} year */
function sayChange({ change, change_filters: filters, whole }) {
  if (!whole) return "not whole";
  if (change === null || !filters) return "–";
  return linkToTable(filters, "year", `${change > 0 ? "+" : ""}${(100 * change).toFixed(1)} %`);
}

/** @param {string} label */
const tickOfMonth = (label) => (label.endsWith("-01") ? label.slice(0, 4) : null);

/** @param {Slice} one @param {(label: string) => string | null} tick @returns {Mark} */
function withTick(one, tick) {
  if (one.label === null) return markOf(one, "without a date");
  return { ...markOf(one, one.label), tick: tick(one.label) };
}

/**
 * @param {string} title
 * @param {Mark[]} drawn
 * @param {Slice[]} parts
 * @param {string[]} [heads]
 * @param {Child[][]} [cells]
 */
function buildTimes(title, drawn, parts, heads = [], cells = []) {
  const marks = parts.map((one, index) => {
    const mark = markOf(one, one.label ?? "without a date");
    return { ...mark, cells: [...mark.cells, ...(cells[index] ?? [])] };
  });
  const undated = marks.find((_, index) => parts[index].label === null) ?? null;
  const dated = drawn.filter(({ label }) => label !== undated?.label);
  return buildFigure({
    title,
    hint: "Each column leads to its contracts",
    heads: ["Award", ...HEADS, ...heads],
    marks,
    drawing: drawColumns(dated, formatShortPesos),
    beyond: undated,
    className: "wide",
  });
}

/** Months without a contract have their place too. @param {Mark[]} marks */
function fillMonths(marks) {
  const dated = marks.filter(({ label }) => /^\d{4}-\d\d$/.test(label));
  const known = new Map(dated.map((mark) => [numberOf(mark.label), mark]));
  const first = Math.min(...known.keys());
  const length = dated.length ? Math.max(...known.keys()) - first + 1 : 0;
  return Array.from({ length }, (_, index) => known.get(first + index) ?? noContract(first + index));
}

/** @param {string} label */
const numberOf = (label) => 12 * Number(label.slice(0, 4)) + Number(label.slice(5)) - 1;

/** @param {number} number @returns {Mark} */
function noContract(number) {
  const label = `${Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, "0")}`;
  const detail = `${label}: no contract`;
  return { label, tick: tickOfMonth(label), size: 0, value: "", detail, cells: [], href: null };
}

/** @param {Report} report */
function buildSeason({ trend: { seasonality } }) {
  const { months, years, filters, formula, source, why_none: why } = seasonality;
  const marks = months.map((one) => {
    const label = MONTHS[one.month - 1];
    return {
      label,
      tick: label,
      size: one.share,
      value: formatShare(one.share),
      detail: `${label}: ${formatShare(one.share)} of a year, from ${formatShare(one.least)} to ${formatShare(one.most)}`,
      cells: [formatShare(one.share), one.index.toFixed(2), formatShare(one.least), formatShare(one.most)],
      // A row for the month in each of the years, of whose shares this is the middle.
      href: addressOf(one.filters, { show: "table", by: "month", order: "label" }),
    };
  });
  if (why) return buildPart("season", "Season", build("p", {}, `No season is told. ${why}`));
  return buildPart(
    "season",
    "Season",
    build(
      "p",
      {},
      "Of ",
      linkToTable(filters ?? {}, "year", `${years.length} whole years`),
      `: ${years.join(", ")}. Without a season, each month has 8.3 % of its year.`,
    ),
    buildFigure({
      title: "Usual share of a year's value by month",
      hint: "The median over the whole years. Each column leads to its contracts",
      heads: ["Month", "Share", "Index", "Least", "Most"],
      marks,
      drawing: drawColumns(marks, formatShare),
      className: "wide",
    }),
    build("p", { class: "hint" }, `${formula} ${source}`),
  );
}

/** @param {Api.NameShare} one */
function nameOf(one) {
  if (one.others) return `${groupDigits(one.labels ?? 0)} others`;
  return one.label ?? MISSING;
}

/** @param {Api.NameShares} shares @param {Report} report */
function buildPartners(shares, { subject }) {
  const kind = /** @type {Kind} */ (shares.kind);
  const { many, other } = WORDS[kind];
  const marks = shares.names.map((one) => markOf(one, nameOf(one)));
  const named = marks.filter((_, index) => !shares.names[index].others);
  const beyond = marks.find((_, index) => shares.names[index].others) ?? null;
  const rows = shares.names
    .filter(({ label }) => label !== null)
    .map((one) =>
      buildRow(build("a", { href: reportOn(kind, one.label ?? "") }, one.label), [
        linkTo(one.filters, formatShare(one.share)),
        one.whole && linkTo(one.whole.filters, formatPesos(one.whole.total_value)),
        one.share_of_whole === null || !one.whole
          ? "–"
          : linkToTable(one.whole.filters, WORDS[kind].partner, formatShare(one.share_of_whole)),
        ...sayLargest(one.largest),
      ]),
    );
  return buildPart(
    `by-${kind}`,
    many,
    build("p", {}, sayDependence(shares, subject)),
    // One name has all, which no bar need say.
    marks.length > 1 &&
      buildFigure({
        title: `${many} with most of the value`,
        hint: "Each bar leads to its contracts",
        heads: [many, ...HEADS],
        marks,
        drawing: drawBars(named),
        beyond,
      }),
    buildTable(
      `Dependence of ${many.toLowerCase()}`,
      [many, "Share of these", "All its contracts", "These of all its", `Its ${other}`, "Has of all its"],
      rows,
    ),
  );
}

/** @param {Api.NameShares} shares @param {Report["subject"]} subject */
function sayDependence(shares, subject) {
  const kind = /** @type {Kind} */ (shares.kind);
  const first = shares.names.find(({ label }) => label !== null);
  if (!first) return "No contract bears a name.";
  if (subject?.kind === kind && first.largest) {
    return `Its ${WORDS[kind].other}, ${first.largest.name}, has ${formatShare(first.largest.share)} of all its pesos.`;
  }
  const part = first.share_of_whole === null ? "" : ` That is ${formatShare(first.share_of_whole)} of all that it has.`;
  return `${first.label} has most: ${formatShare(first.share)} of the value.${subject ? part : ""}`;
}
