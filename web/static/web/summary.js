// The strip of figures above the results, beside those of the headline. Each leads to the rows that it is made of.

import { formatPesosBriefly, groupDigits } from "./amounts.js";
import { Problem, TASKS } from "./api.js";
import { build, find, stay } from "./dom.js";
import { askTask } from "./tasks.js";
import { changeView, toFilters, writeView } from "./view.js";

/** @import {Changes, View} from "./view.js" */
/** @typedef {Api.Summary} Summary */

/**
 * @typedef {object} Card
 * @property {string} label
 * @property {keyof Summary} name
 * @property {(value: string) => string} format
 * @property {(view: View, summary: Partial<Summary>) => Changes} to  what leads to the rows
 * @property {string} hint
 */

const LARGEST_FIRST = { show: "rows", sort: "-contract_amount" };
const NAMES = { to: () => ({ show: "charts" }), hint: "Show them ranked, in charts" };
/** @type {Card[]} */
const CARDS = [
  {
    label: "Average",
    name: "avg_value",
    format: formatPesosBriefly,
    hint: "Show the contracts up to the average",
    to: (_, { avg_value: average }) => ({ ...LARGEST_FIRST, max: average }),
  },
  {
    label: "Median",
    name: "median_value",
    format: formatPesosBriefly,
    to: toMedian,
    hint: "Show the contracts around the median",
  },
  { label: "Contractors", name: "contractors", format: groupDigits, ...NAMES },
  { label: "Organizations", name: "organizations", format: groupDigits, ...NAMES },
];

export class SummaryCards {
  #root = find("#cards");
  #cards = CARDS.map((card) => ({ ...card, link: build("a", { title: card.hint }), figure: build("dd") }));
  #navigate;
  /** @type {{question: string, summary: Summary} | null} */
  #asked = null;

  /** @param {{navigate: (view: View) => void}} does  called with a view to go to */
  constructor({ navigate }) {
    this.#navigate = navigate;
    this.#root.append(
      ...this.#cards.map(({ label, figure }) => build("div", { class: "card" }, build("dt", {}, label), figure)),
    );
  }

  /**
   * Show what of the summary is known before it comes, and keep the place of the rest, so that the rows do not move.
   * @param {View} view
   * @param {Partial<Summary>} known
   */
  expect(view, known) {
    if (questionOf(view) !== this.#asked?.question) this.#draw(view, known);
  }

  /**
   * Ask for the summary of a view and show it; what goes wrong leaves the cards away.
   * @param {View} view
   * @param {AbortSignal} signal
   */
  async ask(view, signal) {
    if (questionOf(view) === this.#asked?.question) {
      this.show(view, this.#asked.summary);
      return;
    }
    this.#root.setAttribute("aria-busy", "true");
    try {
      const body = { filters: toFilters(view), dimensions: [] };
      const { summary } = await askTask(`${TASKS}/aggregates/`, body, { signal, onWait: () => {} });
      if (!signal.aborted) this.show(view, summary);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.clear();
    }
  }

  /** @param {View} view @param {Summary} summary  as the API's aggregates answer it for this view */
  show(view, summary) {
    this.#asked = { question: questionOf(view), summary };
    this.#draw(view, summary);
    this.#root.removeAttribute("aria-busy");
  }

  clear() {
    this.#asked = null;
    this.#root.hidden = true;
  }

  /**
   * A link that is there stays the same element, so that it keeps the focus.
   * @param {View} view
   * @param {Partial<Summary>} summary
   */
  #draw(view, summary) {
    for (const { name, format, to, link, figure } of this.#cards) {
      const value = summary[name];
      if (value === undefined || value === null) {
        figure.replaceChildren(value === null ? "–" : "…");
        continue;
      }
      const target = changeView(view, to(view, summary));
      link.href = writeView(target);
      link.onclick = stay(() => this.#navigate(target));
      link.textContent = format(String(value));
      if (!link.isConnected) figure.replaceChildren(link);
    }
    this.#root.hidden = !summary.count;
  }
}

/** @param {View} view */
const questionOf = (view) => JSON.stringify(toFilters(view));

/** The page that holds the one in the middle. @param {View} view @param {Partial<Summary>} summary */
function toMedian({ size }, { count = 0 }) {
  const page = Math.floor((count - 1) / 2 / Number(size)) + 1;
  return { show: "rows", sort: "contract_amount", page: String(page) };
}
