// The page of operations: what the machine does, live, and what operators do about it.

import { formatDuration, formatShare, formatShort, formatTime, groupDigits } from "./amounts.js";
import { API, get, TASKS } from "./api.js";
import { build, find, seek } from "./dom.js";
import { describeProgress } from "./exportcard.js";
import { buildFigure, drawColumns } from "./figures.js";
import { showGroups } from "./lettergroups.js";
import { attemptAction, keepLive } from "./live.js";
import { buildMoment, keepMoments } from "./moments.js";
import { showRows } from "./rows.js";
import { buildId } from "./shortid.js";
import { cancelTask } from "./tasks.js";
import { showVerdict } from "./verdict.js";

const OPS = `${API}/ops`;
const EVERY_S = 2;
const SLOWLY_S = 20;
const HOURS = 48;
const SHOWN = 50;
/** So soon a worker's process has said which task it is at. */
const BEGUN_MS = 5000;

const problems = find("#problems");
const refreshNow = keepLive(refresh, problems);
keepLive(refreshSlowly, problems);
keepMoments();

async function refresh() {
  const [verdict, queues, groups] = await Promise.all([
    get(`${OPS}/verdict/`),
    get(`${OPS}/queues/`),
    get(`${OPS}/dead-letters/groups/`),
  ]);
  showVerdict(verdict.body);
  showQueues(queues.body);
  showGroups(groups.body.groups, {
    url: `${OPS}/dead-letters/groups/`,
    problems,
    refreshNow: () => refreshNow(),
    addressOf: (code) => `/operations/dead-letters/?${new URLSearchParams({ code })}`,
    tell: () => {},
  });
  // They are asked for a second: what is known without them shall not wait.
  const [active, workers] = await Promise.all([get(`${TASKS}/active/`), get(`${OPS}/workers/`)]);
  showFigures(queues.body, workers.body, groups.body.groups);
  showWorkers(workers.body);
  showRunning(active.body, workers.body);
  return EVERY_S;
}

async function refreshSlowly() {
  const [pace, schedules] = await Promise.all([get(`${OPS}/pace/?hours=${HOURS}`), get(`${OPS}/schedules/`)]);
  showPace(pace.body.hours);
  showSchedules(schedules.body.schedules);
  return SLOWLY_S;
}

/** @param {number | null} value */
const number = (value) => build("td", { class: "number" }, value === null ? "?" : groupDigits(value));

/** @param {(queue: Api.QueueReport) => number} of @param {Api.QueueReport[]} queues */
const sum = (of, queues) => queues.reduce((total, queue) => total + of(queue), 0);

/** @param {number | null} seconds */
const age = (seconds) => (seconds === null ? "–" : formatDuration(seconds));

/** @param {Api.Queues} queues @param {Api.Workers} workers @param {Api.DeadGroup[]} groups */
function showFigures({ queues, broker }, { workers }, groups) {
  const oldest = Math.max(-1, ...queues.map((queue) => queue.oldest_waiting_s ?? -1));
  const silent = workers.filter((worker) => !worker.alive).length;
  const answering = broker === "up" ? groupDigits(workers.length - silent) : "?";
  const letters = groups.reduce((total, group) => total + group.count, 0);
  const figures = [
    ["Waiting", groupDigits(sum((queue) => queue.pending, queues)), false],
    ["Oldest waits", age(oldest < 0 ? null : oldest), false],
    ["Running", groupDigits(sum((queue) => queue.running, queues)), false],
    ["To be tried again", groupDigits(sum((queue) => queue.retry, queues)), false],
    ["Workers", silent ? `${answering} of ${workers.length}` : answering, silent > 0],
    ["Dead letters", groupDigits(letters), false],
  ].map(([label, value, bad]) => ({ label: String(label), value: String(value), bad: Boolean(bad) }));
  showRows(
    find("#figures"),
    figures,
    ({ label }) => label,
    ({ label, value, bad }) =>
      build("div", { class: "card", "data-level": bad ? "bad" : null }, build("dt", {}, label), build("dd", {}, value)),
  );
}

/** @param {Api.Queues} answer */
function showQueues({ queues }) {
  showRows(
    find("#queues tbody"),
    queues,
    (queue) => queue.name,
    (queue) =>
      build(
        "tr",
        {},
        build("th", { scope: "row" }, queue.name, build("span", { class: "detail" }, queue.lane)),
        build(
          "td",
          { class: "number" },
          groupDigits(queue.pending),
          queue.held > 0 &&
            build(
              "span",
              { class: "detail", title: "Until it is their owner's turn" },
              `${groupDigits(queue.held)} held`,
            ),
        ),
        build("td", { class: "number nowrap" }, age(queue.oldest_waiting_s)),
        number(queue.running),
        number(queue.retry),
        number(queue.depth),
        number(queue.consumers),
      ),
  );
}

/** @param {Api.ActiveTasks} answer @param {Api.Workers} around */
function showRunning(
  { active, scheduled, reserved, total_active: running, total_scheduled: retrying, total_reserved: waiting },
  { broker, workers },
) {
  const tasks = [...active, ...scheduled, ...reserved].slice(0, SHOWN);
  const all = running + retrying + waiting;
  find("#running-left").textContent = all > tasks.length ? `The oldest ${tasks.length} of ${groupDigits(all)}.` : "";
  find("#none-running").hidden = tasks.length > 0;
  find('[aria-label="Unfinished tasks"]').hidden = !tasks.length;
  showRows(
    find("#running tbody"),
    tasks.map((task) => ({ task, lost: broker === "up" ? describeLoss(task, workers) : "" })),
    ({ task }) => task.task_id,
    ({ task, lost }) =>
      build(
        "tr",
        {},
        build("td", {}, task.description, build("span", { class: "detail" }, task.kind, " ", buildId(task.task_id))),
        build("td", {}, task.owner ?? "?"),
        build(
          "td",
          {},
          build(
            "span",
            { class: `badge ${lost ? "bad" : "busy"}` },
            lost ? "stands still" : task.cancel_requested ? "stopping" : task.state.toLowerCase(),
          ),
          build("span", { class: "detail" }, lost || task.status),
        ),
        build("td", { class: "nowrap" }, describeProgress(task)),
        build("td", { class: "nowrap" }, buildMoment(task.started_at ?? task.created_at)),
        build(
          "td",
          {},
          !task.cancel_requested &&
            build(
              "button",
              {
                type: "button",
                class: "button small",
                "data-action": "cancel",
                onclick: () => attemptAction(() => cancelTask(task), problems, refreshNow),
              },
              "Cancel",
            ),
        ),
      ),
  );
}

/**
 * Why nobody is at a task that a worker has taken, by what the workers say; empty where somebody is.
 * @param {Api.TaskStatus} task @param {Api.WorkerReport[]} workers
 */
function describeLoss({ state, attempts, task_id: id }, workers) {
  const holder = attempts.at(-1);
  if (!["STARTED", "PROGRESS"].includes(state) || !holder) return "";
  const worker = workers.find((one) => one.name === holder.worker);
  if (!worker) return "";
  if (!worker.alive) return `${worker.name} does not answer; another worker takes it over.`;
  const forks = worker.children.some((child) => child.pid !== worker.pid);
  const begun = holder.started_at !== null && Date.now() - Date.parse(holder.started_at) > BEGUN_MS;
  const atIt = worker.children.some((child) => child.run_id === id);
  return forks && begun && !atIt ? "Its process has ended; another one takes it over." : "";
}

/** @param {Api.Workers} answer */
function showWorkers({ workers }) {
  showRows(
    find("#workers tbody"),
    workers,
    (worker) => worker.name,
    (worker) =>
      build(
        "tr",
        {},
        build(
          "th",
          { scope: "row" },
          worker.name,
          " ",
          worker.alive
            ? build("span", { class: "badge good" }, "answers")
            : build("span", { class: "badge bad" }, "silent"),
          build("span", { class: "detail" }, describeLife(worker)),
        ),
        build("td", {}, worker.queues.join(", ") || "?"),
        build("td", { class: "number nowrap" }, describeMemory(worker)),
        build(
          "td",
          {},
          worker.alive
            ? worker.children.map((child) =>
                build(
                  "span",
                  { class: "detail" },
                  `${child.pid}: ${child.kind ?? child.task ?? "idle"} `,
                  child.run_id && buildId(child.run_id),
                ),
              )
            : "nothing that is known",
        ),
      ),
  );
}

/** @param {Api.WorkerReport} worker */
function describeLife({ alive, since, answered_at: answered, restarted_at: restarted }) {
  if (!alive) return answered ? ["last answered ", buildMoment(answered)] : "";
  if (restarted) return ["died and came back ", buildMoment(restarted)];
  return since ? ["since ", buildMoment(since)] : "";
}

/** @param {Api.WorkerReport} worker */
function describeMemory({ memory_mb: own, children }) {
  if (own === null) return "?";
  const pids = children.reduce((total, child) => total + (child.memory_mb ?? 0), 0);
  return `${Math.round(own + pids)} MB`;
}

/** @param {Api.HourReport[]} hours */
function showPace(hours) {
  const ended = (/** @type {Api.HourReport} */ hour) => hour.succeeded + hour.failed + hour.cancelled;
  const failed = hours.reduce((sum, hour) => sum + hour.failed, 0);
  const judged = hours.reduce((sum, hour) => sum + hour.succeeded + hour.failed, 0);
  const marks = hours.map((hour, index) => ({
    label: formatTime(hour.began_at),
    tick: index % 6 ? "" : new Date(hour.began_at).toLocaleTimeString("en-PH", { hour: "numeric" }),
    size: ended(hour),
    part: ended(hour) ? hour.failed / ended(hour) : 0,
    value: groupDigits(ended(hour)),
    detail: `${formatTime(hour.began_at)}: ${groupDigits(ended(hour))} ended, ${groupDigits(hour.failed)} failed, ${groupDigits(hour.cancelled)} cancelled`,
    cells: [hour.succeeded, hour.failed, hour.cancelled].map(groupDigits),
    href: null,
  }));
  const rate = judged
    ? `${groupDigits(failed)} of ${groupDigits(judged)} tasks failed (${formatShare(failed / judged)})`
    : "No task has ended";
  const wasOpen = seek("#pace details", HTMLDetailsElement)?.open ?? false;
  find("#pace").replaceChildren(
    buildFigure({
      title: "Tasks ended, by hour",
      hint: `${rate} in the last ${HOURS} hours`,
      marks,
      heads: ["Hour", "Succeeded", "Failed", "Cancelled"],
      drawing: drawColumns(marks, formatShort),
    }),
  );
  const numbers = seek("#pace details", HTMLDetailsElement);
  if (numbers) numbers.open = wasOpen;
}

/** @param {Api.ScheduleReport[]} schedules */
function showSchedules(schedules) {
  showRows(
    find("#schedules tbody"),
    schedules,
    (entry) => entry.name,
    (entry) =>
      build(
        "tr",
        {},
        build(
          "th",
          { scope: "row" },
          entry.name,
          " ",
          !entry.enabled && build("span", { class: "badge" }, "off"),
          build("span", { class: "detail" }, entry.task),
        ),
        build("td", {}, entry.schedule),
        build("td", { class: "nowrap" }, buildMoment(entry.last_run_at)),
        number(entry.total_runs),
      ),
  );
}
