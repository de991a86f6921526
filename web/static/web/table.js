// Rankings and cross tables of a view: asks the API for figures by one dimension or two. A click on a row filters.

import { countWords, formatPesosBriefly, formatShare, groupDigits, isWhole } from "./amounts.js";
import { Problem, TASKS } from "./api.js";
import { narrowTo, narrowToBoth } from "./dimensions.js";
import { announce, build, buildButton, find, MISSING, seek, stay } from "./dom.js";
import { buildPager } from "./pager.js";
import { buildProblem } from "./problems.js";
import { askTask } from "./tasks.js";
import { changeView, EMPTY, showView, toTable, writeView } from "./view.js";

/** @import {Dimension} from "./dimensions.js" */
/** @import {Attributes, Children} from "./dom.js" */
/** @import {Changes, View} from "./view.js" */
/** @typedef {Api.TableResult} Answer */
/** @typedef {Api.TableRow} Row */
/** @typedef {Api.TableColumn} Column */
/** @typedef {Exclude<keyof Api.Figures, undefined>} MeasureName */
/** @typedef {{name: MeasureName, label: string, type: string}} Measure */

/** @type {Record<string, (value: any) => string>} */
const FORMATS = { integer: groupDigits, money: formatPesosBriefly, share: formatShare, date: String };

export class FigureTable {
  #root = find("#table");
  #grid = find("#table table");
  #navigate;
  #retry;
  #offer;
  /** @type {Dimension[]} */
  #dimensions = JSON.parse(this.#root.dataset.dimensions ?? "[]");
  /** @type {Measure[]} */
  #measures = JSON.parse(this.#root.dataset.measures ?? "[]");
  /** @type {View} */
  #view = EMPTY;
  /** @type {{asked: string, data: Answer} | null} */
  #shown = null;

  /**
   * `navigate` is called with a view to go to, `retry` to ask again, `offer` with the table that can be taken away.
   * @param {{navigate: (view: View) => void, retry: () => void, offer: (table: object, rows: number) => void}} does
   */
  constructor({ navigate, retry, offer }) {
    this.#navigate = navigate;
    this.#retry = retry;
    this.#offer = offer;
    for (const [name, offered] of /** @type {const} */ ([
      ["by", this.#dimensions],
      ["across", this.#dimensions],
      ["figure", this.#measures],
    ])) {
      const select = find(`#table-${name}`, HTMLSelectElement);
      // Made here, as most visitors never look at a table.
      select.append(...offered.map(({ name: value, label }) => build("option", { value }, label)));
      select.addEventListener("change", () => this.#navigate(changeView(this.#view, { [name]: select.value })));
    }
  }

  /** Show the table of a view. @param {View} view @param {AbortSignal} signal */
  async show(view, signal) {
    this.#view = view;
    this.#showControls();
    const measures = this.#choose().map(({ name }) => name);
    const table = toTable(view, measures);
    const asked = JSON.stringify(table);
    this.#root.setAttribute("aria-busy", "true");
    try {
      const data = asked === this.#shown?.asked ? this.#shown.data : await this.#ask(table, signal);
      if (signal.aborted) return;
      this.#shown = { asked, data };
      this.#draw(data);
      const { page, page_size: size, ...whole } = table;
      this.#offer(whole, data.total_rows);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.#grid.hidden = true;
      this.#say(buildProblem(error, buildButton("Try again", this.#retry)));
    }
    this.#root.setAttribute("aria-busy", "false");
  }

  /** @param {object} table @param {AbortSignal} signal @returns {Promise<Answer>} */
  #ask(table, signal) {
    return askTask(`${TASKS}/table/`, table, { signal, onWait: ({ status }) => announce(status ?? "") });
  }

  #showControls() {
    const { by, across, figure } = this.#view;
    find("#table-by", HTMLSelectElement).value = by;
    const columns = find("#table-across", HTMLSelectElement);
    columns.value = across;
    for (const option of columns.options) option.disabled = option.value === by;
    find("#table-figure", HTMLSelectElement).value = figure;
    find("#table-figure-field").hidden = !across;
  }

  /** The figures that the view shows. */
  #choose() {
    const own = this.#dimension(this.#view.by)?.plural;
    return this.#measures.filter(({ name }) => (this.#view.across ? name === this.#view.figure : name !== own));
  }

  /** @param {string} name */
  #dimension(name) {
    return this.#dimensions.find((dimension) => dimension.name === name);
  }

  /** @param {...Node} content */
  #say(...content) {
    find("#table-message").replaceChildren(...content);
    find("#table-message").hidden = !content.length;
  }

  /** @param {Answer} data */
  #draw(data) {
    const by = this.#dimension(this.#view.by);
    if (!by) return;
    this.#say(...(data.rows.length ? [] : [build("p", {}, "There are no rows here.")]));
    this.#grid.hidden = !data.rows.length;
    const across = this.#dimension(this.#view.across) ?? null;
    this.#drawHead(by, data.columns ?? []);
    const rows = data.rows.map((row) => this.#buildRow(by, row, across, data.columns ?? []));
    find("tbody", HTMLElement, this.#grid).replaceChildren(...rows);
    find("#table-pager").replaceChildren(
      ...buildPager(data, {
        link: (page, attributes, words) => this.#link(showView(this.#view, { tpage: page }), attributes, words),
        size: this.#view.size,
        resize: (size) => this.#navigate(changeView(this.#view, { size })),
      }),
    );
    announce(`Table: ${countWords(data.total_rows, "row")}`);
  }

  /** @param {Dimension} by @param {Column[]} columns */
  #drawHead(by, columns) {
    const focused = document.activeElement?.getAttribute("data-order");
    const heads = [
      this.#buildHead("label", by.label, false),
      ...this.#choose().map(({ name, label }) => this.#buildHead(name, label, true)),
      ...columns.map((column) => build("th", { scope: "col", role: "columnheader", class: "number" }, say(column))),
    ];
    find("thead tr", HTMLElement, this.#grid).replaceChildren(...heads);
    if (focused) seek(`[data-order="${CSS.escape(focused)}"]`, HTMLElement, this.#grid)?.focus();
  }

  /** @param {string} name @param {string} label @param {boolean} number */
  #buildHead(name, label, number) {
    const order = { [name]: "ascending", [`-${name}`]: "descending" }[this.#view.order] ?? null;
    const [first, other] = number ? [`-${name}`, name] : [name, `-${name}`];
    const next = this.#view.order === first ? other : first;
    const onclick = () => this.#navigate(changeView(this.#view, { order: next }));
    return build(
      "th",
      { scope: "col", role: "columnheader", class: number && "number", "aria-sort": order },
      build("button", { type: "button", "data-order": name, onclick }, label),
    );
  }

  /** @param {Dimension} by @param {Row} row @param {Dimension | null} across @param {Column[]} columns */
  #buildRow(by, row, across, columns) {
    const narrowed = narrowTo(by, row);
    const target = narrowed && changeView(this.#view, narrowed);
    const words = row.label ?? MISSING;
    const title =
      target && this.#link(target, { class: "name brief", title: `${words} – show only these contracts` }, words);
    const cells = (row.cells ?? []).map((cell, place) => {
      const column = columns[place];
      const both = across && cell && !column.others ? narrowToBoth([by, row], [across, column]) : null;
      return this.#buildCell(this.#view.figure, cell, say(column), both);
    });
    const own = this.#choose().map(({ name, label }) => this.#buildCell(name, row, label, null));
    const onclick = target && this.#onRow(target);
    const attributes = { role: "row", class: target && "leads", ...(onclick && { onclick }) };
    return build(
      "tr",
      attributes,
      build("th", { scope: "row", role: "rowheader", "data-label": by.label }, title ?? words),
      own,
      cells,
    );
  }

  /** The whole row is a target for the pointer; its link is one for the keyboard. @param {View} target */
  #onRow(target) {
    return (/** @type {MouseEvent} */ event) => {
      if (!(event.target instanceof Element && event.target.closest("a")) && !getSelection()?.toString())
        this.#navigate(target);
    };
  }

  /** @param {string} name @param {Api.Figures | null} figures @param {string} label @param {Changes | null} to */
  #buildCell(name, figures, label, to) {
    const measure = this.#measures.find((each) => each.name === name);
    const value = measure && figures?.[measure.name];
    const words = value === null || value === undefined ? "–" : FORMATS[measure?.type ?? ""](value);
    const whole = measure?.type === "money" && isWhole(String(value ?? "")) ? " whole" : "";
    const attributes = { role: "cell", class: `number${whole}`, "data-label": label };
    if (!to) return build("td", attributes, words);
    const target = changeView(this.#view, { ...to, show: "rows" });
    return build("td", attributes, this.#link(target, { class: "name", title: "Show these contracts" }, words));
  }

  /** @param {View} view @param {Attributes} attributes @param {...Children} content */
  #link(view, attributes, ...content) {
    const onclick = stay(() => {
      find("#summary").focus(); // the link goes away with its row
      this.#navigate(view);
    });
    return build("a", { ...attributes, href: writeView(view), onclick }, ...content);
  }
}

/** @param {Column} column */
const say = ({ label, others, labels }) => (others ? countWords(labels ?? 0, "other") : (label ?? MISSING));
