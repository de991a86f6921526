import assert from "node:assert/strict";
import test from "node:test";
import {
  addAlternative,
  describePattern,
  isComplete,
  pickAll,
  pickName,
  textOf,
} from "../../../web/static/web/typing.js";
import { readView } from "../../../web/static/web/view.js";

test("what is typed is searched once it is not about to go on with a quotation or an alternative", () => {
  for (const typed of ["", "  ", "fl", "flood control", '"flood control"', "“flood”", "road -repair", "order", "12"])
    assert.equal(isComplete(typed), true, typed);
  for (const typed of ["f", '"flood', "“flood", "flood or", "flood OR ", "or flood", "flood -"])
    assert.equal(isComplete(typed), false, typed);
});

test("a box with blanks only asks for nothing", () => {
  assert.equal(textOf("  "), null);
  assert.equal(textOf(" dam "), "dam");
});

test("another alternative is typed behind the one that is there", () => {
  assert.equal(addAlternative(" dam "), "dam or ");
  assert.equal(addAlternative("  "), "");
});

test("a picked name takes the place of what was typed, and joins those picked before, once", () => {
  const view = readView("?contractor=One&text=tw");
  assert.deepEqual(pickName(view, { field: "contractors", label: "Two" }), { contractors: ["One", "Two"], text: null });
  assert.deepEqual(pickName(view, { field: "contractors", label: "One" }), { contractors: ["One"], text: null });
  assert.deepEqual(pickName(view, { field: "areas", label: "Cebu" }), { areas: ["Cebu"], text: null });
});

test("all names that hold something are one entry for each way to spell it", () => {
  const view = readView("?organization_contains=doh");
  const patterns = [{ contains: "doh" }, { contains: "department of health" }];
  assert.deepEqual(pickAll(view, { field: "organizations", patterns }), {
    organizations_contains: ["doh", "department of health"],
  });
  assert.equal(describePattern("public works && district"), "public works and district");
});
