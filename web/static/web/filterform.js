// A form whose fields stand in the address of the page: what was chosen can be linked to, and Back undoes it.

const WAIT_MS = 300;

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

export class FilterForm {
  #form;
  #more;
  #change;
  #standard;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  /**
   * `more`: parameters that have no field. `standard`: what a parameter means that is not in the address.
   * `change` is called when something was chosen.
   * @param {HTMLFormElement} form
   * @param {{change: () => void, more?: string[], standard?: Record<string, string>}} around
   */
  constructor(form, { change, more = [], standard = {} }) {
    this.#form = form;
    this.#more = more;
    this.#standard = standard;
    this.#change = change;
    this.#fill();
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", ({ target }) => {
      clearTimeout(this.#typing);
      const typed = target instanceof HTMLInputElement && target.type !== "date";
      this.#typing = setTimeout(() => this.#take(), typed ? WAIT_MS : 0);
    });
    addEventListener("popstate", () => {
      this.#fill();
      change();
    });
  }

  /** What the API is asked for: parameters that are not empty, and those without a field as they are. */
  query() {
    const given = new URLSearchParams(location.search);
    /** @type {Record<string, string>} */
    const asked = {};
    for (const field of this.#fields()) {
      const value = given.get(field.name) ?? this.#standard[field.name] ?? "";
      if (value) asked[field.name] = value;
    }
    for (const name of this.#more) {
      const value = given.get(name);
      if (value !== null) asked[name] = value;
    }
    return asked;
  }

  /** Go to another page of the same. @param {Record<string, string>} changes  empty ones are left out */
  set(changes) {
    const address = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value) address.set(name, value);
      else address.delete(name);
    }
    this.#go(address);
  }

  #take() {
    // Another question begins with its first page.
    const address = new URLSearchParams();
    for (const field of this.#fields()) {
      const value = field.value.trim();
      if (value !== (this.#standard[field.name] ?? "")) address.set(field.name, value);
    }
    this.#go(address);
  }

  /** @param {URLSearchParams} address */
  #go(address) {
    const query = String(address);
    history.pushState(null, "", query ? `?${query}` : location.pathname);
    this.#change();
  }

  #fill() {
    const given = new URLSearchParams(location.search);
    for (const field of this.#fields()) field.value = given.get(field.name) ?? this.#standard[field.name] ?? "";
  }

  /** @returns {Field[]} */
  #fields() {
    return /** @type {Field[]} */ ([...this.#form.elements]).filter((field) => field.name);
  }
}
