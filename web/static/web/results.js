// The results: summary, table, pages, and the loading, empty and error states.

import { countWords, formatPesos, groupDigits } from "./amounts.js";
import { announce, build, find, MISSING } from "./dom.js";
import { buildProblem } from "./problems.js";
import { changeView, EMPTY, NAME_FILTERS, writeView } from "./view.js";

export const COLUMNS = [
  "reference_id", "contract_number", "award_date", "award_title", "notice_title", "awardee_name",
  "organization_name", "area_of_delivery", "business_category", "contract_amount", "source",
];

const PAGE_SIZES = ["25", "50", "100", "200"];
const DESCENDING_FIRST = ["award_date", "contract_amount"];
const LOADING_AFTER_MS = 250;
const LABELS = ["Awarded", "Contract", "Contractor", "Organization", "Area", "Category", "Amount"];

export class ResultTable {
  #navigate;
  #clear;
  #view;
  #timer = 0;
  #root = find("#results");
  #table = find("#results table");

  // `navigate` is called with a view to go to, `clear` to clear all filters.
  constructor({ navigate, clear }) {
    this.#navigate = navigate;
    this.#clear = clear;
    for (const button of this.#sortButtons()) button.addEventListener("click", () => this.#sortBy(button.dataset.sort));
  }

  showLoading(view) {
    this.#view = view;
    this.#root.setAttribute("aria-busy", "true");
    this.#root.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#showWaiting("Searching…"), LOADING_AFTER_MS);
  }

  // A search that takes longer: where it is, in the API's words.
  showStatus(status) {
    this.#showWaiting(status.trouble ?? `Searching… ${status.status}`);
  }

  show(view, data) {
    this.#finish(view);
    find("#summary").textContent = data.total_rows
      ? `${countWords(data.total_rows, "contract")} · ${formatPesos(data.total_value)}`
      : "No contract matches";
    find("#in-words").textContent = data.filters_in_words;
    find("#flood-notice").hidden = !data.include_flood_control;
    find("tbody", this.#table).replaceChildren(...data.rows.map((row) => this.#buildRow(row)));
    this.#showRows(data.rows.length > 0);
    this.#showSort();
    this.#showPager(data);
    this.#showEmpty(data);
    announce(find("#summary").textContent);
  }

  showProblem(view, problem, retry) {
    this.#finish(view);
    find("#summary").textContent = "No results";
    find("#in-words").textContent = "";
    find("#flood-notice").hidden = true;
    this.#showRows(false);
    this.#showMessage(buildProblem(
      problem,
      build("button", { class: "button", type: "button", onclick: retry }, "Try again"),
      build("button", { class: "button", type: "button", onclick: () => this.#navigate(EMPTY) }, "Start over"),
    ));
  }

  #finish(view) {
    this.#view = view;
    clearTimeout(this.#timer);
    find("#loading").hidden = true;
    this.#root.setAttribute("aria-busy", "false");
    this.#showMessage();
  }

  #showRows(any) {
    this.#table.hidden = find("#pager").hidden = !any;
    this.#root.hidden = !any;
  }

  #showWaiting(text) {
    find("#loading").textContent = text;
    find("#loading").hidden = false;
    announce(text);
  }

  #showMessage(...content) {
    find("#message").replaceChildren(...content);
    find("#message").hidden = !content.length;
  }

  #showEmpty(data) {
    if (data.rows.length) return;
    if (data.total_rows) {
      const first = this.#buildLink(changeView(this.#view, {}), {}, "Go to the first page");
      this.#showMessage(build("p", {}, `There is no page ${data.page}; the last one is ${data.pages}. `, first));
      return;
    }
    const clear = build("button", { class: "button", type: "button", onclick: this.#clear }, "Clear all filters");
    this.#showMessage(
      build("h2", {}, "Nothing found"),
      build("p", {}, "Try a shorter phrase or fewer filters. A keyword is found only at the start of a word, ",
        "and years count by the day of award."),
      build("p", { class: "actions" }, clear),
    );
  }

  #buildRow(row) {
    const cells = [
      row.award_date ?? MISSING,
      this.#buildTitle(row),
      this.#buildName("contractors", row.awardee_name),
      this.#buildName("organizations", row.organization_name),
      this.#buildName("areas", row.area_of_delivery),
      this.#buildName("business_categories", row.business_category),
      formatPesos(row.contract_amount),
    ];
    return build("tr", { role: "row" }, cells.map((cell, index) => build("td", {
      role: "cell", "data-label": LABELS[index], class: index === LABELS.length - 1 ? "number" : null,
    }, cell)));
  }

  #buildTitle(row) {
    const title = row.award_title ?? row.notice_title ?? MISSING;
    const repeats = row.notice_title?.toLowerCase() === title.toLowerCase();
    const numbers = [
      row.reference_id && `Ref. ${row.reference_id}`,
      row.contract_number && `Contract no. ${row.contract_number}`,
      row.source === "flood_control" && "flood-control source",
    ].filter(Boolean);
    return [
      build("span", { class: "title" }, title),
      row.notice_title && !repeats && build("span", { class: "detail" }, row.notice_title),
      numbers.length > 0 && build("span", { class: "detail" }, numbers.join(" · ")),
    ];
  }

  // A name that filters by itself when followed.
  #buildName(filter, name) {
    if (this.#view[filter].includes(name)) return name ?? MISSING;
    const target = changeView(this.#view, { [filter]: [...this.#view[filter], name] });
    const title = `Show only this ${NAME_FILTERS[filter]}`;
    return this.#buildLink(target, { class: name === null ? "name missing" : "name", title }, name ?? MISSING);
  }

  #buildLink(view, attributes, ...content) {
    const onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window
      event.preventDefault();
      find("#summary").focus(); // the link goes away with its row
      this.#navigate(view);
    };
    return build("a", { ...attributes, href: writeView(view), onclick }, ...content);
  }

  #sortButtons() {
    return this.#table.querySelectorAll("[data-sort]");
  }

  #showSort() {
    const descending = this.#view.sort.startsWith("-");
    for (const button of this.#sortButtons()) {
      const sorted = this.#view.sort === (descending ? `-${button.dataset.sort}` : button.dataset.sort);
      const order = descending ? "descending" : "ascending";
      if (sorted) button.closest("th").setAttribute("aria-sort", order);
      else button.closest("th").removeAttribute("aria-sort");
    }
  }

  #sortBy(field) {
    const first = DESCENDING_FIRST.includes(field) ? `-${field}` : field;
    const other = first === field ? `-${field}` : field;
    this.#navigate(changeView(this.#view, { sort: this.#view.sort === first ? other : first }));
  }

  #showPager({ page, pages, rows, page_size: size, total_rows: total }) {
    const to = (number) => ({ ...this.#view, page: String(number) });
    const step = (number, enabled, words, rel) =>
      enabled
        ? this.#buildLink(to(number), { class: "button", rel }, words)
        : build("span", { class: "button disabled", "aria-disabled": "true" }, words);
    const first = (page - 1) * size + 1;
    const last = first + rows.length - 1;
    find("#pager").replaceChildren(
      step(page - 1, page > 1, "← Previous", "prev"),
      build("span", {}, `Rows ${groupDigits(first)}–${groupDigits(last)} of ${groupDigits(total)}`),
      step(page + 1, page < pages, "Next →", "next"),
      this.#buildSizes(),
    );
  }

  #buildSizes() {
    const sizes = [...new Set([...PAGE_SIZES, this.#view.size])];
    const select = build(
      "select",
      { onchange: () => this.#navigate(changeView(this.#view, { size: select.value })) },
      sizes.map((size) => build("option", { value: size, selected: size === this.#view.size }, size)),
    );
    return build("label", { class: "page-size" }, "Rows per page ", select);
  }
}
