// The explorer page: one view at a time, kept in the URL, shown by the form and answered by the table.

import { API, get, Problem, TASKS } from "./api.js";
import { countWords, formatPesos } from "./amounts.js";
import { find } from "./dom.js";
import { ExportList } from "./exports.js";
import { FilterForm } from "./filters.js";
import { COLUMNS, ResultTable } from "./results.js";
import { askTask } from "./tasks.js";
import { changeView, readView, toSearch, writeView } from "./view.js";

let view = readView(location.search);
let searching = new AbortController();

const filters = new FilterForm({ changed: (changes) => navigate(changeView(view, changes)) });
const results = new ResultTable({ navigate, clear: () => filters.clear() });
const exports = new ExportList();

function navigate(next) {
  const url = writeView(next);
  if (url !== writeView(view)) history.pushState(null, "", url);
  show(next);
}

async function show(next) {
  view = next;
  filters.show(view);
  exports.offer(view, null);
  results.showLoading(view);
  searching.abort();
  searching = new AbortController();
  await search(view, searching.signal);
}

async function search(asked, signal) {
  try {
    const onWait = (status) => results.showStatus(status);
    const data = await askTask(`${TASKS}/search/`, toSearch(asked, COLUMNS), { signal, onWait });
    if (signal.aborted) return;
    results.show(asked, data);
    exports.offer(asked, data.total_rows);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Problem)) throw error;
    results.showProblem(asked, error, () => show(asked));
    filters.showErrors(error.errors);
  }
}

async function showDataset() {
  try {
    const { body } = await get(`${API}/datasets/current/`);
    const count = body.rows - body.flood_rows;
    const years = [body.first_award, body.last_award].map((day) => day?.slice(0, 4)).filter(Boolean);
    find("#dataset").textContent = `${countWords(count, "contract")}${years.length ? `, ${years.join("–")}` : ""}`;
    find("#dataset").title = `Dataset version ${body.version}; ${formatPesos(body.total_value)} with all sources`;
    filters.coverYears(body.first_award, body.last_award);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the search says what is wrong
  }
}

window.addEventListener("popstate", () => show(readView(location.search)));
showDataset();
show(view);
