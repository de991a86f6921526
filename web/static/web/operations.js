// The page of operations: what the machine does, live, and what operators do about it.

import { formatDuration, formatShare, formatTime, groupDigits } from "./amounts.js";
import { API, get, TASKS } from "./api.js";
import { DeadLetters } from "./deadletters.js";
import { build, find, seek } from "./dom.js";
import { describeProgress } from "./exportcard.js";
import { buildFigure, drawColumns } from "./figures.js";
import { attemptAction, keepLive } from "./live.js";
import { showRows } from "./rows.js";
import { cancelTask } from "./tasks.js";

const OPS = `${API}/ops`;
const EVERY_S = 2;
const SLOWLY_S = 20;
const HOURS = 48;

const problems = find("#problems");
const deadLetters = new DeadLetters({ url: `${OPS}/dead-letters/`, problems, refreshNow: () => refreshNow() });
const refreshNow = keepLive(refresh, problems);
keepLive(refreshSlowly, problems);

async function refresh() {
  const [queues, active] = await Promise.all([get(`${OPS}/queues/`), get(`${TASKS}/active/`), deadLetters.refresh()]);
  showQueues(queues.body);
  showRunning(active.body);
  const { body: workers } = await get(`${OPS}/workers/`);
  showWorkers(workers);
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

/** @type {Record<Api.Queues["broker"], string>} */
const BROKER = {
  up: "The broker answers.",
  blocked:
    "The broker takes no messages for now, because its memory or disk is short: tasks are accepted and wait, and workers cannot be asked.",
  down: "The broker does not answer: nothing is known of its messages.",
};
/** @type {Record<string, [string, string]>} */
const LATE = {
  sweep: ["The sweeper", "tasks of dead workers, retries and unpublished tasks wait"],
  beat: ["Beat", "cleaning up, pruning and dead letters wait"],
};

/** @param {Api.PulseReport[]} pulses */
function describeHousekeeping(pulses) {
  const late = pulses.filter((pulse) => pulse.late);
  if (!late.length) return "The sweeper and Beat are at work.";
  return late
    .map(({ name, age_s }) => {
      const [who, cost] = LATE[name];
      return `${who} has ${age_s === null ? "never been seen at work" : `had no effect for ${formatDuration(age_s)}`}: ${cost}.`;
    })
    .join(" ");
}

/** @param {Api.Queues} answer */
function showQueues({ broker, housekeeping, queues }) {
  find("#broker").textContent = `${BROKER[broker]} ${describeHousekeeping(housekeeping)}`;
  showRows(
    find("#queues tbody"),
    queues,
    (queue) => queue.name,
    (queue) =>
      build(
        "tr",
        {},
        build("th", { scope: "row" }, queue.name),
        build("td", {}, queue.lane),
        number(queue.depth),
        number(queue.pending),
        number(queue.held),
        build(
          "td",
          { class: "number" },
          queue.oldest_waiting_s === null ? "–" : formatDuration(queue.oldest_waiting_s),
        ),
        number(queue.running),
        number(queue.retry),
        number(queue.consumers),
      ),
  );
}

/** @param {Api.ActiveTasks} answer */
function showRunning({ active, scheduled, reserved }) {
  const tasks = [...active, ...scheduled, ...reserved].slice(0, 50);
  find("#none-running").hidden = tasks.length > 0;
  find('[aria-label="Running tasks"]').hidden = !tasks.length;
  showRows(
    find("#running tbody"),
    tasks,
    (task) => task.task_id,
    (task) =>
      build(
        "tr",
        {},
        build("td", {}, task.description, build("span", { class: "detail" }, task.task_id)),
        build(
          "td",
          {},
          build("span", { class: "badge busy" }, task.state.toLowerCase()),
          build("span", { class: "detail" }, task.status),
        ),
        build("td", { class: "nowrap" }, describeProgress(task)),
        build("td", { class: "nowrap" }, formatTime(task.started_at ?? task.created_at)),
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
        ),
        build("td", {}, worker.lane ?? "?"),
        build("td", {}, worker.queues.join(", ")),
        build("td", { class: "number" }, describeMemory(worker)),
        build(
          "td",
          {},
          worker.children.map((child) =>
            build(
              "span",
              { class: "detail" },
              `${child.pid}: ${child.kind ?? child.task ?? "idle"}${child.run_id ? ` ${child.run_id}` : ""}`,
            ),
          ),
        ),
      ),
  );
}

/** @param {Api.WorkerReport} worker */
function describeMemory({ memory_mb: own, children }) {
  if (own === null) return "?";
  const pids = children.reduce((sum, child) => sum + (child.memory_mb ?? 0), 0);
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
  const top = `${groupDigits(Math.max(...marks.map((mark) => mark.size)))} an hour`;
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
      drawing: drawColumns(marks, top),
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
        build("td", { class: "nowrap" }, formatTime(entry.last_run_at)),
        number(entry.total_runs),
      ),
  );
}
