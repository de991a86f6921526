// Asks again and again while somebody looks. Knows not what is asked.

import { Problem } from "./api.js";
import { buildProblem } from "./problems.js";
import { pause } from "./tasks.js";

/**
 * Calls `refresh` at once and then every so many seconds, which it resolves to; not while the page is hidden.
 * What the API has against it is shown in `problems`, and it is asked again.
 * @param {() => Promise<number>} refresh
 * @param {HTMLElement} problems
 * @returns {() => void}  asks now
 */
export function keepLive(refresh, problems) {
  let waiting = new AbortController();
  const wake = () => waiting.abort();
  document.addEventListener("visibilitychange", wake);
  run();
  return wake;

  async function run() {
    for (;;) {
      waiting = new AbortController();
      const { signal } = waiting;
      const seconds = document.hidden ? 3600 : await attempt();
      await pause(seconds, signal).catch(() => {}); // woken up
    }
  }

  async function attempt() {
    try {
      const seconds = await refresh();
      problems.replaceChildren();
      return seconds;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.replaceChildren(buildProblem(error));
      return error.retryAfterS ?? 5;
    }
  }
}

/**
 * Runs `act`, shows what the API has against it, and then asks anew.
 * @param {() => unknown} act
 * @param {HTMLElement} problems
 * @param {() => void} refreshNow
 */
export async function attemptAction(act, problems, refreshNow) {
  try {
    await act();
    problems.replaceChildren();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    problems.replaceChildren(buildProblem(error));
    return;
  }
  refreshNow();
}
