// The headline of the results: how much in how many contracts, in figures that people read; exact when pointed at,
// focused or copied.

import { countWords, formatPesos, formatPesosBriefly, sayPesos } from "./amounts.js";
import { build, find, stay } from "./dom.js";
import { changeView, writeView } from "./view.js";

/** @import {Changes, View} from "./view.js" */

export class Headline {
  #root = find("#summary");
  #value = build("a", { class: "rounded", title: "Show the largest first" });
  #count = build("a", { title: "Show the contracts" });
  #navigate;

  /** @param {{navigate: (view: View) => void}} does  called with a view to go to */
  constructor({ navigate }) {
    this.#navigate = navigate;
    document.addEventListener("copy", (event) => this.#copy(event));
  }

  /**
   * The links stay the same elements, so that they keep the focus.
   * @param {View} view
   * @param {{total_rows: number, total_value: string}} found
   * @returns {string} what it says
   */
  show(view, { total_rows: rows, total_value: value }) {
    const rounded = sayPesos(value);
    this.#value.textContent = rounded;
    if (rounded === formatPesosBriefly(value)) delete this.#value.dataset.exact;
    else this.#value.dataset.exact = formatPesos(value);
    this.#count.textContent = countWords(rows, "contract");
    this.#lead(this.#value, view, { show: "rows", sort: "-contract_amount" });
    this.#lead(this.#count, view, { show: "rows" });
    if (!this.#value.isConnected) this.#root.replaceChildren(this.#value, " in ", this.#count);
    this.#sayCount(countWords(rows, "contract"));
    return this.#root.textContent ?? "";
  }

  /** Words instead of figures. @param {string} words */
  say(words) {
    this.#root.textContent = words;
    this.#sayCount(words);
    return words;
  }

  /** What a phone's bar says at the bottom of the screen. @param {string} words */
  #sayCount(words) {
    find("#bar-count").textContent = words;
  }

  /** @param {HTMLAnchorElement} link @param {View} view @param {Changes} changes */
  #lead(link, view, changes) {
    const target = changeView(view, changes);
    link.href = writeView(target);
    link.onclick = stay(() => this.#navigate(target));
  }

  /** Whoever copies the rounded amount, or presses the keys while it has the focus, gets the exact one. @param {ClipboardEvent} event */
  #copy(event) {
    const selection = getSelection();
    const exact = this.#value.dataset.exact;
    if (!exact || !selection || !event.clipboardData) return;
    const copied = selection.isCollapsed
      ? document.activeElement === this.#value && exact
      : selection.containsNode(this.#value, true) && copyExactly(selection.toString(), this.#value, exact);
    if (!copied) return;
    event.clipboardData.setData("text/plain", copied);
    event.preventDefault();
  }
}

/** @param {string} text @param {HTMLElement} shown @param {string} exact */
const copyExactly = (text, shown, exact) => text.replace(shown.textContent ?? "", exact);
