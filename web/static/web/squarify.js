// Lays out rectangles whose areas are proportional to values, as square as can be.
// The algorithm: Bruls, Huizing, van Wijk, "Squarified Treemaps" (2000).

/** @typedef {{x: number, y: number, width: number, height: number}} Rectangle */

/**
 * @param {number[]} values  above zero; greatest first gives the squarest
 * @param {Rectangle} room
 * @returns {Rectangle[]} one for each value, in their order
 */
export function squarify(values, room) {
  const whole = values.reduce((sum, value) => sum + value, 0);
  const scale = whole > 0 ? (room.width * room.height) / whole : 0;
  const areas = values.map((value) => value * scale);
  const tiles = [];
  let left = room;
  for (let start = 0; start < areas.length; ) {
    const end = endOfRow(areas, start, Math.min(left.width, left.height));
    const row = areas.slice(start, end);
    tiles.push(...layRow(row, left));
    left = remainder(row, left);
    start = end;
  }
  return tiles;
}

/**
 * A row takes further areas as long as its worst tile becomes no longer.
 * @param {number[]} areas
 * @param {number} start
 * @param {number} side
 */
function endOfRow(areas, start, side) {
  let end = start + 1;
  while (end < areas.length && worst(areas.slice(start, end + 1), side) <= worst(areas.slice(start, end), side))
    end += 1;
  return end;
}

/** @param {number[]} row @param {number} side */
function worst(row, side) {
  const sum = row.reduce((total, area) => total + area, 0);
  return Math.max((side * side * Math.max(...row)) / (sum * sum), (sum * sum) / (side * side * Math.min(...row)));
}

/** Along the shorter side, from the upper left corner. @param {number[]} row @param {Rectangle} room */
function layRow(row, { x, y, width, height }) {
  const upright = height <= width;
  const side = upright ? height : width;
  const depth = row.reduce((sum, area) => sum + area, 0) / side;
  let at = 0;
  return row.map((area) => {
    const length = area / depth;
    const tile = upright
      ? { x, y: y + at, width: depth, height: length }
      : { x: x + at, y, width: length, height: depth };
    at += length;
    return tile;
  });
}

/** @param {number[]} row @param {Rectangle} room @returns {Rectangle} */
function remainder(row, { x, y, width, height }) {
  const sum = row.reduce((total, area) => total + area, 0);
  if (height <= width) {
    const depth = sum / height;
    return { x: x + depth, y, width: Math.max(0, width - depth), height };
  }
  const depth = sum / width;
  return { x, y: y + depth, width, height: Math.max(0, height - depth) };
}
