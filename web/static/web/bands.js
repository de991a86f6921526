// How a view cuts amounts into bands, as the API takes it. Knows no element of the page.

/** @import {View} from "./view.js" */
/** @typedef {{scale: "linear", width: string, start: string, count: number} | {scale: "logarithmic", steps: number | string, start: string, count: number}} Bands */

export const MOST_BANDS = 1000;
const USUAL_WIDTH = 100_000;
const USUAL_STEPS = 10;
const DECADES = 16;
const NICE_BANDS = 100;

/** The bands of a view, those that begin where its amounts do. @param {View} view @returns {Bands} */
export function toBands({ scale, width, min, max }) {
  return scale === "linear" ? cutEvenly(width, min ?? "0", max) : cutByTens(width, min ?? "1", max);
}

/** @param {string} width @param {string} start @param {string | null} max @returns {Bands} */
function cutEvenly(width, start, max) {
  const range = max === null ? NICE_BANDS * USUAL_WIDTH : Number(max) - Number(start);
  const each = width || String(roundUp(range / NICE_BANDS));
  // One more than fits, as the last amount of the range is in it too.
  const wanted = max === null ? MOST_BANDS : Math.floor(range / Number(each)) + 1;
  return { scale: "linear", width: each, start: floorTo(start, Number(each)), count: clamp(wanted + 1) };
}

/** @param {string} steps @param {string} min @param {string | null} max @returns {Bands} */
function cutByTens(steps, min, max) {
  const start = Number(min) < 1 ? "1" : min;
  const each = Number(steps || USUAL_STEPS);
  const tens = max === null ? DECADES - Math.log10(Number(start)) : Math.log10(Number(max) / Number(start));
  const count = clamp(Math.ceil(tens * each) + 2);
  return { scale: "logarithmic", steps: steps ? each || steps : USUAL_STEPS, start, count };
}

/** The next greater amount of the form 1, 2 or 5 with zeros. @param {number} amount */
export function roundUp(amount) {
  if (!(amount > 0.01)) return 0.01;
  const power = 10 ** Math.floor(Math.log10(amount) + 1e-9);
  const step = [1, 2, 5, 10].find((each) => each * power >= amount * (1 - 1e-9)) ?? 10;
  return Number((step * power).toFixed(2));
}

/** Whether an amount is of the form 1 or 5 with zeros, at which limits lie. @param {string} amount */
export const isRound = (amount) => /^[15]0*(\.0*)?$/.test(amount);

/**
 * The bands that are labelled: limits before others, greater ones before smaller ones, none where its label would meet
 * another one.
 * @param {(string | null)[]} starts  of the bands
 * @param {number} most
 */
export function chooseTicks(starts, most) {
  const room = Math.ceil(starts.length / most);
  const limits = starts.flatMap((start, place) => (start !== null && isRound(start) ? [place] : [])).reverse();
  const others = starts.map((_, place) => place).filter((place) => place % room === 0);
  /** @type {number[]} */
  const chosen = [];
  for (const place of [...limits, ...others])
    if (chosen.every((other) => Math.abs(other - place) >= room)) chosen.push(place);
  return new Set(chosen);
}

/** The greatest multiple of `width` up to `amount`. @param {string} amount @param {number} width */
function floorTo(amount, width) {
  const floor = Math.floor(Number(amount) / width) * width;
  return Number.isFinite(floor) ? floor.toFixed(2) : amount;
}

/** What is no number is judged by the API. @param {number} count */
const clamp = (count) => (Number.isFinite(count) ? Math.min(MOST_BANDS, Math.max(1, count)) : MOST_BANDS);
