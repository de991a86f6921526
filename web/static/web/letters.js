// The list of dead letters: why each was given up, and replay or discard, one by one or many at once.

import { formatTime } from "./amounts.js";
import { get, post, Problem } from "./api.js";
import { announce, build, find } from "./dom.js";
import { attemptAction } from "./live.js";
import { showRows } from "./rows.js";

const DISCARD_WARNING = "Discard? The task stays failed, and it leaves this list for good.";

export class DeadLetters {
  #url;
  #problems;
  #refreshNow;
  #shown = [];
  #chosen = new Set();

  /** `refreshNow` is called when something was done. */
  constructor({ url, problems, refreshNow }) {
    this.#url = url;
    this.#problems = problems;
    this.#refreshNow = refreshNow;
    find("#all-letters").addEventListener("change", (event) => this.#chooseAll(event.target.checked));
    find("#replay-chosen").addEventListener("click", () => this.#resolve([...this.#chosen], "replay"));
    find("#discard-chosen").addEventListener("click", () => this.#resolve([...this.#chosen], "discard"));
  }

  async refresh() {
    const { body } = await get(`${this.#url}?page_size=50`);
    this.#shown = body.results;
    const ids = this.#shown.map((letter) => letter.id);
    this.#chosen = new Set([...this.#chosen].filter((id) => ids.includes(id)));
    find("#letters").hidden = !ids.length;
    find("#no-letters").hidden = ids.length > 0;
    find("#letters-left").textContent = body.next ? "These are the newest 50; there are more." : "";
    showRows(find(".letters tbody"), this.#shown, (letter) => String(letter.id), (letter) => this.#buildRow(letter));
    this.#showChosen();
  }

  #buildRow(letter) {
    const { id, run, error } = letter;
    const name = run ? `${run.kind} ${run.task_id}` : "unreadable message";
    const box = build("input", {
      type: "checkbox", "aria-label": `Choose ${name}`, "data-action": "choose", checked: this.#chosen.has(id),
      onchange: (event) => this.#choose(id, event.target.checked),
    });
    const act = (action, text) => build("button", {
      type: "button", class: "button small", "data-action": action, "aria-label": `${text} ${name}`,
      onclick: () => this.#resolve([id], action),
    }, text);
    return build("tr", {},
      build("td", {}, box),
      build("td", { class: "task-what letter" }, build("strong", {}, letter.reason_in_words),
        error && build("span", { class: "detail" }, build("code", {}, error.code), ` ${error.message}`),
        this.#buildTrace(letter)),
      build("td", {}, name, run && build("span", { class: "detail" }, `${run.state} · attempt ${run.attempt} · ${run.owner}`)),
      build("td", { class: "nowrap" }, formatTime(letter.created_at), build("span", { class: "detail" }, `queue ${letter.queue}`)),
      build("td", {}, build("div", { class: "task-actions" }, run && act("replay", "Replay"), act("discard", "Discard"))));
  }

  #buildTrace({ traceback, message }) {
    const text = traceback || message;
    return text && build("details", {}, build("summary", { class: "detail" }, traceback ? "Traceback" : "Message"),
      build("pre", { tabindex: "0" }, text));
  }

  #choose(id, chosen) {
    if (chosen) this.#chosen.add(id);
    else this.#chosen.delete(id);
    this.#showChosen();
  }

  #chooseAll(chosen) {
    this.#chosen = new Set(chosen ? this.#shown.map((letter) => letter.id) : []);
    for (const box of document.querySelectorAll(".letters tbody input")) box.checked = chosen;
    this.#showChosen();
  }

  #showChosen() {
    const { size } = this.#chosen;
    for (const [id, word] of [["#replay-chosen", "Replay"], ["#discard-chosen", "Discard"]]) {
      find(id).disabled = !size;
      find(id).textContent = size ? `${word} ${size}` : word;
    }
    find("#all-letters").checked = size > 0 && size === this.#shown.length;
  }

  #resolve(ids, action) {
    if (action === "discard" && !window.confirm(DISCARD_WARNING)) return;
    attemptAction(async () => {
      const { body } = await post(`${this.#url}${action}/`, { ids });
      const refused = body.results.filter((result) => result.outcome === "refused");
      if (refused.length) throw new Problem({ status: 409, detail: refused.map((result) => result.detail).join("; ") });
      announce(`${ids.length} done.`);
    }, this.#problems, this.#refreshNow);
  }
}
