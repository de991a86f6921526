// Dead letters by the code of their error: how many, since when, a sample, and replay or discard of all. Used by
// the overview and by the page of dead letters.

import { countWords } from "./amounts.js";
import { post } from "./api.js";
import { announce, build, find } from "./dom.js";
import { attemptAction } from "./live.js";
import { buildMoment } from "./moments.js";
import { showRows } from "./rows.js";
import { askTwice } from "./twice.js";

/**
 * @typedef {object} Around
 * @property {string} url  of the groups
 * @property {HTMLElement} problems
 * @property {() => void} refreshNow
 * @property {(code: string) => string} addressOf  where the letters of a code are listed
 * @property {string | null} [chosen]  the code that is listed
 * @property {(words: string) => void} tell
 */

/** @param {Api.DeadGroup[]} groups @param {Around} around */
export function showGroups(groups, around) {
  find("#groups").hidden = !groups.length;
  find("#no-groups").hidden = groups.length > 0;
  const rows = groups.map((group) => ({ ...group, chosen: group.code === around.chosen }));
  showRows(
    find("#groups"),
    rows,
    ({ code }) => code,
    (group) => buildGroup(group, around),
  );
}

/** @param {Api.DeadGroup & {chosen: boolean}} group @param {Around} around */
function buildGroup({ code, count, first_at: first, last_at: last, message, reason_in_words: reason, chosen }, around) {
  const words = code || "no error code";
  const button = (/** @type {string} */ action, /** @type {string} */ text) =>
    build("button", { type: "button", class: "button small", "data-action": action, "aria-description": words }, text);
  const replay = button("replay", "Replay all");
  const discard = button("discard", "Discard all");
  replay.addEventListener("click", () => resolve(code, "replay", around));
  askTwice(discard, () => resolve(code, "discard", around));
  return build(
    "li",
    { "aria-current": chosen ? "true" : null },
    build("span", { class: "group-count" }, `${count.toLocaleString("en")} ×`),
    build(
      "span",
      { class: "group-what" },
      build("a", { href: around.addressOf(code), "data-action": "list" }, build("code", {}, words)),
      ` ${message || reason}`,
      build("span", { class: "detail" }, "first ", buildMoment(first), ", last ", buildMoment(last)),
    ),
    build("span", { class: "task-actions" }, replay, discard),
  );
}

/** All of them, some hundred at a time. @param {string} code @param {"replay" | "discard"} action @param {Around} around */
function resolve(code, action, { url, problems, refreshNow, tell }) {
  attemptAction(
    async () => {
      let done = 0;
      /** @type {Api.ResolvedGroup} */
      let last;
      do {
        last = (await post(`${url}${action}/`, { code })).body;
        done += last.done;
      } while (last.done && last.left > last.refused);
      const refused = last.refused
        ? ` ${countWords(last.refused, "other")} cannot be: ${last.refusals.join("; ")}.`
        : "";
      const words = `${countWords(done, "dead letter")} ${action === "replay" ? "replayed" : "discarded"}.${refused}`;
      announce(words);
      tell(words);
    },
    problems,
    refreshNow,
  );
}
