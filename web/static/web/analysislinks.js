// Where the figures of a report lead: the filters that the API says beside each, as addresses of the explorer.

import { build } from "./dom.js";
import { EMPTY, showView, viewOfRequest, writeView } from "./view.js";

/** @import {Child} from "./dom.js" */
/** @import {Changes, View} from "./view.js" */
/** @typedef {Record<string, any>} Filters  as the API says them: only what is asked for */

/** The view of the contracts that filters mean, or null where no address can say it. @param {Filters} filters @returns {View | null} */
export function viewOf(filters) {
  const whole = { keywords: [], time_ranges: [], include_flood_control: false, ...filters };
  return viewOfRequest({ filters: { ...whole, value_range: { min: null, max: null, ...filters.value_range } } });
}

/** The address of the contracts; `shown` is how they are looked at. @param {Filters} filters @param {Changes} [shown] */
export function addressOf(filters, shown = {}) {
  const view = viewOf(filters);
  return view && `/${writeView(showView(view, shown))}`;
}

/** A link to the contracts that filters mean. @param {Filters} filters @param {...Child} words */
export function linkTo(filters, ...words) {
  const href = addressOf(filters);
  return href ? build("a", { href }, words) : build("span", {}, words);
}

/** The address of the report on a name. @param {"contractors" | "organizations"} list @param {string} name */
export const reportOn = (list, name) => `/analysis/${writeView({ ...EMPTY, [list]: [name] })}`;

/**
 * A link to the contracts as a table, whose rows lead on: the list of what a figure was computed from that is of no
 * contracts alone.
 * @param {Filters} filters
 * @param {string} by  what the table is made by
 * @param {...Child} words
 */
export function linkToTable(filters, by, ...words) {
  const order = ["year", "month"].includes(by) ? { order: "label" } : {};
  const href = addressOf(filters, { show: "table", by, ...order });
  return href ? build("a", { href }, words) : build("span", {}, words);
}
