// The page of one's own tasks: the history, live, with all that can be done to a task.

import { countWords, formatDuration, formatSize, formatTime } from "./amounts.js";
import { get, TASKS } from "./api.js";
import { announce, build, find } from "./dom.js";
import { describeProgress } from "./exportcard.js";
import { FilterForm } from "./filterform.js";
import { attemptAction, keepLive } from "./live.js";
import { buildMoment, keepMoments } from "./moments.js";
import { leadTo } from "./pages.js";
import { showRows } from "./rows.js";
import { openSharing } from "./share.js";
import { buildId } from "./shortid.js";
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

const problems = find("#problems");
const filters = new FilterForm(find("#history-filter", HTMLFormElement), {
  change: () => refreshNow(),
  more: ["cursor"],
  standard: { kind: "export" },
});
for (const button of [find("#newer"), find("#older")]) {
  button.addEventListener("click", () => filters.set({ cursor: button.dataset.cursor ?? "" }));
}
const refreshNow = keepLive(refresh, problems);
keepMoments();

function addressOf() {
  return `${TASKS}/?${new URLSearchParams({ ...filters.query(), page_size: "25" })}`;
}

async function refresh() {
  const asked = addressOf();
  const { body } = await get(asked);
  if (asked !== addressOf()) return 0;
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
      build(
        "span",
        { class: "detail" },
        task.owner && `${task.owner} · `,
        task.dataset_version && `Dataset ${task.dataset_version} · `,
        buildId(task.task_id),
      ),
    ),
    build("td", {}, buildState(task)),
    build(
      "td",
      { class: "nowrap" },
      buildMoment(task.created_at),
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
  if (!finished) return started ? ["began ", buildMoment(started)] : "";
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
