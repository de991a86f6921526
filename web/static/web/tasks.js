// Follows tasks by polling, as often as the API asks. Knows no page.

import { get, post, Problem } from "./api.js";

const FIRST_PAUSE_S = 1;
const LONGEST_PAUSE_S = 10;

// Starts a task and resolves to its payload, in one round trip where the answer comes soon. `onWait` gets the
// status of a task that takes longer. Throws Problem.
export async function askTask(url, body, { signal, onWait }) {
  const { body: answer } = await post(url, body, { signal, headers: { Prefer: "wait=10" } });
  if (answer.data !== undefined && answer.data !== null) return answer.data;
  for await (const status of followTask(answer.links.status, { signal })) {
    if (status.ready) return (await get(status.links.result, { signal })).body;
    onWait(status);
  }
  throw new Problem({ detail: "The task ended without a result." });
}

// Yields each status of a task, the last one when it has ended. While the server cannot be reached it yields
// the last known status with `trouble`, and keeps asking. Throws Problem for what will not pass.
export async function* followTask(statusUrl, { signal } = {}) {
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
      yield { ...last, ready: false, trouble: `${error.detail} Trying again in ${pauseS} s.` };
    }
    await pause(pauseS, signal);
  }
}

export const cancelTask = (status) => post(status.links.cancel, { task_id: status.task_id });

export const rerunTask = async (status) => (await post(status.links.rerun, { task_id: status.task_id })).body;

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
