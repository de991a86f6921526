// A name filter of the form: type, pick from the API's suggestions.

import { Problem } from "./api.js";
import { Combobox } from "./combobox.js";
import { find } from "./dom.js";
import { describeName, suggestNames } from "./suggestions.js";

export class Picker {
  #input;
  #note;
  #picked = [];

  /** `changed` is called with the whole new list of names; a null among them means: name missing. */
  constructor(root, { changed }) {
    this.field = root.dataset.picker;
    this.#input = find("input", root);
    this.#note = find(".field-note", root);
    new Combobox(this.#input, find("[role=listbox]", root), {
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
    this.#input.addEventListener("blur", () => (this.#note.textContent = ""));
  }

  show(picked) {
    this.#picked = picked;
  }

  async #suggest(typed, signal) {
    const options = await suggestNames(this.field, typed, signal);
    return options.filter((option) => !this.#picked.includes(option.label));
  }

  #explain(error, options) {
    if (error && !(error instanceof Problem)) throw error;
    this.#note.textContent = error?.detail ?? (options.length ? "" : "No other name matches. Try fewer letters.");
  }
}
