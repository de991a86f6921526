// The parts of a report that set its names beside each other: concentration, peers, and what red flags find. Knows no
// form.

import { formatPesos, formatShare, groupDigits } from "./amounts.js";
import { linkTo, linkToTable, reportOn, viewOf } from "./analysislinks.js";
import { buildPart, buildRow, buildTable, sayLargest, WORDS } from "./analysistables.js";
import { build } from "./dom.js";
import { writeView } from "./view.js";

/** @import {Child} from "./dom.js" */
/** @import {Kind} from "./analysistables.js" */
/** @typedef {Api.AnalysisResult} Report */

/** @param {Report} report */
export function buildConcentration({ concentration }) {
  const { by_kind: kinds, scales, formula, caution } = concentration;
  const rows = kinds.map((one) => {
    const kind = /** @type {Kind} */ (one.kind);
    // No contract has an index: it leads to the names that it was computed of.
    const lead = (/** @type {string | null | undefined} */ words) =>
      words ? linkToTable(one.filters, WORDS[kind].one, words) : "–";
    return buildRow(lead(WORDS[kind].many), [
      lead(one.hhi === null ? null : groupDigits(one.hhi)),
      lead(one.level),
      lead(one.equal_names?.toFixed(1)),
      one.largest === null ? "–" : linkTo(one.largest_filters ?? {}, formatShare(one.largest)),
      one.four_largest === null ? "–" : linkTo(one.four_largest_filters ?? {}, formatShare(one.four_largest)),
      lead(groupDigits(one.names)),
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
export function buildPeers({ peers, subject }) {
  if (!peers || !subject) return null;
  const kind = /** @type {Kind} */ (peers.kind);
  const rows = peers.peers.map((one) =>
    buildRow(
      [`${groupDigits(one.rank)}. `, build("a", { href: reportOn(kind, one.name) }, one.name)],
      [
        linkTo(one.figure.filters, formatPesos(one.figure.total_value)),
        linkTo(one.figure.filters, groupDigits(one.figure.count)),
        linkTo(one.figure.filters, formatPesos(one.avg_value)),
        linkToTable(one.figure.filters, WORDS[kind].partner, groupDigits(one.partners)),
        ...sayLargest(one.largest),
      ],
      { current: one.subject },
    ),
  );
  const among = linkToTable(peers.filters, WORDS[kind].one, groupDigits(peers.names));
  return buildPart(
    "peers",
    "Of like size",
    build("p", {}, `By value it is number ${groupDigits(peers.rank)} of `, among, ". ", sayUsual(peers, kind)),
    buildTable(
      "Names of like size",
      ["Name", "Total value", "Contracts", "Average", "Partners", `Its ${WORDS[kind].other}`, "Has of all its"],
      rows,
    ),
  );
}

/** @param {Api.Peers} peers @param {Kind} kind @returns {Child[]} */
function sayUsual(peers, kind) {
  const { median_avg_value: average, median_partners: partners, median_largest_share: share } = peers;
  // A median leads to the names that it is taken over.
  const lead = (/** @type {string} */ words) => linkToTable(peers.median_filters ?? {}, WORDS[kind].one, words);
  /** @type {Child[][]} */
  const usual = [
    ...(average === null ? [] : [["contracts of ", lead(formatPesos(average)), " on average"]]),
    ...(partners === null ? [] : [[lead(groupDigits(partners)), " partners"]]),
    ...(share === null ? [] : [[lead(formatShare(share)), ` of the pesos with the ${WORDS[kind].other}`]]),
  ];
  if (!usual.length) return [];
  return ["Usual among those next to it: ", ...usual.flatMap((words, at) => (at ? [", ", ...words] : words)), "."];
}

/** @param {Report} report */
export function buildFlags({ flags, filters }) {
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
      link(one.code, groupDigits(one.cases)),
      link(one.code, groupDigits(one.contracts)),
      link(one.code, formatPesos(one.total_value)),
      [link(one.code, groupDigits(one.judged)), " of ", linkTo(filters, groupDigits(one.rows))],
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
