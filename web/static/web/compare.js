// The page that compares: two sides in the URL, their figures, periods and a table of all labels.

import { formatPesos, formatShortPesos, groupDigits, subtractPesos } from "./amounts.js";
import { API, get, Problem, TASKS } from "./api.js";
import { ChipBar } from "./chips.js";
import { ComparedTable } from "./comparedtable.js";
import { NO_TIMES, narrowTo } from "./dimensions.js";
import { announce, build, buildButton, find, stay } from "./dom.js";
import { buildFigure, drawColumns } from "./figures.js";
import { Picker } from "./picker.js";
import { buildProblem } from "./problems.js";
import {
  chooseChart,
  chooseOther,
  isOfView,
  nameSides,
  onlyFilters,
  pairPeriods,
  readComparison,
  SIDES,
  sayChange,
  sayDelta,
  sayDifference,
  toCompare,
  writeComparison,
} from "./sides.js";
import { askTask } from "./tasks.js";
import { changeView, EMPTY, readView, writeView } from "./view.js";

/** @import {Dimension} from "./dimensions.js" */
/** @import {Mark} from "./figures.js" */
/** @import {Comparison, Pair, Side} from "./sides.js" */
/** @import {Changes, View} from "./view.js" */
/** @typedef {Api.CompareResult} Answer */

/** Where the comparison waits while one of its sides is changed in the explorer. */
const WAITING = "comparison";
/** More pairs than this stand without room between them. */
const MANY_PAIRS = 24;

/** @type {{label: string, name: keyof Api.ComparedSummary, format: (text: string) => string}[]} */
const CARDS = [
  { label: "Contracts", name: "count", format: groupDigits },
  { label: "Total value", name: "total_value", format: formatPesos },
  { label: "Average", name: "avg_value", format: formatPesos },
  { label: "Median", name: "median_value", format: formatPesos },
  { label: "Contractors", name: "contractors", format: groupDigits },
  { label: "Organizations", name: "organizations", format: groupDigits },
];

/** @type {Dimension[]} */
const dimensions = JSON.parse(find("#main").dataset.dimensions ?? "[]");
/** @type {Comparison} */
let comparison = readComparison(location.search);
/** @type {{asked: string, data: Answer} | null} */
let answer = null;
/** @type {string[]} */
let years = [];
let asking = new AbortController();

const table = new ComparedTable({ dimensions, change, link: writeComparison });
const forms = SIDES.map((side) => {
  const root = find(`#side-${side}`, HTMLFormElement);
  const changed = (/** @type {Changes} */ changes) => changeSide(side, changeView(comparison[side], changes));
  const pickers = [...root.querySelectorAll("[data-picker]")].map(
    (field) => new Picker(/** @type {HTMLElement} */ (field), { changed }),
  );
  const chips = new ChipBar({ changed }, find(".chip-bar", HTMLElement, root));
  const text = find(".side-text", HTMLInputElement, root);
  const year = find(".side-year", HTMLSelectElement, root);
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    if (document.activeElement === text) changed({ text: text.value.trim() || null });
  });
  text.addEventListener("change", () => changed({ text: text.value.trim() || null }));
  year.addEventListener("change", () => changed({ ...NO_TIMES, years: year.value ? [year.value] : [] }));
  find(".side-change", HTMLAnchorElement, root).addEventListener("click", () =>
    sessionStorage.setItem(WAITING, JSON.stringify({ side, search: writeComparison(comparison) })),
  );
  return { side, root, pickers, chips, text, year };
});

/** @param {Comparison} next */
function navigate(next) {
  const url = writeComparison(next);
  if (url !== writeComparison(comparison)) history.pushState(null, "", url);
  show(next);
}

/** What is on its way already stays. @param {Partial<Comparison>} changes */
function change(changes) {
  navigate({ ...comparison, ...changes });
}

/** @param {Side} side @param {View} view */
const changeSide = (side, view) => navigate({ ...comparison, [side]: onlyFilters(view), page: "1", chart: "" });

/** @param {Comparison} next */
async function show(next) {
  comparison = next;
  const names = nameSides(next.a, next.b);
  for (const form of forms) showSide(form, names[form.side]);
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const body = toCompare(next);
  const asked = JSON.stringify(body);
  find("#answer").setAttribute("aria-busy", "true");
  try {
    const data = answer?.asked === asked ? answer.data : await ask(body, signal);
    if (signal.aborted) return;
    answer = { asked, data };
    draw(data, names);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Problem)) throw error;
    find("#answer").hidden = true;
    find("#summary").textContent = "No figures";
    say(
      buildProblem(
        error,
        buildButton("Try again", () => show(next)),
      ),
    );
  }
  find("#answer").setAttribute("aria-busy", "false");
}

/** @param {object} body @param {AbortSignal} signal @returns {Promise<Answer>} */
const ask = (body, signal) =>
  askTask(`${TASKS}/compare/`, body, { signal, onWait: ({ status }) => announce(status ?? "") });

/** @param {...Node} content */
function say(...content) {
  find("#message").replaceChildren(...content);
  find("#message").hidden = !content.length;
}

/** @param {typeof forms[number]} form @param {string} name */
function showSide({ side, root, pickers, chips, text, year }, name) {
  const view = comparison[side];
  find(".side-name", HTMLElement, root).textContent = name;
  chips.show(view);
  for (const picker of pickers) picker.show(view);
  text.value = view.text ?? "";
  showYears(year, view);
  for (const link of root.querySelectorAll("a")) link.href = `/${writeView(view)}`;
}

/** @param {HTMLSelectElement} select @param {View} view */
function showYears(select, { years: chosen, quarters, months, from, to, undated }) {
  const others = quarters.length || months.length || from !== null || to !== null || undated;
  const only = chosen.length === 1 && !others;
  const none = !chosen.length && !others;
  const listed = [...new Set([...years, ...(only ? chosen : [])])].sort().reverse();
  select.replaceChildren(
    build("option", { value: "" }, "Any"),
    // Several periods, which the chips say.
    !only && !none ? build("option", { value: "?", disabled: true }, "Several") : "",
    ...listed.map((year) => build("option", { value: year }, year)),
  );
  select.value = only ? chosen[0] : none ? "" : "?";
}

/** @param {Answer} data @param {Record<Side, string>} names */
function draw(data, names) {
  say();
  find("#answer").hidden = false;
  const verdict = sayDifference(names, data.summary.total_value);
  find("#summary").textContent = verdict;
  for (const { side, root } of forms)
    showRemarks(side, find(".side-remarks", HTMLElement, root), data[`${side}_remarks`]);
  drawCards(data.summary);
  drawChart(data, names);
  table.show(comparison, data);
  announce(verdict);
}

/** What nobody bears, and why a side has no contract. @param {Side} side @param {HTMLElement} box @param {Api.Remarks} remarks */
async function showRemarks(side, box, { unknown_names: unknown, nothing_found: nothing }) {
  const asked = comparison;
  box.hidden = true;
  if (!unknown.length && !nothing) return;
  const { buildAbsence, buildUnknown } = await import("./absence.js");
  if (asked !== comparison) return;
  /** @type {import("./absence.js").BuildLink} */
  const buildLink = (view, attributes, ...content) => {
    const href = writeComparison({ ...asked, [side]: onlyFilters(view) });
    const onclick = stay(() => {
      find("#summary").focus(); // the link goes away with its remark
      changeSide(side, view);
    });
    return build("a", { ...attributes, href, onclick }, ...content);
  };
  const absence = nothing && buildAbsence(asked[side], nothing, { buildLink, clear: () => changeSide(side, EMPTY) });
  box.replaceChildren(
    ...buildUnknown(asked[side], unknown, buildLink),
    ...(absence ? [build("div", { class: "message" }, ...absence)] : []),
  );
  box.hidden = false;
}

/** @param {Api.ComparedSummary} summary */
function drawCards(summary) {
  const cards = CARDS.map(({ label, name, format }) => {
    const figure = summary[name];
    const values = SIDES.map((side) => {
      const value = figure[side] === null ? "–" : format(String(figure[side]));
      return build("dd", { class: `of-${side}` }, buildMark(side), linkTo(comparison[side], value));
    });
    const change =
      figure.difference === null
        ? "–"
        : `${sayDelta(figure.difference, format)}${figure.ratio === null ? "" : ` (${sayChange(figure.ratio)})`}`;
    return build(
      "div",
      { class: "card" },
      build("dt", {}, label),
      values,
      build("dd", { class: "difference", title: "A less B" }, change),
    );
  });
  find("#cards").replaceChildren(...cards);
}

/** @param {Side} side */
const buildMark = (side) => build("span", { class: "side-mark" }, side.toUpperCase());

/** @param {View} view @param {string} words */
const linkTo = (view, words) => build("a", { href: `/${writeView(view)}`, title: "Show these contracts" }, words);

/** @param {Answer} data @param {Record<Side, string>} names */
function drawChart(data, names) {
  const by = comparison.chart || chooseChart(data);
  find("#chart-by", HTMLSelectElement).value = by;
  const rows = { year: data.by_year, quarter: data.by_quarter, month: data.by_month }[by] ?? data.by_year;
  const pairs = pairPeriods(rows);
  const dated = pairs.filter(({ label }) => label !== null);
  const drawing = drawColumns(
    dated.flatMap((pair) => SIDES.map((side) => markSide(side, pair, by, names))),
    formatShortPesos,
  );
  if (dated.length > MANY_PAIRS) find(".columns-chart", HTMLElement, drawing).classList.add("many");
  const figure = buildFigure({
    title: `Value by ${by}`,
    hint: `A: ${names.a}. B: ${names.b}. Click for the contracts`,
    heads: ["Award", "A", "B", "Difference", "Change"],
    marks: pairs.map(markPair),
    drawing,
    className: "wide pairs",
  });
  find("#chart").replaceChildren(figure);
}

/** One column of a pair. @param {Side} side @param {Pair} pair @param {string} by @param {Record<Side, string>} names @returns {Mark} */
function markSide(side, pair, by, names) {
  const part = pair[side];
  const changes = part && narrowTo({ name: by, filter: null, label: "", plural: "" }, part);
  const worth = formatPesos(part?.value ?? "0.00");
  return {
    label: `${pair.label}`,
    tick: side === "a" ? shorten(pair.label ?? "", by) : "",
    size: Number(part?.value ?? 0),
    value: formatShortPesos(part?.value ?? 0),
    detail: `${side.toUpperCase()}, ${names[side]}, ${part?.label ?? pair.label}: ${worth}`,
    cells: [],
    href: changes && `/${writeView(changeView(comparison[side], changes))}`,
  };
}

/** @param {Pair} pair @returns {Mark} */
function markPair({ label, a, b }) {
  const [ofA, ofB] = [a?.value ?? "0.00", b?.value ?? "0.00"];
  const ratio = Number(ofB) ? Number(ofA) / Number(ofB) : null;
  return {
    label: label ?? "without a date",
    size: 0,
    value: "",
    detail: "",
    cells: [formatPesos(ofA), formatPesos(ofB), sayDelta(subtractPesos(ofA, ofB), formatPesos), sayChange(ratio)],
    href: null,
  };
}

/** "2024-03" below many others: only the years. @param {string} label @param {string} by */
function shorten(label, by) {
  if (by === "year" || !/^\d{4}-/.test(label)) return label;
  return /-(01|Q1)$/.test(label) ? `’${label.slice(2, 4)}` : "";
}

/** What the page begins with: the comparison of its link, or the view that the explorer's link brings. */
async function begin() {
  const waiting = takeWaiting();
  await learnYears();
  if (!isOfView(location.search)) return comparison;
  const view = onlyFilters(readView(location.search));
  if (waiting) return { ...readComparison(waiting.search), [waiting.side]: view, page: "1" };
  const isAnything = writeView(view) === writeView(EMPTY);
  const a = isAnything && years.length ? { ...view, years: [years[0]] } : view;
  return { ...readComparison(""), a, b: chooseOther(a) };
}

/** @returns {{side: Side, search: string} | null} */
function takeWaiting() {
  const waiting = sessionStorage.getItem(WAITING);
  sessionStorage.removeItem(WAITING);
  return waiting === null ? null : JSON.parse(waiting);
}

async function learnYears() {
  try {
    const { body } = await get(`${API}/datasets/current/`);
    const [first, last] = [body.first_award, body.last_award].map((day) => Number(day?.slice(0, 4) ?? Number.NaN));
    years = Array.from({ length: Math.max(0, last - first + 1) || 0 }, (_, index) => String(last - index));
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the question says what is wrong
  }
}

find("#swap").addEventListener("click", () => navigate({ ...comparison, a: comparison.b, b: comparison.a, page: "1" }));
find("#share").addEventListener("click", async () => {
  await navigator.clipboard.writeText(location.href);
  find("#share").textContent = "Link copied";
  announce("The link to this comparison is in the clipboard.");
});
find("#share").addEventListener("blur", () => {
  find("#share").textContent = "Copy link";
});
const chartBy = find("#chart-by", HTMLSelectElement);
chartBy.addEventListener("change", () => navigate({ ...comparison, chart: chartBy.value }));
window.addEventListener("popstate", () => show(readComparison(location.search)));
const first = await begin();
history.replaceState(null, "", writeComparison(first));
show(first);
