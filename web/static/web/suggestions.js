// Asks the API for names that match what is typed, and describes one for people.

import { countWords, formatPesos } from "./amounts.js";
import { API, get } from "./api.js";
import { build, MISSING } from "./dom.js";

/**
 * Names of a filter list that match, best first.
 * @param {string} field  a name list of the API's filters
 * @param {string} typed
 * @param {AbortSignal} signal
 * @returns {Promise<{field: string, label: string|null, count: number, total_value: string}[]>}
 */
export async function suggestNames(field, typed, signal) {
  const query = new URLSearchParams({ field, q: typed });
  const { body } = await get(`${API}/contracts/suggest/?${query}`, { signal });
  return body.suggestions.map((suggestion) => ({ ...suggestion, field }));
}

/** The content of an option; `kind` says what sort of name it is. */
export function describeName({ label, count, total_value: value }, kind = null) {
  const size = `${countWords(count, "contract")} · ${formatPesos(value)}`;
  return [
    build("span", { class: "suggestion-name" }, label ?? MISSING),
    build("span", { class: "suggestion-size" }, kind ? `${kind} · ${size}` : size),
  ];
}
