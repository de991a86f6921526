// What is typed into the search box: when it can be searched, and what a suggestion makes of it. Knows no element
// of the page; what the words mean is the API's to say.

import { patternsOf } from "./view.js";

/** @import {NameFilter} from "./declared.js" */
/** @import {AllNames, Suggestion} from "./suggestions.js" */
/** @import {Changes, View} from "./view.js" */

const LEAST_CHARACTERS = 2;

/** The text of a view for what is typed. @param {string} typed */
export const textOf = (typed) => typed.trim() || null;

/**
 * Whether what is typed so far is worth a search: nothing, or as much as is not about to go on with the end of a
 * quotation or with what stands after an "or".
 * @param {string} typed
 */
export function isComplete(typed) {
  const text = typed.trim();
  if (!text) return true;
  const quotes = text.replace(/[^"“”]/g, "").length;
  return text.length >= LEAST_CHARACTERS && quotes % 2 === 0 && !/(^|\s)(or|-)$/i.test(text) && !/^or\s/i.test(text);
}

/** Room for another alternative behind what is typed. @param {string} typed */
export const addAlternative = (typed) => (typed.trim() ? `${typed.trim()} or ` : "");

/**
 * What picking a suggested name changes: it takes the place of the letters that were typed to find it.
 * @param {View} view
 * @param {Pick<Suggestion, "field" | "label">} suggestion
 * @returns {Changes}
 */
export function pickName(view, { field, label }) {
  return { [field]: [...new Set([...view[field], label])], text: null };
}

/**
 * What picking all names that hold something changes.
 * @param {View} view
 * @param {{field: NameFilter, patterns: AllNames["patterns"]}} all  places are no patterns
 * @returns {Changes}
 */
export function pickAll(view, { field, patterns }) {
  const list = patternsOf(field);
  return { [list]: [...new Set([...view[list], ...patterns.map(({ contains }) => contains)])] };
}

/** A pattern in words: "a && b" is "a and b". @param {string} contains */
export const describePattern = (contains) => contains.replaceAll(" && ", " and ");
