// The list of dead letters: why each was given up, and replay or discard, one by one or many at once.

import { formatTime } from "./amounts.js";
import { get, Problem, post } from "./api.js";
import { announce, build, find } from "./dom.js";
import { attemptAction } from "./live.js";
import { showRows } from "./rows.js";

export class DeadLetters {
  #url;
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
   * @param {{url: string, problems: HTMLElement, refreshNow: () => void}} around
   */
  constructor({ url, problems, refreshNow }) {
    this.#url = url;
    this.#problems = problems;
    this.#refreshNow = refreshNow;
    this.#all.addEventListener("change", () => this.#chooseAll(this.#all.checked));
    this.#buttons.Replay.addEventListener("click", () => this.#resolve([...this.#chosen], "replay"));
    askTwice(this.#buttons.Discard, () => this.#resolve([...this.#chosen], "discard"));
  }

  async refresh() {
    const { body } = await get(`${this.#url}?page_size=50`);
    this.#shown = body.results;
    const ids = this.#shown.map((deadLetter) => deadLetter.id);
    this.#chosen = new Set([...this.#chosen].filter((id) => ids.includes(id)));
    find("#dead-letters").hidden = !ids.length;
    find("#no-dead-letters").hidden = ids.length > 0;
    find("#dead-letters-left").textContent = body.next ? "These are the newest 50; there are more." : "";
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
      build("td", {}, box),
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
        name,
        run && build("span", { class: "detail" }, `${run.state} · attempt ${run.attempt} · ${run.owner}`),
      ),
      build(
        "td",
        { class: "nowrap" },
        formatTime(deadLetter.created_at),
        build("span", { class: "detail" }, `queue ${deadLetter.queue}`),
      ),
      build("td", {}, build("div", { class: "task-actions" }, run && replay, discard)),
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
    this.#chosen = new Set(chosen ? this.#shown.map((deadLetter) => deadLetter.id) : []);
    for (const box of find(".dead-letters tbody").querySelectorAll("input")) box.checked = chosen;
    this.#showChosen();
  }

  #showChosen() {
    const { size } = this.#chosen;
    for (const [word, button] of Object.entries(this.#buttons)) {
      button.disabled = !size;
      if (!button.dataset.asked) button.textContent = size ? `${word} ${size}` : word;
    }
    this.#all.checked = size > 0 && size === this.#shown.length;
  }

  /** @param {number[]} ids @param {"replay" | "discard"} action */
  #resolve(ids, action) {
    attemptAction(
      async () => {
        const { body } = await post(`${this.#url}${action}/`, { ids });
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

/**
 * What cannot be taken back takes two presses; whoever turns away after the first has changed their mind.
 * @param {HTMLButtonElement} button
 * @param {() => void} act
 */
function askTwice(button, act) {
  const forget = () => {
    if (!button.dataset.asked) return;
    button.textContent = button.dataset.asked;
    delete button.dataset.asked;
  };
  button.addEventListener("blur", forget);
  button.addEventListener("click", () => {
    const words = button.textContent;
    if (button.dataset.asked) {
      forget();
      act();
      return;
    }
    button.dataset.asked = words;
    button.textContent = `Really ${words.toLowerCase()}?`;
  });
}
