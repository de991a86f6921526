// The parts of a report as elements. Each figure is a link to its contracts. Knows no form.

import { formatPesos, formatShare, formatShortPesos, groupDigits } from "./amounts.js";
import { addressOf, linkTo, reportOn, viewOf } from "./analysislinks.js";
import { build, MISSING } from "./dom.js";
import { buildFigure, drawBars, drawColumns } from "./figures.js";
import { writeView } from "./view.js";

/** @import {Child} from "./dom.js" */
/** @import {Mark} from "./figures.js" */
/** @typedef {Api.AnalysisResult} Report */
/** @typedef {"contractors" | "organizations"} Kind */
/** @typedef {Api.NameShare | Api.Year | Api.Month} Slice */

const HEADS = ["Total value", "Contracts", "Share"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** @type {Record<Kind, {one: string, many: string, other: string}>} */
const WORDS = {
  contractors: { one: "contractor", many: "Contractors", other: "largest buyer" },
  organizations: { one: "organization", many: "Organizations", other: "largest supplier" },
};

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

/** @param {string} id @param {string} title @param {...Child} content */
function buildPart(id, title, ...content) {
  return build(
    "section",
    { class: "analysis-part", "aria-labelledby": id },
    build("h2", { id, tabindex: "-1" }, title),
    content,
  );
}

/** @param {string} label @param {string[]} heads @param {HTMLTableRowElement[]} rows */
function buildTable(label, heads, rows) {
  const head = heads.map((text, index) => build("th", { scope: "col", class: index ? "number" : null }, text));
  return build(
    "div",
    { class: "surface table-scroll", tabindex: "0", role: "region", "aria-label": label },
    build("table", {}, build("thead", {}, build("tr", {}, head)), build("tbody", {}, rows)),
  );
}

/** @param {Child | Child[]} name @param {Child[]} cells @param {{current?: boolean}} [more] */
function buildRow(name, cells, { current = false } = {}) {
  return build(
    "tr",
    { "aria-current": current ? "true" : null },
    build("th", { scope: "row" }, name),
    cells.map((cell) => build("td", { class: "number" }, cell)),
  );
}

/** @param {Report} report */
function buildTotals({ summary, filters, subject }) {
  /** @type {[string, Child | Child[]][]} */
  const cards = [
    ["Contracts", linkTo(filters, groupDigits(summary.count))],
    ["Total value", linkTo(filters, formatShortPesos(summary.total_value))],
    ["Average", summary.avg_value === null ? "–" : formatShortPesos(summary.avg_value)],
    ["Median", summary.median_value === null ? "–" : formatShortPesos(summary.median_value)],
    ["Contractors", linkToNames(filters, "contractor", groupDigits(summary.contractors))],
    ["Organizations", linkToNames(filters, "organization", groupDigits(summary.organizations))],
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

/** A link to the table by name, whose rows lead on. @param {object} filters @param {string} by @param {...Child} words */
function linkToNames(filters, by, ...words) {
  const href = addressOf(filters, { show: "table", by });
  return href ? build("a", { href }, words) : words;
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
  const words = growth
    ? `In the middle of all pairs of the ${growth.years} whole years, the pesos ${growth.part_of_a_year < 0 ? "shrink" : "grow"} by ${formatShare(Math.abs(growth.part_of_a_year))} of a usual year each year (${growth.source}).`
    : "Fewer than three whole years: no growth is told.";
  return buildPart(
    "trend",
    "Trend",
    build("p", {}, words),
    buildTimes("Value by month of award", fillMonths(months.map((one) => withTick(one, tickOfMonth))), months),
    buildTimes(
      "Value by year of award",
      years.map((one) => withTick(one, (label) => label)),
      years,
      ["Change"],
      years.map(({ change, whole }) => [whole ? sayChange(change) : "not whole"]),
    ),
  );
}

/** @param {number | null} change */
const sayChange = (change) => (change === null ? "–" : `${change > 0 ? "+" : ""}${(100 * change).toFixed(1)} %`);

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
 * @param {string[][]} [cells]
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
    drawing: drawColumns(dated, sayTop(dated)),
    beyond: undated,
    className: "wide",
  });
}

/** @param {Mark[]} marks */
const sayTop = (marks) => formatShortPesos(Math.max(...marks.map(({ size }) => size), 0));

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
function buildSeason({ trend: { seasonality }, filters }) {
  const { months, years, formula, source, why_none: why } = seasonality;
  // The months of several years together have no address; those of each year have one there.
  const href = addressOf(filters, { show: "table", by: "month", order: "label" });
  const marks = months.map((one) => {
    const label = MONTHS[one.month - 1];
    return {
      label,
      tick: label,
      size: one.share,
      value: formatShare(one.share),
      detail: `${label}: ${formatShare(one.share)} of a year, from ${formatShare(one.least)} to ${formatShare(one.most)}`,
      cells: [formatShare(one.share), one.index.toFixed(2), formatShare(one.least), formatShare(one.most)],
      href,
    };
  });
  if (why) return buildPart("season", "Season", build("p", {}, `No season is told. ${why}`));
  return buildPart(
    "season",
    "Season",
    build(
      "p",
      {},
      `Of ${years.length} whole years: ${years.join(", ")}. Without a season, each month has 8.3 % of its year.`,
    ),
    buildFigure({
      title: "Usual share of a year's value by month",
      hint: "The median over the whole years",
      heads: ["Month", "Share", "Index", "Least", "Most"],
      marks,
      drawing: drawColumns(marks, formatShare(Math.max(...months.map(({ share }) => share)))),
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
        one.share_of_whole === null ? "–" : formatShare(one.share_of_whole),
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

/** @param {Api.NameShare["largest"]} largest @returns {Child[]} */
const sayLargest = (largest) =>
  largest ? [largest.name, linkTo(largest.figure.filters, formatShare(largest.share))] : ["–", "–"];

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

/** @param {Report} report */
function buildConcentration({ concentration, filters }) {
  const { by_kind: kinds, scales, formula, caution } = concentration;
  const rows = kinds.map((one) => {
    const kind = /** @type {Kind} */ (one.kind);
    return buildRow(linkToNames(filters, WORDS[kind].one, WORDS[kind].many), [
      one.hhi === null ? "–" : groupDigits(one.hhi),
      one.level ?? "–",
      one.equal_names === null ? "–" : one.equal_names.toFixed(1),
      one.largest === null ? "–" : formatShare(one.largest),
      one.four_largest === null ? "–" : formatShare(one.four_largest),
      groupDigits(one.names),
    ]);
  });
  return buildPart(
    "concentration",
    "Concentration",
    buildTable(
      "Concentration",
      ["Of", "HHI", "Level", "As many equal ones", "Largest has", "Four largest have", "Names"],
      rows,
    ),
    build("p", {}, caution),
    build(
      "details",
      {},
      build("summary", {}, "How it is computed and judged"),
      build("p", {}, formula),
      build(
        "ul",
        {},
        scales.map(({ source, levels }) =>
          build(
            "li",
            {},
            `${source}: ${levels.map(({ name, least }) => `${name} from ${groupDigits(least)}`).join(", ")}`,
          ),
        ),
      ),
    ),
  );
}

/** @param {Report} report */
function buildPeers({ peers, subject }) {
  if (!peers || !subject) return null;
  const kind = /** @type {Kind} */ (peers.kind);
  const rows = peers.peers.map((one) =>
    buildRow(
      [`${groupDigits(one.rank)}. `, build("a", { href: reportOn(kind, one.name) }, one.name)],
      [
        linkTo(one.figure.filters, formatPesos(one.figure.total_value)),
        groupDigits(one.figure.count),
        formatPesos(one.avg_value),
        groupDigits(one.partners),
        ...sayLargest(one.largest),
      ],
      { current: one.subject },
    ),
  );
  const usual = [
    peers.median_avg_value === null ? null : `contracts of ${formatPesos(peers.median_avg_value)} on average`,
    peers.median_partners === null ? null : `${groupDigits(peers.median_partners)} partners`,
    peers.median_largest_share === null
      ? null
      : `${formatShare(peers.median_largest_share)} of the pesos with the ${WORDS[kind].other}`,
  ].filter((words) => words !== null);
  return buildPart(
    "peers",
    "Of like size",
    build(
      "p",
      {},
      `By value it is number ${groupDigits(peers.rank)} of ${groupDigits(peers.names)}.`,
      usual.length ? ` Usual among those next to it: ${usual.join(", ")}.` : "",
    ),
    buildTable(
      "Names of like size",
      ["Name", "Total value", "Contracts", "Average", "Partners", `Its ${WORDS[kind].other}`, "Has of all its"],
      rows,
    ),
  );
}

/** @param {Report} report */
function buildFlags({ flags, filters }) {
  const view = viewOf(filters);
  const address = view && `/flags/${writeView(view)}`;
  /** @param {string} code @param {string} words */
  const link = (code, words) => (address ? build("a", { href: `${address}#${code}` }, words) : words);
  if (flags.why_none) {
    const words = [flags.why_none, " ", link("", "Judge them there"), "."];
    return buildPart("flags", "Red flags", build("p", {}, words));
  }
  const found = flags.counts.filter(({ cases }) => cases);
  const none = flags.counts.filter(({ cases }) => !cases).map(({ title }) => title);
  const rows = found.map((one) =>
    buildRow(link(one.code, one.title), [
      groupDigits(one.cases),
      groupDigits(one.contracts),
      formatPesos(one.total_value),
      `${groupDigits(one.judged)} of ${groupDigits(one.rows)}`,
    ]),
  );
  return buildPart(
    "flags",
    "Red flags",
    build("p", {}, `${flags.caution} A flag leads to its cases and their contracts.`),
    found.length > 0 && buildTable("Red flags", ["Flag", "Cases", "Contracts", "Total value", "Could be judged"], rows),
    none.length > 0 && build("p", { class: "hint" }, `Without a case: ${none.join(", ")}.`),
  );
}
