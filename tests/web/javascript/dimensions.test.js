import assert from "node:assert/strict";
import test from "node:test";
import { chooseTicks, isRound, roundUp, toBands } from "../../../web/static/web/bands.js";
import { narrowTo, narrowToBoth } from "../../../web/static/web/dimensions.js";
import { changeView, EMPTY, toFilters, toTable, viewOfRequest } from "../../../web/static/web/view.js";

const dimension = (name, filter = null) => ({ name, filter, label: name, plural: name });
const YEAR = dimension("year");
const MONTH = dimension("month");

const timesOf = (changes) => toFilters(changeView(EMPTY, changes)).time_ranges;

test("a row narrows the view to its contracts", () => {
  assert.deepEqual(narrowTo(dimension("area", "areas"), { label: null }), { areas: [null] });
  assert.deepEqual(narrowTo(dimension("value_band"), { label: "", min: "1000.00", max: "1999.99" }), {
    min: "1000",
    max: "1999.99",
  });
  assert.deepEqual(timesOf(narrowTo(YEAR, { label: "2024" })), [{ type: "yearly", year: 2024 }]);
  assert.deepEqual(timesOf(narrowTo(dimension("quarter"), { label: "2024-Q2" })), [
    { type: "quarterly", year: 2024, quarter: 2 },
  ]);
  assert.deepEqual(timesOf(narrowTo(MONTH, { label: null })), [{ type: "undated" }]);
  assert.equal(narrowTo(dimension("funding_year"), { label: "2024" }), null);
});

test("a month ends with its last day, also in February", () => {
  const [range] = timesOf(narrowTo(MONTH, { label: "2024-02" }));
  assert.deepEqual([range.start_date, range.end_date], ["2024-02-01", "2024-02-29"]);
  assert.equal(timesOf(narrowTo(MONTH, { label: "2023-12" }))[0].end_date, "2023-12-31");
});

test("a cell narrows to both, and of two periods to the finer one", () => {
  const changes = narrowToBoth([YEAR, { label: "2024" }], [MONTH, { label: "2024-02" }]);
  assert.equal(timesOf(changes).length, 1);
  assert.equal(timesOf(changes)[0].start_date, "2024-02-01");
  const mixed = narrowToBoth([dimension("area", "areas"), { label: "Cebu" }], [YEAR, { label: "2024" }]);
  assert.deepEqual([mixed.areas, mixed.years], [["Cebu"], ["2024"]]);
  assert.equal(narrowToBoth([dimension("funding_year"), { label: "2024" }], [YEAR, { label: "2024" }]), null);
});

test("bands begin and end where the amounts of the view do", () => {
  const even = toBands({ ...EMPTY, scale: "linear", min: "900000", max: "1000000" });
  assert.deepEqual(even, { scale: "linear", width: "1000", start: "900000.00", count: 102 });
  assert.deepEqual(toBands({ ...EMPTY, scale: "linear", width: "50000" }), {
    scale: "linear",
    width: "50000",
    start: "0.00",
    count: 1000,
  });
  assert.deepEqual(toBands(EMPTY), { scale: "logarithmic", steps: 10, start: "1", count: 162 });
  const near = toBands({ ...EMPTY, width: "50", min: "1000", max: "100000" });
  assert.deepEqual(near, { scale: "logarithmic", steps: 50, start: "1000", count: 102 });
});

test("what no band can be made of is left to the API", () => {
  assert.equal(toBands({ ...EMPTY, scale: "linear", width: "0" }).width, "0");
  assert.equal(toBands({ ...EMPTY, width: "many" }).steps, "many");
  assert.ok(toBands({ ...EMPTY, scale: "linear", min: "9", max: "3" }).count >= 1);
});

test("widths are round, and limits lie at round amounts", () => {
  assert.deepEqual([0, 0.013, 1, 3, 999, 1000, 100_001].map(roundUp), [0.01, 0.02, 1, 5, 1000, 1000, 200_000]);
  assert.deepEqual(["1000000.00", "50000.00", "200000.00", "999999.99"].map(isRound), [true, true, false, false]);
});

test("labels keep their distance, and limits come before others", () => {
  const starts = Array.from({ length: 40 }, (_, place) => `${place * 50_000}.00`);
  assert.deepEqual(
    [...chooseTicks(starts, 10)].sort((a, b) => a - b),
    [2, 10, 16, 20, 24, 28, 32, 36],
  );
  assert.deepEqual([...chooseTicks([null, "1.00"], 12)].sort(), [0, 1]);
});

test("a table that was asked for has a view", () => {
  const asked = { ...toTable({ ...EMPTY, by: "year", across: "area", order: "-count" }, ["count"]) };
  const view = viewOfRequest(asked);
  assert.deepEqual(
    [view.show, view.by, view.across, view.order, view.sort],
    ["table", "year", "area", "-count", EMPTY.sort],
  );
});
