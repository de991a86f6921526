// The files of a dataset version, for those who want all contracts: offered, and followed while they are made.

import { formatSize, groupDigits } from "./amounts.js";
import { API, get, Problem } from "./api.js";
import { build, buildButton } from "./dom.js";
import { buildProblem } from "./problems.js";

const AGAIN_S = 5;

/**
 * A section that fills itself: at once for the current version, of others when somebody asks, as the first
 * question has the files made.
 * @param {Api.Dataset} dataset
 */
export function buildBulk({ version, current }) {
  const place = build("div", { class: "stack" });
  const section = build(
    "section",
    { class: "stack", "aria-labelledby": "bulk" },
    build("h2", { id: "bulk" }, "All contracts as files"),
    build(
      "p",
      { class: "hint" },
      "Parquet, a file for each year of award, with all columns; both sources are in them, told apart by the column ",
      build("code", {}, "source"),
      ". ",
      build("a", { href: "/help/#machines" }, "For programs"),
      ".",
    ),
    place,
  );
  if (current) load(version, section, place);
  else {
    const button = buildButton("Show the files", () => load(version, section, place), { kind: "small" });
    place.append(build("p", {}, button));
  }
  return section;
}

/** @param {string} version @param {HTMLElement} section @param {HTMLElement} place */
async function load(version, section, place) {
  try {
    const { status, body, retryAfterS } = await get(`${API}/datasets/${encodeURIComponent(version)}/bulk/`);
    if (status === 200) return place.replaceChildren(...buildFiles(body));
    place.replaceChildren(build("p", { role: "status" }, body.status));
    setTimeout(() => section.isConnected && load(version, section, place), 1000 * (retryAfterS ?? AGAIN_S));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // An installation may leave them out.
    if (error.status === 404) section.remove();
    else place.replaceChildren(buildProblem(error));
  }
}

/** @param {Api.Bulk} bulk */
function buildFiles({ files, rows, size_bytes: size, datapackage }) {
  const heads = ["File", "Contracts", "Size"];
  return [
    build(
      "div",
      { class: "surface flush table-scroll", tabindex: "0", role: "region", "aria-label": "Files by year" },
      build(
        "table",
        {},
        build(
          "thead",
          {},
          build(
            "tr",
            {},
            heads.map((text, index) => build("th", { scope: "col", class: index ? "number" : null }, text)),
          ),
        ),
        build("tbody", {}, [...files.map(buildRow), buildSum(rows, size)]),
      ),
    ),
    build(
      "p",
      { class: "hint" },
      "Columns, sizes and checksums of all files: ",
      build("a", { href: datapackage, download: "datapackage.json" }, "datapackage.json"),
      " (Data Package).",
    ),
  ];
}

/** @param {Api.BulkFile} file */
function buildRow({ name, year, rows, size_bytes: size, sha256, url }) {
  return build(
    "tr",
    {},
    build(
      "th",
      { scope: "row" },
      build("a", { href: url, download: name }, name),
      year === null ? build("span", { class: "detail" }, "of no known day") : null,
      build("span", { class: "checksum", title: `SHA-256 ${sha256}` }, `SHA-256 ${sha256}`),
    ),
    build("td", { class: "number" }, groupDigits(rows)),
    build("td", { class: "number" }, formatSize(size)),
  );
}

/** @param {number} rows @param {number} size */
function buildSum(rows, size) {
  return build(
    "tr",
    {},
    build("th", { scope: "row" }, "All files"),
    build("td", { class: "number" }, groupDigits(rows)),
    build("td", { class: "number" }, formatSize(size)),
  );
}
