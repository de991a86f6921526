import assert from "node:assert/strict";
import test from "node:test";
import { chooseLimits, spanOf } from "../../../web/static/web/limits.js";

const NONE = { years: [], quarters: [], months: [], from: null, to: null };
const LIMITS = [
  { from: "2016-10-28", to: "2025-02-24", mode: "small_value", buyer: "city", amount: "200000.00" },
  { from: "2016-10-28", to: "2025-02-24", mode: "shopping_regular", buyer: "municipality", amount: "200000.00" },
  { from: "2025-02-25", to: null, mode: "small_value", buyer: "national", amount: "2000000.00" },
  { from: "2025-02-25", to: null, mode: "livestream", buyer: null, amount: "10000000.00" },
  { from: "2009-09-02", to: "2016-10-27", mode: "small_value", buyer: "city", amount: null },
];

test("a view spans all days that its filters mean", () => {
  assert.deepEqual(spanOf({ ...NONE, years: ["2024", "2020"] }), ["2020-01-01", "2024-12-31"]);
  assert.deepEqual(spanOf({ ...NONE, months: ["2022-02", "2024-05"] }), ["2022-02-01", "2024-05-31"]);
  assert.deepEqual(spanOf({ ...NONE, quarters: ["2024-Q2"] }), ["2024-04-01", "2024-06-31"]);
  assert.deepEqual(spanOf({ ...NONE, years: ["2024"], from: "2025-01-05" }), ["2024-01-01", "9999"]);
  assert.deepEqual(spanOf({ ...NONE, to: "2019-01-05" }), ["0000", "2019-01-05"]);
  assert.deepEqual(spanOf(NONE), ["0000", "9999"]);
});

test("lines are the limits that held on some day of the span, each once", () => {
  const amounts = (/** @type {any} */ span) => chooseLimits(LIMITS, span).map(({ amount }) => amount);
  assert.deepEqual(amounts(["2024-01-01", "2024-12-31"]), [200000]);
  assert.deepEqual(amounts(["2025-01-01", "2025-12-31"]), [200000, 2000000]);
  assert.deepEqual(amounts(["2026-01-01", "2026-12-31"]), [2000000]);
  assert.deepEqual(amounts(["2012-01-01", "2012-12-31"]), []);
  assert.deepEqual(chooseLimits(LIMITS, ["2024-01-01", "2024-12-31"])[0].buyers, ["city", "municipality"]);
});
