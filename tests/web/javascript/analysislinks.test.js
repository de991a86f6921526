import assert from "node:assert/strict";
import test from "node:test";
import { addressOf, reportOn, viewOf } from "../../../web/static/web/analysislinks.js";
import { readView, toFilters } from "../../../web/static/web/view.js";

const ASKED = [
  {},
  { contractors: ["A & B"], except_organizations: ["X", null] },
  { time_ranges: [{ type: "custom", start_date: "2024-02-01", end_date: "2024-02-29" }] },
  { time_ranges: [{ type: "undated" }], include_flood_control: true },
  { value_range: { min: "100.00" }, keywords: ["flood"], areas: [{ contains: "manila" }] },
];

/** What is asked for alone, as the report says it. */
const sayShort = ({ value_range: { min, max }, ...filters }) => ({
  ...Object.fromEntries(Object.entries(filters).filter(([, value]) => (Array.isArray(value) ? value.length : value))),
  ...(min === null && max === null ? {} : { value_range: max === null ? { min } : { min, max } }),
});

test("the address of a figure means the filters that the report says beside it", () => {
  for (const filters of ASKED) {
    const address = addressOf(filters);
    assert.ok(address);
    assert.deepEqual(sayShort(toFilters(readView(address.slice(1)))), filters);
  }
});

test("a month of several years has an address, days of them have none, and a name has one of its report", () => {
  const month = (year) => ({ type: "custom", start_date: `${year}-12-01`, end_date: `${year}-12-31` });
  assert.equal(addressOf({ time_ranges: [month(2022), month(2023)] }), "/?month=2022-12&month=2023-12");
  const days = (year) => ({ type: "custom", start_date: `${year}-12-01`, end_date: `${year}-12-30` });
  assert.equal(viewOf({ time_ranges: [days(2022), days(2023)] }), null);
  assert.equal(addressOf({ time_ranges: [days(2022), days(2023)] }), null);
  assert.equal(reportOn("contractors", "A & B"), "/analysis/?contractor=A+%26+B");
});
