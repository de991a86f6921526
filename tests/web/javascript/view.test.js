import assert from "node:assert/strict";
import test from "node:test";
import {
  changeView,
  clearFilters,
  countFilters,
  EMPTY,
  readView,
  showView,
  toFilters,
  toSearch,
  viewOfRequest,
  writeView,
} from "../../../web/static/web/view.js";
import { makeChance } from "./chance.js";
import { NAME_FILTERS } from "./page.js";

const { below, pick, list } = makeChance();

const NAMES = [
  "A & B",
  "C=D",
  "50% + tax",
  "Ñandú",
  "#1?",
  "  spaced  ",
  "日本",
  "a\nb",
  "'\"<b>",
  "\u{1f3d7}",
  "null",
  "-",
];
const TEXTS = ["1", "2024", "2024-Q2", "abc", "-5", "2024-01-31", "₱5", "x&y=z"];

const distinct = (values) => [...new Set(values)];
const drawNames = () => distinct(list(4, () => (below(5) ? pick(NAMES) : null)));
const drawTexts = () => distinct(list(3, () => pick(TEXTS)));
const drawText = () => (below(2) ? pick(TEXTS) : null);

function drawView() {
  const names = NAME_FILTERS.flatMap((filter) => [filter, `except_${filter}`]);
  return {
    ...EMPTY,
    ...Object.fromEntries(names.map((name) => [name, drawNames()])),
    ...Object.fromEntries(names.map((name) => [`${name}_contains`, drawTexts()])),
    text: drawText(),
    numbers: drawTexts().sort(),
    keywords: distinct(list(3, () => pick(NAMES).trim())),
    years: drawTexts().sort(),
    quarters: drawTexts().sort(),
    months: drawTexts().sort(),
    repaired: drawTexts().sort(),
    from: drawText(),
    to: drawText(),
    min: drawText(),
    max: drawText(),
    undated: below(2) === 1,
    places: distinct(list(3, () => pick(NAMES))).sort(),
    flood: pick(["", "1", "only"]),
    sort: drawText() ?? EMPTY.sort,
    page: drawText() ?? EMPTY.page,
    show: pick(["rows", "charts"]),
  };
}

test("a link to a view leads to the same view", () => {
  for (let round = 0; round < 2000; round += 1) {
    const view = drawView();
    assert.deepEqual(readView(writeView(view)), view, writeView(view));
  }
});

test("a link holds only what differs from the page without one", () => {
  assert.equal(writeView(EMPTY), "?");
  assert.deepEqual(readView(""), EMPTY);
  assert.deepEqual(readView("?"), EMPTY);
  assert.equal(writeView(readView("?q=&page=1&sort=-award_date&from=&undated=0&show=rows")), "?");
});

test("a strange address is a view that keeps its own address", () => {
  const names = [
    "q",
    "contractor",
    "except_area",
    "area_contains",
    "text",
    "number",
    "year",
    "quarter",
    "from",
    "max",
    "undated",
    "sort",
    "page",
    "show",
    "utm",
  ];
  const values = [...TEXTS, ...NAMES, "", "%", "%zz", "+", "%00", "&&", "\ud800"];
  for (let round = 0; round < 2000; round += 1) {
    const search = `?${list(8, () => `${pick(names)}=${pick(values)}`).join("&")}`;
    const view = readView(search);
    assert.deepEqual(readView(writeView(view)), view, search);
    toSearch(view, []);
  }
});

test("an empty name in an address means contracts without one", () => {
  assert.deepEqual(readView("?contractor=&contractor=One").contractors, [null, "One"]);
  assert.equal(writeView({ ...EMPTY, except_areas: [null] }), "?except_area=");
});

test("links that people have kept mean what they meant", () => {
  const names = {
    contractors: "contractor",
    organizations: "organization",
    areas: "area",
    business_categories: "category",
    procurement_modes: "procurement_mode",
    funding_sources: "funding_source",
    classifications: "classification",
    award_statuses: "award_status",
  };
  for (const [filter, name] of Object.entries(names)) {
    const search = `?${name}=One&${name}=Two&except_${name}=Three&${name}_contains=public+works+%26%26+x`;
    const view = {
      ...EMPTY,
      [filter]: ["One", "Two"],
      [`except_${filter}`]: ["Three"],
      [`${filter}_contains`]: ["public works && x"],
    };
    assert.deepEqual(toFilters(view)[filter], ["One", "Two", { contains: "public works && x" }]);
    assert.deepEqual(readView(search), view);
    assert.equal(writeView(view), search);
    assert.deepEqual(viewOfRequest(requestOf(toFilters(view))), view);
    assert.equal(countFilters(view), 4);
  }
});

test("what is typed and numbers are in the link and go to the API as they are", () => {
  const search = "?number=0012&text=flood+%22control+x%22+-dam";
  const view = readView(search);
  assert.deepEqual([view.text, view.numbers], ['flood "control x" -dam', ["0012"]]);
  assert.equal(writeView(view), search);
  assert.deepEqual([toFilters(view).text, toFilters(view).numbers], [view.text, view.numbers]);
  assert.equal(toFilters(EMPTY).text, null);
});

test("numbers go to the API as numbers, and what is none as it is, so that the API names it", () => {
  const search = toSearch(readView("?page=3&size=100"), ["id"]);
  assert.deepEqual([search.page, search.page_size, search.columns], [3, 100, ["id"]]);
  assert.equal(toSearch(readView("?page=-1"), []).page, "-1");
  assert.equal(toSearch(readView("?page=9999999999"), []).page, "9999999999");
  assert.deepEqual(toFilters(readView("?year=2024&year=20x4")).time_ranges, [
    { type: "yearly", year: 2024 },
    { type: "yearly", year: "20x4" },
  ]);
  assert.deepEqual(toFilters(readView("?quarter=2024-Q5&quarter=soon")).time_ranges, [
    { type: "quarterly", year: 2024, quarter: 5 },
    { type: "quarterly", year: "soon", quarter: null },
  ]);
});

test("times of a view become time ranges of the API", () => {
  assert.deepEqual(toFilters(EMPTY).time_ranges, []);
  assert.deepEqual(toFilters(readView("?from=2024-01-31&undated=1")).time_ranges, [
    { type: "custom", start_date: "2024-01-31", end_date: null },
    { type: "undated" },
  ]);
});

test("other rows begin at their first page, and another look keeps the page", () => {
  const view = readView("?page=7&contractor=One");
  assert.equal(changeView(view, { areas: ["Cebu"] }).page, "1");
  assert.deepEqual(changeView(view, { areas: ["Cebu"] }).contractors, ["One"]);
  assert.equal(showView(view, { show: "charts" }).page, "7");
});

test("filters are counted, and none is left once they are cleared", () => {
  assert.equal(countFilters(EMPTY), 0);
  assert.equal(countFilters(readView("?contractor=One&contractor=Two&year=2024&min=5&flood=1")), 5);
  // The ends of a span count once, and so does a list of exceptions, which charts make dozens of names long.
  assert.equal(countFilters(readView("?from=2024-01-01&to=2024-01-31&except_area=A&except_area=B")), 2);
  for (let round = 0; round < 200; round += 1) {
    const view = drawView();
    const cleared = clearFilters(view);
    assert.equal(countFilters(cleared), 0);
    assert.deepEqual([cleared.sort, cleared.show, cleared.size], [view.sort, view.show, view.size]);
  }
});

/** A request as the API shows it: all its time ranges as days. */
function requestOf(filters, sort = "-award_date") {
  const { keywords, time_ranges, value_range, include_flood_control, ...lists } = { ...toFilters(EMPTY), ...filters };
  return { filters: { keywords, time_ranges, value_range, include_flood_control, ...lists }, sort };
}

const span = (start, end) => ({ type: "custom", start_date: start, end_date: end });

test("a task leads back to the view that it was asked from", () => {
  const asked = {
    ...EMPTY,
    contractors: ["One", null],
    except_areas: ["Cebu"],
    repaired: ["award_date"],
    except_contractors_contains: ["a && b"],
    text: "dam or road",
    numbers: ["7"],
    min: "5",
    flood: "only",
    places: ["Bulacan"],
  };
  assert.deepEqual(viewOfRequest(requestOf(toFilters(asked))), asked);
  assert.equal(viewOfRequest(requestOf({}, "contract_amount")).sort, "contract_amount");
});

test("years, quarters and days narrow each other, and lead back to the view", () => {
  const search = "?year=2023&year=2024&quarter=2024-Q2&from=2024-04-01&to=2024-05-31";
  const { time_ranges: years, also_within: narrower } = toFilters(readView(search));
  assert.deepEqual(years, [
    { type: "yearly", year: 2023 },
    { type: "yearly", year: 2024 },
  ]);
  assert.deepEqual(narrower, [
    [{ type: "quarterly", year: 2024, quarter: 2 }],
    [{ type: "custom", start_date: "2024-04-01", end_date: "2024-05-31" }],
  ]);
  const also_within = [[span("2024-04-01", "2024-06-30")], [span("2024-04-01", "2024-05-31")]];
  const time_ranges = [span("2023-01-01", "2023-12-31"), span("2024-01-01", "2024-12-31")];
  assert.equal(writeView(viewOfRequest(requestOf({ time_ranges, also_within }))), search);
});

test("older tasks, whose years, quarters and days added up, have a link where one can say it", () => {
  const undated = { type: "undated", start_date: null, end_date: null };
  const viewOf = (...time_ranges) => viewOfRequest(requestOf({ time_ranges }));
  const mixed = viewOf(span("2023-01-01", "2023-12-31"), span("2024-04-01", "2024-06-30"), undated);
  assert.deepEqual(mixed.quarters, ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4", "2024-Q2"]);
  assert.deepEqual([mixed.years, mixed.undated], [[], true]);
  assert.equal(viewOf(undated).undated, true);
  assert.equal(viewOf(span("2023-01-01", "2023-12-31"), span("2024-02-01", "2024-03-31")), null);
});

test("months of several years have an address", () => {
  const february = [span("2023-02-01", "2023-02-28"), span("2024-02-01", "2024-02-29")];
  const view = viewOfRequest(requestOf({ time_ranges: february, also_within: [[span("2022-05-03", null)]] }));
  assert.deepEqual([view.months, view.from, view.to], [["2023-02", "2024-02"], "2022-05-03", null]);
  assert.match(writeView(view), /month=2023-02&month=2024-02/);
  const alone = viewOfRequest(requestOf({ time_ranges: february.slice(0, 1) }));
  assert.deepEqual([alone.months, alone.from, alone.to], [[], "2023-02-01", "2023-02-28"]);
  assert.deepEqual(toFilters(readView("?month=2024-02")).time_ranges, [
    { type: "custom", start_date: "2024-02-01", end_date: "2024-02-29" },
  ]);
  // The API says what is wrong with it.
  assert.equal(toFilters(readView("?month=2024-13")).time_ranges[0].start_date, "2024-13");
});

test("a span that is open at one end, or goes over New Year, stays a span", () => {
  for (const [start, end] of [
    ["2024-01-01", null],
    [null, "2024-12-31"],
    ["2023-01-01", "2024-12-31"],
  ]) {
    const view = viewOfRequest(requestOf({ time_ranges: [span(start, end)] }));
    assert.deepEqual([view.from, view.to, view.years], [start, end, []]);
  }
});

test("no link can say two spans, nor what is no request of rows", () => {
  const spans = [span("2024-02-01", "2024-02-03"), span("2024-05-05", null)];
  assert.equal(viewOfRequest(requestOf({ time_ranges: spans })), null);
  assert.equal(viewOfRequest({}), null);
});

test("a task from before a filter was known still has its view", () => {
  const { filters } = requestOf({ contractors: ["One"] });
  const known = ["keywords", "contractors", "organizations", "areas", "business_categories"];
  for (const name of Object.keys(filters)) {
    if (![...known, "time_ranges", "value_range", "include_flood_control"].includes(name)) delete filters[name];
  }
  assert.deepEqual(viewOfRequest({ filters }), { ...EMPTY, contractors: ["One"] });
});
