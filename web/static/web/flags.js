// The page of red flags: the filters in the URL, each flag judged when it is opened, its cases and their contracts.

import { countWords, formatPesos, formatShare, groupDigits } from "./amounts.js";
import { Problem, post, TASKS } from "./api.js";
import { build, buildButton, find } from "./dom.js";
import { buildProblem } from "./problems.js";
import { complain, QuestionForm, sayWriting } from "./question.js";
import { askTask } from "./tasks.js";
import { changeView, toFilters, writeView } from "./view.js";

/** @import {Changes} from "./view.js" */
/** @typedef {{name: string, label: string, type: string}} Figure */
/** @typedef {Api.FlagAnswer} Answer */
/** @typedef {Api.Case} Case */

const CASES = 10;
const FORMATS = { xlsx: "Excel", csv: "CSV" };

/** @type {Record<string, (value: any) => string>} */
const WRITE = { integer: groupDigits, money: formatPesos, share: formatShare, date: String, text: String };

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
    const { signal } = form;
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
    const all = build("a", { href: `/${writeView(form.view)}` }, countWords(rows, "contract"));
    const first = (this.#page - 1) * CASES + 1;
    this.#answer.replaceChildren(
      build("p", {}, `${groupDigits(judged)} of `, all, " could be judged.", cases ? "" : " None of them is a case."),
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
        ? build("a", { href: `/${writeView(changeView(form.view, namesOf(one)))}` }, "All contracts of these names")
        : null,
    );
  }

  /** @param {string} format */
  async #export(format) {
    const { signal } = form;
    try {
      await post(`${TASKS}/flags/export/`, { flag: this.code, filters: toFilters(form.view), format }, { signal });
      sayWriting("The evidence");
    } catch (error) {
      complain(error, signal, () => this.#export(format));
    }
  }
}

const panels = [...document.querySelectorAll("details.flag")].map((root) => new Panel(/** @type {any} */ (root)));
const form = new QuestionForm({ shown: forget, hash: () => location.hash });

find("#judge").addEventListener("click", judgeAll);
form.show(form.view);

/** What was found is of other filters; the flag that the address names is judged anew. */
function forget() {
  for (const panel of panels) panel.forget();
  const named = panels.find(({ code }) => `#${code}` === location.hash);
  if (named) named.open();
}

async function judgeAll() {
  const { signal } = form;
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
    { filters: toFilters(form.view), ...more },
    { signal, onWait: ({ status }) => tell(status ?? "") },
  );

/** @param {string} words */
function tell(words) {
  find("#summary").textContent = words;
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
