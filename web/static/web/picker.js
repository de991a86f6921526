// A name filter: type, pick from the API's suggestions, see the picks as chips. The WAI-ARIA combobox pattern.

import { API, get, Problem } from "./api.js";
import { countWords, formatPesos } from "./amounts.js";
import { build, buildChip, find, MISSING } from "./dom.js";

const TYPING_PAUSE_MS = 120;

export class Picker {
  #root; #input; #list; #chips; #note; #changed;
  #picked = [];
  #options = [];
  #active = -1;
  #timer = 0;
  #asking = new AbortController();

  // `changed` is called with the whole new list of names; a null among them means: name missing.
  constructor(root, { changed }) {
    this.#root = root;
    this.#changed = changed;
    this.#input = find("input", root);
    this.#list = find("[role=listbox]", root);
    this.#chips = find(".chips", root);
    this.#note = find(".field-note", root);
    this.#input.addEventListener("input", () => this.#suggestSoon());
    this.#input.addEventListener("click", () => this.#suggestSoon());
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#input.addEventListener("blur", () => this.#close());
  }

  get field() {
    return this.#root.dataset.picker;
  }

  show(picked) {
    this.#picked = picked;
    const chips = picked.map((label) => buildChip(label, { remove: () => this.#remove(label) }));
    this.#chips.replaceChildren(...chips);
    this.#chips.hidden = !picked.length;
  }

  #suggestSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#suggest(), TYPING_PAUSE_MS);
  }

  async #suggest() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const query = new URLSearchParams({ field: this.field, q: this.#input.value.trim() });
    try {
      const { body } = await get(`${API}/contracts/suggest/?${query}`, { signal: this.#asking.signal });
      this.#open(body.suggestions.filter((option) => !this.#picked.includes(option.label)));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Problem)) throw error;
      this.#close();
      this.#note.textContent = error.detail;
    }
  }

  #open(options) {
    this.#options = options;
    this.#list.replaceChildren(...options.map((option, index) => this.#buildOption(option, index)));
    this.#list.hidden = !options.length;
    this.#input.setAttribute("aria-expanded", String(options.length > 0));
    this.#note.textContent = options.length ? "" : "No other name matches. Try fewer letters.";
    this.#activate(options.length && this.#input.value.trim() ? 0 : -1);
  }

  #buildOption({ label, count, total_value: value }, index) {
    const pick = (event) => {
      event.preventDefault(); // the input keeps the focus
      this.#pick(index);
    };
    return build(
      "li",
      { role: "option", id: `${this.field}-option-${index}`, "aria-selected": "false", onmousedown: pick },
      build("span", { class: "suggestion-name" }, label ?? MISSING),
      build("span", { class: "suggestion-size" }, `${countWords(count, "contract")} · ${formatPesos(value)}`),
    );
  }

  #activate(index) {
    this.#active = index;
    [...this.#list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    if (index < 0) {
      this.#input.removeAttribute("aria-activedescendant");
      return;
    }
    this.#input.setAttribute("aria-activedescendant", `${this.field}-option-${index}`);
    this.#list.children[index].scrollIntoView({ block: "nearest" });
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#note.textContent = "";
    this.#activate(-1);
  }

  #onKey(event) {
    const open = !this.#list.hidden;
    const last = this.#options.length - 1;
    if (event.key === "ArrowDown" && !open) this.#suggest();
    else if (event.key === "ArrowDown") this.#activate(this.#active < last ? this.#active + 1 : 0);
    else if (event.key === "ArrowUp" && open) this.#activate(this.#active > 0 ? this.#active - 1 : last);
    else if (event.key === "Enter") {
      if (open && this.#active >= 0) this.#pick(this.#active);
    } else if (event.key === "Escape" && open) this.#close();
    else if (event.key === "Backspace" && !this.#input.value && this.#picked.length) {
      this.#remove(this.#picked.at(-1));
      return;
    } else return;
    event.preventDefault();
  }

  #pick(index) {
    const { label } = this.#options[index];
    this.#input.value = "";
    this.#close();
    this.#changed([...this.#picked, label]);
  }

  #remove(label) {
    this.#changed(this.#picked.filter((picked) => picked !== label));
    this.#input.focus();
  }
}
