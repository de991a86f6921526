// The filter form: shows a view and reports what a person changes in it.

import { groupDigits, parseAmount } from "./amounts.js";
import { build, find } from "./dom.js";
import { Picker } from "./picker.js";
import { countFilters } from "./view.js";

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
  #years = [];
  #amounts = { min: find("#min"), max: find("#max") };
  #days = { from: find("#from"), to: find("#to") };

  /** `changed` is called with the members of the view that a person changed, `clear` to clear all of them. */
  constructor({ changed, clear }) {
    this.#changed = changed;
    this.#pickers = [...document.querySelectorAll("[data-picker]")].map((root) => {
      const picker = new Picker(root, { changed: (names) => changed({ [picker.field]: names }) });
      return picker;
    });
    find("#filters").addEventListener("submit", (event) => event.preventDefault());
    find("#flood").addEventListener("change", (event) => changed({ flood: event.target.checked }));
    find("#clear").addEventListener("click", clear);
    find("#toggle-filters").addEventListener("click", () => this.#toggle());
    find("#quarter-year").addEventListener("change", () => this.#showQuarters());
    for (const button of this.#quarterButtons()) button.addEventListener("click", () => this.#onQuarter(button));
    for (const [name, input] of Object.entries(this.#amounts)) {
      input.addEventListener("change", () => this.#onAmount(name));
    }
    for (const [name, input] of Object.entries(this.#days)) {
      input.addEventListener("change", () => this.#onDay(name));
    }
  }

  /** The years that the dataset covers, from `first` to `last`; dates as the API gives them, or null. */
  coverYears(first, last) {
    const from = Math.max(OLDEST_YEAR, Number(first?.slice(0, 4)));
    const to = Number(last?.slice(0, 4));
    this.#years = Array.from({ length: Math.max(0, to - from + 1) || 0 }, (_, index) => String(to - index));
    if (this.#view) this.#showTimes();
  }

  show(view) {
    this.#view = view;
    for (const picker of this.#pickers) picker.show(view[picker.field]);
    this.#showTimes();
    for (const [name, input] of Object.entries(this.#amounts)) {
      input.value = view[name] === null ? "" : groupDigits(view[name]);
      input.removeAttribute("aria-invalid");
    }
    for (const [name, input] of Object.entries(this.#days)) input.value = view[name] ?? "";
    find("#flood").checked = view.flood;
    const count = countFilters(view);
    find("#toggle-filters").textContent = count ? `Filters (${count})` : "Filters";
    this.showErrors([]);
  }

  /** Puts each error beside its field. */
  showErrors(errors) {
    for (const [prefix, place] of ERROR_PLACES) {
      const mine = errors.filter((error) => error.pointer.startsWith(prefix));
      find(place).textContent = mine.map((error) => error.detail).join("; ");
      find(place).hidden = !mine.length;
    }
  }

  #showTimes() {
    const { years: chosen, quarters } = this.#view;
    const named = [...chosen, ...quarters.map((text) => text.split("-")[0])];
    const years = [...new Set([...this.#years, ...named])].sort().reverse();
    const box = find("#years");
    if ([...box.querySelectorAll("input")].map((input) => input.value).join() !== years.join()) {
      box.replaceChildren(...years.map((year) => this.#buildYear(year)));
      find("#quarter-year").replaceChildren(...years.map((year) => build("option", { value: year }, year)));
    }
    for (const input of box.querySelectorAll("input")) input.checked = chosen.includes(input.value);
    this.#showQuarters();
  }

  #buildYear(year) {
    const input = build("input", { type: "checkbox", value: year, onchange: () => this.#onYears() });
    return build("label", { class: "year" }, input, build("span", {}, year));
  }

  #onYears() {
    const inputs = [...find("#years").querySelectorAll("input:checked")];
    this.#changed({ years: inputs.map((input) => input.value).sort() });
  }

  #quarterButtons() {
    return document.querySelectorAll("[data-quarter]");
  }

  #quarterOf(button) {
    return `${find("#quarter-year").value}-${button.dataset.quarter}`;
  }

  #showQuarters() {
    for (const button of this.#quarterButtons()) {
      button.setAttribute("aria-pressed", String(this.#view.quarters.includes(this.#quarterOf(button))));
    }
  }

  #onQuarter(button) {
    const quarter = this.#quarterOf(button);
    const { quarters } = this.#view;
    const others = quarters.filter((kept) => kept !== quarter);
    this.#changed({ quarters: others.length < quarters.length ? others : [...quarters, quarter].sort() });
  }

  #onDay(name) {
    const input = this.#days[name];
    if (input.validity.badInput) return; // half a date; the browser marks it
    this.#changed({ [name]: input.value || null });
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
