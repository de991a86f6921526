// The ids of the exports whose cards a person wants to see: kept by the browser, shared by its tabs.

const KEY = "exports";
const MOST = 20;

// A browser may forbid storage; then they are known as long as the page lives.
/** @type {string[]} */
let memory = [];

/** The ids, newest first. @returns {string[]} */
export function listShownExports() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return memory;
  }
}

/** @param {string} id */
export const showExport = (id) => write([id, ...listShownExports().filter((kept) => kept !== id)].slice(0, MOST));

/** @param {string} id */
export const hideExport = (id) => write(listShownExports().filter((kept) => kept !== id));

/** Calls `changed` when another tab has changed them. @param {() => void} changed */
export function watchShownExports(changed) {
  window.addEventListener("storage", (event) => event.key === KEY && changed());
}

/** @param {string[]} ids */
function write(ids) {
  memory = ids;
  try {
    localStorage.setItem(KEY, JSON.stringify(ids));
  } catch {
    // kept in memory
  }
}
