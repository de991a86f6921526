// The page of groups of names: keep those that the address carries, look at the contracts of a group, rename, delete.

import { API, get, post, request } from "./api.js";
import { wordsOf } from "./declared.js";
import { announce, build, find, seek } from "./dom.js";
import { attemptAction, keepLive } from "./live.js";
import { showRows } from "./rows.js";
import { readView, writeView } from "./view.js";

/** @import {NameFilter} from "./declared.js" */
/** @typedef {Api.NameGroup} Group */

const GROUPS = `${API}/name-groups/`;
const LIVE_S = 30;
const main = find("#main");
const problems = find("#problems");
const form = find("#keep", HTMLFormElement);
const name = find("#name", HTMLInputElement);
const chosen = find("#chosen");
const everybody = seek("#everybody", HTMLInputElement);
/** Name list -> kind. @type {Record<NameFilter, string>} */
const KINDS = JSON.parse(main.dataset.kinds ?? "{}");
const isStaff = "staff" in main.dataset;
// Where one comes from: its other filters stay when the names of a group are filled in.
const view = readView(location.search);

/** What the form is about to do. @type {(() => Promise<unknown>) | null} */
let keeping = null;

const refreshNow = keepLive(refresh, problems);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  attemptAction(keep, problems, refreshNow);
});
find("#leave").addEventListener("click", close);
offerAddress();

async function refresh() {
  /** @type {{body: {groups: Group[]}}} */
  const { body } = await get(GROUPS);
  find("#groups").hidden = !body.groups.length;
  find("#nothing").hidden = body.groups.length > 0;
  showRows(find("#groups tbody"), body.groups, (group) => group.id, buildRow);
  return LIVE_S;
}

/** The names of one kind in the address are those that somebody has chosen. */
function offerAddress() {
  for (const [filter, kind] of /** @type {[NameFilter, string][]} */ (Object.entries(KINDS))) {
    const names = view[filter].filter((one) => one !== null);
    if (names.length < 2) continue;
    offer(names, (marked) =>
      post(GROUPS, { kind, names: marked, name: name.value, everybody: everybody?.checked ?? false }),
    );
    return;
  }
}

/** @param {string[]} names @param {(marked: string[]) => Promise<unknown>} send */
function offer(names, send) {
  const boxes = names.map((one) => build("input", { type: "checkbox", checked: true, value: one }));
  chosen.replaceChildren(
    ...boxes.map((box) => build("li", {}, build("label", { class: "check" }, box, ` ${box.value}`))),
  );
  open("Keep as one group", names[0].slice(0, 100), () =>
    send(boxes.filter((box) => box.checked).map((box) => box.value)),
  );
  showChoice(true);
}

/** @param {boolean} shown */
function showChoice(shown) {
  chosen.hidden = !shown;
  const field = seek("#everybody-field");
  if (field) field.hidden = !shown;
}

/** @param {string} title @param {string} called @param {() => Promise<unknown>} send */
function open(title, called, send) {
  find("#keep-title").textContent = title;
  name.value = called;
  keeping = send;
  form.hidden = false;
  name.focus();
}

function close() {
  keeping = null;
  form.hidden = true;
}

async function keep() {
  await keeping?.();
  close();
  announce("It is kept.");
}

/** @param {Group} group */
function buildRow(group) {
  const filter = /** @type {NameFilter} */ (group.filter);
  const names = group.names.map((one) => one.name);
  const href = `/${writeView({ ...view, [filter]: names, page: "1" })}`;
  return build(
    "tr",
    {},
    build(
      "td",
      { class: "task-what" },
      build("a", { href, "data-action": "open" }, group.name),
      build("span", { class: "detail" }, wordsOf(filter)),
      group.everybody && build("span", { class: "badge" }, "for everybody"),
    ),
    build(
      "td",
      {},
      build(
        "ul",
        { class: "grouped" },
        group.names.map((one) => buildName(group.kind, one)),
      ),
    ),
    build("td", {}, build("div", { class: "group-actions" }, group.everybody && !isStaff ? [] : buildActions(group))),
  );
}

/** @param {string} kind @param {{name: string, slug: string}} one */
const buildName = (kind, one) => build("li", {}, build("a", { href: `/${kind}/${one.slug}/` }, one.name));

/** @param {Group} group */
function buildActions(group) {
  /** @param {string} action @param {string} text @param {() => unknown} does */
  const act = (action, text, does) =>
    build(
      "button",
      {
        type: "button",
        class: "button small",
        "data-action": action,
        "aria-label": `${text} ${group.name}`,
        onclick: () => attemptAction(does, problems, refreshNow),
      },
      text,
    );
  return [
    act("rename", "Rename", () => edit(group)),
    act("delete", "Delete", async () => {
      await request("DELETE", group.links.self);
      announce("It is deleted.");
    }),
  ];
}

/** @param {Group} group */
function edit(group) {
  open("Rename", group.name, () => request("PATCH", group.links.self, { body: { name: name.value } }));
  showChoice(false);
}
