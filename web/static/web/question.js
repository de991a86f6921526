// The form of filters on pages that ask about whatever contracts they mean (flags, analysis): kept in the URL, with
// what is said below it.

import { Problem } from "./api.js";
import { ChipBar } from "./chips.js";
import { announce, build, buildButton, find } from "./dom.js";
import { Picker } from "./picker.js";
import { buildProblem } from "./problems.js";
import { changeView, readView, writeView } from "./view.js";

/** @import {Changes, View} from "./view.js" */

export class QuestionForm {
  #chips;
  #pickers;
  #shown;
  #hash;
  #year = find("#year", HTMLInputElement);
  #text = find("#text", HTMLInputElement);
  #asking = new AbortController();
  #view = readView(location.search);

  /**
   * `shown` is called whenever the filters are other ones, `hash` gives what the URL keeps beside them.
   * @param {{shown: () => void, hash?: () => string}} parts
   */
  constructor({ shown, hash = () => "" }) {
    this.#shown = shown;
    this.#hash = hash;
    const changed = this.#change.bind(this);
    this.#chips = new ChipBar({ changed });
    this.#pickers = [...document.querySelectorAll("[data-picker]")].map(
      (field) => new Picker(/** @type {HTMLElement} */ (field), { changed }),
    );
    this.#year.addEventListener("change", () => changed({ years: this.#year.value ? [this.#year.value] : [] }));
    this.#text.addEventListener("change", () => changed({ text: this.#text.value.trim() || null }));
    find("#question").addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("popstate", () => this.show(readView(location.search)));
  }

  get view() {
    return this.#view;
  }

  /** Aborted as soon as the filters are other ones. */
  get signal() {
    return this.#asking.signal;
  }

  /** @param {View} next */
  show(next) {
    this.#view = next;
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#chips.show(next);
    for (const picker of this.#pickers) picker.show(next);
    this.#year.value = next.years.length === 1 ? next.years[0] : "";
    this.#text.value = next.text ?? "";
    find("#contracts", HTMLAnchorElement).href = `/${writeView(next)}`;
    say();
    this.#shown();
  }

  /** @param {Changes} changes */
  #change(changes) {
    const next = changeView(this.#view, changes);
    history.pushState(null, "", writeView(next) + this.#hash());
    this.show(next);
  }
}

/** @param {...Node} content */
export function say(...content) {
  find("#message").replaceChildren(...content);
  find("#message").hidden = !content.length;
}

/** @param {string} what such as "The workbook" */
export function sayWriting(what) {
  const link = build("a", { href: "/tasks/" }, "My tasks");
  say(build("p", {}, `${what} is being written. The file will be in `, link, "."));
  announce(`${what} is being written`);
}

/** @param {unknown} error @param {AbortSignal} signal @param {() => void} retry */
export function complain(error, signal, retry) {
  if (signal.aborted) return;
  if (!(error instanceof Problem)) throw error;
  say(buildProblem(error, buildButton("Try again", retry)));
}
