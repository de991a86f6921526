// How the machine is: one sentence, and below it whatever else holds. Knows not who asks.

import { build, find } from "./dom.js";
import { showRows } from "./rows.js";

/** @param {Api.Verdict} verdict */
export function showVerdict({ level, sentence, conditions }) {
  find("#verdict").dataset.level = level;
  const said = find("#sentence");
  // Said again by screen readers only when it is another one.
  if (said.textContent !== sentence) said.textContent = sentence;
  const others = conditions.slice(1);
  find("#conditions").hidden = !others.length;
  showRows(
    find("#conditions"),
    others,
    (condition) => condition.name,
    (condition) => build("li", { "data-level": condition.serious ? "bad" : "notice" }, condition.text),
  );
}
