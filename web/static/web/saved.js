// The page of saved searches: save the one that the address carries, keep, share and watch them, read alerts.

import { showAlerts } from "./alertlist.js";
import { API, get, Problem, post, request } from "./api.js";
import { announce, build, find } from "./dom.js";
import { attemptAction, keepLive } from "./live.js";
import { buildProblem } from "./problems.js";
import { RECEIVERS, showReceivers, startReceivers } from "./receivers.js";
import { showRows } from "./rows.js";
import { buildSavedRow, linkTo } from "./savedrow.js";
import { countFilters, readView, toFilters, viewOfRequest, writeView } from "./view.js";

/** @typedef {Api.SavedSearch} Search */

const SEARCHES = `${API}/saved-searches/`;
const LIVE_S = 10;
const problems = find("#problems");
const form = find("#save", HTMLFormElement);
const name = find("#name", HTMLInputElement);
const note = find("#note", HTMLTextAreaElement);

/** What the form is about to send. @type {{send: () => Promise<unknown>} | null} */
let saving = null;

const refreshNow = keepLive(refresh, problems);
const around = { problems, refreshNow, edit };
start();

async function start() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (saving) attemptAction(save, problems, refreshNow);
  });
  startReceivers(around);
  find("#leave").addEventListener("click", close);
  find("#file").addEventListener("change", () => attemptAction(importFile, problems, refreshNow));
  await Promise.all([showIn(find("#address-problem"), offerAddress), showIn(find("#address-problem"), listBuiltIn)]);
}

/** Do it; what the API has against it stands in a place that no later answer clears. @param {HTMLElement} place @param {() => Promise<void>} does */
async function showIn(place, does) {
  try {
    await does();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    place.replaceChildren(buildProblem(error));
  }
}

async function listBuiltIn() {
  const { body } = await get(`${SEARCHES}built-in/`);
  find("#built-in").replaceChildren(...body.searches.map(buildBuiltIn));
}

async function refresh() {
  const [searches, monitors, receivers, alerts] = await Promise.all([
    get(SEARCHES),
    get(`${API}/monitors/`),
    get(RECEIVERS),
    get(`${API}/alerts/?page_size=20`),
  ]);
  /** @type {Map<string, Api.Monitor>} */
  const watched = new Map(monitors.body.monitors.map((/** @type {Api.Monitor} */ one) => [one.search, one]));
  /** @type {Search[]} */
  const kept = searches.body.searches;
  find("#searches").hidden = !kept.length;
  find("#nothing").hidden = kept.length > 0;
  const known = receivers.body.receivers.map((/** @type {Api.Receiver} */ { id, name }) => ({ id, name }));
  const rows = kept.map((search) => ({ search, monitor: watched.get(search.id) ?? null, receivers: known }));
  showRows(
    find("#searches tbody"),
    rows,
    ({ search }) => search.id,
    (row) => buildSavedRow(row, around),
  );
  showAlerts(alerts.body.results);
  await showReceivers(receivers.body.receivers, around);
  return monitors.body.monitors.some((/** @type {Api.Monitor} */ one) => one.checking) ? 1 : LIVE_S;
}

/** The search that the address of the page carries: the explorer's, or one that somebody shares. */
async function offerAddress() {
  const key = new URLSearchParams(location.search).get("shared");
  if (key !== null) {
    /** @type {{body: Api.SharedSearch}} */
    const { body } = await get(`${SEARCHES}shared/${encodeURIComponent(key)}/`);
    offer(body, "A search that somebody shares with you");
  } else if (location.search) {
    const view = readView(location.search);
    const words = view.text ?? view.contractors[0] ?? view.organizations[0] ?? "";
    offer({ name: words.slice(0, 100), note: "", filters: toFilters(view) }, sayFilters(countFilters(view), view.text));
  }
}

/** @param {number} filters @param {string | null} text */
function sayFilters(filters, text) {
  const counted = filters === 1 ? "1 filter" : `${filters} filters`;
  return text ? `Words: ${text}; ${counted}` : counted;
}

/**
 * Fill the form with a search that is not kept yet.
 * @param {{name: string, note: string, filters: any}} search
 * @param {string} words
 */
function offer(search, words) {
  open("Save this search", words, search, async () => {
    await post(SEARCHES, { name: name.value, note: note.value, filters: search.filters });
    announce("It is saved.");
  });
  const view = viewOfRequest({ filters: search.filters });
  const link = find("#open-first", HTMLAnchorElement);
  link.hidden = view === null;
  if (view) link.href = `/${writeView(view)}`;
}

/** Fill the form with one of one's own. @param {Search} search */
function edit(search) {
  open("Change its name and note", search.filters_in_words, search, async () => {
    await request("PATCH", search.links.self, { body: { name: name.value, note: note.value } });
    announce("It is changed.");
  });
  find("#open-first").hidden = true;
}

/**
 * @param {string} title
 * @param {string} words
 * @param {{name: string, note: string}} search
 * @param {() => Promise<unknown>} send
 */
function open(title, words, search, send) {
  find("#save-title").textContent = title;
  find("#save-what").textContent = words;
  name.value = search.name;
  note.value = search.note;
  saving = { send };
  form.hidden = false;
  name.focus();
}

function close() {
  saving = null;
  form.hidden = true;
  if (location.search) history.replaceState(null, "", location.pathname);
}

async function save() {
  await saving?.send();
  close();
}

async function importFile() {
  const input = find("#file", HTMLInputElement);
  const file = input.files?.[0];
  // The same file can be chosen again.
  input.value = "";
  if (!file) return;
  let content;
  try {
    content = JSON.parse(await file.text());
  } catch {
    throw new Problem({ status: 400, detail: "This is no file of saved searches: it holds no JSON." });
  }
  await post(`${SEARCHES}import/`, content);
  announce("The searches are imported.");
}

/** @param {Api.SharedSearch} search */
function buildBuiltIn(search) {
  return build(
    "li",
    { class: "surface stack" },
    build("h3", {}, linkTo(search) ?? search.name),
    search.note && build("p", { class: "hint" }, search.note),
    build(
      "p",
      {},
      build(
        "button",
        {
          type: "button",
          class: "button small",
          "aria-label": `Save ${search.name}`,
          onclick: () => offer(search, search.filters_in_words),
        },
        "Save",
      ),
    ),
  );
}
