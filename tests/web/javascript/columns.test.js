import assert from "node:assert/strict";
import test from "node:test";
import { chooseColumns, formatCell } from "../../../web/static/web/columns.js";
import { EMPTY } from "../../../web/static/web/view.js";

const USUAL = "award_date,award_title,awardee_name,organization_name,area_of_delivery,contract_amount";
const COLUMNS = ["id", "reference_id", ...USUAL.split(","), "source"].map((name) => ({ name }));

const namesFor = (columns) => chooseColumns({ ...EMPTY, columns }, COLUMNS).map(({ name }) => name);

test("columns are shown in the order of the address, each once", () => {
  assert.deepEqual(namesFor("source,id,source"), ["source", "id"]);
});

test("the usual columns are shown where an address names none that there is", () => {
  assert.equal(namesFor("").join(), USUAL);
  assert.equal(namesFor("no_such_column,").join(), USUAL);
  assert.deepEqual(namesFor("no_such_column,id"), ["id"]);
});

test("a cell reads as its column is meant", () => {
  assert.equal(formatCell({ name: "contract_amount", type: "money" }, "1234567.50"), "₱1,234,567.50");
  assert.equal(formatCell({ name: "contract_amount", type: "money" }, "1234567.00"), "₱1,234,567");
  assert.equal(formatCell({ name: "line_items", type: "integer" }, 1234), "1,234");
  assert.equal(formatCell({ name: "id", type: "integer" }, 1234567), "1234567");
  assert.equal(formatCell({ name: "award_date", type: "date" }, "2024-01-31"), "2024-01-31");
});

test("a cell that the data leaves out says so, and zero is no such cell", () => {
  assert.equal(formatCell({ name: "contract_amount", type: "money" }, null), "(none given)");
  assert.equal(formatCell({ name: "source", type: "text" }, undefined), "(none given)");
  assert.equal(formatCell({ name: "line_items", type: "integer" }, 0), "0");
});
