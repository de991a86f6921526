// The search box: words for the titles, with names suggested while they are typed.

import { Problem } from "./api.js";
import { Combobox } from "./combobox.js";
import { buildChip, find } from "./dom.js";
import { describeName, suggestNames } from "./suggestions.js";

const KINDS = { contractors: "Contractor", organizations: "Organization", business_categories: "Category" };
const OF_EACH = 3;
const LEAST_LETTERS = 2;

export class SearchBox {
  #input = find("#keyword");
  #alternatives = [];
  #view;
  #changed;

  /** `changed` is called with the members of the view that a person changed. */
  constructor({ changed }) {
    this.#changed = changed;
    new Combobox(this.#input, find("#keyword-list"), {
      suggest: suggestAll,
      pick: ({ field, label }) => this.#pick(field, label),
      describe: (option) => describeName(option, KINDS[option.field]),
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

  show(view) {
    this.#view = view;
    if (this.#typed().join("\n") === view.keywords.join("\n")) return;
    this.#alternatives = view.keywords.slice(0, -1);
    this.#input.value = view.keywords.at(-1) ?? "";
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
    return [...new Set([...this.#alternatives, this.#input.value.trim()])].filter(Boolean);
  }

  #pick(field, label) {
    if (!this.#view[field].includes(label)) {
      this.#changed({ [field]: [...this.#view[field], label], keywords: this.#alternatives });
    }
  }

  #keepAlternative() {
    this.#alternatives = this.#typed();
    this.#input.value = "";
    this.#input.focus();
    this.#changed({ keywords: this.#alternatives });
  }

  #drop(text) {
    this.#alternatives = this.#alternatives.filter((kept) => kept !== text);
    this.#input.focus();
    this.#changed({ keywords: this.#typed() });
  }
}

async function suggestAll(typed, signal) {
  if (typed.length < LEAST_LETTERS || typed.includes("&&")) return [];
  const found = await Promise.all(Object.keys(KINDS).map((field) => suggestNames(field, typed, signal)));
  return found.flatMap((names) => names.filter(({ label }) => label !== null).slice(0, OF_EACH));
}
