// The exact filters, as contracts/questions/filters.py declares them: the template puts them on the root element.

/**
 * A name list of the API's filters that has exceptions; the API's document says which.
 * @typedef {Exclude<{[K in keyof Api.Filters]: `except_${K}` extends keyof Api.Filters ? K : never}[keyof Api.Filters], undefined>} NameFilter
 */

/**
 * @typedef {object} ExactFilter
 * @property {NameFilter} filter
 * @property {string} word  its name in the URL
 * @property {string} words  what one of its names is called
 * @property {string} plural
 * @property {Extract<keyof Api.AggregatesResult, `by_${string}`>} dimension  of totals by it
 * @property {boolean} more  whether the form shows it only to those who ask for more filters
 */

/** @type {ExactFilter[]} */
export const EXACT = JSON.parse(document.documentElement.dataset.filters ?? "[]");

/** @typedef {NameFilter | "places"} NamedFilter  what takes names that people pick from a list */

const WORDS = new Map(EXACT.map(({ filter, words }) => [String(filter), words])).set("places", "place");

/** What one of the names of a filter is called, as in "this area". @param {NamedFilter} filter */
export const wordsOf = (filter) => WORDS.get(filter) ?? filter;

/** The same at the head of something, as in "Area". @param {NamedFilter} filter */
export const titleOf = (filter) => wordsOf(filter).replace(/^./, (letter) => letter.toUpperCase());
