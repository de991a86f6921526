import assert from "node:assert/strict";
import test from "node:test";
import { joinPhrases, pickName, splitKeywords } from "../../../web/static/web/keywords.js";
import { readView } from "../../../web/static/web/view.js";

const EMPTY_BOX = { alternatives: [], typed: "" };

test("what is typed and its alternatives are the keywords, each once", () => {
  assert.deepEqual(joinPhrases(EMPTY_BOX), []);
  assert.deepEqual(joinPhrases({ alternatives: [], typed: "  flood && control " }), ["flood && control"]);
  assert.deepEqual(joinPhrases({ alternatives: ["road", "bridge"], typed: "road" }), ["road", "bridge"]);
  assert.deepEqual(joinPhrases({ alternatives: ["road"], typed: "  " }), ["road"]);
});

test("the last keyword of a link is in the box, the others stand beside it", () => {
  const { keywords } = readView("?q=road&q=bridge&q=dam");
  assert.deepEqual(splitKeywords(keywords, EMPTY_BOX), { alternatives: ["road", "bridge"], typed: "dam" });
  assert.deepEqual(splitKeywords([], { alternatives: ["road"], typed: "dam" }), EMPTY_BOX);
});

test("a box that says the same stays as it is", () => {
  const kept = { alternatives: ["road"], typed: "" };
  assert.equal(splitKeywords(["road"], kept), kept);
  const spaced = { alternatives: [], typed: "dam " };
  assert.equal(splitKeywords(["dam"], spaced), spaced);
});

test("a picked name takes the place of what was typed, and joins those picked before", () => {
  const view = readView("?contractor=One&q=road");
  assert.deepEqual(pickName(view, { field: "contractors", label: "Two" }, []), {
    contractors: ["One", "Two"],
    keywords: [],
  });
  assert.deepEqual(pickName(view, { field: "areas", label: "Cebu" }, ["dam"]), { areas: ["Cebu"], keywords: ["dam"] });
});

test("a name that was picked before is there once, and what was typed for it goes", () => {
  const view = readView("?contractor=One&q=on");
  assert.deepEqual(pickName(view, { field: "contractors", label: "One" }, []), { contractors: ["One"], keywords: [] });
});
