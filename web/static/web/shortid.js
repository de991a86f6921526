// Ids as people compare them: the first digits, with all of it on hover and in the clipboard. Knows no page.

import { announce, build } from "./dom.js";

const DIGITS = 8;
const SHOWN_MS = 1500;

/** An id cut short, with a button that copies the whole. @param {string} id */
export function buildId(id) {
  const copy = build("button", {
    type: "button",
    class: "copy",
    "data-action": "copy",
    title: `Copy ${id}`,
    "aria-label": `Copy the id ${id}`,
  });
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(id);
    announce("Copied.");
    copy.classList.add("copied");
    setTimeout(() => copy.classList.remove("copied"), SHOWN_MS);
  });
  return build("span", { class: "short-id" }, build("code", { title: id }, id.slice(0, DIGITS)), copy);
}
