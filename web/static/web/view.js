// The state of the explorer, its form in the URL and its form in the API. Knows no element of the page.
//
// What a URL holds is never dropped or corrected here: the API judges it and its answer is shown.

import { EXACT } from "./declared.js";

/** @import {NameFilter} from "./declared.js" */
/** @typedef {NameFilter | `except_${NameFilter}`} NameList  names that are meant, or left out; null: the name is missing */
/** @typedef {Partial<View>} Changes  the members of a view that become others */

/** @typedef {`${NameList}_contains`} PatternList  names by what they hold, as "public works && district" */

/** @typedef {ViewOfOthers & Record<NameList, (string|null)[]> & Record<PatternList, string[]>} View */
/**
 * @typedef {object} ViewOfOthers
 * @property {string|null} text  what was typed into the search box
 * @property {string[]} keywords  phrases of older links
 * @property {string[]} numbers  reference, award and contract numbers
 * @property {string[]} repaired  columns, one of which is missing as its raw text is of no use
 * @property {string[]} years  "2024"
 * @property {string[]} quarters  "2024-Q2"
 * @property {string[]} months  "2024-05"
 * @property {string|null} from  first day of award, "2024-01-31"
 * @property {string|null} to
 * @property {string|null} min  pesos as decimal text
 * @property {string|null} max
 * @property {string|null} implausible  of amounts that are hardly right, "exclude" or "only"; null: with them
 * @property {boolean} undated  contracts without a day of award
 * @property {string[]} places  provinces and regions, in whatever way a source writes them
 * @property {string} flood  the flood-control source: "1" with it, "only" it alone; empty: without it
 * @property {string} sort
 * @property {string} page
 * @property {string} size
 * @property {string} columns  names joined by commas; empty: the usual ones
 * @property {string} show  "rows", "charts", "table" or "distribution"
 * @property {string} by  the dimension of the rows of the table
 * @property {string} across  that of its columns; empty: none
 * @property {string} figure  what the cells of a cross table say
 * @property {string} order  of the rows of the table, "count" or "-count"
 * @property {string} tpage  page of the table
 * @property {string} scale  of the distribution, "linear" or "logarithmic"
 * @property {string} width  of its bars: pesos, or how many make a tenfold; empty: what suits
 */

const NAMES = /** @type {Record<NameFilter, string>} */ (
  Object.fromEntries(EXACT.map(({ filter, word }) => [filter, word]))
);

/** Whether a column's filter is a name list. @param {string | null} filter @returns {filter is NameFilter} */
export const isNameFilter = (filter) => filter !== null && filter in NAMES;

// Of each of them the exceptions: rows with these names are left out.
const EXCEPTIONS = /** @type {Record<`except_${NameFilter}`, string>} */ (
  Object.fromEntries(EXACT.map(({ filter, word }) => [`except_${filter}`, `except_${word}`]))
);
// Name list -> its name in the URL, where an empty value means rows whose name is missing.
/** @type {Record<NameList, string>} */
const NAME_LISTS = { ...NAMES, ...EXCEPTIONS };

/** The list of patterns beside a list of names. @param {NameList} list */
export const patternsOf = (list) => /** @type {PatternList} */ (`${list}_contains`);

const PATTERN_LISTS = /** @type {Record<PatternList, string>} */ (
  Object.fromEntries(entriesOf(NAME_LISTS).map(([list, name]) => [patternsOf(list), `${name}_contains`]))
);

const LISTS = {
  places: "place",
  numbers: "number",
  years: "year",
  quarters: "quarter",
  months: "month",
  repaired: "repaired",
};
const SINGLES = /** @type {const} */ (["text", "from", "to", "min", "max", "implausible"]);
const SWITCHES = /** @type {const} */ (["undated"]);
const SOURCES = ["1", "only"];
const OF_TABLE = { by: "contractor", across: "", figure: "total_value", order: "-total_value", tpage: "1" };
const OF_DISTRIBUTION = { scale: "logarithmic", width: "" };
/** How a view is shown, which its rows do not hang on. */
export const DEFAULTS = {
  sort: "-award_date",
  page: "1",
  size: "50",
  columns: "",
  show: "rows",
  ...OF_TABLE,
  ...OF_DISTRIBUTION,
};
const QUARTERS = [
  ["01-01", "03-31"],
  ["04-01", "06-30"],
  ["07-01", "09-30"],
  ["10-01", "12-31"],
];
const QUARTER = /^(\d{1,9})-Q(\d{1,9})$/;
const MONTH = /^(\d{4})-(\d\d)$/;

/** @type {Readonly<View>} */
export const EMPTY = Object.freeze({
  keywords: [],
  ...fill(keysOf(NAME_LISTS), []),
  ...fill(keysOf(PATTERN_LISTS), []),
  ...fill(keysOf(LISTS), []),
  ...fill(SINGLES, null),
  ...fill(SWITCHES, false),
  flood: "",
  ...DEFAULTS,
});

/** The view that a query string stands for. @param {string} search @returns {View} */
export function readView(search) {
  const query = new URLSearchParams(search);
  /** @type {View} */
  const view = {
    ...EMPTY,
    keywords: distinct(
      query
        .getAll("q")
        .map((text) => text.trim())
        .filter(Boolean),
    ),
  };
  for (const [filter, name] of entriesOf(NAME_LISTS)) {
    view[filter] = distinct(query.getAll(name).map((value) => value || null));
  }
  for (const [list, name] of entriesOf(PATTERN_LISTS)) view[list] = distinct(query.getAll(name)).filter(Boolean);
  for (const [list, name] of entriesOf(LISTS)) view[list] = distinct(query.getAll(name)).sort();
  for (const name of SINGLES) view[name] = query.get(name)?.trim() || null;
  for (const name of SWITCHES) view[name] = query.get(name) === "1";
  view.flood = SOURCES.find((source) => source === query.get("flood")) ?? "";
  for (const [name, fallback] of entriesOf(DEFAULTS)) view[name] = query.get(name) || fallback;
  return view;
}

/** The query string of a link to this view; only what differs from the empty view. @param {View} view */
export function writeView(view) {
  const query = new URLSearchParams();
  for (const text of view.keywords) query.append("q", text);
  for (const [filter, name] of entriesOf(NAME_LISTS)) {
    for (const value of view[filter]) query.append(name, value ?? "");
  }
  for (const [list, name] of [...entriesOf(PATTERN_LISTS), ...entriesOf(LISTS)]) {
    for (const value of view[list]) query.append(name, value);
  }
  for (const name of SINGLES) {
    const text = view[name];
    if (text !== null) query.set(name, text);
  }
  for (const name of SWITCHES) if (view[name]) query.set(name, "1");
  if (view.flood) query.set("flood", view.flood);
  for (const [name, fallback] of entriesOf(DEFAULTS)) {
    if (view[name] !== fallback) query.set(name, view[name]);
  }
  const text = query.toString();
  return text ? `?${text}` : "?";
}

/** The filters as the API takes them. @param {View} view */
export function toFilters(view) {
  return {
    keywords: view.keywords,
    text: view.text,
    numbers: view.numbers,
    ...Object.fromEntries(
      keysOf(NAME_LISTS).map((list) => [
        list,
        [...view[list], ...view[patternsOf(list)].map((contains) => ({ contains }))],
      ]),
    ),
    places: view.places,
    ...toTimes(view),
    value_range: { min: view.min, max: view.max },
    implausible: view.implausible,
    repaired_fields: view.repaired,
    include_flood_control: view.flood !== "",
    flood_control_only: view.flood === "only",
  };
}

/**
 * Years, quarters, months and days narrow each other; several years, or several quarters, add up. Contracts without a
 * day come to whatever is chosen of those with one.
 * @param {View} view
 */
function toTimes({ years, quarters, months, from, to, undated }) {
  /** @type {object[][]} */
  const chosen = [
    years.map((year) => ({ type: "yearly", year: wholeNumber(year) })),
    quarters.map((text) => {
      const [, year, quarter] = QUARTER.exec(text) ?? [null, text, null];
      return { type: "quarterly", year: wholeNumber(year), quarter: quarter && Number(quarter) };
    }),
    months.map((text) => ({ type: "custom", ...daysOfMonth(text) })),
    from !== null || to !== null ? [{ type: "custom", start_date: from, end_date: to }] : [],
  ].filter((list) => list.length);
  const [first, ...others] = undated
    ? (chosen.length ? chosen : [[]]).map((list) => [...list, { type: "undated" }])
    : chosen;
  return { time_ranges: first ?? [], also_within: others };
}

/** "2024-02" -> its first and its last day; what is no month is left to the API to judge. @param {string} text */
function daysOfMonth(text) {
  const [, year, month] = MONTH.exec(text) ?? [];
  // The day before the first one of the next month.
  const last = new Date(Date.UTC(Number(year), Number(month), 0));
  if (!(Number(month) >= 1 && Number(month) <= 12)) return { start_date: text, end_date: text };
  return { start_date: `${text}-01`, end_date: last.toISOString().slice(0, 10) };
}

/** The body of a search for the page of rows that the view shows. @param {View} view @param {string[]} columns */
export function toSearch(view, columns) {
  return {
    filters: toFilters(view),
    columns,
    sort: view.sort,
    page: wholeNumber(view.page),
    page_size: wholeNumber(view.size),
  };
}

/** The body of a table: the page of it that the view shows. @param {View} view @param {string[]} measures */
export function toTable(view, measures) {
  return {
    filters: toFilters(view),
    rows: view.by,
    columns: view.across || null,
    measures,
    sort: view.order,
    page: wholeNumber(view.tpage),
    page_size: wholeNumber(view.size),
  };
}

/**
 * Another view of the same order, on its first page, because its rows are others.
 * @param {View} view
 * @param {Changes} changes
 * @returns {View}
 */
export const changeView = (view, changes) => ({
  ...view,
  page: DEFAULTS.page,
  tpage: DEFAULTS.tpage,
  ...changes,
});

/** The same rows, looked at in another way. @param {View} view @param {Changes} changes @returns {View} */
export const showView = (view, changes) => ({ ...view, ...changes });

/** How many filters the view has. @param {View} view */
export function countFilters(view) {
  const lists = [...keysOf(NAMES), ...keysOf(NAMES).map(patternsOf), ...keysOf(LISTS)];
  const listed = lists.reduce((sum, name) => sum + view[name].length, 0);
  const excepted = keysOf(EXCEPTIONS).filter((name) => view[name].length || view[patternsOf(name)].length);
  const dates = view.from !== null || view.to !== null;
  const amounts = [view.min, view.max, view.implausible].filter((one) => one !== null);
  const others = [dates, view.undated, view.flood !== "", ...amounts].filter((one) => one !== false);
  return listed + excepted.length + others.length;
}

/** The view without any filter; how it is shown stays. @param {View} view @returns {View} */
export const clearFilters = (view) => {
  const shown = keysOf(DEFAULTS).map((name) => [name, view[name]]);
  return { ...EMPTY, ...Object.fromEntries(shown), page: DEFAULTS.page, tpage: DEFAULTS.tpage };
};

/**
 * @typedef {{type?: string, start_date: string | null, end_date: string | null}} Period  as the API says a time range
 */

/**
 * The view of the rows that a request of the API asked for, or null where no link can say it.
 * @param {Record<string, any> | null} request  as a task's status shows it; null: of another version
 * @returns {View|null}
 */
export function viewOfRequest(request) {
  const { filters, sort } = request ?? {};
  if (!filters || !request) return null;
  /** @type {View} */
  const view = {
    ...EMPTY,
    keywords: filters.keywords,
    text: filters.text ?? null, // older tasks know neither this, nor numbers, exceptions and repairs
    numbers: filters.numbers ?? [],
    ...Object.fromEntries(keysOf(NAME_LISTS).flatMap((list) => splitNames(list, filters[list] ?? []))),
    years: [],
    quarters: [],
    months: [],
    repaired: filters.repaired_fields ?? [],
    implausible: filters.implausible ?? null,
    min: filters.value_range.min,
    max: filters.value_range.max,
    places: filters.places ?? [],
    flood: filters.flood_control_only ? "only" : filters.include_flood_control ? "1" : "",
    ...(request.rows ? viewOfTable(request) : { sort: sort ?? EMPTY.sort }),
  };
  const times = viewOfTimes([filters.time_ranges, ...(filters.also_within ?? [])].filter((list) => list.length));
  return times && { ...view, ...times };
}

/**
 * What the view says of lists of time ranges, each of which narrows the others; null where it cannot.
 * @param {Period[][]} lists
 * @returns {Changes | null}
 */
function viewOfTimes(lists) {
  const dated = lists.map((list) => list.filter(({ type }) => type !== "undated"));
  const undated = lists.length > 0 && lists.every((list) => list.some(({ type }) => type === "undated"));
  if (dated.some((list) => !list.length)) return undated ? { undated } : null;
  const said = dated.map(viewOfList);
  const members = said.flatMap((changes) => Object.keys(changes ?? {}));
  if (said.includes(null) || new Set(members).size < members.length) return null;
  return Object.assign({ undated }, ...said);
}

/**
 * A list of years, of quarters, of months, or of one range of days. A month alone is such a range, which the form can
 * show; years beside quarters are said as quarters.
 * @param {Period[]} list
 * @returns {Changes | null}
 */
function viewOfList(list) {
  const named = list.map(namePeriod);
  if (list.length === 1 && (named[0] === null || isMonth(named[0]))) {
    return { from: list[0].start_date, to: list[0].end_date };
  }
  /** @type {string[]} */
  const known = named.filter((name) => name !== null);
  if (known.length < named.length) return null;
  if (known.some(isMonth)) return { months: distinct(known.flatMap(quartersOf).flatMap(monthsOf)).sort() };
  if (known.some((name) => QUARTER.test(name))) return { quarters: distinct(known.flatMap(quartersOf)).sort() };
  return { years: distinct(known).sort() };
}

/** @param {string} period */
const isMonth = (period) => MONTH.test(period);

/** @param {string} period  a year, or what stays as it is */
const quartersOf = (period) => (period.includes("-") ? [period] : QUARTERS.map((_, at) => `${period}-Q${at + 1}`));

/** @param {string} period  a quarter, or a month, which stays as it is */
function monthsOf(period) {
  const [, year, quarter] = QUARTER.exec(period) ?? [];
  if (!quarter) return [period];
  return [2, 1, 0].map((before) => `${year}-${String(3 * Number(quarter) - before).padStart(2, "0")}`);
}

/** How a view shows a table that was asked for. @param {Record<string, any>} request */
function viewOfTable({ rows: by, columns, sort: order, bands }) {
  if (bands) return { show: "distribution", scale: bands.scale, width: String(bands.width ?? bands.steps) };
  return { show: "table", by, across: columns ?? "", order };
}

/**
 * The names and the patterns of a list of the API, as members of a view.
 * @param {NameList} list
 * @param {(string | null | {contains: string})[]} entries
 */
function splitNames(list, entries) {
  const patterns = entries.flatMap((entry) => (entry !== null && typeof entry === "object" ? [entry.contains] : []));
  return [
    [list, entries.filter((entry) => entry === null || typeof entry === "string")],
    [patternsOf(list), patterns],
  ];
}

/** The API says whole periods as ranges of days: "2024", "2024-Q2", "2024-05" or null. @param {Period} period */
function namePeriod({ start_date: start, end_date: end }) {
  if (!start || !end) return null;
  const [year, from, until] = [start.slice(0, 4), start.slice(5), end.slice(5)];
  if (year !== end.slice(0, 4)) return null;
  if (from === "01-01" && until === "12-31") return year;
  const quarter = QUARTERS.findIndex(([first, last]) => first === from && last === until) + 1;
  if (quarter) return `${year}-Q${quarter}`;
  const month = start.slice(0, 7);
  const { start_date: first, end_date: last } = daysOfMonth(month);
  return start === first && end === last ? month : null;
}

/** @template T @param {T[]} values */
const distinct = (values) => [...new Set(values)];

/** What is none stays text, which the API names in its answer. @param {string} text */
const wholeNumber = (text) => (/^\d{1,9}$/.test(text) ? Number(text) : text);

/** As Object.keys, with the type of the names. @template {string} Name @param {Record<Name, unknown>} object */
function keysOf(object) {
  return /** @type {Name[]} */ (Object.keys(object));
}

/** As Object.entries, with the type of the names. @template {string} Name @param {Record<Name, string>} object */
function entriesOf(object) {
  return /** @type {[Name, string][]} */ (Object.entries(object));
}

/**
 * The same value under each name.
 * @template {string} Name
 * @template T
 * @param {readonly Name[]} names
 * @param {T} value
 */
function fill(names, value) {
  return /** @type {Record<Name, T>} */ (Object.fromEntries(names.map((name) => [name, value])));
}
