// Builds elements. The only place that makes markup: text goes in as text nodes, so that no value can become HTML.

/** @typedef {Node | string | number | false | null | undefined} Child */
/** @typedef {Child | Child[]} Children  may lie in lists of lists */
/** @typedef {Record<string, any>} Attributes */

/**
 * The first element that matches, which is of the class `type`; it must be there.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {new () => T} [type]
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function find(selector, type = /** @type {any} */ (HTMLElement), root = document) {
  const element = seek(selector, type, root);
  if (element === null) throw new TypeError(`The page has no ${type.name} that matches ${selector}`);
  return element;
}

/**
 * As find, but null where there is none.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {new () => T} [type]
 * @param {ParentNode} [root]
 * @returns {T | null}
 */
export function seek(selector, type = /** @type {any} */ (HTMLElement), root = document) {
  const element = root.querySelector(selector);
  return element instanceof type ? element : null;
}

/**
 * An element. `attributes`: names that begin with "on" are event listeners, true and false switch an attribute,
 * null leaves it out. `children`: elements or text; null and false are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Children} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function build(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const child of /** @type {Child[]} */ (children.flat(Infinity))) {
    if (child !== null && child !== undefined && child !== false)
      element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** The words of a chip or cell for a name that the data leaves out. */
export const MISSING = "(none given)";

/**
 * A chip with a button that calls `remove`; `kind` says before the label what it is, `open` shows more of it.
 * @param {string} label
 * @param {{remove: () => void, kind?: string | null, open?: (() => void) | null}} more
 */
export function buildChip(label, { remove, kind = null, open = null }) {
  const words = [kind && build("span", { class: "chip-kind" }, `${kind}: `), label];
  return build(
    "li",
    { class: "chip" },
    open ? build("button", { type: "button", class: "chip-open", onclick: open }, words) : build("span", {}, words),
    build("button", { type: "button", "aria-label": `Remove ${label}`, onclick: remove }, "×"),
  );
}

/**
 * A button; without `onclick` it is disabled.
 * @param {string} text
 * @param {(() => void) | null} onclick
 * @param {{kind?: string}} [more]
 */
export function buildButton(text, onclick, { kind = "" } = {}) {
  const attributes = onclick ? { onclick } : { disabled: true };
  return build("button", { class: `button ${kind}`.trim(), type: "button", ...attributes }, text);
}

/**
 * A click listener for links within the page; with a modifier the browser opens another tab or window.
 * @param {() => void} follow
 * @returns {(event: MouseEvent) => void}
 */
export const stay = (follow) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  follow();
};

/** For screen readers: what happened, said once. @param {string} text */
export function announce(text) {
  find("#announcer").textContent = text;
}
