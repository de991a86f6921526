// The explorer page: one view at a time, kept in the URL, shown by the form and answered by rows and charts.

import { countWords, formatPesos } from "./amounts.js";
import { API, get, Problem, TASKS } from "./api.js";
import { ChipBar } from "./chips.js";
import { ColumnMenu, chooseColumns, listColumns } from "./columns.js";
import { announce, find, stay } from "./dom.js";
import { ExportList } from "./exports.js";
import { FilterForm } from "./filters.js";
import { Headline } from "./headline.js";
import { ResultTable } from "./results.js";
import { SearchBox } from "./searchbox.js";
import { SummaryCards } from "./summary.js";
import { askTask, waitForBetter } from "./tasks.js";
import { changeView, clearFilters, readView, showView, toSearch, writeView } from "./view.js";

/** @import {TaskStatus} from "./tasks.js" */
/** @import {Changes, View} from "./view.js" */

const RETRY_S = 10;
// What they show is taken away instead of the contracts.
const TABLES = ["table", "distribution"];
const MOST_TITLE = 90;

let view = readView(location.search);
/** @type {{asked: string, data: Api.SearchResult} | null} */
let answer = null;
let isTyping = false;
/** How far the page was scrolled when somebody left it, to be there again once its rows are. @type {number} */
let returning = history.state?.scroll ?? 0;
let version = "";
let searching = new AbortController();
/** @type {NodeListOf<HTMLAnchorElement>} */
const tabs = document.querySelectorAll("[data-show]");

/** @param {Changes} changes @param {{typing?: boolean}} [how] */
const changed = (changes, how) => navigate(changeView(view, changes), how);
const searchBox = new SearchBox({ changed });
const filters = new FilterForm({ changed, clear });
const chips = new ChipBar({ changed });
const results = new ResultTable({ navigate, clear, headline: new Headline({ navigate }) });
const cards = new SummaryCards({ navigate });
const columnMenu = new ColumnMenu({ changed: (columns) => navigate(showView(view, { columns })) });
const exports = new ExportList();
const lookers = { navigate, retry: () => show(view) };
const takers = { ...lookers, offer: exports.offerTable.bind(exports) };
/**
 * Other ways to look at what is found than its rows; the code of each is fetched when it is first looked at.
 * @type {Record<string, () => Promise<{show: (view: View, signal: AbortSignal) => Promise<Api.Summary | null | void>}>>}
 */
const LOOKS = {
  charts: once(async () => new (await import("./charts.js")).Charts(find("#charts"), lookers)),
  table: once(async () => new (await import("./table.js")).FigureTable(takers)),
  distribution: once(async () => new (await import("./distribution.js")).Distribution(takers)),
};

const styleLooks = once(async () => {
  const style = find("#look-style", HTMLLinkElement);
  style.disabled = false;
  // Without it they are plain, and still to be read.
  await new Promise((resolve) => {
    style.onload = style.onerror = resolve;
  });
});

/**
 * While somebody is typing, each text takes the place of the one before in the history.
 * @param {View} next
 * @param {{typing?: boolean}} [how]
 */
function navigate(next, { typing = false } = {}) {
  const url = writeView(next);
  if (url !== writeView(view)) {
    if (typing && isTyping) history.replaceState(null, "", url);
    else {
      rememberScroll();
      history.pushState(null, "", url);
      returning = 0;
    }
    isTyping = typing;
  }
  show(next);
}

function clear() {
  searchBox.clear();
  navigate(clearFilters(view));
}

/** @param {View} next */
async function show(next) {
  view = next;
  searchBox.show(view);
  filters.show(view);
  chips.show(view);
  showTabs();
  showPrintFoot();
  searching.abort();
  searching = new AbortController();
  const { signal } = searching;
  await Promise.all([showRows(view, signal), showLook(view, signal)]);
}

function showTabs() {
  for (const page of ["compare", "saved", "groups"]) {
    find(`#${page}`, HTMLAnchorElement).href = `/${page}/${writeView(view)}`;
  }
  for (const tab of tabs) {
    tab.href = writeView(showView(view, { show: tab.dataset.show }));
    if (tab.dataset.show === view.show) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  find("#results").hidden = view.show in LOOKS;
  find("#columns").hidden = view.show in LOOKS;
  for (const name of Object.keys(LOOKS)) find(`#${name}`).hidden = view.show !== name;
}

/** @param {View} asked @param {AbortSignal} signal */
async function showRows(asked, signal) {
  const question = JSON.stringify(toSearch(asked, []));
  if (answer?.asked !== question) {
    answer = null;
    exports.offer(asked, null);
    results.showLoading(asked);
  }
  try {
    const columns = await listColumns();
    const names = columns.map(({ name }) => name);
    const onWait = (/** @type {TaskStatus} */ status) => results.showStatus(status);
    /** @type {Api.SearchResult} */
    const data = answer?.data ?? (await askTask(`${TASKS}/search/`, toSearch(asked, names), { signal, onWait }));
    if (signal.aborted) return;
    answer = { asked: question, data };
    cards.expect(asked, { count: data.total_rows });
    results.show(asked, data, columns);
    document.title = nameView(asked, data.filters_in_words);
    restoreScroll();
    columnMenu.show(asked, columns);
    const shown = chooseColumns(asked, columns).map(({ name }) => name);
    if (!TABLES.includes(asked.show)) exports.offer(asked, data.total_rows, { shown, all: names });
    // After the rows, which people wait for; the charts bring the summary along.
    if (asked.show !== "charts") await cards.ask(asked, signal);
    // The cards stand above the rows.
    if (!signal.aborted) restoreScroll();
    returning = 0;
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Problem)) throw error;
    cards.clear();
    results.showProblem(asked, error, () => show(asked));
    filters.showErrors(error.errors);
    if (!error.passing) return;
    await waitForBetter(error.retryAfterS ?? RETRY_S, signal).then(
      () => show(asked),
      () => {},
    );
  }
}

/** @param {View} asked @param {AbortSignal} signal */
async function showLook(asked, signal) {
  if (!(asked.show in LOOKS)) return;
  const [look] = await Promise.all([LOOKS[asked.show](), styleLooks()]);
  if (signal.aborted) return;
  // Nobody listened to its controls before.
  for (const controls of find(`#${asked.show}`).querySelectorAll("fieldset")) controls.disabled = false;
  const summary = await look.show(asked, signal);
  if (summary) cards.show(asked, summary);
}

/** @template T @param {() => Promise<T>} open @returns {() => Promise<T>} */
function once(open) {
  /** @type {Promise<T> | null} */
  let opened = null;
  return () => {
    opened ??= open();
    return opened;
  };
}

async function showDataset() {
  try {
    const { body } = await get(`${API}/datasets/current/`);
    nameDataset(body);
    version = body.version;
    showPrintFoot();
    filters.coverYears(body.first_award, body.last_award);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the search says what is wrong
  }
}

/** @param {Api.Dataset} dataset */
function nameDataset({
  version,
  rows,
  flood_rows: floodRows,
  total_value: value,
  first_award: first,
  last_award: last,
}) {
  const years = [first, last].map((day) => day?.slice(0, 4)).filter(Boolean);
  const count = countWords(rows - floodRows, "contract");
  find("#dataset").textContent = `${count}${years.length ? `, ${years.join("–")}` : ""}`;
  find("#dataset").title = `Dataset version ${version}; ${formatPesos(value)} with all sources`;
}

function rememberScroll() {
  history.replaceState({ scroll: window.scrollY }, "");
}

function restoreScroll() {
  if (returning) window.scrollTo(0, returning);
}

/** What tabs and bookmarks say. @param {View} shown @param {string} words */
function nameView({ show: look, page }, words) {
  const tab = [...tabs].find(({ dataset }) => dataset.show === look)?.textContent;
  const named = words.length > MOST_TITLE ? `${words.slice(0, MOST_TITLE)}…` : words;
  const place = look === "rows" ? (page === "1" ? [] : [`page ${page}`]) : [tab];
  return [named.replace(/^./, (letter) => letter.toUpperCase()), ...place, "PhilGEPS Data Explorer"].join(" · ");
}

/** What a sheet of paper says of where it comes from. */
function showPrintFoot() {
  const day = new Date().toLocaleDateString("en-PH", { dateStyle: "long" });
  find("#print-foot").textContent = `${location.href} · dataset version ${version || "unknown"} · printed ${day}`;
}

async function copyLink() {
  await navigator.clipboard.writeText(location.href);
  find("#share").textContent = "Link copied";
  announce("The link to this view is in the clipboard.");
}

for (const tab of tabs) {
  tab.addEventListener(
    "click",
    stay(() => navigate(showView(view, { show: tab.dataset.show }))),
  );
}
find("#share").addEventListener("click", copyLink);
find("#share").addEventListener("blur", () => {
  find("#share").textContent = "Copy link";
});
find("#clear-chips").addEventListener("click", clear);
// By us, because the browser does it before there are rows.
history.scrollRestoration = "manual";
window.addEventListener("scrollend", rememberScroll);
window.addEventListener("pagehide", rememberScroll);
window.addEventListener("popstate", (event) => {
  isTyping = false;
  returning = event.state?.scroll ?? 0;
  show(readView(location.search));
});
showDataset();
show(view);
