// The page of analyses: the filters in the URL, and the report on their contracts.

import { countWords } from "./amounts.js";
import { buildReport } from "./analysisparts.js";
import { Problem, post, TASKS } from "./api.js";
import { ChipBar } from "./chips.js";
import { announce, build, buildButton, find } from "./dom.js";
import { Picker } from "./picker.js";
import { buildProblem } from "./problems.js";
import { askTask } from "./tasks.js";
import { changeView, readView, toFilters, writeView } from "./view.js";

/** @import {Changes, View} from "./view.js" */
/** @typedef {Api.AnalysisResult} Report */

/** @type {View} */
let view = readView(location.search);
let asking = new AbortController();

const chips = new ChipBar({ changed: change });
const pickers = [...document.querySelectorAll("[data-picker]")].map(
  (field) => new Picker(/** @type {HTMLElement} */ (field), { changed: change }),
);
const year = find("#year", HTMLInputElement);
const text = find("#text", HTMLInputElement);

year.addEventListener("change", () => change({ years: year.value ? [year.value] : [] }));
text.addEventListener("change", () => change({ text: text.value.trim() || null }));
find("#question").addEventListener("submit", (event) => event.preventDefault());
find("#analyze").addEventListener("click", analyze);
find("#export").addEventListener("click", exportReport);
window.addEventListener("popstate", () => show(readView(location.search)));
show(view);
// A link to the page asks for what it names; without filters, all contracts only where somebody asks.
if (location.search) analyze();

/** @param {Changes} changes */
function change(changes) {
  const next = changeView(view, changes);
  history.pushState(null, "", writeView(next));
  show(next);
}

/** @param {View} next */
function show(next) {
  view = next;
  asking.abort();
  asking = new AbortController();
  chips.show(view);
  for (const picker of pickers) picker.show(view);
  year.value = view.years.length === 1 ? view.years[0] : "";
  text.value = view.text ?? "";
  find("#contracts", HTMLAnchorElement).href = `/${writeView(view)}`;
  find("#report").replaceChildren();
  find("#summary").textContent = "";
  say();
}

async function analyze() {
  const { signal } = asking;
  const button = find("#analyze", HTMLButtonElement);
  button.disabled = true;
  find("#summary").textContent = "Adding up…";
  say();
  try {
    /** @type {Report} */
    const report = await askTask(
      `${TASKS}/analysis/`,
      { filters: toFilters(view) },
      {
        signal,
        onWait: ({ status }) => {
          find("#summary").textContent = status ?? "";
        },
      },
    );
    if (!signal.aborted) draw(report);
  } catch (error) {
    complain(error, signal, analyze);
  } finally {
    button.disabled = false;
  }
}

/** @param {Report} report */
function draw(report) {
  const { count } = report.summary;
  find("#summary").textContent = count
    ? `${countWords(count, "contract")} · ${report.filters_in_words} · dataset ${report.dataset_version}`
    : "No contract matches. Take a filter away.";
  find("#report").replaceChildren(...(count ? buildReport(report).filter((part) => part !== null) : []));
}

async function exportReport() {
  const { signal } = asking;
  try {
    await post(`${TASKS}/analysis/export/`, { filters: toFilters(view) }, { signal });
    const link = build("a", { href: "/tasks/" }, "My tasks");
    say(build("p", {}, "The workbook is being written. The file will be in ", link, "."));
    announce("The workbook is being written");
  } catch (error) {
    complain(error, signal, exportReport);
  }
}

/** @param {...Node} content */
function say(...content) {
  find("#message").replaceChildren(...content);
  find("#message").hidden = !content.length;
}

/** @param {unknown} error @param {AbortSignal} signal @param {() => void} retry */
function complain(error, signal, retry) {
  if (signal.aborted) return;
  if (!(error instanceof Problem)) throw error;
  find("#summary").textContent = "";
  say(buildProblem(error, buildButton("Try again", retry)));
}
