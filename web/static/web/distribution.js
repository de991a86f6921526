// How the amounts of a view are distributed: bars of one width, on a linear or logarithmic scale. A click on a bar
// shows its contracts, dragging over bars goes nearer.

import { countWords, formatPesos, formatShort, formatShortPesos, groupDigits, parseAmount } from "./amounts.js";
import { Problem, TASKS } from "./api.js";
import { chooseTicks, toBands } from "./bands.js";
import { narrowTo } from "./dimensions.js";
import { build, buildButton, find } from "./dom.js";
import { buildFigure, drawColumns } from "./figures.js";
import { findLimits } from "./limits.js";
import { buildProblem } from "./problems.js";
import { askTask } from "./tasks.js";
import { changeView, EMPTY, toFilters, writeView } from "./view.js";

/** @import {Mark} from "./figures.js" */
/** @import {View} from "./view.js" */
/** @import {Line} from "./limits.js" */
/** @typedef {Api.TableRow} Band */

const DIMENSION = { name: "value_band", label: "", plural: "", filter: null };
const DENSE = 150;
const TICKS = 12;

export class Distribution {
  #root = find("#distribution");
  #drawing = find("#distribution-chart");
  #width = find("#distribution-width", HTMLInputElement);
  #navigate;
  #retry;
  #offer;
  /** @type {View} */
  #view = EMPTY;
  /** @type {{asked: string, data: Api.TableResult} | null} */
  #shown = null;

  /**
   * As for FigureTable.
   * @param {{navigate: (view: View) => void, retry: () => void, offer: (table: object, rows: number) => void}} does
   */
  constructor({ navigate, retry, offer }) {
    this.#navigate = navigate;
    this.#retry = retry;
    this.#offer = offer;
    const scale = find("#distribution-scale", HTMLSelectElement);
    // A width in pesos is none in bars per tenfold.
    scale.addEventListener("change", () => this.#navigate(changeView(this.#view, { scale: scale.value, width: "" })));
    this.#width.addEventListener("change", () => this.#onWidth());
    find("#distribution-out").addEventListener("click", () =>
      this.#navigate(changeView(this.#view, { min: null, max: null })),
    );
  }

  /** Show the distribution of a view. @param {View} view @param {AbortSignal} signal */
  async show(view, signal) {
    this.#view = view;
    const bands = toBands(view);
    this.#showControls(bands);
    const measures = ["count", "total_value", "share"];
    const table = { filters: toFilters(view), rows: DIMENSION.name, bands, measures, sort: "label" };
    const asked = JSON.stringify(table);
    this.#root.setAttribute("aria-busy", "true");
    try {
      const data = asked === this.#shown?.asked ? this.#shown.data : await ask(table, signal);
      if (signal.aborted) return;
      this.#shown = { asked, data };
      this.#draw(trim(data.rows), []);
      this.#offer(table, data.total_rows);
      const lines = await findLimits(view, signal);
      if (signal.aborted || lines === null) return;
      this.#draw(trim(data.rows), lines);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.#drawing.replaceChildren(buildProblem(error, buildButton("Try again", this.#retry)));
    }
    this.#root.setAttribute("aria-busy", "false");
  }

  /** @param {import("./bands.js").Bands} bands */
  #showControls(bands) {
    const linear = bands.scale === "linear";
    find("#distribution-scale", HTMLSelectElement).value = bands.scale;
    find("#distribution-width-label").textContent = linear ? "Width of a bar, pesos" : "Bars for each tenfold";
    this.#width.value = linear ? groupDigits(bands.width) : String(bands.steps);
    this.#width.removeAttribute("aria-invalid");
    find("#distribution-out").hidden = this.#view.min === null && this.#view.max === null;
  }

  #onWidth() {
    const width = parseAmount(this.#width.value);
    if (width === undefined) this.#width.setAttribute("aria-invalid", "true");
    else this.#navigate(changeView(this.#view, { width: width ?? "" }));
  }

  /** @param {Band[]} bands @param {Line[]} lines */
  #draw(bands, lines) {
    if (!bands.length) {
      this.#drawing.replaceChildren(build("p", { class: "message" }, "No contract matches. Take a filter away."));
      return;
    }
    const ticks = chooseTicks(
      bands.map(({ min }) => min ?? null),
      TICKS,
    );
    const marks = bands.map((band, place) => this.#mark(band, ticks.has(place), lines));
    const drawing = drawColumns(marks, formatShort);
    const list = find(".columns-chart", HTMLElement, drawing);
    list.classList.add("distribution");
    list.classList.toggle("dense", bands.length > DENSE);
    letZoom(list, (first, last) => {
      const [from, to] = [narrowTo(DIMENSION, bands[first]), narrowTo(DIMENSION, bands[last])];
      const { min, max } = this.#view;
      this.#navigate(changeView(this.#view, { min: from?.min ?? min, max: to?.max ?? max }));
    });
    this.#drawing.replaceChildren(
      buildFigure({
        title: "Contracts by amount",
        hint: "Click a bar for its contracts. Drag over bars to go nearer",
        heads: ["From", "To", "Contracts", "Total value"],
        marks,
        className: "wide",
        drawing,
      }),
      buildLegend(lines),
    );
  }

  /** @param {Band} band @param {boolean} labelled @param {Line[]} lines @returns {Mark} */
  #mark(band, labelled, lines) {
    const target = changeView(this.#view, { ...narrowTo(DIMENSION, band), show: "rows" });
    const count = band.count ?? 0;
    const [from, to] = [band.min ?? null, band.max ?? null].map((end) => (end === null ? "" : formatPesos(end)));
    return {
      href: count ? writeView(target) : null,
      follow: () => this.#navigate(target),
      label: from || "–",
      limit: Boolean(band.min && lines.some((line) => holds(band, line))),
      tick: labelled ? shorten(band) : "",
      size: count,
      value: groupDigits(count),
      detail: `${band.label}: ${countWords(count, "contract")}, ${formatPesos(band.total_value ?? "0.00")} together`,
      cells: [to || "–", groupDigits(count), formatPesos(band.total_value ?? "0.00")],
    };
  }
}

/** @param {object} table @param {AbortSignal} signal @returns {Promise<Api.TableResult>} */
const ask = (table, signal) => askTask(`${TASKS}/table/`, { ...table, page_size: 1000 }, { signal, onWait: () => {} });

/** Whether a limit lies in a band. @param {Band} band @param {Line} line */
const holds = ({ min, max }, { amount }) => Number(min ?? 0) <= amount && (max === null || amount <= Number(max));

/** @param {Line[]} lines */
function buildLegend(lines) {
  const said = lines.map(({ amount, buyers }) => `${formatShortPesos(amount.toFixed(2))} (${buyers.join(", ")})`);
  return build(
    "p",
    { class: "hint limits" },
    lines.length
      ? `Lines: limits of the law that may have held, by day of award: ${said.join("; ")}. `
      : "No limit of the law is known for these days. ",
    build("a", { href: "/limits/" }, "Legal limits"),
  );
}

/** @param {Band} band */
const shorten = ({ min }) => (min ? formatShortPesos(min).slice(1) : "");

/** From the first bar to the last one that holds something. @param {Band[]} bands */
export function trim(bands) {
  const first = bands.findIndex((band) => band.count);
  const last = bands.findLastIndex((band) => band.count);
  return first < 0 ? [] : bands.slice(first, last + 1);
}

/**
 * Dragging over the bars of a drawing calls `zoom` with the first and the last of them.
 * @param {HTMLElement} drawing
 * @param {(first: number, last: number) => void} zoom
 */
function letZoom(drawing, zoom) {
  const bars = [...drawing.children];
  /** @type {number | null} */
  let began = null;
  const placeOf = (/** @type {PointerEvent} */ event) => {
    const left = bars.map((bar) => bar.getBoundingClientRect().left);
    return Math.max(
      0,
      left.findLastIndex((edge) => edge <= event.clientX),
    );
  };
  const show = (/** @type {number} */ from, /** @type {number} */ to) => {
    for (const [place, bar] of bars.entries())
      bar.classList.toggle("chosen", place >= Math.min(from, to) && place <= Math.max(from, to));
  };
  drawing.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType !== "touch") began = placeOf(event);
  });
  drawing.addEventListener("pointermove", (event) => {
    if (began !== null) show(began, placeOf(event));
  });
  drawing.addEventListener("pointerleave", () => {
    began = null;
    show(-1, -1);
  });
  drawing.addEventListener(
    "click",
    (event) => {
      const ended = placeOf(/** @type {PointerEvent} */ (event));
      const dragged = began !== null && began !== ended && event.detail > 0;
      const from = began ?? ended;
      began = null;
      show(-1, -1);
      if (!dragged) return; // a click, which follows the bar's own link
      event.preventDefault();
      event.stopPropagation();
      zoom(Math.min(from, ended), Math.max(from, ended));
    },
    { capture: true },
  );
  // Browsers drag links away otherwise.
  drawing.addEventListener("dragstart", (event) => event.preventDefault());
}
