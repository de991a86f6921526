// A name filter of the form: type, pick from the API's suggestions, one name or all that match.

import { Problem } from "./api.js";
import { Combobox } from "./combobox.js";
import { wordsOf } from "./declared.js";
import { find } from "./dom.js";
import { describeAll, describeName, settleTyped, suggestNames } from "./suggestions.js";
import { pickAll } from "./typing.js";
import { EMPTY, patternsOf } from "./view.js";

/** @import {NamedFilter} from "./declared.js" */
/** @import {AllNames, Suggestion} from "./suggestions.js" */
/** @import {Changes, View} from "./view.js" */

// Of the API (api/views/contracts.py).
const MOST_TYPED = 200;

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
    this.field = /** @type {NamedFilter} */ (root.dataset.picker);
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
    this.#input.addEventListener("change", () => this.#settle());
  }

  /** @param {View} view */
  show(view) {
    this.#view = view;
  }

  /** Whether the view has names of this filter. */
  get isUsed() {
    return this.#lists.some((list) => this.#view[list].length > 0);
  }

  /** The members of the view that this box fills. */
  get #lists() {
    if (this.field === "places") return /** @type {const} */ (["places", "areas_contains"]);
    return /** @type {const} */ ([this.field, patternsOf(this.field)]);
  }

  /** @param {Suggestion | AllNames} option @returns {Changes} */
  #pick(option) {
    this.#tell("");
    if ("patterns" in option && option.field !== "places")
      return pickAll(this.#view, { ...option, field: option.field });
    if ("patterns" in option) return {};
    return { [this.field]: [...new Set([...this.#view[this.field], option.label])] };
  }

  /** @param {KeyboardEvent} event */
  #dropLast(event) {
    const list = [...this.#lists].reverse().find((name) => this.#view[name].length);
    if (!list) return;
    event.preventDefault();
    this.#changed({ [list]: this.#view[list].slice(0, -1) });
  }

  /** What was typed and left without a pick: all names that hold it are meant, or there are none, which is said. */
  async #settle() {
    const typed = this.#input.value.trim();
    if (!typed) return this.#tell("");
    if (typed.length > MOST_TYPED) return this.#explain(null, []);
    try {
      const changes = await settleTyped(this.field, typed, this.#view);
      if (this.#input.value.trim() !== typed) return undefined;
      if (!changes) return this.#tell(`No ${wordsOf(this.field)} has “${typed}” in its name, so it is not looked for.`);
      this.#input.value = "";
      this.#tell("");
      this.#changed(changes);
    } catch (error) {
      this.#explain(error, []);
    }
    return undefined;
  }

  /** @param {string} trouble */
  #tell(trouble) {
    this.#note.textContent = trouble;
    if (trouble) this.#input.setAttribute("aria-invalid", "true");
    else this.#input.removeAttribute("aria-invalid");
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
    const length = this.#input.value.trim().length;
    if (length > MOST_TYPED) {
      this.#tell(`At most ${MOST_TYPED} characters of a name can be looked for; these are ${length}.`);
      return;
    }
    this.#tell(
      error?.detail ?? (options.length || !this.#input.value ? "" : "No other name matches. Try fewer letters."),
    );
  }
}
