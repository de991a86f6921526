// Builds elements. The only place that makes markup: text goes in as text nodes, so that no value can become HTML.

/** The first element that matches. @returns {any} */
export const find = (selector, root = document) => root.querySelector(selector);

/**
 * An element. `attributes`: names that begin with "on" are event listeners, true and false switch an attribute,
 * null leaves it out. `children`: elements or text; null and false are left out.
 * @returns {any}
 */
export function build(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  const given = children.flat(Infinity);
  element.append(...given.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The words of a chip or cell for a name that the data leaves out. */
export const MISSING = "(none given)";

/** A chip with a button that calls `remove`; `kind` says before the label what it is. */
export function buildChip(label, { remove, kind = null }) {
  return build(
    "li",
    { class: "chip" },
    build("span", {}, kind && build("span", { class: "chip-kind" }, `${kind}: `), label),
    build("button", { type: "button", "aria-label": `Remove ${label}`, onclick: remove }, "×"),
  );
}

/** A button; without `onclick` it is disabled. */
export function buildButton(text, onclick, { kind = "" } = {}) {
  const attributes = onclick ? { onclick } : { disabled: true };
  return build("button", { class: `button ${kind}`.trim(), type: "button", ...attributes }, text);
}

/** A click listener for links within the page; with a modifier the browser opens another tab or window. */
export const stay = (follow) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  follow();
};

/** For screen readers: what happened, said once. */
export function announce(text) {
  find("#announcer").textContent = text;
}
