// Says what went wrong and what to do about it.

import { build } from "./dom.js";

/** @import {Culprit, Problem} from "./api.js" */

/** A message; `actions` are further buttons or links. @param {Problem} problem @param {...Node} actions */
export function buildProblem(problem, ...actions) {
  return build(
    "div",
    { class: "problem", role: "alert" },
    build("h2", {}, titleOf(problem)),
    problem.errors.length
      ? build(
          "ul",
          {},
          problem.errors.map((error) => build("li", {}, pointerOf(error), error.detail)),
        )
      : build("p", {}, problem.detail),
    build("p", {}, adviceFor(problem)),
    build("p", { class: "actions" }, actions),
  );
}

/** @param {Culprit} error */
function pointerOf(error) {
  return error.pointer ? [build("code", {}, error.pointer), " "] : null;
}

/** @param {Problem} problem */
function titleOf(problem) {
  if (problem.status === 400 || problem.status === 422) return "This cannot be asked";
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
  if (problem.status === 401) return signInLink();
  if (problem.status >= 500) return "Try again in a moment. If it stays, tell the operators of this site.";
  return null;
}

function signInLink() {
  const next = encodeURIComponent(location.pathname + location.search);
  return build("a", { href: `${document.body.dataset.signIn}?next=${next}` }, "Sign in");
}
