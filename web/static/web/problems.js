// Says what went wrong and what to do about it.

import { EXACT, titleOf as namesOf } from "./declared.js";
import { build, seek } from "./dom.js";

/** @import {Culprit, Problem} from "./api.js" */

/** @type {Record<string, string>} */
const PLACES = {
  ...Object.fromEntries(
    EXACT.flatMap(({ filter }) => [
      [filter, namesOf(filter)],
      [`except_${filter}`, `${namesOf(filter)} left out`],
    ]),
  ),
  text: "Words",
  keywords: "Text",
  numbers: "Number",
  places: "Place",
  time_ranges: "Year or days of award",
  also_within: "Quarter or days of award",
  value_range: "Amount",
  implausible: "Implausible amounts",
  repaired_fields: "Repaired",
  sort: "Order",
  page: "Page",
  page_size: "Rows per page",
  columns: "Columns",
  rows: "Rows of the table",
  bands: "Bars",
};

/** Somebody else uses the site by now than its header says. */
const OTHERWISE = ["session-ended", "signed-in-otherwise"];

/** A message; `actions` are further buttons or links. @param {Problem} problem @param {...Node} actions */
export function buildProblem(problem, ...actions) {
  if (OTHERWISE.includes(problem.code)) seek(".site-tools form, .site-tools a")?.replaceWith(wayOut(problem));
  return build(
    "div",
    { class: "problem", role: "alert" },
    build("h2", {}, titleOf(problem)),
    problem.errors.length
      ? build(
          "ul",
          {},
          problem.errors.map((error) => build("li", {}, placeOf(error), error.detail)),
        )
      : build("p", {}, problem.detail),
    build("p", {}, adviceFor(problem)),
    build("p", { class: "actions" }, actions),
  );
}

/** Where people find what is to blame; the pointer is for programs. @param {Culprit} error */
function placeOf({ pointer }) {
  const [, first = "", member = ""] = pointer.split("/");
  const place = PLACES[first === "filters" || first === "a" || first === "b" ? member : first];
  return place ? [build("strong", {}, `${place}: `)] : null;
}

/** @param {Problem} problem */
function titleOf(problem) {
  if (problem.status === 400 || problem.status === 422) return "This cannot be asked";
  if (problem.code === "session-ended") return "You are not signed in any more";
  if (problem.code === "signed-in-otherwise") return "Somebody else is signed in by now";
  if (problem.status === 401) return "You have to sign in";
  if (problem.code === "no-dataset") return "There is no data yet";
  return problem.passing ? "No answer for now" : "That did not work";
}

/** @param {Problem} problem */
function adviceFor(problem) {
  if (problem.code === "no-dataset") {
    return 'Import PhilGEPS files with make import FILES="…", or make a sample with make demo, then try again.';
  }
  if (problem.status === 429) return `Wait ${problem.retryAfterS ?? 30} seconds, then try again.`;
  if (problem.status === 400) return "Change what is named above, or start over.";
  if (problem.status === 401 || OTHERWISE.includes(problem.code)) return wayOut(problem);
  if (problem.status >= 500) return "Try again in a moment. If it stays, tell the operators of this site.";
  return null;
}

/** @param {Problem} problem */
function wayOut({ code }) {
  const here = location.pathname + location.search;
  if (code === "signed-in-otherwise") return build("a", { href: here }, "Load this page again");
  return build("a", { href: `${document.body.dataset.signIn}?next=${encodeURIComponent(here)}` }, "Sign in");
}
