// How figures grew by day: a line of contracts and one of pesos, and a table whose rows lead to the contracts. Fills
// each element of the page that says by data-figures where the API has them.

import { countWords, formatPesos, formatShortPesos, groupDigits } from "./amounts.js";
import { get, Problem } from "./api.js";
import { build } from "./dom.js";
import { buildFigure } from "./figures.js";
import { buildProblem } from "./problems.js";
import { viewOfRequest, writeView } from "./view.js";

/** @typedef {Api.DailyFigure} Day */
/** @typedef {{size: (day: Day) => number, say: (day: Day) => string}} Measure */

const SVG = "http://www.w3.org/2000/svg";
const DAY_MS = 86_400_000;
const HEIGHT = 100;
const HEADS = ["Since", "Contracts", "Total value", "Dataset version"];

for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-figures]"))) show(root);

/** @param {HTMLElement} root */
async function show(root) {
  try {
    /** @type {{body: Api.DailyFigures}} */
    const { body } = await get(root.dataset.figures ?? "");
    root.replaceChildren(...buildGrowth(body));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    root.replaceChildren(buildProblem(error));
  }
  root.removeAttribute("aria-busy");
}

/** @param {Api.DailyFigures} body */
function buildGrowth({ filters, figures }) {
  if (!figures.length)
    return [build("p", { class: "message" }, "None yet. They are kept each night at 2:00, from the next one on.")];
  const view = filters && viewOfRequest({ filters });
  const href = view ? `/${writeView(view)}` : null;
  const marks = figures.filter(isOther).map((day) => markOf(day, href));
  return [
    buildLine("Contracts by day", figures, marks, {
      size: (day) => day.contracts,
      say: (day) => groupDigits(day.contracts),
    }),
    buildLine("Value by day", figures, marks, {
      size: (day) => Number(day.value),
      say: (day) => formatShortPesos(day.value),
    }),
  ];
}

/** Whether a day has other figures than the one before it. @param {Day} day @param {number} place @param {Day[]} days */
function isOther(day, place, days) {
  const before = days[place - 1];
  return !before || before.contracts !== day.contracts || before.value !== day.value;
}

/** @param {Day} day @param {string | null} href */
function markOf(day, href) {
  return {
    label: day.day,
    size: day.contracts,
    value: groupDigits(day.contracts),
    detail: describe(day),
    cells: [groupDigits(day.contracts), formatPesos(day.value), day.dataset_version],
    href,
  };
}

/** @param {Day} day */
const describe = (day) => `${day.day}: ${countWords(day.contracts, "contract")}, ${formatPesos(day.value)}`;

/** @param {string} title @param {Day[]} days @param {ReturnType<typeof markOf>[]} marks @param {Measure} measure */
function buildLine(title, days, marks, measure) {
  const sizes = days.map(measure.size);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const sayOf = (/** @type {number} */ size) => measure.say(days[sizes.indexOf(size)]);
  const first = days[0].day;
  const last = days[days.length - 1].day;
  const scale = build("p", { class: "growth-scale", "aria-hidden": "true" }, sayOf(most));
  const floor = build("p", { class: "growth-scale", "aria-hidden": "true" }, least < most ? sayOf(least) : "");
  const ends = build("p", { class: "growth-days" }, build("span", {}, first), build("span", {}, last));
  const words = `${title} from ${first} to ${last}: ${sayOf(sizes[0])} first, ${sayOf(sizes[sizes.length - 1])} last`;
  return buildFigure({
    title,
    hint: "The line begins at the least, not at nothing",
    heads: HEADS,
    marks,
    drawing: build("div", { class: "growth" }, scale, drawLine(days, sizes, words), floor, ends),
  });
}

/** @param {Day[]} days @param {number[]} sizes @param {string} words */
function drawLine(days, sizes, words) {
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const places = days.map(({ day }) => Math.round((Date.parse(day) - Date.parse(days[0].day)) / DAY_MS));
  const width = places[places.length - 1] + 1;
  // In the middle where it never changed.
  const heightOf = (/** @type {number} */ size) =>
    most > least ? (HEIGHT * (most - size)) / (most - least) : HEIGHT / 2;
  // Each day is a step as wide as a day, so that a single one is seen too.
  const points = places.flatMap((x, at) => [x, x + 1].map((end) => `${end},${heightOf(sizes[at]).toFixed(2)}`));
  const columns = days.map((day, at) =>
    draw("rect", { x: places[at], y: 0, width: 1, height: HEIGHT, "data-detail": describe(day) }),
  );
  const frame = { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words };
  return draw("svg", frame, draw("polyline", { points: points.join(" ") }), ...columns);
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...Node} children */
function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
