// The cards of figures above the results.

import { formatPesos, groupDigits } from "./amounts.js";
import { Problem, TASKS } from "./api.js";
import { build, find } from "./dom.js";
import { askTask } from "./tasks.js";

const CARDS = [
  ["Contracts", "count", groupDigits],
  ["Total value", "total_value", formatPesos],
  ["Average", "avg_value", formatPesos],
  ["Median", "median_value", formatPesos],
  ["Contractors", "contractors", groupDigits],
  ["Organizations", "organizations", groupDigits],
];

export class SummaryCards {
  #root = find("#cards");
  #asked = null;

  /** Ask for the summary of these filters and show it; what goes wrong leaves the cards away. */
  async ask(filters, signal) {
    const question = JSON.stringify(filters);
    if (question === this.#asked) return;
    this.#root.setAttribute("aria-busy", "true");
    try {
      const onWait = () => {};
      const { summary } = await askTask(`${TASKS}/aggregates/`, { filters, dimensions: [] }, { signal, onWait });
      if (signal.aborted) return;
      this.show(summary);
      this.#asked = question;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.clear();
    }
  }

  /** @param {object} summary  as the API's aggregates answer it */
  show(summary) {
    this.#asked = null;
    this.#root.replaceChildren(...CARDS.map(([label, name, format]) => build(
      "div", { class: "card" },
      build("dt", {}, label),
      build("dd", {}, summary[name] === null ? "–" : format(summary[name])),
    )));
    this.#root.hidden = !summary.count;
    this.#root.removeAttribute("aria-busy");
  }

  clear() {
    this.#asked = null;
    this.#root.hidden = true;
  }
}
