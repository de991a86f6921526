// The search box and the filter form: shows a view and reports what a person changes in it.

import { groupDigits, parseAmount } from "./amounts.js";
import { build, buildChip, find } from "./dom.js";
import { Picker } from "./picker.js";
import { clearFilters, countFilters } from "./view.js";

const OLDEST_YEAR = 2000;
const ERROR_PLACES = [
  ["/filters/keywords", "#keyword-error"],
  ["/filters/time_ranges", "#years-error"],
  ["/filters/value_range", "#amounts-error"],
];

export class FilterForm {
  #view;
  #changed;
  #pickers;
  #alternatives = [];
  #years = [];
  #keyword = find("#keyword");
  #amounts = { min: find("#min"), max: find("#max") };

  // `changed` is called with the members of the view that a person changed.
  constructor({ changed }) {
    this.#changed = changed;
    this.#pickers = [...document.querySelectorAll("[data-picker]")].map((root) => {
      const picker = new Picker(root, { changed: (names) => changed({ [picker.field]: names }) });
      return picker;
    });
    find("#search").addEventListener("submit", (event) => this.#onSearch(event));
    find("#filters").addEventListener("submit", (event) => event.preventDefault());
    find("#alternative").addEventListener("click", () => this.#keepAlternative());
    find("#flood").addEventListener("change", (event) => changed({ flood: event.target.checked }));
    find("#clear").addEventListener("click", () => this.clear());
    find("#toggle-filters").addEventListener("click", () => this.#toggle());
    for (const name of ["min", "max"]) {
      this.#amounts[name].addEventListener("change", () => this.#onAmount(name));
    }
  }

  clear() {
    this.#keyword.value = "";
    this.#changed(clearFilters(this.#view));
  }

  // The years that the dataset covers, from `first` to `last`; dates as the API gives them, or null.
  coverYears(first, last) {
    const from = Math.max(OLDEST_YEAR, Number(first?.slice(0, 4)));
    const to = Number(last?.slice(0, 4));
    this.#years = Array.from({ length: Math.max(0, to - from + 1) || 0 }, (_, index) => String(to - index));
    if (this.#view) this.#showYears();
  }

  show(view) {
    this.#view = view;
    this.#showKeywords();
    for (const picker of this.#pickers) picker.show(view[picker.field]);
    this.#showYears();
    for (const [name, input] of Object.entries(this.#amounts)) {
      input.value = view[name] === null ? "" : groupDigits(view[name]);
      input.removeAttribute("aria-invalid");
    }
    find("#flood").checked = view.flood;
    const count = countFilters(view);
    find("#toggle-filters").textContent = count ? `Filters (${count})` : "Filters";
    this.showErrors([]);
  }

  // Puts each error beside its field.
  showErrors(errors) {
    for (const [prefix, place] of ERROR_PLACES) {
      const mine = errors.filter((error) => error.pointer.startsWith(prefix));
      find(place).textContent = mine.map((error) => error.detail).join("; ");
      find(place).hidden = !mine.length;
    }
  }

  #showKeywords() {
    const { keywords } = this.#view;
    if (this.#typedKeywords().join("\n") !== keywords.join("\n")) {
      this.#alternatives = keywords.slice(0, -1);
      this.#keyword.value = keywords.at(-1) ?? "";
    }
    const chips = this.#alternatives.map((text) => buildChip(text, { remove: () => this.#dropAlternative(text) }));
    find("#alternatives").replaceChildren(...chips);
    find("#alternatives").hidden = !chips.length;
  }

  #typedKeywords() {
    return [...new Set([...this.#alternatives, this.#keyword.value.trim()])].filter(Boolean);
  }

  #onSearch(event) {
    event.preventDefault();
    this.#changed({ keywords: this.#typedKeywords() });
  }

  #keepAlternative() {
    this.#alternatives = this.#typedKeywords();
    this.#keyword.value = "";
    this.#keyword.focus();
    this.#changed({ keywords: this.#alternatives });
  }

  #dropAlternative(text) {
    this.#alternatives = this.#alternatives.filter((kept) => kept !== text);
    this.#keyword.focus();
    this.#changed({ keywords: this.#typedKeywords() });
  }

  #showYears() {
    const chosen = this.#view.years;
    const years = [...new Set([...this.#years, ...chosen])].sort().reverse();
    const box = find("#years");
    if ([...box.querySelectorAll("input")].map((input) => input.value).join() !== years.join()) {
      box.replaceChildren(...years.map((year) => this.#buildYear(year)));
    }
    for (const input of box.querySelectorAll("input")) input.checked = chosen.includes(input.value);
  }

  #buildYear(year) {
    const input = build("input", { type: "checkbox", value: year, onchange: () => this.#onYears() });
    return build("label", { class: "year" }, input, build("span", {}, year));
  }

  #onYears() {
    const inputs = [...find("#years").querySelectorAll("input:checked")];
    this.#changed({ years: inputs.map((input) => input.value).sort() });
  }

  #onAmount(name) {
    const input = this.#amounts[name];
    const amount = parseAmount(input.value);
    if (amount !== undefined) {
      this.#changed({ [name]: amount });
      return;
    }
    input.setAttribute("aria-invalid", "true");
    find("#amounts-error").textContent = "Type an amount in pesos, such as 2,500,000 or 2.5M.";
    find("#amounts-error").hidden = false;
  }

  #toggle() {
    const open = find("#filters").classList.toggle("open");
    find("#toggle-filters").setAttribute("aria-expanded", String(open));
  }
}
