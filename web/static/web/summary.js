// The cards of figures above the results. Each leads to the rows that it is made of.

import { formatPesos, groupDigits } from "./amounts.js";
import { Problem, TASKS } from "./api.js";
import { build, find, stay } from "./dom.js";
import { askTask } from "./tasks.js";
import { changeView, toFilters, writeView } from "./view.js";

const LARGEST_FIRST = { show: "rows", sort: "-contract_amount" };
const NAMES = { to: () => ({ show: "charts" }), hint: "Show them ranked, in charts" };
const CARDS = [
  { label: "Contracts", name: "count", format: groupDigits, to: () => ({ show: "rows" }), hint: "Show the contracts" },
  { label: "Total value", name: "total_value", format: formatPesos, to: () => LARGEST_FIRST, hint: "Show the largest first" },
  {
    label: "Average", name: "avg_value", format: formatPesos, hint: "Show the contracts up to the average",
    to: (_, { avg_value: average }) => ({ ...LARGEST_FIRST, max: average }),
  },
  { label: "Median", name: "median_value", format: formatPesos, to: toMedian, hint: "Show the contracts around the median" },
  { label: "Contractors", name: "contractors", format: groupDigits, ...NAMES },
  { label: "Organizations", name: "organizations", format: groupDigits, ...NAMES },
];

export class SummaryCards {
  #root = find("#cards");
  #navigate;
  #asked = null;

  /** `navigate` is called with a view to go to. */
  constructor({ navigate }) {
    this.#navigate = navigate;
  }

  /** Keep the place of the cards, so that the rows do not move when they come. */
  reserve() {
    if (!this.#root.hidden) return;
    this.#root.replaceChildren(...CARDS.map(({ label }) => buildCard(label, "…")));
    this.#root.hidden = false;
  }

  /** Ask for the summary of a view and show it; what goes wrong leaves the cards away. */
  async ask(view, signal) {
    const filters = toFilters(view);
    const question = JSON.stringify([filters, view.size]);
    if (question === this.#asked) return;
    this.#root.setAttribute("aria-busy", "true");
    try {
      const onWait = () => {};
      const { summary } = await askTask(`${TASKS}/aggregates/`, { filters, dimensions: [] }, { signal, onWait });
      if (signal.aborted) return;
      this.show(view, summary);
      this.#asked = question;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.clear();
    }
  }

  /** @param {object} summary  as the API's aggregates answer it for this view */
  show(view, summary) {
    this.#asked = null;
    this.#root.replaceChildren(...CARDS.map(({ label, name, format, to, hint }) => {
      const target = changeView(view, to(view, summary));
      const onclick = stay(() => this.#navigate(target));
      const link = () => build("a", { href: writeView(target), title: hint, onclick }, format(summary[name]));
      return buildCard(label, summary[name] === null ? "–" : link());
    }));
    this.#root.hidden = !summary.count;
    this.#root.removeAttribute("aria-busy");
  }

  clear() {
    this.#asked = null;
    this.#root.hidden = true;
  }
}

const buildCard = (label, content) => build("div", { class: "card" }, build("dt", {}, label), build("dd", {}, content));

// The page that holds the one in the middle.
function toMedian({ size }, { count }) {
  const page = Math.floor((count - 1) / 2 / Number(size)) + 1;
  return { show: "rows", sort: "contract_amount", page: String(page) };
}
