// The state of the explorer, its form in the URL and its form in the API. Knows no element of the page.
//
// What a URL holds is never dropped or corrected here: the API judges it and its answer is shown.

// The API's name lists and their names in the URL. In a URL an empty value means rows whose name is missing.
export const NAME_FILTERS = {
  contractors: "contractor",
  organizations: "organization",
  areas: "area",
  business_categories: "category",
};

const DEFAULTS = { sort: "-award_date", page: "1", size: "50" };

export const EMPTY = Object.freeze({
  keywords: [],
  ...Object.fromEntries(Object.keys(NAME_FILTERS).map((name) => [name, []])),
  years: [],
  min: null,
  max: null,
  flood: false,
  ...DEFAULTS,
});

export function readView(search) {
  const query = new URLSearchParams(search);
  const view = { ...EMPTY, keywords: distinct(query.getAll("q").map((text) => text.trim()).filter(Boolean)) };
  for (const [filter, name] of Object.entries(NAME_FILTERS)) {
    view[filter] = distinct(query.getAll(name).map((value) => value || null));
  }
  view.years = distinct(query.getAll("year")).sort();
  view.min = query.get("min") || null;
  view.max = query.get("max") || null;
  view.flood = query.get("flood") === "1";
  for (const [name, fallback] of Object.entries(DEFAULTS)) view[name] = query.get(name) || fallback;
  return view;
}

// The query string of a link that shows this view; only what differs from the empty view.
export function writeView(view) {
  const query = new URLSearchParams();
  for (const text of view.keywords) query.append("q", text);
  for (const [filter, name] of Object.entries(NAME_FILTERS)) {
    for (const value of view[filter]) query.append(name, value ?? "");
  }
  for (const year of view.years) query.append("year", year);
  if (view.min !== null) query.set("min", view.min);
  if (view.max !== null) query.set("max", view.max);
  if (view.flood) query.set("flood", "1");
  for (const [name, fallback] of Object.entries(DEFAULTS)) {
    if (view[name] !== fallback) query.set(name, view[name]);
  }
  const text = query.toString();
  return text ? `?${text}` : "?";
}

export function toFilters(view) {
  return {
    keywords: view.keywords,
    ...Object.fromEntries(Object.keys(NAME_FILTERS).map((name) => [name, view[name]])),
    time_ranges: view.years.map((year) => ({ type: "yearly", year: wholeNumber(year) })),
    value_range: { min: view.min, max: view.max },
    include_flood_control: view.flood,
  };
}

export function toSearch(view, columns) {
  return {
    filters: toFilters(view),
    columns,
    sort: view.sort,
    page: wholeNumber(view.page),
    page_size: wholeNumber(view.size),
  };
}

// Another view of the same order, on its first page, because its rows are others.
export const changeView = (view, changes) => ({ ...view, page: DEFAULTS.page, ...changes });

export function countFilters(view) {
  const names = Object.keys(NAME_FILTERS).reduce((sum, name) => sum + view[name].length, 0);
  return names + view.years.length + (view.min !== null) + (view.max !== null) + view.flood;
}

export const clearFilters = (view) => ({ ...EMPTY, sort: view.sort, size: view.size });

const distinct = (values) => [...new Set(values)];

const wholeNumber = (text) => (/^\d{1,9}$/.test(text) ? Number(text) : text);
