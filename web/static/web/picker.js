// A name filter of the form: type, pick from the API's suggestions, one name or all that match.

import { Problem } from "./api.js";
import { Combobox } from "./combobox.js";
import { find } from "./dom.js";
import { describeAll, describeName, suggestNames } from "./suggestions.js";
import { pickAll } from "./typing.js";
import { EMPTY, patternsOf } from "./view.js";

/** @import {NameFilter} from "./declared.js" */
/** @import {AllNames, Suggestion} from "./suggestions.js" */
/** @import {Changes, View} from "./view.js" */

export class Picker {
  #input;
  #note;
  #changed;
  /** @type {View} */
  #view = EMPTY;

  /**
   * `changed` is called with the members of the view that a person changed.
   * @param {HTMLElement} root
   * @param {{changed: (changes: Changes) => void}} does
   */
  constructor(root, { changed }) {
    this.root = root;
    this.field = /** @type {NameFilter} */ (root.dataset.picker);
    this.#changed = changed;
    this.#input = find("input", HTMLInputElement, root);
    this.#note = find(".field-note", HTMLElement, root);
    new Combobox(this.#input, find("[role=listbox]", HTMLElement, root), {
      suggest: (typed, signal) => this.#suggest(typed, signal),
      pick: (option) => changed(this.#pick(option)),
      describe: (option) => ("patterns" in option ? describeAll(option) : describeName(option)),
      failed: (error, options) => this.#explain(error, options),
      // One name, as whoever types all of it means it alone.
      preselect: (options) => options.findIndex((option) => !("patterns" in option)),
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" && !this.#input.value) this.#dropLast(event);
    });
    this.#input.addEventListener("blur", () => {
      this.#note.textContent = "";
    });
  }

  /** @param {View} view */
  show(view) {
    this.#view = view;
  }

  /** Whether the view has names of this filter. */
  get isUsed() {
    return this.#view[this.field].length + this.#view[patternsOf(this.field)].length > 0;
  }

  /** @param {Suggestion | AllNames} option @returns {Changes} */
  #pick(option) {
    if ("patterns" in option) return pickAll(this.#view, option);
    return { [this.field]: [...this.#view[this.field], option.label] };
  }

  /** @param {KeyboardEvent} event */
  #dropLast(event) {
    const list = [patternsOf(this.field), this.field].find((name) => this.#view[name].length);
    if (!list) return;
    event.preventDefault();
    this.#changed({ [list]: this.#view[list].slice(0, -1) });
  }

  /** @param {string} typed @param {AbortSignal} signal @returns {Promise<(Suggestion | AllNames)[]>} */
  async #suggest(typed, signal) {
    const { suggestions, all } = await suggestNames(this.field, typed, { signal });
    const others = suggestions.filter((option) => !this.#view[this.field].includes(option.label));
    return all ? [all, ...others] : others;
  }

  /** @param {unknown} error @param {(Suggestion | AllNames)[]} options */
  #explain(error, options) {
    if (error !== null && !(error instanceof Problem)) throw error;
    this.#note.textContent = error?.detail ?? (options.length ? "" : "No other name matches. Try fewer letters.");
  }
}
