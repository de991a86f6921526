// The alerts of one's monitors: what is new, what has another amount, and the way to each contract.

import { countWords, formatPesos, formatTime } from "./amounts.js";
import { API, post } from "./api.js";
import { build, find } from "./dom.js";

const SHOWN_AT_ONCE = 10;
/** @typedef {Api.Alert} Alert */

/** What is shown, so that what somebody has opened stays open. */
let shown = "";

/** @param {Alert[]} alerts */
export function showAlerts(alerts) {
  find("#no-alerts").hidden = alerts.length > 0;
  const ids = JSON.stringify(alerts.map(({ id, name }) => [id, name]));
  if (ids === shown) return;
  shown = ids;
  find("#alert-list").replaceChildren(...alerts.map(buildAlert));
  if (location.hash.startsWith("#alert-")) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  // They keep their badge until the page is opened again.
  if (alerts.some((alert) => alert.read_at === null) && !document.hidden) post(`${API}/alerts/read/`).catch(() => null);
}

/** @param {Alert} alert */
function buildAlert(alert) {
  const [first, more] = [alert.matches.slice(0, SHOWN_AT_ONCE), alert.matches.slice(SHOWN_AT_ONCE)];
  const left = alert.new + alert.amended - alert.matches.length;
  return build(
    "article",
    { class: "surface stack alert", id: `alert-${alert.id}`, "aria-labelledby": `title-${alert.id}` },
    build(
      "h3",
      { id: `title-${alert.id}` },
      alert.name,
      alert.read_at === null && [" ", build("span", { class: "badge good" }, "new")],
    ),
    build(
      "p",
      {},
      sumUp(alert),
      build("span", { class: "detail" }, `${formatTime(alert.created_at)} · dataset ${alert.dataset_version}`),
    ),
    build("ol", {}, first.map(buildMatch)),
    more.length > 0 &&
      build(
        "details",
        {},
        build("summary", {}, `${more.length} more`),
        build("ol", { start: String(SHOWN_AT_ONCE + 1) }, more.map(buildMatch)),
      ),
    left > 0 && build("p", { class: "hint" }, `and ${countWords(left, "contract")} that are not listed here`),
  );
}

/** @param {Alert} alert */
function sumUp(alert) {
  const parts = [
    alert.new > 0 && `${countWords(alert.new, "new contract")} worth ${formatPesos(alert.new_value)}`,
    alert.amended > 0 && `${countWords(alert.amended, "contract")} with another amount`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** @param {Api.Match} match */
function buildMatch(match) {
  const title = match.title ?? "(no title)";
  const before = match.before === null ? "" : `, before ${formatPesos(match.before)}`;
  const names = [match.organization, match.contractor, match.award_date].filter(Boolean).join(" · ");
  return build(
    "li",
    {},
    match.path ? build("a", { href: match.path }, title) : title,
    build("span", { class: "detail" }, names),
    build("span", { class: "detail" }, `${formatPesos(match.amount)}${before}`),
  );
}
