// The results: summary, table, pages, and the loading, empty and error states.

import { isWhole } from "./amounts.js";
import { chooseColumns, formatCell, isNumber } from "./columns.js";
import { wordsOf } from "./declared.js";
import { announce, build, buildButton, find, MISSING, seek, stay } from "./dom.js";
import { buildImplausible, WHY } from "./implausible.js";
import { shortenOrganization } from "./names.js";
import { buildPager } from "./pager.js";
import { buildProblem } from "./problems.js";
import { changeView, countFilters, EMPTY, isNameFilter, showView, writeView } from "./view.js";

/** @import {Problem} from "./api.js" */
/** @import {Column, Contract} from "./columns.js" */
/** @import {Attributes, Children} from "./dom.js" */
/** @import {Headline} from "./headline.js" */
/** @import {TaskStatus} from "./tasks.js" */
/** @import {NameFilter} from "./declared.js" */
/** @import {View} from "./view.js" */

const DESCENDING_FIRST = ["date", "money", "integer"];
const LOADING_AFTER_MS = 250;
const TITLE = "award_title";
/** What may be hardly right. */
const AMOUNT = "contract_amount";
/** What stands below the title unless it has a column of its own. */
const BELOW_TITLE = "business_category";

export class ResultTable {
  #navigate;
  #clear;
  #headline;
  /** @type {View} */
  #view = EMPTY;
  /** @type {Column[]} */
  #columns = [];
  #timer = 0;
  #root = find("#results");
  #table = find("#results table");

  /**
   * `navigate` is called with a view to go to, `clear` to clear all filters.
   * @param {{navigate: (view: View) => void, clear: () => void, headline: Headline}} does
   */
  constructor({ navigate, clear, headline }) {
    this.#navigate = navigate;
    this.#clear = clear;
    this.#headline = headline;
  }

  /** @param {View} view */
  showLoading(view) {
    this.#view = view;
    this.#root.setAttribute("aria-busy", "true");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#showWaiting("Searching…"), LOADING_AFTER_MS);
  }

  /** A search that takes longer: where it is, in the API's words. @param {TaskStatus} status */
  showStatus(status) {
    this.#showWaiting(status.trouble ?? `Searching… ${status.status}`);
  }

  /**
   * The rows of a view: `data` is the API's answer to its search, `columns` the API's table of columns.
   * @param {View} view
   * @param {Api.SearchResult} data
   * @param {Column[]} columns
   */
  show(view, data, columns) {
    this.#finish(view);
    this.#columns = columns;
    const summary = data.total_rows ? this.#headline.show(view, data) : this.#headline.say("No contract matches");
    find("#in-words").textContent = countFilters(view) ? data.filters_in_words : "";
    find("#flood-notice").hidden = !data.include_flood_control;
    const doubtful = buildImplausible(view, data.implausible, this.#buildLink.bind(this));
    find("#implausible-notice").replaceChildren(...build("div", {}, ...doubtful).childNodes);
    find("#implausible-notice").hidden = !doubtful.length;
    const shown = chooseColumns(view, columns);
    this.#showHead(shown);
    const money = shown.filter(({ type }) => type === "money");
    // Amounts without centavos keep their place free where others have some, so that digits stand below digits.
    const some = data.rows.some((row) => money.some(({ name }) => row[name] !== null && !isWhole(String(row[name]))));
    this.#table.classList.toggle("centavos", some);
    find("tbody", HTMLElement, this.#table).replaceChildren(...data.rows.map((row) => this.#buildRow(row, shown)));
    this.#showRows(data.rows.length > 0);
    this.#showPager(data);
    this.#showEmpty(data);
    this.#explain(data);
    announce(summary);
  }

  /** @param {View} view @param {Problem} problem @param {() => void} retry */
  showProblem(view, problem, retry) {
    this.#finish(view);
    this.#headline.say("No results");
    find("#in-words").textContent = "";
    find("#flood-notice").hidden = true;
    find("#implausible-notice").hidden = true;
    this.#showRows(false);
    this.#showMessage(
      buildProblem(
        problem,
        buildButton("Try again", retry),
        buildButton("Start over", () => this.#navigate(EMPTY)),
        build("span", { class: "hint", hidden: !problem.passing }, "It is tried again by itself."),
      ),
    );
  }

  /** @param {View} view */
  #finish(view) {
    this.#view = view;
    clearTimeout(this.#timer);
    find("#unknown").replaceChildren();
    find("#loading").hidden = true;
    seek("#skeleton")?.remove();
    this.#root.setAttribute("aria-busy", "false");
    this.#showMessage();
  }

  /** @param {boolean} shown */
  #showRows(shown) {
    this.#table.hidden = !shown;
    find("#pager").hidden = !shown;
    this.#root.classList.toggle("empty", !shown);
  }

  /** @param {string} text */
  #showWaiting(text) {
    find("#loading").textContent = text;
    find("#loading").hidden = false;
    announce(text);
  }

  /** @param {...Children} content */
  #showMessage(...content) {
    find("#message").replaceChildren(...build("div", {}, ...content).childNodes);
    find("#message").hidden = !content.length;
  }

  /** @param {Api.SearchResult} data */
  #showEmpty(data) {
    if (data.rows.length) return;
    if (data.total_rows) {
      const first = this.#buildLink(changeView(this.#view, {}), {}, "Go to the first page");
      this.#showMessage(build("p", {}, `There is no page ${data.page}; the last one is ${data.pages}. `, first));
    }
  }

  /** Say why nothing is found, and which names nobody bears. Few answers need the code for it. @param {Api.SearchResult} data */
  async #explain(data) {
    if (data.total_rows && !data.unknown_names?.length) return;
    const view = this.#view;
    const { buildAbsence, buildUnknown } = await import("./absence.js");
    if (view !== this.#view) return;
    const buildLink = this.#buildLink.bind(this);
    find("#unknown").replaceChildren(...buildUnknown(view, data.unknown_names, buildLink));
    if (!data.total_rows) {
      this.#showMessage(...buildAbsence(view, data.nothing_found, { buildLink, clear: this.#clear }));
    }
  }

  /** @param {Column[]} shown */
  #showHead(shown) {
    const focused = document.activeElement?.getAttribute("data-sort");
    const cells = shown.map((column) => this.#buildHead(column));
    find("thead tr", HTMLElement, this.#table).replaceChildren(...cells);
    if (focused) seek(`[data-sort="${CSS.escape(focused)}"]`, HTMLElement, this.#table)?.focus();
  }

  /** @param {Column} column */
  #buildHead(column) {
    const { name, label, sortable } = column;
    const attributes = { role: "columnheader", scope: "col", "data-column": name, class: isNumber(column) && "number" };
    if (!sortable) return build("th", attributes, label);
    const order = { [name]: "ascending", [`-${name}`]: "descending" }[this.#view.sort] ?? null;
    const onclick = () => this.#sortBy(column);
    const button = build("button", { type: "button", "data-sort": name, onclick }, label);
    return build("th", { ...attributes, "aria-sort": order }, button);
  }

  /** @param {Contract} row @param {Column[]} shown */
  #buildRow(row, shown) {
    return build(
      "tr",
      { role: "row" },
      shown.map((column) =>
        build(
          "td",
          {
            role: "cell",
            "data-label": column.label,
            "data-column": column.name,
            class: isNumber(column) && `number${isWholeAmount(column, row) ? " whole" : ""}`,
          },
          column.name === AMOUNT && buildDoubt(row),
          this.#buildCell(column, row, shown),
        ),
      ),
    );
  }

  /** @param {Column} column @param {Contract} row @param {Column[]} shown */
  #buildCell(column, row, shown) {
    if (column.name === TITLE) return this.#buildTitle(row, shown);
    const value = row[column.name] ?? null;
    if (isNameFilter(column.filter)) return this.#buildName(column.filter, value === null ? null : String(value));
    const words = formatCell(column, value);
    return column.type === "text" && value !== null ? build("span", { class: "brief", title: words }, words) : words;
  }

  /** @param {Contract} row @param {Column[]} shown */
  #buildTitle(row, shown) {
    const title = row.award_title ?? row.notice_title ?? MISSING;
    const repeats = row.notice_title?.toLowerCase() === title.toLowerCase();
    const below = this.#columns.find(({ name }) => name === BELOW_TITLE);
    const category = below && !shown.includes(below) && row[BELOW_TITLE] !== null;
    const numbers = [
      row.reference_id && `Ref. ${row.reference_id}`,
      row.contract_number && `Contract no. ${row.contract_number}`,
      row.source === "flood_control" && "flood-control source",
      !repeats && row.notice_title,
    ].filter(Boolean);
    const open = async () => {
      const { showDetails } = await import("./details.js");
      showDetails(row, this.#columns, { view: this.#view, buildLink: this.#buildLink.bind(this) });
    };
    return [
      build(
        "button",
        { class: "title", type: "button", title: `${title} – all that is known of this contract`, onclick: open },
        build("span", { class: "brief" }, title),
      ),
      (category || numbers.length > 0) &&
        build(
          "span",
          { class: "detail brief", title: [category && row[BELOW_TITLE], ...numbers].filter(Boolean).join(" · ") },
          category && this.#buildName("business_categories", row[BELOW_TITLE] ?? null),
          category && numbers.length > 0 && " · ",
          numbers.join(" · "),
        ),
    ];
  }

  /** A name that filters by itself when followed. @param {NameFilter} filter @param {string | null} name */
  #buildName(filter, name) {
    const words = name === null ? MISSING : filter === "organizations" ? shortenOrganization(name) : name;
    if (this.#view[filter].includes(name)) return build("span", { class: "brief", title: name }, words);
    const target = changeView(this.#view, { [filter]: [...this.#view[filter], name] });
    const title = `${name ?? MISSING} – show only this ${wordsOf(filter)}`;
    return this.#buildLink(target, { class: name === null ? "name brief missing" : "name brief", title }, words);
  }

  /** @param {View} view @param {Attributes} attributes @param {...Children} content */
  #buildLink(view, attributes, ...content) {
    const onclick = stay(() => {
      this.#navigate(view);
      // The link goes away with its row. After the address has kept how far the page was scrolled.
      find("#summary").focus();
    });
    return build("a", { ...attributes, href: writeView(view), onclick }, ...content);
  }

  /** @param {Column} column */
  #sortBy({ name, type }) {
    const first = DESCENDING_FIRST.includes(type) ? `-${name}` : name;
    const other = first === name ? `-${name}` : name;
    this.#navigate(changeView(this.#view, { sort: this.#view.sort === first ? other : first }));
  }

  /** @param {Api.SearchResult} data */
  #showPager(data) {
    const bar = buildPager(data, {
      link: (page, attributes, words) => this.#buildLink(showView(this.#view, { page }), attributes, words),
      size: this.#view.size,
      resize: (size) => this.#navigate(changeView(this.#view, { size })),
    });
    find("#pager").replaceChildren(...bar);
  }
}

/** The hatched mark at an amount that is hardly right. @param {Contract} row */
function buildDoubt({ implausible }) {
  if (!implausible) return null;
  const title = WHY[String(implausible)] ?? "implausible";
  return build("span", { class: "doubt", title, role: "img", "aria-label": title }, "?");
}

/** @param {Column} column @param {Contract} row */
const isWholeAmount = ({ name, type }, row) => type === "money" && isWhole(String(row[name] ?? ""));
