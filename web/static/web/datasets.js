// The page of datasets: what a version holds, where it comes from, what was rejected and what was repaired.

import { formatPesos, formatShare, formatSize, formatTime, groupDigits, subtractPesos } from "./amounts.js";
import { API, get, Problem } from "./api.js";
import { buildBulk } from "./bulk.js";
import { build, find, seek } from "./dom.js";
import { buildProblem } from "./problems.js";
import { showVersions } from "./versions.js";

/** @typedef {Api.Dataset} Dataset */

/** The words that the page brings along. @type {{reasons: Record<string, string>, repairable: string[]}} */
const WORDS = JSON.parse(find("#dataset").dataset.words ?? "{}");
const FATES = /** @type {const} */ (["read", "imported", "collapsed", "unawarded", "duplicates", "rejected"]);
/** @typedef {(typeof FATES)[number]} Fate */
/** @type {Record<Fate, string>} */
const FATE_LABELS = {
  read: "Rows read",
  imported: "Contracts",
  collapsed: "Further line items",
  unawarded: "Not awarded",
  duplicates: "Duplicates",
  rejected: "Rejected",
};

start();

async function start() {
  try {
    const { body } = await get(`${API}/datasets/`);
    offer(body.datasets, body.current);
    if (seek("#versions")) showVersions(body.datasets, { problems: find("#problems"), refreshNow: start });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    find("#problems").replaceChildren(buildProblem(error));
  }
  find("#dataset").removeAttribute("aria-busy");
}

/** @param {Dataset[]} datasets @param {string | null} current */
function offer(datasets, current) {
  const select = find("#version", HTMLSelectElement);
  select.replaceChildren(
    ...datasets.map(({ version, created_at: at }) =>
      build(
        "option",
        { value: version, selected: version === current },
        `${formatTime(at)}${version === current ? " (current)" : ""}`,
      ),
    ),
  );
  const showChosen = () => {
    const chosen = datasets.find(({ version }) => version === select.value);
    if (chosen) show(chosen);
  };
  select.onchange = showChosen;
  showChosen();
}

/** @param {Dataset} dataset */
function show(dataset) {
  find("#dataset").replaceChildren(
    buildCards(dataset),
    buildBulk(dataset),
    buildSources(dataset),
    buildRejects(dataset),
    buildRepairs(dataset),
  );
}

/** @param {Dataset} dataset */
function buildCards(dataset) {
  const covered = [dataset.first_award, dataset.last_award].map((day) => day ?? "?").join(" to ");
  const cards = [
    ["Contracts", groupDigits(dataset.rows - dataset.flood_rows)],
    ["Total value", formatPesos(subtractPesos(dataset.total_value, dataset.flood_value))],
    ["Awards from – to", covered],
    ["Flood-control source", `${groupDigits(dataset.flood_rows)} · ${formatPesos(dataset.flood_value)}`],
    ["Version", dataset.version],
  ];
  return build(
    "dl",
    { class: "cards" },
    cards.map(([label, text]) => build("div", { class: "card" }, build("dt", {}, label), build("dd", {}, text))),
  );
}

/** @param {Dataset} dataset */
function buildSources({ sources }) {
  const totals = /** @type {Record<Fate, number>} */ (
    Object.fromEntries(FATES.map((fate) => [fate, sources.reduce((sum, source) => sum + source[fate], 0)]))
  );
  const cells = (/** @type {Record<Fate, number>} */ row) =>
    FATES.map((fate) => build("td", { class: "number" }, groupDigits(row[fate])));
  const rows = sources.map((source) =>
    build(
      "tr",
      {},
      build(
        "th",
        { scope: "row" },
        source.file,
        build("span", { class: "detail" }, `${source.generation} · ${formatSize(source.size_bytes)}`),
        build("span", { class: "checksum", title: `SHA-256 ${source.sha256}` }, `SHA-256 ${source.sha256}`),
        source.notes.map(({ text }) => build("span", { class: "detail" }, text)),
      ),
      cells(source),
    ),
  );
  const all = build("tr", {}, build("th", { scope: "row" }, "All files"), cells(totals));
  const heads = ["File", ...FATES.map((fate) => FATE_LABELS[fate])];
  return build(
    "section",
    { class: "stack", "aria-labelledby": "sources" },
    build("h2", { id: "sources" }, "Sources"),
    build(
      "p",
      { class: "hint" },
      "Every row that was read has exactly one fate: the five columns add up to the first.",
    ),
    buildTable("Sources", heads, [...rows, all]),
  );
}

/** @param {Dataset} dataset */
function buildRejects({ sources, rejected_by_reason: reasons }) {
  const read = sources.reduce((sum, source) => sum + source.read, 0);
  return build(
    "section",
    { class: "stack", "aria-labelledby": "rejects" },
    build("h2", { id: "rejects" }, "Rejected rows by reason"),
    Object.keys(reasons).length
      ? buildReasons("Rejected rows by reason", ["Reason", "Rows", "Of all rows read"], { reasons, whole: read })
      : build("p", {}, "No row was rejected."),
  );
}

/** @param {Dataset} dataset */
function buildRepairs({ sources, repaired_by_reason: reasons }) {
  const imported = sources.reduce((sum, source) => sum + source.imported, 0);
  const query = new URLSearchParams(WORDS.repairable.map((name) => ["repaired", name]));
  return build(
    "section",
    { class: "stack", "aria-labelledby": "repairs" },
    build("h2", { id: "repairs" }, "Repaired cells by reason"),
    build(
      "p",
      { class: "hint" },
      "A bad cell costs a field and no contract: it is missing, and its contract is counted. ",
      build("a", { href: `/?${query}` }, "Show these contracts"),
    ),
    Object.keys(reasons).length
      ? buildReasons("Repaired cells by reason", ["Reason", "Cells", "Of all contracts"], { reasons, whole: imported })
      : build("p", {}, "No cell was repaired."),
  );
}

/** @param {string} name @param {string[]} heads @param {{reasons: Record<string, number>, whole: number}} counts */
function buildReasons(name, heads, { reasons, whole }) {
  const sorted = Object.entries(reasons).sort((one, other) => other[1] - one[1]);
  return buildTable(
    name,
    heads,
    sorted.map(([reason, count]) =>
      build(
        "tr",
        {},
        build(
          "th",
          { scope: "row" },
          WORDS.reasons[reason] ?? reason,
          build("span", { class: "detail" }, build("code", {}, reason)),
        ),
        build("td", { class: "number" }, groupDigits(count)),
        build("td", { class: "number" }, formatShare(count / whole)),
      ),
    ),
  );
}

/** @param {string} name @param {string[]} heads @param {Node[]} rows */
function buildTable(name, heads, rows) {
  const head = heads.map((text, index) => build("th", { scope: "col", class: index ? "number" : null }, text));
  return build(
    "div",
    { class: "surface flush table-scroll", tabindex: "0", role: "region", "aria-label": name },
    build("table", {}, build("thead", {}, build("tr", {}, head)), build("tbody", {}, rows)),
  );
}
