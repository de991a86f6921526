// Asks the API for names that match what is typed, and describes them for people.

import { countWords, formatPesos, groupDigits } from "./amounts.js";
import { API, get } from "./api.js";
import { build } from "./dom.js";
import { describePattern, pickAll } from "./typing.js";

/** @import {NamedFilter} from "./declared.js" */
/** @import {Changes, View} from "./view.js" */
/** @typedef {Api.Suggested & {field: NamedFilter}} Suggestion */
/** @typedef {NonNullable<Api.Suggestions["all_names"]> & {field: NamedFilter}} AllNames */

const MOST_PLACES = 50;

/**
 * Names of a filter list that match, best first, and all of them together where they are several.
 * @param {NamedFilter} field  a name list of the API's filters
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
 * What typing something without picking a name changes; null where no name holds it.
 * @param {NamedFilter} field
 * @param {string} typed
 * @param {View} view
 * @returns {Promise<Changes | null>}
 */
export async function settleTyped(field, typed, view) {
  const { suggestions, all } = await suggestNames(field, typed, { limit: MOST_PLACES });
  if (field === "places" && !suggestions.length) return settleTyped("areas", typed, view); // a town, for one
  if (!suggestions.length) return null;
  if (all && field !== "places") return pickAll(view, { ...all, field });
  const labels = suggestions.map(({ label }) => label);
  const whole = labels.filter((label) => label.toLowerCase() === typed.toLowerCase());
  return { [field]: [...new Set([...view[field], ...(whole.length ? whole : labels)])] };
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
