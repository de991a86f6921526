// The search box: words for the titles, with names suggested while they are typed.

import { Problem } from "./api.js";
import { Combobox } from "./combobox.js";
import { titleOf } from "./declared.js";
import { buildChip, find } from "./dom.js";
import { joinPhrases, pickName, splitKeywords } from "./keywords.js";
import { describeName, suggestNames } from "./suggestions.js";
import { EMPTY } from "./view.js";

/** @import {NameFilter} from "./declared.js" */
/** @import {Changes, View} from "./view.js" */

/** @type {NameFilter[]} */
const SUGGESTED = ["contractors", "organizations", "business_categories"];
const OF_EACH = 3;
const LEAST_LETTERS = 2;

export class SearchBox {
  #input = find("#keyword", HTMLInputElement);
  /** @type {string[]} */
  #alternatives = [];
  /** @type {View} */
  #view = EMPTY;
  #changed;

  /** @param {{changed: (changes: Changes) => void}} does  called with the members of the view that a person changed */
  constructor({ changed }) {
    this.#changed = changed;
    new Combobox(this.#input, find("#keyword-list"), {
      suggest: suggestAll,
      pick: (suggestion) => this.#changed(pickName(this.#view, suggestion, this.#alternatives)),
      describe: (option) => describeName(option, titleOf(option.field)),
      failed: (error) => {
        // The search itself will say what is wrong.
        if (error && !(error instanceof Problem)) throw error;
      },
      eager: false,
    });
    find("#search").addEventListener("submit", (event) => {
      event.preventDefault();
      changed({ keywords: this.#typed() });
    });
    find("#alternative").addEventListener("click", () => this.#keepAlternative());
  }

  /** @param {View} view */
  show(view) {
    this.#view = view;
    const phrases = splitKeywords(view.keywords, { alternatives: this.#alternatives, typed: this.#input.value });
    this.#alternatives = phrases.alternatives;
    if (this.#input.value !== phrases.typed) this.#input.value = phrases.typed;
  }

  clear() {
    this.#input.value = "";
    this.#alternatives = [];
  }

  /** Chips of the keywords that stand beside the one in the box. */
  buildChips() {
    return this.#alternatives.map((text) => buildChip(text, { remove: () => this.#drop(text) }));
  }

  #typed() {
    return joinPhrases({ alternatives: this.#alternatives, typed: this.#input.value });
  }

  #keepAlternative() {
    this.#alternatives = this.#typed();
    this.#input.value = "";
    this.#input.focus();
    this.#changed({ keywords: this.#alternatives });
  }

  /** @param {string} text */
  #drop(text) {
    this.#alternatives = this.#alternatives.filter((kept) => kept !== text);
    this.#input.focus();
    this.#changed({ keywords: this.#typed() });
  }
}

/** @param {string} typed @param {AbortSignal} signal */
async function suggestAll(typed, signal) {
  if (typed.length < LEAST_LETTERS || typed.includes("&&")) return [];
  const found = await Promise.all(SUGGESTED.map((field) => suggestNames(field, typed, signal)));
  return found.flatMap((names) => names.slice(0, OF_EACH));
}
