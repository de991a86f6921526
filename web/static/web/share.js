// The dialog in which somebody makes links to a file of theirs, copies and revokes them.

import { formatTime } from "./amounts.js";
import { get, Problem, post, request, TASKS } from "./api.js";
import { announce, build, buildButton } from "./dom.js";
import { buildProblem } from "./problems.js";

/** @type {[string, string][]} */
const TIMES = [
  ["24", "one day"],
  ["1", "one hour"],
  ["", "as long as the file is kept"],
];

/** Opens it for the file of a task; it goes when it is closed. @param {string} taskId @param {string} name */
export function openSharing(taskId, name) {
  const problems = build("div");
  const links = build("ul", {});
  const time = build(
    "select",
    { id: "share-time" },
    TIMES.map(([value, words]) => build("option", { value }, words)),
  );
  const url = `${TASKS}/${taskId}/shares/`;
  /** @param {() => Promise<unknown>} act */
  const attempt = async (act) => {
    try {
      await act();
      problems.replaceChildren();
      showLinks(links, (await get(url)).body.shares, revoke);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.replaceChildren(buildProblem(error));
    }
  };
  const revoke = (/** @type {Api.Share} */ share) =>
    attempt(async () => {
      await request("DELETE", share.links.self);
      announce("The link opens nothing any more.");
    });
  const make = () =>
    attempt(async () => {
      await post(url, time.value ? { hours: Number(time.value) } : {});
      announce("The link is made.");
    });
  const dialog = build(
    "dialog",
    { class: "sharing", "aria-labelledby": "share-title", onclose: () => dialog.remove() },
    build(
      "header",
      {},
      build("h2", { id: "share-title" }, "Share this file"),
      build("form", { method: "dialog" }, build("button", { class: "button small" }, "Close")),
    ),
    build("p", {}, name),
    build(
      "p",
      { class: "hint" },
      "Whoever has a link can download the file without an account. It says who made it and when it ends; you can revoke it.",
    ),
    build(
      "p",
      { class: "actions" },
      build("label", { for: "share-time" }, "Open for"),
      time,
      buildButton("Make a link", make, { kind: "primary" }),
    ),
    problems,
    links,
  );
  document.body.append(dialog);
  dialog.showModal();
  attempt(async () => {});
}

/** @param {HTMLElement} list @param {Api.Share[]} shares @param {(share: Api.Share) => unknown} revoke */
function showLinks(list, shares, revoke) {
  list.replaceChildren(
    ...shares.map((share) => {
      const address = new URL(share.links.page, location.origin).href;
      const copy = buildButton(
        "Copy",
        async () => {
          await navigator.clipboard.writeText(address);
          copy.textContent = "Copied";
          announce("The link is in the clipboard.");
        },
        { kind: "small" },
      );
      return build(
        "li",
        {},
        build("a", { href: address }, address),
        build("span", { class: "detail" }, `open until ${formatTime(share.ends_at)}`),
        build(
          "span",
          { class: "actions" },
          copy,
          buildButton("Revoke", () => revoke(share), { kind: "small" }),
        ),
      );
    }),
  );
}
