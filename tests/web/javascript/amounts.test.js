import assert from "node:assert/strict";
import test from "node:test";
import {
  countWords,
  formatDuration,
  formatPesos,
  formatPesosBriefly,
  formatShare,
  formatShortPesos,
  formatSize,
  formatTime,
  groupDigits,
  justBelow,
  parseAmount,
  sayPesos,
  subtractPesos,
} from "../../../web/static/web/amounts.js";
import { makeChance } from "./chance.js";

const { below, pick, digits } = makeChance();

test("an amount is understood as people type it", () => {
  const typed = {
    2500000: [
      "2500000",
      "2,500,000",
      "2 500 000",
      "2_500_000",
      "2.5M",
      "2.5m",
      "2500k",
      "₱2,500,000",
      "PHP 2.5 m",
      "2.5 million",
      "P2.5 Million pesos",
    ],
    2000.5: ["2000.50", "₱2,000.50", "php2000.500"],
    1234.5: ["1.2345k"],
    500000: [".5M", "0.5m", "0000500000"],
    2000000000: ["2B", "2b", "2000M", "2 billion", "2bn"],
    1000000000000: ["1T"],
    5: ["5.", "5.00", "5 pesos"],
    0: ["0", "0.00", "000", "0k"],
  };
  for (const [amount, ways] of Object.entries(typed)) {
    for (const way of ways) assert.equal(parseAmount(way), amount, way);
  }
});

test("nothing typed is no amount, and what is none is told from it", () => {
  for (const nothing of ["", "  "]) assert.equal(parseAmount(nothing), null);
  for (const wrong of [
    "-5",
    "1e5",
    "k",
    ".",
    "₱",
    "php",
    "1.2.3",
    "2.5X",
    "1M2",
    "five",
    "pesos",
    "million",
    "1 dozen",
    "5p",
    "٣",
  ]) {
    assert.equal(parseAmount(wrong), undefined, wrong);
  }
});

test("digits beyond those of a floating-point number are kept", () => {
  assert.equal(parseAmount("123,456,789,012,345,678,901.23"), "123456789012345678901.23");
  assert.equal(formatPesos("123456789012345678901.23"), "₱123,456,789,012,345,678,901.23");
});

test("an amount that is shown is understood as the same amount", () => {
  for (let round = 0; round < 2000; round += 1) {
    const whole = digits(25).replace(/^0+/, "") || "0";
    const fraction = pick(["", ".5", ".05", `.${digits(1)}7`]);
    assert.equal(parseAmount(formatPesos(whole + fraction)), whole + fraction);
  }
});

test("a unit moves the point by its digits", () => {
  for (let round = 0; round < 2000; round += 1) {
    const [unit, shift] = pick([
      ["k", 3],
      ["M", 6],
      ["b", 9],
      ["T", 12],
    ]);
    const [whole, fraction] = [1 + below(10 ** 6), digits(12)];
    const amount = parseAmount(`${whole}.${fraction}${unit}`);
    const [left, right = ""] = amount.split(".");
    const exact = BigInt(whole + fraction.padEnd(24, "0"));
    assert.equal(BigInt(left + right.padEnd(24 - shift, "0")), exact, `${whole}.${fraction}${unit} became ${amount}`);
  }
});

test("thousands are parted before the point only", () => {
  assert.equal(groupDigits(0), "0");
  assert.equal(groupDigits("999"), "999");
  assert.equal(groupDigits("1000"), "1,000");
  assert.equal(groupDigits("1234567.123456"), "1,234,567.123456");
});

test("the amount just below leaves no gap and no overlap", () => {
  assert.equal(justBelow("20000.00"), "19999.99");
  assert.equal(justBelow("1.00"), "0.99");
  assert.equal(justBelow("0.01"), "0.00");
  assert.equal(justBelow("900719925474099300.00"), "900719925474099299.99");
});

test("an amount is said as people say it, with centavos only where there are some", () => {
  assert.equal(sayPesos("16423000000000.00"), "₱16.42 trillion");
  assert.equal(sayPesos("1000000.00"), "₱1 million");
  assert.equal(sayPesos("999999.50"), "₱999,999.50");
  assert.equal(sayPesos("0.00"), "₱0");
  assert.equal(formatPesosBriefly("1234567.05"), "₱1,234,567.05");
});

test("amounts are subtracted to the centavo", () => {
  assert.equal(subtractPesos("900719925474099300.10", "0.25"), "900719925474099299.85");
  assert.equal(subtractPesos("5.00", "5.00"), "0.00");
  assert.equal(subtractPesos("0.10", "1.15"), "-1.05");
});

test("figures are in words that fit them", () => {
  assert.equal(countWords(1, "row"), "1 row");
  assert.equal(countWords(0, "row"), "0 rows");
  assert.equal(countWords(1234, "row"), "1,234 rows");
  assert.equal(formatShortPesos("1234567890.12"), "₱1.23B");
  assert.equal(formatShare(0), "0.0 %");
  assert.equal(formatShare(0.00001), "< 0.1 %");
  assert.equal(formatShare(0.1234), "12.3 %");
  assert.equal(formatShare(1), "100.0 %");
  assert.deepEqual([0, 999, 1000, 1_500_000, 2e13].map(formatSize), [
    "0 bytes",
    "999 bytes",
    "1 KB",
    "1.5 MB",
    "20,000 GB",
  ]);
  assert.deepEqual([0, 89, 90, 3600, 5400].map(formatDuration), ["1 s", "89 s", "2 min", "60 min", "1.5 h"]);
});

test("a moment is told in the reader's time zone, and a missing one by a dash", () => {
  assert.equal(formatTime(null), "–");
  assert.match(formatTime("2024-01-31T12:00:00Z"), /2024/);
});
