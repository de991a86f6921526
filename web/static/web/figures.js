// The forms of charts: ranked bars, columns, a treemap. Each is made of links and text, so that it can be read,
// focused and followed; sizes come from scripts, because a strict policy allows no style attributes.
// Knows neither the API nor views.

import { buildAxis } from "./axis.js";
import { build, buildButton, find, stay } from "./dom.js";
import { squarify } from "./squarify.js";

/** @import {Child} from "./dom.js" */

// As the style sheet has them.
const LYING = { width: 160, height: 90 };
const UPRIGHT = { width: 80, height: 100 };
const GAP = 6;

/**
 * @typedef {object} Mark  one bar, column or tile
 * @property {string} label
 * @property {string} [brief]  the label in fewer letters, for the drawing
 * @property {number} size  what its length or area shows
 * @property {number} [part]  of a column, the part that went wrong
 * @property {number} [doubt]  which part of it, up to 1, is implausible
 * @property {number} [within]  of a column, the part that the filters leave; the rest is grey
 * @property {string | null} [upTo]  how far an unfinished column goes: "Sep"
 * @property {string} [short]  the figure above a column, where there is room
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
  const readout = build("p", { class: "chart-readout", "aria-hidden": "true", hidden: true });
  const tell = (/** @type {Event} */ event) => {
    const mark = event.target instanceof Element ? event.target.closest("[data-detail]") : null;
    readout.hidden = !mark;
    if (!mark) return;
    readout.textContent = mark.getAttribute("data-detail");
    putBeside(readout, mark);
  };
  const quiet = () => {
    readout.hidden = true;
  };
  return build(
    "figure",
    {
      class: `chart surface ${className}`.trim(),
      onpointerover: tell,
      onpointerleave: quiet,
      onfocusin: tell,
      onfocusout: quiet,
      onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && quiet(),
    },
    build("figcaption", {}, build("h2", {}, title), build("p", { class: "chart-hint" }, hint)),
    readout,
    marks.length ? drawing : build("p", { class: "hint" }, "Nothing to show."),
    beyond && build("p", { class: "hint" }, "Not drawn: ", buildLink(beyond, `${beyond.label}, ${beyond.value}`)),
    marks.length > 0 && buildNumbers(title, heads, marks),
  );
}

/** @param {HTMLElement} figure @param {HTMLElement} content */
export const addToCaption = (figure, content) => find("figcaption", HTMLElement, figure).append(content);

/**
 * Above a mark, or below it where there is no room above, and inside of the figure.
 * @param {HTMLElement} readout
 * @param {Element} mark
 */
function putBeside(readout, mark) {
  const figure = /** @type {HTMLElement} */ (readout.parentElement);
  const [room, at] = [
    figure.getBoundingClientRect(),
    (mark.querySelector("[data-end]") ?? mark).getBoundingClientRect(),
  ];
  const { offsetWidth: width, offsetHeight: height } = readout;
  const start = (at.left + at.right - width) / 2 - room.left;
  const above = at.top - room.top - height - GAP;
  readout.style.insetInlineStart = `${Math.max(0, Math.min(start, room.width - width))}px`;
  readout.style.insetBlockStart = `${above < 0 ? at.bottom - room.top + GAP : above}px`;
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
      const label = build("span", { class: "bar-label" }, mark.brief ?? mark.label);
      const room = build("span", { class: "bar-room" }, fill);
      return build("li", {}, buildMark(mark, "bar", label, room, build("span", { class: "bar-value" }, mark.value)));
    }),
  );
}

/**
 * Columns in the order of time or size, over lines at round sizes, which `say` puts into few characters.
 * @param {Mark[]} marks
 * @param {(size: number) => string} say
 */
export function drawColumns(marks, say) {
  const axis = buildAxis(Math.max(...marks.map((mark) => mark.size), 0));
  const list = build(
    "ol",
    { class: "columns-chart" },
    marks.map((mark) => build("li", { class: mark.limit && "limit" }, buildColumn(mark, axis.top))),
  );
  rove(list);
  const lines = axis.steps.map((step) => {
    const line = build("span", { class: "grid-line" }, build("span", {}, say(step)));
    line.style.insetBlockEnd = percent(step, axis.top);
    return line;
  });
  return build(
    "div",
    { class: "columns-frame" },
    build("div", { class: "grid-lines", "aria-hidden": "true" }, lines),
    list,
  );
}

/** @param {Mark} mark @param {number} top */
function buildColumn(mark, top) {
  const fill = build(
    "span",
    { class: "column-fill", "data-end": true },
    mark.short && build("span", { class: "column-value" }, mark.short),
    mark.upTo && build("span", { class: "column-up-to" }, `to ${mark.upTo}`),
  );
  fill.style.blockSize = percent(mark.size, top);
  if (mark.doubt) fill.append(buildHatched(mark.doubt, "blockSize"));
  if (mark.part) fill.append(buildPart(mark.part, "column-part"));
  if (mark.within !== undefined && mark.within < 1) {
    fill.classList.add("around");
    fill.append(buildPart(mark.within, "column-within"));
  }
  fill.classList.toggle("unfinished", Boolean(mark.upTo));
  const label = build("span", { class: "column-label" }, mark.tick);
  return buildMark(mark, "column", build("span", { class: "column-room" }, fill), label);
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
          build("span", { class: "tile-label" }, mark.brief ?? mark.label),
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

/** @param {number} part @param {string} name */
function buildPart(part, name) {
  const inner = build("span", { class: name });
  inner.style.blockSize = percent(part, 1);
  return inner;
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
    buildTaking(title, [heads.map(read), ...marks.map(({ label, cells }) => [label, ...cells.map(read)])]),
  );
}

/** @param {Child} child */
const read = (child) => (child instanceof Node ? child.textContent : String(child || "")) ?? "";

/** What takes the figures along: to a sheet that is open already, or as a file. @param {string} title @param {string[][]} lines */
function buildTaking(title, lines) {
  const said = build("span", { class: "hint", role: "status" });
  const copy = async () => {
    await navigator.clipboard.writeText(lines.map((line) => line.join("\t")).join("\n"));
    said.textContent = "Copied: paste it into a sheet.";
  };
  const quote = (/** @type {string} */ cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const save = () => {
    // With the mark by which Excel knows UTF-8.
    const text = `\uFEFF${lines.map((line) => line.map(quote).join(",")).join("\r\n")}\r\n`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    build("a", { href: address, download: `${title}.csv` }).click();
    URL.revokeObjectURL(address);
  };
  const kind = "small quiet";
  return build(
    "p",
    { class: "taking" },
    buildButton("Copy", copy, { kind }),
    buildButton("Download CSV", save, { kind }),
    said,
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
