// Moments for people who watch: "4 min ago", kept true while the page is open; the exact time on hover and for
// screen readers. Knows no page.

import { formatDuration, formatTime } from "./amounts.js";
import { build } from "./dom.js";

const EVERY_MS = 1000;

/** A moment in relation to now, which keeps up with it; null gives a dash. @param {string | null} iso */
export const buildMoment = (iso) =>
  iso ? build("time", { datetime: iso, title: formatTime(iso), "data-moment": "" }, relate(iso)) : "–";

/** Keeps all moments of the page true. */
export function keepMoments() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time[data-moment]")) {
      const words = relate(element.getAttribute("datetime") ?? "");
      if (element.textContent !== words) element.textContent = words;
    }
  }, EVERY_MS);
}

/** @param {string} iso */
function relate(iso) {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  if (seconds < 0) return `in ${formatAge(-seconds)}`;
  return seconds < 5 ? "just now" : `${formatAge(seconds)} ago`;
}

/** In steps that a reader follows: not every second of a minute. @param {number} seconds */
function formatAge(seconds) {
  if (seconds < 90) return formatDuration(seconds < 15 ? seconds : 5 * Math.round(seconds / 5));
  return seconds < 48 * 3600 ? formatDuration(seconds) : `${Math.round(seconds / 86400)} days`;
}
