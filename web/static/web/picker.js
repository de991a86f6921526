// A name filter of the form: type, pick from the API's suggestions.

import { Problem } from "./api.js";
import { Combobox } from "./combobox.js";
import { find } from "./dom.js";
import { describeName, suggestNames } from "./suggestions.js";

/** @import {NameFilter} from "./declared.js" */
/** @import {Suggestion} from "./suggestions.js" */

export class Picker {
  #input;
  #note;
  /** @type {(string | null)[]} */
  #picked = [];

  /**
   * `changed` is called with the whole new list of names; a null among them means: name missing.
   * @param {HTMLElement} root
   * @param {{changed: (names: (string | null)[]) => void}} does
   */
  constructor(root, { changed }) {
    this.root = root;
    this.field = /** @type {NameFilter} */ (root.dataset.picker);
    this.#input = find("input", HTMLInputElement, root);
    this.#note = find(".field-note", HTMLElement, root);
    new Combobox(this.#input, find("[role=listbox]", HTMLElement, root), {
      suggest: (typed, signal) => this.#suggest(typed, signal),
      pick: ({ label }) => changed([...this.#picked, label]),
      describe: (option) => describeName(option),
      failed: (error, options) => this.#explain(error, options),
      eager: true,
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Backspace" || this.#input.value || !this.#picked.length) return;
      event.preventDefault();
      changed(this.#picked.slice(0, -1));
    });
    this.#input.addEventListener("blur", () => {
      this.#note.textContent = "";
    });
  }

  /** @param {(string | null)[]} picked */
  show(picked) {
    this.#picked = picked;
  }

  /** @param {string} typed @param {AbortSignal} signal */
  async #suggest(typed, signal) {
    const options = await suggestNames(this.field, typed, signal);
    return options.filter((option) => !this.#picked.includes(option.label));
  }

  /** @param {unknown} error @param {Suggestion[]} options */
  #explain(error, options) {
    if (error !== null && !(error instanceof Problem)) throw error;
    this.#note.textContent = error?.detail ?? (options.length ? "" : "No other name matches. Try fewer letters.");
  }
}
