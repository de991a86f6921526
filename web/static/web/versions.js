// The table of dataset versions for staff: what each holds, and a button that makes it current.

import { formatPesos, formatTime, groupDigits } from "./amounts.js";
import { API, post } from "./api.js";
import { announce, build, buildButton, find } from "./dom.js";
import { attemptAction } from "./live.js";

/**
 * `refreshNow` is called when another version is current.
 * @param {Api.Dataset[]} datasets
 * @param {{problems: HTMLElement, refreshNow: () => void}} around
 */
export function showVersions(datasets, { problems, refreshNow }) {
  const use = (/** @type {string} */ version) =>
    attemptAction(
      async () => {
        await post(`${API}/ops/datasets/${encodeURIComponent(version)}/use/`);
        announce(`Version ${version} is current now.`);
      },
      problems,
      refreshNow,
    );
  find("#versions tbody").replaceChildren(...datasets.map((dataset) => buildRow(dataset, use)));
}

/** @param {Api.Dataset} dataset @param {(version: string) => void} use */
function buildRow({ version, created_at: at, rows, total_value: value, current }, use) {
  const button = buildButton("Use this version", () => use(version), { kind: "small" });
  button.setAttribute("aria-description", version);
  return build(
    "tr",
    {},
    build("th", { scope: "row" }, version),
    build("td", { class: "nowrap" }, formatTime(at)),
    build("td", { class: "number" }, groupDigits(rows)),
    build("td", { class: "number" }, formatPesos(value)),
    build("td", {}, current ? build("strong", {}, "Current") : button),
  );
}
