"""What the boxes of a page say of its layout: numbers in one piece, nothing cut off, nothing upon another."""

from __future__ import annotations

from playwright.sync_api import Page

FAULTS = """() => {
  const NUMBER = /₱[\\d,.]*\\d|\\b\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\b\\d{4}-\\d\\d-\\d\\d\\b/g;
  const faults = [];
  const say = (what, text) => faults.push(`${what}: ${text.trim().slice(0, 80)}`);
  const isShown = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !element.closest(".visually-hidden, .skip-link, .suggestions") &&
    element.getBoundingClientRect().width > 1;
  const hides = (element) => getComputedStyle(element).overflowX !== "visible";
  const paper = matchMedia("print").matches;
  const scrolls = (element) => !paper && ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
  const hiderOf = (element) => {
    for (let box = element; box; box = box.parentElement) if (hides(box) && box !== document.body) return box;
    return document.documentElement;
  };
  // Shortened on purpose, and told in full by a title.
  const isBrief = (element) => {
    const { webkitLineClamp, textOverflow } = getComputedStyle(element);
    return (webkitLineClamp !== "none" || textOverflow === "ellipsis") && Boolean(element.closest("[title]"));
  };

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!element || !isShown(element) || element.closest("select, script, style, noscript")) continue;
    const hider = hiderOf(element);
    for (const { 0: number, index } of node.data.matchAll(NUMBER)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + number.length);
      const lines = [...range.getClientRects()];
      if (new Set(lines.map(({ top }) => Math.round(top))).size > 1) say("a number wraps", number);
      const [box, frame] = [range.getBoundingClientRect(), hider.getBoundingClientRect()];
      if (isBrief(hider) || scrolls(hider)) continue;
      if (box.right > frame.right + 1 || box.left < frame.left - 1) say("a number is cut off", number);
    }
  }
  for (const element of document.body.querySelectorAll("*")) {
    if (!isShown(element) || scrolls(element)) continue;
    const isBox = element.matches("input:not([type=checkbox], [type=date])") && element.value;
    if (!isBox && !(hides(element) && element.textContent.trim())) continue;
    const wide = element.scrollWidth - element.clientWidth;
    const high = element.scrollHeight - element.clientHeight;
    if (wide <= 1 && (isBox || high <= 1)) continue;
    if (!element.matches("select, ul, dialog, details, section, form") && !isBrief(element)) {
      say(isBox ? "a box is too small" : "a text is cut off", isBox ? element.value : element.textContent);
    }
  }
  const ROWS = "tbody tr, thead tr, .cards, .results-head, .view-bar, .search-bar";
  for (const row of document.querySelectorAll(ROWS)) {
    const parts = [...row.children].filter(isShown)
      .filter((part) => !["absolute", "fixed"].includes(getComputedStyle(part).position))
      .map((part) => [part, part.getBoundingClientRect()]);
    for (const [place, [one, a]] of parts.entries()) {
      for (const [other, b] of parts.slice(place + 1)) {
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
          && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
          say("two parts overlap", `${one.textContent.slice(0, 30)} | ${other.textContent.slice(0, 30)}`);
      }
    }
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) say("the page is wider than its screen", `${wide} px`);
  return [...new Set(faults)];
}"""


def find_faults(page: Page) -> list[str]:
    """What is wrong with the layout of what is shown, in words."""
    faults: list[str] = page.evaluate(FAULTS)
    return faults
