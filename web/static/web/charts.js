// The charts of a view: asks the API for totals by dimension and draws them. A click filters.

import {
  countWords,
  formatPesos,
  formatShare,
  formatShort,
  formatShortPesos,
  groupDigits,
  justBelow,
} from "./amounts.js";
import { Problem, TASKS } from "./api.js";
import { EXACT } from "./declared.js";
import { NO_TIMES } from "./dimensions.js";
import { build, buildButton, find, MISSING } from "./dom.js";
import { addToCaption, buildFigure, drawBars, drawColumns, drawTreemap } from "./figures.js";
import { shortenOrganization } from "./names.js";
import { buildSwitch, drawPeriods, findEnd } from "./periods.js";
import { buildProblem } from "./problems.js";
import { askTask } from "./tasks.js";
import { changeView, EMPTY, toFilters, writeView } from "./view.js";

/** @import {Mark} from "./figures.js" */
/** @import {Changes, View} from "./view.js" */
/** @import {ExactFilter, NameFilter} from "./declared.js" */
/** @import {Grain, Measure} from "./periods.js" */
/** @typedef {{around: Totals | null, end: string | null, version: string | null}} Times */
/** @typedef {Required<Api.AggregatesResult>} Totals  with all dimensions, as they are asked for here */
/** @typedef {Api.Part} Group */

const TIMES = ["by_year", "by_quarter", "by_month"];
const ALWAYS = [...TIMES, "by_funding_year", "value_distribution"];
const USUAL = EXACT.filter(({ more }) => !more);
const TOP = 40;
const SHOWN_FIRST = 10;
const MONEY_HEADS = ["Total value", "Contracts", "Share"];

// What the treemap is divided into, and which filter a step goes down by.
const LEVELS = ["areas", "organizations", "contractors"].flatMap((name) =>
  EXACT.filter(({ filter }) => filter === name),
);

export class Charts {
  #root;
  #navigate;
  #retry;
  /** @type {View} */
  #view = EMPTY;
  /** @type {{asked: string, data: Totals} | null} */
  #shown = null;
  // By which names it is added up. A dataset that an older program imported counts the usual ones only, until it is
  // imported again: that is found out once, because each question that cannot be answered leaves a failed task.
  #names = EXACT;
  /** @type {Set<NameFilter>} */
  #opened = new Set();
  /** @type {Measure} */
  #measure = "value";
  /** @type {"quarter" | "month"} */
  #grain = "quarter";
  /** @type {Times} */
  #times = { around: null, end: null, version: null };

  /**
   * `navigate` is called with a view to go to, `retry` to ask again.
   * @param {HTMLElement} root
   * @param {{navigate: (view: View) => void, retry: () => void}} does
   */
  constructor(root, { navigate, retry }) {
    this.#root = root;
    this.#navigate = navigate;
    this.#retry = retry;
  }

  /**
   * Show the charts of a view; resolves to the summary that came with them, or null.
   * @param {View} view
   * @param {AbortSignal} signal
   */
  async show(view, signal) {
    this.#view = view;
    const filters = toFilters(view);
    const asked = JSON.stringify(filters);
    try {
      const known = asked === this.#shown?.asked;
      const data = known && this.#shown ? this.#shown.data : await this.#ask(filters, signal);
      const times = known ? this.#times : await askTimes(view, data, this.#times, signal);
      if (signal.aborted) return null;
      this.#shown = { asked, data };
      this.#times = times;
      this.#draw(data);
      return data.summary;
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof Problem)) throw error;
      this.#finish(buildProblem(error, buildButton("Try again", this.#retry)));
      return null;
    }
  }

  /** @param {object} filters @param {AbortSignal} signal @returns {Promise<Totals>} */
  async #ask(filters, signal) {
    this.#root.setAttribute("aria-busy", "true");
    if (!this.#root.children.length) this.#root.append(build("p", { class: "hint", role: "status" }, "Adding up…"));
    try {
      return await askTotals(filters, this.#names, signal);
    } catch (error) {
      const fewer = this.#names !== USUAL && error instanceof Problem && error.failure === "snapshot-missing";
      if (!fewer) throw error;
      const totals = await askTotals(filters, USUAL, signal);
      this.#names = USUAL;
      return totals;
    }
  }

  /** @param {...Node} content */
  #finish(...content) {
    this.#root.replaceChildren(...content);
    this.#root.removeAttribute("aria-busy");
  }

  /** @param {Totals} data */
  #draw(data) {
    const focused = titleOf(document.activeElement?.closest(".chart"));
    if (!data.summary.count) {
      this.#finish(
        build("p", { class: "message" }, "There is nothing to draw: no contract matches. Take a filter away."),
      );
      return;
    }
    this.#finish(
      this.#buildMeasures(),
      this.#drawTimes(data, "year"),
      this.#drawFiner(data),
      ...this.#drawFundingYears(data.by_funding_year),
      this.#drawTreemap(data),
      ...EXACT.filter(({ dimension }) => data[dimension]).map(({ dimension, filter, plural }) =>
        this.#drawRanked(`Top ${plural}`, filter, data[dimension]),
      ),
      this.#drawDistribution(data.value_distribution),
    );
    if (focused === null) return;
    const again = [...this.#root.querySelectorAll(".chart")].find((chart) => titleOf(chart) === focused);
    again?.querySelector("a")?.focus();
  }

  /** @param {Totals} data @param {Grain} grain */
  #drawTimes(data, grain) {
    const dimension = /** @type {const} */ (`by_${grain}`);
    const target = (/** @type {Changes | null} */ changes) => (changes ? this.#target(changes) : { href: null });
    const { around, end } = this.#times;
    const inside = data[dimension];
    const of = { grain, measure: this.#measure, inside, around: around?.[dimension] ?? inside, end, target };
    return drawPeriods(of);
  }

  /** @param {Totals} data */
  #drawFiner(data) {
    const figure = this.#drawTimes(data, this.#grain);
    const choose = (/** @type {"quarter" | "month"} */ grain) => {
      this.#grain = grain;
      this.#draw(data);
    };
    addToCaption(figure, buildSwitch("Columns", { quarter: "Quarters", month: "Months" }, this.#grain, choose));
    return figure;
  }

  #buildMeasures() {
    const choose = (/** @type {Measure} */ measure) => {
      this.#measure = measure;
      if (this.#shown) this.#draw(this.#shown.data);
    };
    return buildSwitch("Years and months show", { value: "Value", count: "Contracts" }, this.#measure, choose);
  }

  /** Only flood control projects say it, which have no day of award. @param {Group[]} groups */
  #drawFundingYears(groups) {
    const known = groups.filter((group) => group.label !== null);
    if (!known.length) return [];
    const marks = groups.map((group) => ({
      ...this.#mark(group, group.label ?? "without a funding year", {}),
      href: null,
      tick: group.label,
    }));
    const unknown = marks.find((mark) => mark.tick === null);
    return [
      buildFigure({
        title: "Value by funding year",
        hint: "The year of the budget that pays; flood control projects only",
        heads: ["Budget of", ...MONEY_HEADS],
        marks,
        beyond: unknown,
        drawing: drawColumns(
          marks.filter((mark) => mark !== unknown),
          formatShortPesos,
        ),
      }),
    ];
  }

  /** @param {string} title @param {NameFilter} filter @param {Group[]} groups */
  #drawRanked(title, filter, groups) {
    const { marks, named, others } = this.#markNames(filter, groups);
    const all = this.#opened.has(filter) || named.length <= SHOWN_FIRST;
    const figure = buildFigure({
      title,
      hint: "By value. Click to filter",
      heads: ["Name", ...MONEY_HEADS],
      marks,
      beyond: all ? others : null,
      drawing: drawBars(all ? named : named.slice(0, SHOWN_FIRST)),
    });
    if (named.length > SHOWN_FIRST) {
      const words = all ? `Only the first ${SHOWN_FIRST}` : `Show ${named.length}`;
      const toggle = () => {
        if (!this.#opened.delete(filter)) this.#opened.add(filter);
        if (this.#shown) this.#draw(this.#shown.data);
      };
      find(".numbers", HTMLElement, figure).before(buildButton(words, toggle, { kind: "small quiet" }));
    }
    return figure;
  }

  /** @param {Totals} data */
  #drawTreemap(data) {
    const open = LEVELS.findIndex(({ filter }) => this.#view[filter].length !== 1);
    const depth = open < 0 ? LEVELS.length - 1 : open;
    const level = LEVELS[depth];
    const { marks, named, others } = this.#markNames(level.filter, data[level.dimension]);
    const figure = buildFigure({
      title: "Area › organization › contractor",
      hint: `By ${level.words}. Click to go down`,
      heads: ["Name", ...MONEY_HEADS],
      marks,
      beyond: others,
      drawing: drawTreemap(named),
      className: "wide",
    });
    if (depth) addToCaption(figure, this.#buildTrail(depth));
    return figure;
  }

  /** The way back up from where the treemap has gone down to. @param {number} depth */
  #buildTrail(depth) {
    const steps = LEVELS.slice(0, depth).map((_, index) => {
      const above = Object.fromEntries(LEVELS.slice(index).map((level) => [level.filter, []]));
      const words = index ? (this.#view[LEVELS[index - 1].filter][0] ?? MISSING) : "All areas";
      return build(
        "li",
        {},
        buildButton(words, () => this.#navigate(changeView(this.#view, above)), { kind: "small quiet" }),
      );
    });
    const here = build("li", { "aria-current": "true" }, this.#view[LEVELS[depth - 1].filter][0] ?? MISSING);
    return build("ol", { class: "trail", "aria-label": "Where the treemap is" }, steps, here);
  }

  /** @param {Api.Bin[]} bins */
  #drawDistribution(bins) {
    const marks = bins.map((bin) => ({
      ...this.#target({ min: plain(bin.min), max: plain(justBelow(bin.max)) }),
      label: formatPesos(bin.min),
      tick: /^10*[.]/.test(bin.min) ? formatShortPesos(bin.min).slice(1) : "",
      size: bin.count,
      doubt: (bin.implausible_count ?? 0) / (bin.count || 1),
      value: groupDigits(bin.count),
      detail: `${formatShortPesos(bin.min)} to ${formatShortPesos(bin.max)}: ${countWords(bin.count, "contract")}, ${formatPesos(bin.total_value)} together`,
      cells: [formatPesos(justBelow(bin.max)), groupDigits(bin.count), formatPesos(bin.total_value)],
    }));
    return buildFigure({
      title: "Contracts by amount",
      hint: "How many contracts are of which size. Click to filter",
      heads: ["From", "To", "Contracts", "Total value"],
      marks,
      className: "wide",
      drawing: drawColumns(marks, formatShort),
    });
  }

  /**
   * The marks of groups by name; `others` is that of all names but the given ones, if there are more.
   * @param {NameFilter} filter
   * @param {Group[]} groups
   */
  #markNames(filter, groups) {
    const given = groups.filter((group) => !group.others);
    const except = /** @type {const} */ (`except_${filter}`);
    const leaveOut = { [except]: [...this.#view[except], ...given.map((group) => group.label)] };
    const brief = filter === "organizations" ? shortenOrganization : String;
    const named = given.map((group) => ({
      ...this.#mark(group, group.label ?? MISSING, { [filter]: [group.label] }),
      brief: brief(group.label ?? MISSING),
    }));
    const rest = groups.find((group) => group.others);
    const others = rest && this.#mark(rest, countWords(rest.labels ?? 0, "other"), leaveOut);
    return { marks: others ? [...named, others] : named, named, others };
  }

  /** @param {Group} group @param {string} label @param {Changes} changes @returns {Mark} */
  #mark(group, label, changes) {
    const money = formatShortPesos(group.total_value);
    const share = formatShare(group.share);
    const doubtful = group.implausible_value;
    return {
      ...this.#target(changes),
      label,
      size: Number(group.total_value),
      doubt: doubtful ? Number(doubtful) / Number(group.total_value) : 0,
      value: `${money} · ${share}`,
      detail: `${label}: ${formatPesos(group.total_value)}, ${share}, ${countWords(group.count, "contract")}${doubtful ? `, ${formatPesos(doubtful)} of it implausible` : ""}`,
      cells: [formatPesos(group.total_value), groupDigits(group.count), share],
    };
  }

  /** @param {Changes} changes */
  #target(changes) {
    const target = changeView(this.#view, changes);
    return { href: writeView(target), follow: () => this.#navigate(target) };
  }
}

/**
 * @param {object} filters
 * @param {ExactFilter[]} names  by which it is added up, besides what is always asked for
 * @param {AbortSignal} signal
 * @returns {Promise<Totals>}
 */
function askTotals(filters, names, signal) {
  const dimensions = [...ALWAYS, ...names.map(({ dimension }) => dimension)];
  return askTask(`${TASKS}/aggregates/`, { filters, dimensions, top_n: TOP }, { signal, onWait: () => {} });
}

/**
 * What lies around the periods that a view is narrowed to, and how far the data go at all.
 * @param {View} view
 * @param {Totals} data  those of the view
 * @param {Times} before  of the view before: the end of the same dataset is the same
 * @param {AbortSignal} signal
 * @returns {Promise<Times>}
 */
async function askTimes(view, data, before, signal) {
  const ask = (/** @type {View} */ wider) =>
    askTask(`${TASKS}/aggregates/`, { filters: toFilters(wider), dimensions: TIMES }, { signal, onWait: () => {} });
  const timeless = changeView(view, NO_TIMES);
  const narrowed = JSON.stringify(toFilters(timeless)) !== JSON.stringify(toFilters(view));
  const filtered = JSON.stringify(toFilters(timeless)) !== JSON.stringify(toFilters(EMPTY));
  const known = before.version === data.dataset_version;
  const [around, whole] = await Promise.all([narrowed ? ask(timeless) : null, filtered && !known ? ask(EMPTY) : null]);
  const end = known ? before.end : findEnd((whole ?? around ?? data).by_month);
  return { around, end, version: data.dataset_version };
}

/** @param {Element | null | undefined} chart */
const titleOf = (chart) => chart?.querySelector("h2")?.textContent ?? null;

/** @param {string} amount */
const plain = (amount) => amount.replace(/\.00$/, "");
