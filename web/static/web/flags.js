// The page of red flags: the filters in the URL, each flag judged when it is opened, its cases and their contracts.

import { countWords, formatPesos, formatShare, groupDigits } from "./amounts.js";
import { Problem, post, TASKS } from "./api.js";
import { ChipBar } from "./chips.js";
import { announce, build, buildButton, find } from "./dom.js";
import { Picker } from "./picker.js";
import { buildProblem } from "./problems.js";
import { askTask } from "./tasks.js";
import { changeView, readView, toFilters, writeView } from "./view.js";

/** @import {Changes, View} from "./view.js" */
/** @typedef {{name: string, label: string, type: string}} Figure */
/** @typedef {Api.FlagAnswer} Answer */
/** @typedef {Api.Case} Case */

const CASES = 10;
const FORMATS = { xlsx: "Excel", csv: "CSV" };

/** @type {Record<string, (value: any) => string>} */
const WRITE = { integer: groupDigits, money: formatPesos, share: formatShare, date: String, text: String };

/** @type {View} */
let view = readView(location.search);
let asking = new AbortController();

/** One flag on the page. */
class Panel {
  #root;
  #answer;
  #count;
  /** @type {Figure[]} */
  #figures;
  #page = 1;
  #asked = false;

  /** @param {HTMLDetailsElement} root */
  constructor(root) {
    this.#root = root;
    this.code = root.dataset.code ?? "";
    this.#figures = JSON.parse(root.dataset.figures ?? "[]");
    this.#answer = find(".flag-answer", HTMLElement, root);
    this.#count = find(".flag-count", HTMLElement, root);
    root.addEventListener("toggle", () => {
      if (root.open && !this.#asked) this.#show(1);
    });
  }

  open() {
    this.#root.open = true;
    this.#show(1);
  }

  /** What was found is of other filters. */
  forget() {
    this.#asked = false;
    this.#answer.replaceChildren();
    this.#count.textContent = "";
    this.#root.open = false;
  }

  /** @param {Answer} answer */
  count({ cases, contracts, total_value: value }) {
    this.#count.textContent = cases
      ? `${countWords(cases, "case")}, ${countWords(contracts, "contract")}, ${formatPesos(value)}`
      : "no case";
  }

  /** @param {number} page */
  async #show(page) {
    const { signal } = asking;
    this.#asked = true;
    this.#page = page;
    this.#root.setAttribute("aria-busy", "true");
    this.#answer.replaceChildren(build("p", { class: "hint" }, "Judging…"));
    try {
      const { flags } = await ask({ flags: [this.code], page, page_size: CASES }, signal);
      if (signal.aborted) return;
      this.count(flags[0]);
      this.#draw(flags[0]);
      tell(`${flags[0].title}: ${countWords(flags[0].cases, "case")}.`);
    } catch (error) {
      if (signal.aborted || !(error instanceof Problem)) throw error;
      this.#answer.replaceChildren(
        buildProblem(
          error,
          buildButton("Try again", () => this.#show(page)),
        ),
      );
    }
    this.#root.setAttribute("aria-busy", "false");
  }

  /** @param {Answer} answer */
  #draw(answer) {
    const { cases, judged, rows, evidence } = answer;
    const coverage = `${groupDigits(judged)} of ${countWords(rows, "contract")} could be judged.`;
    const first = (this.#page - 1) * CASES + 1;
    this.#answer.replaceChildren(
      build("p", {}, coverage, cases ? "" : " None of them is a case."),
      ...(cases
        ? [
            build(
              "ol",
              { class: "flag-cases", start: first, "aria-label": `Cases of ${answer.title}` },
              evidence.map((one) => this.#buildCase(one)),
            ),
            build(
              "p",
              { class: "actions" },
              this.#page > 1 && buildButton("Stronger cases", () => this.#show(this.#page - 1)),
              this.#page * CASES < cases && buildButton("More cases", () => this.#show(this.#page + 1)),
              ...Object.entries(FORMATS).map(([format, name]) =>
                buildButton(`Evidence as ${name}`, () => this.#export(format)),
              ),
            ),
          ]
        : []),
      build("p", { class: "hint" }, answer.caution),
    );
  }

  /** @param {Case} one */
  #buildCase(one) {
    const names = [one.organization, one.contractor, one.partner, one.category].filter((name) => name !== null);
    const figures = this.#figures.map(({ name, label, type }) => {
      const value = one.figures[name];
      return `${label}: ${value === null || value === undefined ? "–" : WRITE[type](value)}`;
    });
    const shown = one.evidence.length < one.contracts ? `, the first ${one.evidence.length} of them here` : "";
    return build(
      "li",
      { class: "flag-case" },
      names.length ? build("h3", {}, names.join(" · ")) : null,
      build(
        "p",
        {},
        [...figures, `${countWords(one.contracts, "contract")}, ${formatPesos(one.total_value)}${shown}`].join(" · "),
      ),
      build("ul", {}, one.evidence.map(buildContract)),
      names.length
        ? build("a", { href: `/${writeView(changeView(view, namesOf(one)))}` }, "All contracts of these names")
        : null,
    );
  }

  /** @param {string} format */
  async #export(format) {
    const { signal } = asking;
    try {
      await post(`${TASKS}/flags/export/`, { flag: this.code, filters: toFilters(view), format }, { signal });
      say(
        build(
          "p",
          {},
          "The evidence is being written. The file will be in ",
          build("a", { href: "/tasks/" }, "My tasks"),
          ".",
        ),
      );
      announce("The evidence is being written");
    } catch (error) {
      complain(error, signal, () => this.#export(format));
    }
  }
}

const panels = [...document.querySelectorAll("details.flag")].map((root) => new Panel(/** @type {any} */ (root)));
const chips = new ChipBar({ changed: change });
const pickers = [...document.querySelectorAll("[data-picker]")].map(
  (field) => new Picker(/** @type {HTMLElement} */ (field), { changed: change }),
);
const year = find("#year", HTMLInputElement);
const text = find("#text", HTMLInputElement);

year.addEventListener("change", () => change({ years: year.value ? [year.value] : [] }));
text.addEventListener("change", () => change({ text: text.value.trim() || null }));
find("#question").addEventListener("submit", (event) => event.preventDefault());
find("#judge").addEventListener("click", judgeAll);
window.addEventListener("popstate", () => show(readView(location.search)));
show(view);

/** @param {Changes} changes */
function change(changes) {
  const next = changeView(view, changes);
  history.pushState(null, "", writeView(next) + location.hash);
  show(next);
}

/** @param {View} next */
function show(next) {
  view = next;
  asking.abort();
  asking = new AbortController();
  chips.show(view);
  for (const picker of pickers) picker.show(view);
  year.value = view.years.length === 1 ? view.years[0] : "";
  text.value = view.text ?? "";
  find("#contracts", HTMLAnchorElement).href = `/${writeView(view)}`;
  say();
  for (const panel of panels) panel.forget();
  const named = panels.find(({ code }) => `#${code}` === location.hash);
  if (named) named.open();
}

async function judgeAll() {
  const { signal } = asking;
  find("#judge", HTMLButtonElement).disabled = true;
  try {
    const { flags } = await ask({ page_size: 1 }, signal);
    if (signal.aborted) return;
    for (const answer of flags) panels.find(({ code }) => code === answer.code)?.count(answer);
    tell(`${countWords(flags.filter(({ cases }) => cases).length, "flag")} with cases. Open one to see them.`);
  } catch (error) {
    complain(error, signal, judgeAll);
  } finally {
    find("#judge", HTMLButtonElement).disabled = false;
  }
}

/** @param {object} more @param {AbortSignal} signal @returns {Promise<Api.FlagsResult>} */
const ask = (more, signal) =>
  askTask(
    `${TASKS}/flags/`,
    { filters: toFilters(view), ...more },
    { signal, onWait: ({ status }) => tell(status ?? "") },
  );

/** @param {string} words */
function tell(words) {
  find("#summary").textContent = words;
}

/** @param {...Node} content */
function say(...content) {
  find("#message").replaceChildren(...content);
  find("#message").hidden = !content.length;
}

/** @param {unknown} error @param {AbortSignal} signal @param {() => void} retry */
function complain(error, signal, retry) {
  if (signal.aborted) return;
  if (!(error instanceof Problem)) throw error;
  say(buildProblem(error, buildButton("Try again", retry)));
}

/** @param {Case} one @returns {Changes} */
function namesOf({ organization, contractor, partner, category }) {
  const contractors = [contractor, partner].filter((name) => name !== null);
  return {
    ...(organization === null ? {} : { organizations: [organization] }),
    ...(contractors.length ? { contractors } : {}),
    ...(category === null ? {} : { business_categories: [category] }),
  };
}

/** @param {Api.ShownContract} contract */
function buildContract(contract) {
  const title = contract.award_title ?? contract.notice_title ?? "Contract without a title";
  const named = contract.address === null ? title : build("a", { href: `/contracts/${contract.address}/` }, title);
  const facts = [contract.organization_name, contract.awardee_name, contract.award_date].filter(Boolean).join(" · ");
  return build("li", {}, named, ` ${formatPesos(contract.contract_amount)} · ${facts}`);
}
