// Exports of the explorer: says what one would be, starts them, and keeps the cards of those that are shown.

import { countWords, formatDuration, formatSize } from "./amounts.js";
import { Problem, post, TASKS } from "./api.js";
import { announce, buildButton, find } from "./dom.js";
import { ExportCard } from "./exportcard.js";
import { Menu } from "./menu.js";
import { buildProblem } from "./problems.js";
import { hideExport, listShownExports, showExport, watchShownExports } from "./shownexports.js";
import { cancelTask, followTask, rerunTask } from "./tasks.js";
import { toFilters } from "./view.js";

/** @import {KnownStatus} from "./tasks.js" */
/** @import {View} from "./view.js" */

const ESTIMATE_AFTER_MS = 300;
// A sheet holds 1,048,576 rows, and machines with little memory open less.
const MANY_ROWS = 1_000_000;
const LIGHTER = { "csv.gz": "packed CSV", parquet: "Parquet" };

export class ExportList {
  #root = find("#exports");
  #form = find("#export", HTMLFormElement);
  #button = find("#export button", HTMLButtonElement);
  #format = find("#format", HTMLSelectElement);
  #guard = find("#guard", HTMLInputElement);
  #estimate = find("#estimate");
  #lighter = find("#lighter");
  #opener = find("#open-export", HTMLButtonElement);
  #menu = new Menu(this.#opener, this.#form);
  /** @type {Map<string, ExportCard>} */
  #cards = new Map();
  /** What the button exports: where to ask for it, and the body but for the format. */
  #offered = { path: "export", body: () => /** @type {object} */ ({}) };
  #rows = 0;
  #timer = 0;
  #asking = new AbortController();

  constructor() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#button.getAttribute("aria-disabled") !== "true") this.#start();
    });
    this.#form.addEventListener("change", () => {
      this.#showGuard();
      this.#estimateSoon();
    });
    this.#showGuard();
    watchShownExports(() => this.#showCards());
    this.#showCards();
  }

  /**
   * What the button exports from now on; `rows` null or 0 means there is nothing to export.
   * @param {View} view
   * @param {number | null} rows
   * @param {{shown?: string[], all?: string[]}} [columns]  the names of the columns that a person may choose
   */
  offer(view, rows, columns = {}) {
    const body = () => {
      const which = find("#export-columns", HTMLSelectElement).value;
      const names = which === "shown" ? columns.shown : which === "all" ? columns.all : null;
      return { filters: toFilters(view), sort: view.sort, columns: names };
    };
    this.#show({ path: "export", body }, rows);
  }

  /** As offer, of a whole table. @param {object} table @param {number | null} rows */
  offerTable(table, rows) {
    this.#show({ path: "table/export", body: () => table }, rows);
  }

  /** @param {{path: string, body: () => object}} offered @param {number | null} rows */
  #show(offered, rows) {
    this.#offered = offered;
    this.#rows = rows ?? 0;
    find("label", HTMLElement, this.#form).hidden = offered.path !== "export";
    this.#button.disabled = this.#opener.disabled = !rows;
    this.#button.textContent = rows ? `Export ${countWords(rows, "row")}` : "Export";
    this.#estimateSoon();
  }

  #body() {
    const guard = this.#guardable ? { formula_guard: this.#guard.checked } : {};
    return { ...this.#offered.body(), format: this.#format.value, ...guard };
  }

  // In the other formats text is text.
  get #guardable() {
    return this.#format.value.startsWith("csv");
  }

  #showGuard() {
    find("label.check", HTMLElement, this.#form).hidden = !this.#guardable;
  }

  #estimateSoon() {
    this.#asking.abort();
    clearTimeout(this.#timer);
    this.#estimate.textContent = "";
    this.#lighter.hidden = true;
    if (this.#rows) this.#timer = setTimeout(() => this.#askEstimate(), ESTIMATE_AFTER_MS);
  }

  async #askEstimate() {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const estimate = await this.#ask(this.#body(), signal);
      this.#estimate.textContent = describeEstimate(estimate);
      if (this.#format.value === "xlsx" && this.#rows > MANY_ROWS) await this.#offerLighter(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error; // pressing the button says what is wrong
    }
  }

  /** @param {object} body @param {AbortSignal} signal @returns {Promise<Api.Estimate>} */
  async #ask(body, signal) {
    return (await post(`${TASKS}/${this.#offered.path}/estimate/`, body, { signal })).body;
  }

  /** Before a workbook that few machines open. @param {AbortSignal} signal */
  async #offerLighter(signal) {
    const asked = Object.entries(LIGHTER).map(async ([format, words]) => {
      const { bytes } = await this.#ask({ ...this.#body(), format }, signal);
      return buildButton(`${words}, ${formatSize(bytes)}`, () => this.#choose(format), { kind: "small" });
    });
    const choices = await Promise.all(asked);
    if (signal.aborted) return;
    const warning = "A workbook of more than a million rows opens slowly, and not on every machine. Lighter: ";
    this.#lighter.replaceChildren(warning, ...choices.flatMap((choice) => [choice, " "]));
    this.#lighter.hidden = false;
  }

  /** @param {string} format */
  #choose(format) {
    this.#format.value = format;
    this.#format.dispatchEvent(new Event("change", { bubbles: true }));
    this.#format.focus();
  }

  async #start() {
    this.#button.setAttribute("aria-disabled", "true");
    await this.#attempt(async () => {
      const { body } = await post(`${TASKS}/${this.#offered.path}/`, this.#body());
      this.#welcome(body);
    });
    this.#menu.close();
    this.#button.removeAttribute("aria-disabled");
  }

  /** Runs `act` and shows what the API has against it, if anything. @param {() => Promise<unknown>} act */
  async #attempt(act) {
    this.#root.querySelector(":scope > .problem")?.remove();
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#root.hidden = false;
      this.#root.prepend(buildProblem(error));
      return false;
    }
  }

  /**
   * An equal export that is under way or done comes back with the same id, so it keeps its card.
   * @param {Api.Accepted} accepted
   */
  #welcome(accepted) {
    showExport(accepted.task_id);
    const known = this.#cards.has(accepted.task_id);
    this.#showCard(accepted.task_id, accepted.message);
    if (accepted.state === "SUCCESS") announce("The file is ready.");
    else announce(known ? "This export is under way already." : "The export has started.");
  }

  #showCards() {
    const ids = listShownExports();
    for (const id of this.#cards.keys()) if (!ids.includes(id)) this.#removeCard(id);
    for (const id of [...ids].reverse()) if (!this.#cards.has(id)) this.#showCard(id, "Export");
  }

  /** @param {string} id @param {string} title */
  #showCard(id, title) {
    const card = this.#cards.get(id) ?? this.#makeCard(id, title);
    this.#root.prepend(card.element);
    this.#root.hidden = false;
  }

  /** @param {string} id @param {string} title */
  #makeCard(id, title) {
    const card = new ExportCard(title, {
      cancel: (status) => this.#attempt(() => cancelTask(status)),
      rerun: (status) => this.#attempt(() => this.#rerun(status)),
      dismiss: () => this.#dismiss(id),
    });
    this.#cards.set(id, card);
    this.#follow(id, card);
    return card;
  }

  /** @param {string} id @param {ExportCard} card */
  async #follow(id, card) {
    const urls = { statusUrl: `${TASKS}/status/?task_id=${id}`, eventsUrl: `${TASKS}/${id}/events/` };
    const { signal } = card;
    try {
      for await (const status of followTask(urls, { signal })) card.show(status);
    } catch (error) {
      if (signal.aborted) return;
      const gone = error instanceof Problem && error.status === 404; // of another visitor of this browser, or deleted
      if (gone) this.#dismiss(id);
      else await this.#attempt(() => Promise.reject(error));
    }
  }

  /** @param {KnownStatus} status */
  async #rerun(status) {
    const accepted = await rerunTask(status);
    this.#dismiss(status.task_id);
    this.#welcome(accepted);
  }

  /** @param {string} id */
  #dismiss(id) {
    hideExport(id);
    this.#removeCard(id);
  }

  /** @param {string} id */
  #removeCard(id) {
    this.#cards.get(id)?.remove();
    this.#cards.delete(id);
    this.#root.hidden = !this.#root.children.length;
  }
}

/** @param {Api.Estimate} estimate */
function describeEstimate({ rows, bytes, sheets, seconds, reuse, limit_exceeded: limit }) {
  if (limit?.name === "EXPORT_STORE_MAX_GB")
    return `Too large: all exports together may take ${limit.limit} GB. Narrow the filters.`;
  if (limit) return `Too many rows: an export holds at most ${countWords(limit.limit, "row")}. Narrow the filters.`;
  if (reuse) return "A file with exactly these rows is ready.";
  if (!rows) return "";
  return [`about ${formatSize(bytes)}`, sheets && countWords(sheets, "sheet"), `about ${formatDuration(seconds)}`]
    .filter(Boolean)
    .join(" · ");
}
