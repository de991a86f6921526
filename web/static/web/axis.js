// The scale of columns: from zero to a round figure, in few round steps.

/**
 * @typedef {object} Axis
 * @property {number} top  the size that is as high as the chart
 * @property {number[]} steps  sizes with a line each, zero left out
 */

const MOST_STEPS = 4;
const ROUND = [1, 2, 2.5, 5, 10];

/** @param {number} highest  the greatest size @returns {Axis} */
export function buildAxis(highest) {
  if (!(highest > 0)) return { top: 1, steps: [] };
  const least = highest / MOST_STEPS;
  const unit = 10 ** Math.floor(Math.log10(least));
  // Counted in whole steps: sums of fractions would end in figures like 0.30000000000000004.
  const step = unit * (ROUND.find((round) => round * unit >= least * (1 - 1e-9)) ?? 10);
  const count = Math.ceil(highest / step - 1e-9);
  return { top: step * count, steps: Array.from({ length: count }, (_, index) => step * (index + 1)) };
}
