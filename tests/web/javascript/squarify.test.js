import assert from "node:assert/strict";
import test from "node:test";
import { squarify } from "../../../web/static/web/squarify.js";
import { makeChance } from "./chance.js";

const { draw, below, pick } = makeChance();
const ROOMS = [
  { x: 0, y: 0, width: 160, height: 90 },
  { x: 0, y: 0, width: 80, height: 100 },
  { x: 7, y: -3, width: 1, height: 1000 },
];
// Beside 10 billion pesos, a tile of a few is thinner than what a floating-point number can place.
const NEAR = 1e-4;

function drawLayout(magnitudes) {
  const room = pick(ROOMS);
  const values = Array.from({ length: 1 + below(40) }, () => 10 ** (draw() * magnitudes));
  values.sort((one, other) => other - one);
  return { room, values, tiles: squarify(values, room) };
}

function repeat(magnitudes, check) {
  for (let round = 0; round < 500; round += 1) check(drawLayout(magnitudes));
}

test("each value has a tile whose area is its part of the room", () => {
  repeat(10, ({ room, values, tiles }) => {
    const whole = values.reduce((sum, value) => sum + value, 0);
    assert.equal(tiles.length, values.length);
    for (const [index, { width, height }] of tiles.entries()) {
      const part = (values[index] / whole) * room.width * room.height;
      assert.ok(Math.abs(width * height - part) <= NEAR * part + 1e-9, `${width} x ${height} is not ${part}`);
    }
  });
});

test("no tile leaves the room", () => {
  repeat(10, ({ room, tiles }) => {
    const slack = NEAR * Math.max(room.width, room.height);
    for (const { x, y, width, height } of tiles) {
      assert.ok(width >= 0 && height >= 0);
      assert.ok(x >= room.x - slack && x + width <= room.x + room.width + slack, `${x} + ${width}`);
      assert.ok(y >= room.y - slack && y + height <= room.y + room.height + slack, `${y} + ${height}`);
    }
  });
});

test("no two tiles overlap", () => {
  repeat(10, ({ room, tiles }) => {
    const slack = NEAR * Math.max(room.width, room.height);
    for (const [index, one] of tiles.entries()) {
      for (const other of tiles.slice(index + 1)) {
        const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
        const along = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
        assert.ok(Math.min(across, along) <= slack, `${JSON.stringify(one)} and ${JSON.stringify(other)}`);
      }
    }
  });
});

test("equal values fill a square with squares", () => {
  const tiles = squarify([1, 1, 1, 1], { x: 0, y: 0, width: 2, height: 2 });
  assert.deepEqual(
    tiles.map(({ width, height }) => [width, height]),
    [
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ],
  );
});

test("nothing to lay out makes no tile", () => {
  assert.deepEqual(squarify([], ROOMS[0]), []);
});
