// The page of dead letters: by their error and one by one, searched and filtered by the address; replay or discard
// of one, of those that are chosen, or of all of an error.

import { API, get, Problem, post } from "./api.js";
import { announce, build, find } from "./dom.js";
import { FilterForm } from "./filterform.js";
import { showGroups } from "./lettergroups.js";
import { attemptAction, keepLive } from "./live.js";
import { buildMoment, keepMoments } from "./moments.js";
import { leadTo } from "./pages.js";
import { showRows } from "./rows.js";
import { buildId } from "./shortid.js";
import { askTwice } from "./twice.js";

const LETTERS = `${API}/ops/dead-letters/`;
const EVERY_S = 4;

class DeadLetters {
  #problems;
  #refreshNow;
  /** @type {Api.DeadLetter[]} */
  #shown = [];
  /** @type {Set<number>} */
  #chosen = new Set();
  #all = find("#all-dead-letters", HTMLInputElement);
  #buttons = { Replay: find("#replay-chosen", HTMLButtonElement), Discard: find("#discard-chosen", HTMLButtonElement) };

  /**
   * `refreshNow` is called when something was done.
   * @param {{problems: HTMLElement, refreshNow: () => void}} around
   */
  constructor({ problems, refreshNow }) {
    this.#problems = problems;
    this.#refreshNow = refreshNow;
    this.#all.addEventListener("change", () => this.#chooseAll(this.#all.checked));
    this.#buttons.Replay.addEventListener("click", () => this.#resolve([...this.#chosen], "replay"));
    askTwice(this.#buttons.Discard, () => this.#resolve([...this.#chosen], "discard"));
  }

  /** @param {Api.DeadLetterPage} page */
  show({ results, next, previous }) {
    this.#shown = results;
    const ids = this.#shown.map((deadLetter) => deadLetter.id);
    this.#chosen = new Set([...this.#chosen].filter((id) => ids.includes(id)));
    find("#dead-letters").hidden = !ids.length;
    leadTo(find("#newer"), previous);
    leadTo(find("#older"), next);
    showRows(
      find(".dead-letters tbody"),
      this.#shown,
      (deadLetter) => String(deadLetter.id),
      (deadLetter) => this.#buildRow(deadLetter),
    );
    this.#showChosen();
  }

  /** @param {Api.DeadLetter} deadLetter */
  #buildRow(deadLetter) {
    const { id, run, error } = deadLetter;
    const resolved = deadLetter.resolved_at !== null;
    const name = run ? `${run.kind} ${run.task_id}` : "unreadable message";
    /** @type {HTMLInputElement} */
    const box = build("input", {
      type: "checkbox",
      "aria-label": `Choose ${name}`,
      "data-action": "choose",
      checked: this.#chosen.has(id),
      onchange: () => this.#choose(id, box.checked),
    });
    const buttonOf = (/** @type {string} */ action, /** @type {string} */ text) =>
      build(
        "button",
        {
          type: "button",
          class: "button small",
          "data-action": action,
          "aria-description": name,
        },
        text,
      );
    const replay = buttonOf("replay", "Replay");
    replay.addEventListener("click", () => this.#resolve([id], "replay"));
    const discard = buttonOf("discard", "Discard");
    askTwice(discard, () => this.#resolve([id], "discard"));
    return build(
      "tr",
      {},
      build("td", {}, !resolved && box),
      build(
        "td",
        { class: "task-what dead-letter" },
        build("strong", {}, deadLetter.reason_in_words),
        error && build("span", { class: "detail" }, build("code", {}, error.code), ` ${error.message}`),
        this.#buildTrace(deadLetter),
      ),
      build(
        "td",
        {},
        run ? [run.description || run.kind, " ", buildId(run.task_id)] : name,
        run &&
          build("span", { class: "detail" }, `${run.state.toLowerCase()} · attempt ${run.attempt} · ${run.owner_name}`),
      ),
      build(
        "td",
        { class: "nowrap" },
        buildMoment(deadLetter.created_at),
        build("span", { class: "detail" }, `queue ${deadLetter.queue}`),
        resolved && build("span", { class: "detail" }, `${deadLetter.resolution} by ${deadLetter.resolved_by}`),
      ),
      build("td", {}, !resolved && build("div", { class: "task-actions" }, run && replay, discard)),
    );
  }

  /** @param {Api.DeadLetter} deadLetter */
  #buildTrace({ traceback, message }) {
    const text = traceback || message;
    return (
      text &&
      build(
        "details",
        {},
        build("summary", { class: "detail" }, traceback ? "Traceback" : "Message"),
        build("pre", { tabindex: "0" }, text),
      )
    );
  }

  /** @param {number} id @param {boolean} chosen */
  #choose(id, chosen) {
    if (chosen) this.#chosen.add(id);
    else this.#chosen.delete(id);
    this.#showChosen();
  }

  /** @param {boolean} chosen */
  #chooseAll(chosen) {
    this.#chosen = new Set(chosen ? this.#shown.filter((one) => one.resolved_at === null).map((one) => one.id) : []);
    for (const box of find(".dead-letters tbody").querySelectorAll("input")) box.checked = chosen;
    this.#showChosen();
  }

  #showChosen() {
    const { size } = this.#chosen;
    for (const [word, button] of Object.entries(this.#buttons)) {
      button.disabled = !size;
      if (!button.dataset.asked) button.textContent = size ? `${word} ${size}` : word;
    }
    const open = this.#shown.filter((deadLetter) => deadLetter.resolved_at === null);
    this.#all.checked = size > 0 && size === open.length;
  }

  /** @param {number[]} ids @param {"replay" | "discard"} action */
  #resolve(ids, action) {
    attemptAction(
      async () => {
        const { body } = await post(`${LETTERS}${action}/`, { ids });
        /** @type {Api.ResolvedDeadLetter[]} */
        const results = body.results;
        const refused = results.filter((result) => result.outcome === "refused");
        if (refused.length)
          throw new Problem({ status: 409, detail: refused.map((result) => result.detail).join("; ") });
        announce(`${ids.length} done.`);
      },
      this.#problems,
      this.#refreshNow,
    );
  }
}

const problems = find("#problems");
const outcome = find("#outcome");
const filters = new FilterForm(find("#letters-filter", HTMLFormElement), {
  more: ["code", "cursor"],
  change: () => refreshNow(),
});
const deadLetters = new DeadLetters({ problems, refreshNow: () => refreshNow() });
for (const button of [find("#newer"), find("#older")]) {
  button.addEventListener("click", () => filters.set({ cursor: button.dataset.cursor ?? "" }));
}
const refreshNow = keepLive(refresh, problems);
keepMoments();

async function refresh() {
  const asked = filters.query();
  const { code, cursor, ...shared } = asked;
  const [groups, page] = await Promise.all([
    get(`${LETTERS}groups/?${new URLSearchParams(shared)}`),
    get(`${LETTERS}?${new URLSearchParams({ ...asked, page_size: "50" })}`),
  ]);
  if (JSON.stringify(asked) !== JSON.stringify(filters.query())) return 0;
  showGroups(groups.body.groups, {
    url: `${LETTERS}groups/`,
    problems,
    refreshNow: () => refreshNow(),
    addressOf: (one) => `?${new URLSearchParams({ ...shared, code: one })}`,
    chosen: code ?? null,
    tell: (words) => {
      outcome.textContent = words;
      outcome.hidden = false;
    },
  });
  find("#of-code").replaceChildren(...(code === undefined ? [] : describeCode(code, shared)));
  deadLetters.show(page.body);
  return EVERY_S;
}

/** @param {string} code @param {Record<string, string>} shared */
const describeCode = (code, shared) => [
  "Only ",
  build("code", {}, code || "no error code"),
  ". ",
  build("a", { href: `?${new URLSearchParams(shared)}` }, "Show all"),
];
