// Builds elements. The only place that makes markup: text goes in as text nodes, so that no value can become HTML.

export const find = (selector, root = document) => root.querySelector(selector);

// `attributes`: names that begin with "on" are event listeners, true and false switch an attribute, null leaves
// it out. `children`: elements or text; null and false are left out.
export function build(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// The words of a chip or cell for a name that the data leaves out.
export const MISSING = "(none given)";

export function buildChip(label, { remove }) {
  const words = label ?? MISSING;
  return build(
    "li",
    { class: "chip" },
    build("span", {}, words),
    build("button", { type: "button", "aria-label": `Remove ${words}`, onclick: remove }, "×"),
  );
}

// For screen readers: what happened, said once.
export function announce(text) {
  find("#announcer").textContent = text;
}
