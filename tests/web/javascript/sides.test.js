import assert from "node:assert/strict";
import test from "node:test";
import {
  chooseOther,
  isOfView,
  nameSides,
  pairPeriods,
  readComparison,
  sayChange,
  sayDelta,
  sayDifference,
  toCompare,
  writeComparison,
} from "../../../web/static/web/sides.js";
import { changeView, EMPTY, readView, toFilters } from "../../../web/static/web/view.js";

const row = (label, a, b) => ({
  label,
  count: { a: a && 1, b: b && 1 },
  total_value: { a: `${a}.00`, b: `${b}.00` },
});

test("a link holds both sides under the explorer's names, and what is shown of them", () => {
  const link = "?a.contractor=A+%26+B&a.year=2024&b.area=&b.text=flood+control&by=area&order=label&page=3";
  const comparison = readComparison(link);
  assert.deepEqual(toFilters(comparison.a), toFilters(readView("?contractor=A+%26+B&year=2024")));
  assert.deepEqual([comparison.b.areas, comparison.b.text], [[null], "flood control"]);
  assert.equal(writeComparison(comparison), link);
  assert.deepEqual(toCompare(comparison).page, 3);
  assert.equal(toCompare(readComparison("?page=many")).page, "many");
});

test("how a view was shown in the explorer is no part of a side", () => {
  const view = readView("?year=2024&show=charts&page=7&sort=contract_amount");
  assert.equal(writeComparison({ ...readComparison(""), a: view }), "?a.year=2024");
});

test("a link of the explorer is told from one of a comparison", () => {
  assert.ok(isOfView("?year=2024&contractor=a.b"));
  assert.ok(isOfView(""));
  assert.ok(!isOfView("?b.year=2024"));
});

test("a year and a quarter are compared with the ones a year before, anything else with all contracts", () => {
  assert.deepEqual(chooseOther(readView("?year=2024&area=Cebu")), readView("?year=2023&area=Cebu"));
  assert.deepEqual(chooseOther(readView("?quarter=2024-Q2")), readView("?quarter=2023-Q2"));
  assert.equal(chooseOther(readView("?year=2024&year=2023")), EMPTY);
  assert.equal(chooseOther(readView("?year=2024&from=2024-03-01")), EMPTY);
  assert.equal(chooseOther(readView("?contractor=X")), EMPTY);
});

test("sides are called by what they differ in, or by all they have", () => {
  const [one, other] = [readView("?year=2024&area=Cebu"), readView("?year=2023&area=Cebu")];
  assert.deepEqual(nameSides(one, other), { a: "2024", b: "2023" });
  assert.deepEqual(nameSides(one, readView("?area=Cebu")), { a: "Cebu, 2024", b: "Cebu" });
  assert.deepEqual(nameSides(changeView(EMPTY, { text: "road" }), EMPTY), { a: "“road”", b: "All contracts" });
});

test("of two years the same months meet, of anything else the same labels", () => {
  const years = [row("2023-01", 0, 5), row("2023-03", 0, 6), row("2024-03", 7, 0)];
  const pairs = pairPeriods(years).map(({ label, a, b }) => [label, a?.label, b?.label]);
  assert.deepEqual(pairs, [
    ["Jan", undefined, "2023-01"],
    ["Mar", "2024-03", "2023-03"],
  ]);
  const [whole] = pairPeriods([row("2023", 0, 5), row("2024", 7, 0)]);
  assert.deepEqual([whole.label, whole.a.value, whole.b.value], ["2024, 2023", "7.00", "5.00"]);
  const same = pairPeriods([row("2023-01", 1, 2), row("2023-02", 1, 0), row(null, 0, 2)]);
  assert.deepEqual(
    same.map(({ label, a, b }) => [label, a?.value, b?.value]),
    [
      ["2023-01", "1.00", "2.00"],
      ["2023-02", "1.00", undefined],
      [null, undefined, "2.00"],
    ],
  );
});

test("the difference is a sentence", () => {
  const say = (a, b, ratio) => sayDifference({ a: "2024", b: "2023" }, { a, b, difference: null, ratio });
  assert.equal(say("11200000000.00", "10000000000.00", 1.12), "2024 is worth ₱1.2 billion (12.0 %) more than 2023.");
  assert.equal(say("500.00", "1000.00", 0.5), "2024 is worth ₱500 (50.0 %) less than 2023.");
  assert.equal(say("25000000.00", "1000000.00", 25), "2024 is worth 25 times as much as 2023: ₱25 million.");
  assert.equal(say("5.00", "5.00", 1), "2024 is worth the same as 2023: ₱5.");
  assert.equal(say("5.00", "0.00", null), "2024: ₱5. 2023 has no contract.");
  assert.equal(say("0.00", "5.00", 0), "2024 has no contract. 2023: ₱5.");
  assert.equal(say("0.00", "0.00", null), "Neither side has a contract.");
});

test("changes and differences carry their sign", () => {
  assert.deepEqual([1.12, 0.5, 1, 1.000001, 25.04, null].map(sayChange), [
    "+12.0 %",
    "−50.0 %",
    "0.0 %",
    "+< 0.1 %",
    "× 25",
    "–",
  ]);
  const pesos = (text) => `₱${text}`;
  assert.deepEqual(
    ["-5.00", "5.00", 0].map((each) => sayDelta(each, pesos)),
    ["−₱5.00", "+₱5.00", "₱0"],
  );
});
