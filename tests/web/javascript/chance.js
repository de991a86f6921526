// Random values that can be had again: the seed is printed, and SEED sets it.

/** A source of random values, and the seed that it began from. */
export function makeChance() {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
  process.stdout.write(`SEED=${seed}\n`);
  let state = seed;
  // mulberry32: from 0 to below 1
  const draw = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end) => Math.floor(draw() * end);
  const pick = (values) => values[below(values.length)];
  const list = (most, make) => Array.from({ length: below(most + 1) }, make);
  return { draw, below, pick, list, digits: (most) => list(most, () => below(10)).join("") };
}
