// Why nothing is found, or less than was meant, and what is near: each with a link that leads to rows.

import { countWords } from "./amounts.js";
import { titleOf, wordsOf } from "./declared.js";
import { NO_TIMES } from "./dimensions.js";
import { build, buildButton } from "./dom.js";
import { changeView, isNameFilter, patternsOf } from "./view.js";

/** @import {Attributes, Children} from "./dom.js" */
/** @import {NameFilter} from "./declared.js" */
/** @import {Changes, NameList, View} from "./view.js" */
/** @typedef {NonNullable<Api.SearchResult["nothing_found"]>} Absence */
/** @typedef {(view: View, attributes: Attributes, ...content: Children[]) => HTMLElement} BuildLink */

/** @type {Record<string, {words: string, changes: Changes}>} */
const OTHERS = {
  text: { words: "without the words typed", changes: { text: null } },
  keywords: { words: "without the text", changes: { keywords: [] } },
  numbers: { words: "without the number", changes: { numbers: [] } },
  time_ranges: {
    words: "at any time",
    changes: NO_TIMES,
  },
  value_range: { words: "of any amount", changes: { min: null, max: null } },
  implausible: { words: "with every amount, plausible or not", changes: { implausible: null } },
  repaired_fields: { words: "repaired or not", changes: { repaired: [] } },
  places: { words: "in any place", changes: { places: [] } },
  include_flood_control: { words: "with the flood-control list", changes: { flood: "1" } },
};

/**
 * What to show in place of rows. Answers that were kept by an older program do not say why.
 * @param {View} view
 * @param {Absence | null | undefined} absence
 * @param {{buildLink: BuildLink, clear: () => void}} does
 */
export function buildAbsence(view, absence, { buildLink, clear }) {
  const { without = [], near = [] } = absence ?? {};
  const lead = (/** @type {Changes} */ changes, /** @type {string} */ words, /** @type {number} */ count) =>
    build("li", {}, buildLink(changeView(view, changes), {}, words), `: ${countWords(count, "contract")}`);
  const nearest = near.map(({ word, filter, instead, count }) =>
    lead({ [filter]: instead }, typeof instead === "string" ? instead : word, count),
  );
  const wider = without.map((one) => {
    const { words, changes } = widen(one);
    return lead(changes, words, one.count);
  });
  return [
    build("h2", {}, "Nothing found"),
    nearest.length > 0 && [build("p", {}, "Did you mean"), build("ul", { class: "near" }, nearest)],
    wider.length > 0 && [build("p", {}, "There would be, if you look"), build("ul", { class: "without" }, wider)],
    !nearest.length &&
      !wider.length &&
      build("p", {}, "Words are found only at their start, and years count by the day of award. Try fewer filters."),
    build("p", { class: "actions" }, buildButton("Clear all filters", clear)),
  ];
}

/** @param {Absence["without"][number]} without @returns {{words: string, changes: Changes}} */
function widen({ filter, part, instead }) {
  if (part) return { words: `without “${part}”`, changes: { text: instead } };
  const list = /** @type {NameList} */ (filter);
  const name = filter.replace(/^except_/, "");
  if (!isNameFilter(name)) return OTHERS[filter];
  const changes = { [list]: [], [patternsOf(list)]: [] };
  return { words: list === name ? `without the ${wordsOf(name)}` : `with every ${wordsOf(name)}`, changes };
}

/**
 * A paragraph for each name that no contract bears, with those close to it; `unknown` as the API says it.
 * @param {View} view
 * @param {Api.SearchResult["unknown_names"] | undefined} unknown
 * @param {BuildLink} buildLink
 */
export function buildUnknown(view, unknown, buildLink) {
  return (unknown ?? []).map(({ filter, name, close }) => {
    const list = /** @type {NameList} */ (filter);
    const kept = view[list].filter((other) => other !== name);
    const links = close.map(({ label, count }) => [
      buildLink(changeView(view, { [list]: [...new Set([...kept, label])] }), {}, label),
      ` (${countWords(count, "contract")})`,
    ]);
    const kind = titleOf(/** @type {NameFilter} */ (filter.replace(/^except_/, "")));
    return build(
      "p",
      { class: "notice" },
      `${kind}: no contract has the name “${name}”. `,
      ...(links.length
        ? ["Did you mean ", ...links.flatMap((link, place) => (place ? [", or ", ...link] : link)), "?"]
        : []),
    );
  });
}
