// The page of analyses: the filters in the URL, and the report on their contracts.

import { countWords } from "./amounts.js";
import { buildReport } from "./analysisparts.js";
import { post, TASKS } from "./api.js";
import { find } from "./dom.js";
import { complain, QuestionForm, say, sayWriting } from "./question.js";
import { askTask } from "./tasks.js";
import { toFilters } from "./view.js";

/** @typedef {Api.AnalysisResult} Report */

const form = new QuestionForm({ shown: clear });

find("#analyze").addEventListener("click", analyze);
find("#export").addEventListener("click", exportReport);
form.show(form.view);
// A link to the page asks for what it names; without filters, all contracts only where somebody asks.
if (location.search) analyze();

function clear() {
  find("#report").replaceChildren();
  find("#summary").textContent = "";
}

async function analyze() {
  const { signal } = form;
  const button = find("#analyze", HTMLButtonElement);
  button.disabled = true;
  find("#summary").textContent = "Adding up…";
  say();
  try {
    /** @type {Report} */
    const report = await askTask(
      `${TASKS}/analysis/`,
      { filters: toFilters(form.view) },
      {
        signal,
        onWait: ({ status }) => {
          find("#summary").textContent = status ?? "";
        },
      },
    );
    if (!signal.aborted) draw(report);
  } catch (error) {
    complainOf(error, signal, analyze);
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
  const { signal } = form;
  try {
    await post(`${TASKS}/analysis/export/`, { filters: toFilters(form.view) }, { signal });
    sayWriting("The workbook");
  } catch (error) {
    complainOf(error, signal, exportReport);
  }
}

/** @param {unknown} error @param {AbortSignal} signal @param {() => void} retry */
function complainOf(error, signal, retry) {
  complain(error, signal, retry);
  if (!signal.aborted) find("#summary").textContent = "";
}
