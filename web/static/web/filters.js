// The filter form: shows a view and reports what a person changes in it.

import { groupDigits, parseAmount } from "./amounts.js";
import { build, find } from "./dom.js";
import { Picker } from "./picker.js";
import { countFilters, EMPTY } from "./view.js";

/** @import {Culprit} from "./api.js" */
/** @import {Changes, View} from "./view.js" */

const OLDEST_YEAR = 2000;
/** @type {Record<string, string[]>} */
const ERROR_PLACES = {
  "#keyword-error": ["/filters/text", "/filters/keywords", "/filters/numbers"],
  "#years-error": ["/filters/time_ranges", "/filters/also_within"],
  "#amounts-error": ["/filters/value_range"],
};

export class FilterForm {
  /** @type {View} */
  #view = EMPTY;
  #changed;
  #pickers;
  /** @type {string[]} */
  #years = [];
  #amounts = { min: find("#min", HTMLInputElement), max: find("#max", HTMLInputElement) };
  #days = { from: find("#from", HTMLInputElement), to: find("#to", HTMLInputElement) };
  #flood = find("#flood", HTMLSelectElement);
  #implausible = find("#implausible", HTMLSelectElement);
  #number = find("#number", HTMLInputElement);
  #quarterYear = find("#quarter-year", HTMLSelectElement);

  /**
   * `changed` is called with the members of the view that a person changed, `clear` to clear all of them.
   * @param {{changed: (changes: Changes) => void, clear: () => void}} does
   */
  constructor({ changed, clear }) {
    this.#changed = changed;
    /** @type {NodeListOf<HTMLElement>} */
    const roots = document.querySelectorAll("[data-picker]");
    this.#pickers = [...roots].map((root) => new Picker(root, { changed }));
    find("#filters").addEventListener("submit", (event) => event.preventDefault());
    this.#flood.addEventListener("change", () => changed({ flood: this.#flood.value }));
    this.#implausible.addEventListener("change", () => changed({ implausible: this.#implausible.value || null }));
    find("#clear").addEventListener("click", clear);
    find("#toggle-filters").addEventListener("click", () => this.#toggle());
    find("#filters").addEventListener("keydown", ({ key, defaultPrevented }) => {
      if (key === "Escape" && !defaultPrevented && find("#filters").classList.contains("open")) this.#toggle();
    });
    this.#quarterYear.addEventListener("change", () => this.#showQuarters());
    for (const button of this.#quarterButtons()) button.addEventListener("click", () => this.#onQuarter(button));
    this.#number.addEventListener("change", () => this.#onNumber());
    this.#amounts.min.addEventListener("change", () => this.#onAmount("min"));
    this.#amounts.max.addEventListener("change", () => this.#onAmount("max"));
    this.#days.from.addEventListener("change", () => this.#onDay("from"));
    this.#days.to.addEventListener("change", () => this.#onDay("to"));
  }

  /**
   * The years that the dataset covers, from `first` to `last`; dates as the API gives them, or null.
   * @param {string | null} first
   * @param {string | null} last
   */
  coverYears(first, last) {
    const from = Math.max(OLDEST_YEAR, Number(first?.slice(0, 4)));
    const to = Number(last?.slice(0, 4));
    this.#years = Array.from({ length: Math.max(0, to - from + 1) || 0 }, (_, index) => String(to - index));
    this.#showTimes();
  }

  /** @param {View} view */
  show(view) {
    this.#view = view;
    for (const picker of this.#pickers) picker.show(view);
    // Opened for what is in use, and never shut on somebody who has opened it.
    const more = find("#more-filters", HTMLDetailsElement);
    const used = this.#pickers.some((picker) => more.contains(picker.root) && picker.isUsed);
    if (used || view.numbers.length) more.open = true;
    this.#showTimes();
    showAmount(this.#amounts.min, view.min);
    showAmount(this.#amounts.max, view.max);
    this.#days.from.value = view.from ?? "";
    this.#days.to.value = view.to ?? "";
    this.#flood.value = view.flood;
    this.#implausible.value = view.implausible ?? "";
    const count = countFilters(view);
    find("#toggle-filters").textContent = count ? `Filters (${count})` : "Filters";
    this.showErrors([]);
  }

  /** Puts each error beside its field. @param {Culprit[]} errors */
  showErrors(errors) {
    for (const [place, prefixes] of Object.entries(ERROR_PLACES)) {
      const mine = errors.filter((error) => prefixes.some((prefix) => error.pointer.startsWith(prefix)));
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
      this.#quarterYear.replaceChildren(...years.map((year) => build("option", { value: year }, year)));
    }
    for (const input of box.querySelectorAll("input")) input.checked = chosen.includes(input.value);
    this.#showQuarters();
  }

  /** @param {string} year */
  #buildYear(year) {
    const input = build("input", { type: "checkbox", value: year, onchange: () => this.#onYears() });
    return build("label", { class: "year" }, input, build("span", {}, year));
  }

  #onYears() {
    const inputs = [...find("#years").querySelectorAll("input")];
    const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
    this.#changed({ years: chosen.sort() });
  }

  /** @returns {NodeListOf<HTMLButtonElement>} */
  #quarterButtons() {
    return document.querySelectorAll("[data-quarter]");
  }

  /** @param {HTMLButtonElement} button */
  #quarterOf(button) {
    return `${this.#quarterYear.value}-${button.dataset.quarter}`;
  }

  #showQuarters() {
    for (const button of this.#quarterButtons()) {
      button.setAttribute("aria-pressed", String(this.#view.quarters.includes(this.#quarterOf(button))));
    }
  }

  /** @param {HTMLButtonElement} button */
  #onQuarter(button) {
    const quarter = this.#quarterOf(button);
    const { quarters } = this.#view;
    const others = quarters.filter((kept) => kept !== quarter);
    this.#changed({ quarters: others.length < quarters.length ? others : [...quarters, quarter].sort() });
  }

  #onNumber() {
    const number = this.#number.value.trim();
    this.#number.value = "";
    if (number) this.#changed({ numbers: [...new Set([...this.#view.numbers, number])] });
  }

  /** @param {"from" | "to"} name */
  #onDay(name) {
    const input = this.#days[name];
    if (input.validity.badInput) return; // half a date; the browser marks it
    this.#changed({ [name]: input.value || null });
  }

  /** @param {"min" | "max"} name */
  #onAmount(name) {
    const input = this.#amounts[name];
    const amount = parseAmount(input.value);
    if (amount !== undefined) {
      this.#changed({ [name]: amount });
      return;
    }
    input.setAttribute("aria-invalid", "true");
    find("#amounts-error").textContent = "Type an amount in pesos, such as 2,500,000, 2.5M or 2.5 million.";
    find("#amounts-error").hidden = false;
  }

  #toggle() {
    const open = find("#filters").classList.toggle("open");
    find("#toggle-filters").setAttribute("aria-expanded", String(open));
    // On a phone they cover the rows: who closes them goes back to the button.
    if (open) find("#filters").focus({ preventScroll: true });
    else find("#toggle-filters").focus({ preventScroll: true });
  }
}

/** @param {HTMLInputElement} input @param {string | null} amount */
function showAmount(input, amount) {
  input.value = amount === null ? "" : groupDigits(amount);
  input.removeAttribute("aria-invalid");
}
