// What the search box holds: the phrase that is typed, and the alternatives beside it. Knows no element of the page.

/** @import {Suggestion} from "./suggestions.js" */
/** @import {Changes, View} from "./view.js" */

/**
 * @typedef {object} Phrases
 * @property {string[]} alternatives
 * @property {string} typed
 */

/** The keywords of a view, each once. @param {Phrases} phrases */
export const joinPhrases = ({ alternatives, typed }) => [...new Set([...alternatives, typed.trim()])].filter(Boolean);

/**
 * The phrases that show these keywords: what is there stays as it is where it says the same.
 * @param {string[]} keywords
 * @param {Phrases} shown
 * @returns {Phrases}
 */
export function splitKeywords(keywords, shown) {
  if (joinPhrases(shown).join("\n") === keywords.join("\n")) return shown;
  return { alternatives: keywords.slice(0, -1), typed: keywords.at(-1) ?? "" };
}

/**
 * What picking a suggested name changes: it takes the place of the letters that were typed to find it.
 * @param {View} view
 * @param {Pick<Suggestion, "field" | "label">} suggestion
 * @param {string[]} alternatives
 * @returns {Changes}
 */
export function pickName(view, { field, label }, alternatives) {
  return { [field]: [...new Set([...view[field], label])], keywords: alternatives };
}
