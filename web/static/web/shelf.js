// The ids of the exports whose cards a person wants to see: kept by the browser, shared by its tabs.

const KEY = "exports";
const MOST = 20;

// A browser may forbid storage; then the shelf lives as long as its page.
/** @type {string[]} */
let memory = [];

/** The ids, newest first. @returns {string[]} */
export function readShelf() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return memory;
  }
}

/** @param {string} id */
export const putOnShelf = (id) => write([id, ...readShelf().filter((kept) => kept !== id)].slice(0, MOST));

/** @param {string} id */
export const takeFromShelf = (id) => write(readShelf().filter((kept) => kept !== id));

/** Calls `changed` when another tab has changed the shelf. @param {() => void} changed */
export function watchShelf(changed) {
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
