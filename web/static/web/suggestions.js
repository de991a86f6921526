// Asks the API for names that match what is typed, and describes one for people.

import { countWords, formatPesos } from "./amounts.js";
import { API, get } from "./api.js";
import { build } from "./dom.js";

/** @import {NameFilter} from "./declared.js" */
/** @typedef {Api.Suggested & {field: NameFilter}} Suggestion */

/**
 * Names of a filter list that match, best first.
 * @param {NameFilter} field  a name list of the API's filters
 * @param {string} typed
 * @param {AbortSignal} signal
 * @returns {Promise<Suggestion[]>}
 */
export async function suggestNames(field, typed, signal) {
  const query = new URLSearchParams({ field, q: typed });
  const { body } = await get(`${API}/contracts/suggest/?${query}`, { signal });
  return body.suggestions.map((/** @type {Api.Suggested} */ suggestion) => ({ ...suggestion, field }));
}

/**
 * The content of an option; `kind` says what sort of name it is.
 * @param {Suggestion} suggestion
 * @param {string | null} [kind]
 */
export function describeName({ label, count, total_value: value }, kind = null) {
  const size = `${countWords(count, "contract")} · ${formatPesos(value)}`;
  return [
    build("span", { class: "suggestion-name" }, label),
    build("span", { class: "suggestion-size" }, kind ? `${kind} · ${size}` : size),
  ];
}
