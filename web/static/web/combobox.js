// An input with a list of suggestions below it: the WAI-ARIA combobox pattern. Knows not what is suggested.

import { build } from "./dom.js";

const TYPING_PAUSE_MS = 120;

/**
 * @template Option
 * @typedef {object} Doing
 * @property {(typed: string, signal: AbortSignal) => Promise<Option[]>} suggest
 * @property {(option: Option) => void} pick
 * @property {(option: Option) => Node[]} describe
 * @property {(error: unknown, options: Option[]) => void} failed  called after every answer; null: it came
 * @property {(options: Option[]) => number} preselect  the option that Enter takes without a press of the arrow; -1: none
 */

/** @template Option */
export class Combobox {
  #input;
  #list;
  #suggest;
  #pick;
  #describe;
  #failed;
  #preselect;
  /** @type {Option[]} */
  #options = [];
  #active = -1;
  #timer = 0;
  #asking = new AbortController();

  /**
   * @param {HTMLInputElement} input  has role=combobox
   * @param {HTMLElement} list  has role=listbox
   * @param {Doing<Option>} does
   */
  constructor(input, list, { suggest, pick, describe, failed, preselect }) {
    this.#input = input;
    this.#list = list;
    this.#suggest = suggest;
    this.#pick = pick;
    this.#describe = describe;
    this.#failed = failed;
    this.#preselect = preselect;
    input.addEventListener("input", () => this.#askSoon());
    input.addEventListener("click", () => this.#askSoon());
    input.addEventListener("keydown", (event) => this.#onKey(event));
    input.addEventListener("blur", () => this.close());
  }

  close() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#activate(-1);
  }

  #askSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), TYPING_PAUSE_MS);
  }

  async #ask() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const options = await this.#suggest(this.#input.value.trim(), signal);
      if (signal.aborted) return;
      this.#open(options);
      this.#failed(null, options);
    } catch (error) {
      if (signal.aborted) return;
      this.close();
      this.#failed(error, []);
    }
  }

  /** @param {Option[]} options */
  #open(options) {
    this.#options = options;
    this.#list.replaceChildren(...options.map((option, index) => this.#buildOption(option, index)));
    this.#list.hidden = !options.length;
    this.#input.setAttribute("aria-expanded", String(options.length > 0));
    this.#activate(this.#input.value.trim() ? this.#preselect(options) : -1);
  }

  /** @param {Option} option @param {number} index */
  #buildOption(option, index) {
    const onmousedown = (/** @type {MouseEvent} */ event) => {
      event.preventDefault(); // the input keeps the focus
      this.#choose(index);
    };
    const id = `${this.#list.id}-${index}`;
    return build("li", { role: "option", id, "aria-selected": "false", onmousedown }, this.#describe(option));
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    for (const [at, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(at === index));
    }
    if (index < 0) {
      this.#input.removeAttribute("aria-activedescendant");
      return;
    }
    this.#input.setAttribute("aria-activedescendant", this.#list.children[index].id);
    this.#list.children[index].scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #choose(index) {
    const option = this.#options[index];
    this.#input.value = "";
    this.close();
    this.#pick(option);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const open = !this.#list.hidden;
    const last = this.#options.length - 1;
    if (event.key === "ArrowDown" && !open) this.#ask();
    else if (event.key === "ArrowDown") this.#activate(this.#active < last ? this.#active + 1 : 0);
    else if (event.key === "ArrowUp" && open) this.#activate(this.#active > 0 ? this.#active - 1 : last);
    else if (event.key === "Enter" && open && this.#active >= 0) this.#choose(this.#active);
    else if (event.key === "Enter") {
      this.close(); // and the form is sent
      return;
    } else if (event.key === "Escape" && open) this.close();
    else return;
    event.preventDefault();
  }
}
