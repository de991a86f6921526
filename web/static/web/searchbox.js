// The search box: words that must all be there, searched while they are typed, with names suggested beside.

import { Problem } from "./api.js";
import { Combobox } from "./combobox.js";
import { titleOf } from "./declared.js";
import { find } from "./dom.js";
import { describeName, suggestNames } from "./suggestions.js";
import { addAlternative, isComplete, pickName, textOf } from "./typing.js";
import { EMPTY } from "./view.js";

/** @import {NamedFilter} from "./declared.js" */
/** @import {Changes, View} from "./view.js" */

/** @type {NamedFilter[]} */
const SUGGESTED = ["contractors", "organizations", "places", "business_categories"];
const OF_EACH = 3;
const LEAST_LETTERS = 2;
const SEARCH_PAUSE_MS = 250;

export class SearchBox {
  #input = find("#keyword", HTMLInputElement);
  /** @type {View} */
  #view = EMPTY;
  #changed;
  #timer = 0;

  /**
   * `changed` is called with the members of the view that a person changed, `typing` while more may be typed.
   * @param {{changed: (changes: Changes, how?: {typing: boolean}) => void}} does
   */
  constructor({ changed }) {
    this.#changed = changed;
    new Combobox(this.#input, find("#keyword-list"), {
      suggest: suggestAll,
      pick: (suggestion) => this.#changed(pickName(this.#view, suggestion)),
      describe: (option) => describeName(option, titleOf(option.field)),
      failed: (error) => {
        // The search itself will say what is wrong.
        if (error && !(error instanceof Problem)) throw error;
      },
      preselect: () => -1,
    });
    this.#input.addEventListener("input", () => this.#searchSoon());
    find("#search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search({ typing: false });
    });
    find("#alternative").addEventListener("click", () => {
      this.#input.value = addAlternative(this.#input.value);
      this.#input.focus();
    });
  }

  /** @param {View} view */
  show(view) {
    this.#view = view;
    clearTimeout(this.#timer);
    if (textOf(this.#input.value) !== view.text) this.#input.value = view.text ?? "";
  }

  clear() {
    this.#input.value = "";
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const typed = this.#input.value;
      if (isComplete(typed) && textOf(typed) !== this.#view.text) this.#search({ typing: true });
    }, SEARCH_PAUSE_MS);
  }

  /** @param {{typing: boolean}} how */
  #search(how) {
    this.#changed({ text: textOf(this.#input.value) }, how);
  }
}

/** @param {string} typed @param {AbortSignal} signal */
async function suggestAll(typed, signal) {
  if (typed.length < LEAST_LETTERS || /["“”]/.test(typed)) return [];
  const found = await Promise.all(SUGGESTED.map((field) => suggestNames(field, typed, { limit: OF_EACH, signal })));
  return found.flatMap(({ suggestions }) => suggestions);
}
