// The page of one's own tasks: the history, live, with all that can be done to a task.

import { countWords, formatDuration, formatSize, formatTime } from "./amounts.js";
import { get, TASKS } from "./api.js";
import { announce, build, find } from "./dom.js";
import { describeProgress } from "./exportcard.js";
import { attemptAction, keepLive } from "./live.js";
import { showRows } from "./rows.js";
import { openSharing } from "./share.js";
import { cancelTask, deleteTask, rerunTask } from "./tasks.js";
import { viewOfRequest, writeView } from "./view.js";

const BUSY_S = 1.5;
const IDLE_S = 8;
/** @import {Child} from "./dom.js" */
/** @typedef {Api.TaskStatus} Task */

/** @type {Record<Task["state"], [string, string]>} */
const BADGES = {
  PENDING: ["waiting", ""],
  STARTED: ["running", "busy"],
  PROGRESS: ["running", "busy"],
  RETRY: ["will be tried again", "busy"],
  SUCCESS: ["done", "good"],
  FAILURE: ["failed", "bad"],
  REVOKED: ["cancelled", ""],
};

let page = addressOf();
const problems = find("#problems");
const refreshNow = keepLive(refresh, problems);

find("#history-filter").addEventListener("change", () => go(addressOf()));
for (const button of [find("#newer"), find("#older")]) {
  button.addEventListener("click", () => go(button.dataset.page ?? page));
}

function addressOf() {
  const query = new URLSearchParams({ page_size: "25" });
  for (const name of ["kind", "state"]) {
    const { value } = find(`#${name}`, HTMLSelectElement);
    if (value) query.set(name, value);
  }
  return `${TASKS}/?${query}`;
}

/** @param {string} address */
function go(address) {
  page = address;
  refreshNow();
}

async function refresh() {
  const asked = page;
  const { body } = await get(asked);
  if (asked !== page) return 0;
  show(body);
  return isBusy(body) ? BUSY_S : IDLE_S;
}

/** @param {Api.TaskStatusPage} body */
const isBusy = ({ results }) => results.some((task) => !task.ready);

/** @param {Api.TaskStatusPage} body */
function show({ results, next, previous }) {
  find("#history").hidden = !results.length;
  find("#nothing").hidden = results.length > 0;
  showRows(find("#history tbody"), results, (task) => task.task_id, buildRow);
  leadTo(find("#newer"), previous);
  leadTo(find("#older"), next);
}

/** @param {HTMLElement} button @param {string | null} address */
function leadTo(button, address) {
  button.hidden = !address;
  // A path, because behind a proxy the API may name itself by another scheme.
  button.dataset.page = address ? new URL(address).pathname + new URL(address).search : "";
}

/** @param {Task} task */
function buildRow(task) {
  const view = viewOfRequest(task.request);
  return build(
    "tr",
    {},
    build(
      "td",
      { class: "task-what" },
      view
        ? build(
            "a",
            { href: `/${writeView(view)}`, "data-action": "open", title: "Look at these rows" },
            task.description,
          )
        : task.description,
      task.dataset_version && build("span", { class: "detail" }, `Dataset ${task.dataset_version}`),
    ),
    build("td", {}, buildState(task)),
    build(
      "td",
      { class: "nowrap" },
      formatTime(task.created_at),
      build("span", { class: "detail" }, describeTime(task)),
    ),
    build("td", {}, describeResult(task)),
    build("td", {}, build("div", { class: "task-actions" }, buildActions(task))),
  );
}

/** @param {Task} task */
function buildState(task) {
  const [word, kind] = BADGES[task.state] ?? [task.state, ""];
  const stopping = task.cancel_requested && !task.ready;
  const bar = build("progress", { max: "100", "aria-label": "Progress" });
  if (task.meta.total) bar.value = task.meta.percent;
  return [
    build("span", { class: `badge ${kind}` }, stopping ? "stopping" : word),
    ["STARTED", "PROGRESS"].includes(task.state) && bar,
    !["SUCCESS", "REVOKED"].includes(task.state) && build("span", { class: "detail" }, task.status),
    build("span", { class: "detail" }, describeProgress(task)),
  ];
}

/** @param {Task} task */
function describeTime({ started_at: started, finished_at: finished, created_at: created }) {
  if (!finished) return started ? `running since ${formatTime(started)}` : "";
  const began = started ?? created ?? finished;
  return `took ${formatDuration((Date.parse(finished) - Date.parse(began)) / 1000)}`;
}

/** @param {Task} task @returns {Child | Child[]} */
function describeResult({ result, successful, expires_at: expires }) {
  if (!successful || !result) return "–";
  return [
    result.name,
    build("span", { class: "detail" }, `${countWords(result.rows, "row")} · ${formatSize(result.size_bytes)}`),
    build("span", { class: "detail" }, isPast(expires) ? "expired" : `kept until ${formatTime(expires)}`),
  ];
}

/** @param {Task} task */
function buildActions(task) {
  /** @param {string} name @param {string} text @param {() => Promise<void>} does */
  const act = (name, text, does) =>
    build(
      "button",
      {
        type: "button",
        class: "button small",
        "data-action": name,
        onclick: () => attemptAction(does, problems, refreshNow),
      },
      text,
    );
  if (!task.ready) return task.cancel_requested ? [] : [act("cancel", "Cancel", () => cancelTask(task))];
  const download = task.successful && task.links.download && !isPast(task.expires_at);
  return [
    download &&
      build(
        "a",
        { class: "button small primary", "data-action": "download", href: task.links.download, download: true },
        "Download",
      ),
    download && act("share", "Share", async () => openSharing(task.task_id, task.result?.name ?? "")),
    act("rerun", "Run again", async () => {
      await rerunTask(task);
      announce("It runs again.");
    }),
    act("delete", "Delete", async () => {
      await deleteTask(task);
      announce("The task is deleted.");
    }),
  ];
}

/** @param {string | null} iso */
const isPast = (iso) => iso !== null && Date.parse(iso) < Date.now();
