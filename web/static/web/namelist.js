// The names that a pattern means, in a dialog.

import { countWords, groupDigits } from "./amounts.js";
import { Problem } from "./api.js";
import { wordsOf } from "./declared.js";
import { build, find } from "./dom.js";
import { buildProblem } from "./problems.js";
import { describeName, suggestNames } from "./suggestions.js";
import { describePattern } from "./typing.js";

/** @import {NameFilter} from "./declared.js" */

const MOST_NAMES = 1000;

/** @param {NameFilter} field @param {string} contains */
export async function showNames(field, contains) {
  find("#names-title").textContent = `${wordsOf(field)} with ${describePattern(contains)}`;
  const list = find("#names-list");
  list.replaceChildren();
  find("#names", HTMLDialogElement).showModal();
  try {
    const { suggestions, all } = await suggestNames(field, "", { contains, limit: MOST_NAMES });
    const count = all?.names ?? suggestions.length;
    const more =
      count > suggestions.length ? `, of which these ${groupDigits(suggestions.length)} have most contracts` : "";
    find("#names-count").textContent = `${countWords(count, "name")}${more}`;
    list.replaceChildren(...suggestions.map((suggestion) => build("li", {}, describeName(suggestion))));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    list.replaceChildren(build("li", {}, buildProblem(error)));
  }
}
