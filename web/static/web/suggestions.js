// Asks the API for names that match what is typed, and describes them for people.

import { countWords, formatPesos, groupDigits } from "./amounts.js";
import { API, get } from "./api.js";
import { build } from "./dom.js";
import { describePattern } from "./typing.js";

/** @import {NameFilter} from "./declared.js" */
/** @typedef {Api.Suggested & {field: NameFilter}} Suggestion */
/** @typedef {NonNullable<Api.Suggestions["all_names"]> & {field: NameFilter}} AllNames */

/**
 * Names of a filter list that match, best first, and all of them together where they are several.
 * @param {NameFilter} field  a name list of the API's filters
 * @param {string} typed
 * @param {{contains?: string, limit?: number, signal?: AbortSignal}} [options]  `contains`: of the names that this pattern means
 * @returns {Promise<{suggestions: Suggestion[], all: AllNames | null}>}
 */
export async function suggestNames(field, typed, { contains, limit, signal } = {}) {
  const query = new URLSearchParams({ field, q: typed });
  if (contains !== undefined) query.set("contains", contains);
  if (limit !== undefined) query.set("limit", String(limit));
  /** @type {{body: Api.Suggestions}} */
  const { body } = await get(`${API}/contracts/suggest/?${query}`, { signal });
  const { suggestions, all_names: all } = body;
  return {
    suggestions: suggestions.map((suggestion) => ({ ...suggestion, field })),
    all: all && all.names > 1 ? { ...all, field } : null,
  };
}

/**
 * The content of an option; `kind` says what sort of name it is.
 * @param {Api.Suggested} suggestion
 * @param {string | null} [kind]
 */
export function describeName({ label, count, total_value: value }, kind = null) {
  const size = `${countWords(count, "contract")} · ${formatPesos(value)}`;
  return [
    build("span", { class: "suggestion-name" }, label),
    build("span", { class: "suggestion-size" }, kind ? `${kind} · ${size}` : size),
  ];
}

/** The content of the option that means all names at once. @param {AllNames} all */
export function describeAll({ patterns, names, count, total_value: value }) {
  const words = patterns.map(({ contains }) => describePattern(contains)).join(", or with ");
  return describeName({ label: `All ${groupDigits(names)} names with ${words}`, count, total_value: value });
}
