// The forms of charts: ranked bars, columns, a treemap. Each is made of links and text, so that it can be read,
// focused and followed; sizes come from scripts, because a strict policy allows no style attributes.
// Knows neither the API nor views.

import { build, stay } from "./dom.js";
import { squarify } from "./squarify.js";

/** @import {Child} from "./dom.js" */

// As the style sheet has them.
const LYING = { width: 160, height: 90 };
const UPRIGHT = { width: 80, height: 100 };

/**
 * @typedef {object} Mark  one bar, column or tile
 * @property {string} label
 * @property {number} size  what its length or area shows
 * @property {number} [part]  of a column, the part that went wrong
 * @property {number} [doubt]  which part of it, up to 1, is implausible
 * @property {string | null} [tick]  what stands below a column
 * @property {boolean} [limit]  whether a limit lies at the beginning of a column
 * @property {string} value  the figure beside the label, in few characters
 * @property {string} detail  everything, in a sentence
 * @property {Child[]} cells  exact figures for the table
 * @property {string|null} href  where a click leads; null: nowhere
 * @property {() => void} [follow]
 */

/**
 * @typedef {object} Figure
 * @property {string} title
 * @property {string} hint
 * @property {string[]} heads  of the table
 * @property {Mark[]} marks
 * @property {HTMLElement} drawing
 * @property {Mark | null} [beyond]  the mark that is not drawn, if there is one
 * @property {string} [className]
 */

/**
 * A chart with its title, its table of exact figures and a line that tells what is pointed at.
 * @param {Figure} figure
 */
export function buildFigure({ title, hint, heads, marks, drawing, beyond = null, className = "" }) {
  const readout = build("p", { class: "chart-readout", "aria-hidden": "true" }, hint);
  const tell = (/** @type {Event} */ event) => {
    const mark = event.target instanceof Element ? event.target.closest("[data-detail]") : null;
    readout.textContent = mark?.getAttribute("data-detail") ?? hint;
  };
  const quiet = () => {
    readout.textContent = hint;
  };
  return build(
    "figure",
    { class: `chart surface ${className}`.trim(), onpointerover: tell, onpointerleave: quiet, onfocusin: tell },
    build("figcaption", {}, build("h2", {}, title), readout),
    marks.length ? drawing : build("p", { class: "hint" }, "Nothing to show."),
    beyond && build("p", { class: "hint" }, "Not drawn: ", buildLink(beyond, `${beyond.label}, ${beyond.value}`)),
    marks.length > 0 && buildNumbers(title, heads, marks),
  );
}

/** Ranked horizontal bars. @param {Mark[]} marks */
export function drawBars(marks) {
  const longest = Math.max(...marks.map((mark) => mark.size), 0);
  return build(
    "ol",
    { class: "bars" },
    marks.map((mark) => {
      const fill = build("span", { class: "bar-fill" });
      fill.style.inlineSize = percent(mark.size, longest);
      if (mark.doubt) fill.append(buildHatched(mark.doubt, "inlineSize"));
      const label = build("span", { class: "bar-label" }, mark.label);
      return build("li", {}, buildMark(mark, "bar", fill, label, build("span", { class: "bar-value" }, mark.value)));
    }),
  );
}

/**
 * Columns in the order of time or size; `top` is the highest one's size in words.
 * @param {Mark[]} marks
 * @param {string} top
 */
export function drawColumns(marks, top) {
  const highest = Math.max(...marks.map((mark) => mark.size), 0);
  const list = build(
    "ol",
    { class: "columns-chart", "data-top": top },
    marks.map((mark) => {
      const fill = build("span", { class: "column-fill" });
      fill.style.blockSize = percent(mark.size, highest);
      if (mark.doubt) fill.append(buildHatched(mark.doubt, "blockSize"));
      if (mark.part) fill.append(buildPart(mark.part));
      const label = build("span", { class: "column-label" }, mark.tick);
      const room = build("span", { class: "column-room" }, fill);
      return build("li", { class: mark.limit && "limit" }, buildMark(mark, "column", room, label));
    }),
  );
  rove(list);
  return list;
}

/** A treemap; marks come greatest first. @param {Mark[]} marks */
export function drawTreemap(marks) {
  const shown = marks.filter((mark) => mark.size > 0);
  const room = matchMedia("(max-width: 55rem)").matches ? UPRIGHT : LYING;
  const tiles = squarify(
    shown.map((mark) => mark.size),
    { x: 0, y: 0, ...room },
  );
  const list = build(
    "ul",
    { class: "treemap" },
    shown.map((mark, index) => {
      const { x, y, width, height } = tiles[index];
      const item = build(
        "li",
        {},
        buildMark(
          mark,
          "tile",
          mark.doubt ? buildHatched(mark.doubt, "blockSize") : "",
          build("span", { class: "tile-label" }, mark.label),
          build("span", { class: "tile-value" }, mark.value),
        ),
      );
      Object.assign(item.style, {
        insetInlineStart: percent(x, room.width),
        insetBlockStart: percent(y, room.height),
        inlineSize: percent(width, room.width),
        blockSize: percent(height, room.height),
      });
      item.style.setProperty("--weight", percent(0.35 + 0.65 * (mark.size / shown[0].size), 1));
      return item;
    }),
  );
  rove(list);
  return list;
}

/** The part of a mark that is implausible. @param {number} part @param {"inlineSize" | "blockSize"} side */
function buildHatched(part, side) {
  const hatched = build("span", { class: `hatched ${side === "inlineSize" ? "along" : "up"}` });
  hatched.style[side] = percent(part, 1);
  return hatched;
}

/** @param {number} part */
function buildPart(part) {
  const bad = build("span", { class: "column-part" });
  bad.style.blockSize = percent(part, 1);
  return bad;
}

/** @param {Mark} mark @param {string} name @param {...(Node | string)} content */
function buildMark(mark, name, ...content) {
  const attributes = {
    class: mark.href ? name : `${name} still`,
    "data-detail": mark.detail,
    "aria-label": mark.detail,
  };
  if (!mark.href) return build("span", { ...attributes, role: "img" }, content);
  return build("a", { ...attributes, href: mark.href, onclick: mark.follow && stay(mark.follow) }, content);
}

/** @param {Mark} mark @param {string} words */
const buildLink = ({ href, follow }, words) =>
  href ? build("a", { href, onclick: follow && stay(follow) }, words) : words;

/** @param {string} title @param {string[]} heads @param {Mark[]} marks */
function buildNumbers(title, heads, marks) {
  const rows = marks.map((mark) =>
    build(
      "tr",
      {},
      build("th", { scope: "row" }, buildLink(mark, mark.label)),
      mark.cells.map((cell) => build("td", { class: "number" }, cell)),
    ),
  );
  const head = heads.map((text, index) => build("th", { scope: "col", class: index ? "number" : null }, text));
  return build(
    "details",
    { class: "numbers" },
    build("summary", {}, "Numbers", build("span", { class: "visually-hidden" }, `: ${title}`)),
    build(
      "div",
      { class: "table-scroll", tabindex: "0", role: "region", "aria-label": `Numbers: ${title}` },
      build("table", {}, build("thead", {}, build("tr", {}, head)), build("tbody", {}, rows)),
    ),
  );
}

/** One stop of the Tab key for the whole drawing; the arrows go from mark to mark. @param {HTMLElement} list */
function rove(list) {
  const links = [...list.querySelectorAll("a")];
  for (const [index, link] of links.entries()) link.tabIndex = index ? -1 : 0;
  const goTo = (/** @type {number} */ index) => {
    for (const link of links) link.tabIndex = -1;
    links[index].tabIndex = 0;
    links[index].focus();
  };
  list.addEventListener("keydown", (event) => {
    const at = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    const next = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: links.length - 1,
    }[event.key];
    if (at < 0 || next === undefined || !links[next]) return;
    event.preventDefault();
    goTo(next);
  });
}

/** @param {number} part @param {number} whole */
const percent = (part, whole) => `${whole > 0 ? (100 * part) / whole : 0}%`;
