// Starts tasks and follows them: by server-sent events while those come, by polling while they do not.
// Knows no page.

import { get, Problem, post, request } from "./api.js";
import { readEvents } from "./events.js";

const FIRST_PAUSE_S = 1;
const LONGEST_PAUSE_S = 10;
const MOST_DEAF_STREAMS = 3;
/** A browser opens six connections to a host, over all tabs: streams must leave most of them free. */
const MOST_STREAMS = 2;

let streams = 0;

/**
 * @typedef {Api.TaskStatus & {trouble?: string}} KnownStatus  the last known one; `trouble`: why nothing newer is known
 */
/** @typedef {{[Name in keyof Api.TaskStatus]?: undefined}} Nothing */
/** @typedef {KnownStatus | (Omit<Nothing, "ready"> & {ready: false, trouble: string})} TaskStatus */
/** @typedef {Pick<Api.TaskStatus, "task_id" | "links">} Task */

/**
 * Starts a task and resolves to its payload, in one round trip where the answer comes soon. `onWait` gets the
 * status of a task that takes longer. Throws Problem.
 * @param {string} url
 * @param {unknown} body
 * @param {{signal: AbortSignal, onWait: (status: TaskStatus) => void}} options
 */
export async function askTask(url, body, { signal, onWait }) {
  const late = watchOutage(signal, (trouble) => onWait({ ready: false, trouble }));
  try {
    const { body: answer } = await post(url, body, { signal, headers: { Prefer: "wait=10" } });
    if (answer.data !== undefined && answer.data !== null) return answer.data;
    for await (const status of pollTask(answer.links.status, { signal })) {
      if (status.ready) return (await get(status.links.result, { signal })).body;
      if (!late.told()) onWait(status);
    }
  } finally {
    late.stop();
  }
  throw new Problem({ detail: "The task ended without a result." });
}

const LATE_S = 2;

/** What may be away while requests are accepted, as /health/ready names it, and what that means to people. */
const OUTAGES = {
  broker: "the message broker, which hands tasks to the workers, cannot be reached",
  redis: "Redis, which holds results, cannot be reached",
  sweep: "no worker looks after the tasks that wait",
};

/**
 * While an answer is late: finds out why, and says it in a sentence.
 * @param {AbortSignal} signal
 * @param {(trouble: string) => void} tell
 */
function watchOutage(signal, tell) {
  let trouble = "";
  let stopped = false;
  let timer = setTimeout(look, LATE_S * 1000);
  const stop = () => {
    stopped = true;
    clearTimeout(timer);
  };
  signal.addEventListener("abort", stop);
  return { stop, told: () => trouble !== "" };

  async function look() {
    const found = await get("/health/ready", { signal }).catch(() => null);
    if (stopped) return;
    const reasons = Object.entries(OUTAGES).filter(([name]) => (found?.body[name] ?? "ok") !== "ok");
    trouble = reasons.length ? `This waits: ${reasons[0][1]}. It goes on by itself.` : "";
    if (trouble) tell(trouble);
    timer = setTimeout(look, LATE_S * 1000);
  }
}

/**
 * Resolves when asking again may help: soon, or when the browser is on line again. Rejects when the signal aborts.
 * @param {number} seconds
 * @param {AbortSignal} signal
 */
export function waitForBetter(seconds, signal) {
  const online = new Promise((resolve) => {
    addEventListener("online", () => setTimeout(resolve, 100), { once: true, signal });
  });
  return Promise.race([pause(seconds, signal), online]);
}

/**
 * Yields each status of a task, the last one when it has ended. Throws Problem for what will not pass.
 * @param {{statusUrl: string, eventsUrl: string}} urls
 * @param {{signal?: AbortSignal}} [options]
 * @returns {AsyncGenerator<TaskStatus>}
 */
export async function* followTask({ statusUrl, eventsUrl }, { signal } = {}) {
  let deaf = 0;
  while (deaf < MOST_DEAF_STREAMS && streams < MOST_STREAMS) {
    let heard = 0;
    streams += 1;
    try {
      for await (const status of readEvents(eventsUrl, { signal })) {
        heard += 1;
        yield status;
        if (status.ready) return;
      }
    } finally {
      streams -= 1;
    }
    deaf = heard ? 0 : deaf + 1;
    // The stream broke or fell silent: ask until the server answers, then listen again.
    for await (const status of pollTask(statusUrl, { signal })) {
      yield status;
      if (status.ready) return;
      if (!status.trouble) break;
    }
  }
  yield* pollTask(statusUrl, { signal });
}

/**
 * As followTask, by asking as often as the API wants. While the server cannot be reached it yields the last
 * known status with `trouble`, and keeps asking.
 * @param {string} statusUrl
 * @param {{signal?: AbortSignal}} [options]
 * @returns {AsyncGenerator<TaskStatus>}
 */
export async function* pollTask(statusUrl, { signal } = {}) {
  /** @type {KnownStatus | null} */
  let last = null;
  let failures = 0;
  for (;;) {
    let pauseS = FIRST_PAUSE_S;
    try {
      const { body, retryAfterS } = await get(statusUrl, { signal });
      failures = 0;
      last = body;
      yield body;
      if (body.ready) return;
      pauseS = retryAfterS ?? FIRST_PAUSE_S;
    } catch (error) {
      if (!(error instanceof Problem) || !error.passing) throw error;
      failures += 1;
      pauseS = error.retryAfterS ?? Math.min(LONGEST_PAUSE_S, 2 ** failures);
      const trouble = `${error.detail} Trying again in ${pauseS} s.`;
      yield last ? { ...last, trouble } : { ready: false, trouble };
    }
    await pause(pauseS, signal);
  }
}

/** Asks a task to stop; that it has ended meanwhile is no error. @param {Task} status */
export async function cancelTask(status) {
  try {
    await post(status.links.cancel, { task_id: status.task_id });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error;
  }
}

/**
 * Starts the same request again; resolves to what the API accepted.
 * @param {Task} status
 * @returns {Promise<Api.Accepted>}
 */
export const rerunTask = async (status) => (await post(status.links.rerun, { task_id: status.task_id })).body;

/** Takes an ended task and its file out of the history; that it is gone already is no error. @param {Task} status */
export async function deleteTask(status) {
  try {
    await request("DELETE", status.links.self);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
  }
}

/**
 * Resolves after so many seconds; rejects when the signal aborts.
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
