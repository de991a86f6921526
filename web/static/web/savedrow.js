// One saved search of the list: where it leads, how it is watched, what can be done with it.

import { formatTime, groupDigits } from "./amounts.js";
import { API, post, request } from "./api.js";
import { announce, build, stay } from "./dom.js";
import { attemptAction } from "./live.js";
import { viewOfRequest, writeView } from "./view.js";

/** @import {Child} from "./dom.js" */
/** @typedef {{id: string, name: string}[]} Receivers */
/** @typedef {{search: Api.SavedSearch, monitor: Api.Monitor | null, receivers: Receivers}} Row */
/** @typedef {{problems: HTMLElement, refreshNow: () => void, edit: (search: Api.SavedSearch) => void}} Around */

/** @type {Record<string, string>} */
const SCHEDULES = {
  version: "with each dataset version",
  daily: "each day at 7:00",
  weekly: "each Monday at 7:00",
};

/**
 * A link to the contracts of a search, or null where no link can say them.
 * @param {{name: string, filters: any}} search
 * @param {() => unknown} [before]  awaited before the link is followed
 */
export function linkTo(search, before) {
  const view = search.filters && viewOfRequest({ filters: search.filters });
  if (!view) return null;
  const href = `/${writeView(view)}`;
  const follow = async () => {
    await before?.();
    location.assign(href);
  };
  return build("a", { href, "data-action": "open", onclick: before ? stay(follow) : null }, search.name);
}

/** @param {Row} row @param {Around} around */
export function buildSavedRow(row, around) {
  const { search } = row;
  // That it could not be noted must keep nobody from the contracts.
  const noteUse = () => post(`${search.links.self}use/`).catch(() => null);
  return build(
    "tr",
    {},
    build(
      "td",
      { class: "task-what" },
      linkTo(search, noteUse) ?? search.name,
      build("span", { class: "detail" }, search.filters_in_words),
      search.note && build("span", { class: "detail" }, search.note),
      search.links.shared && build("span", { class: "detail shared-link" }, addressOf(search)),
    ),
    build("td", {}, build("div", { class: "watching" }, buildWatching(row, around))),
    build("td", {}, build("div", { class: "saved-actions" }, buildActions(search, around))),
  );
}

/** @param {Api.SavedSearch} search */
function addressOf(search) {
  const key = search.links.shared?.split("/").at(-2) ?? "";
  return `${location.origin}/saved/?shared=${key}`;
}

/** @param {Row} row @param {Around} around @returns {Child[]} */
function buildWatching({ search, monitor, receivers }, around) {
  const chosen = monitor ? (monitor.paused ? "paused" : monitor.schedule) : "";
  /** @type {Record<string, string>} */
  const options = monitor ? { ...SCHEDULES, paused: "paused" } : { "": "not watched", ...SCHEDULES };
  // One that was set by the API, in the words of cron.
  if (!(chosen in options)) options[chosen] = chosen;
  /** @param {() => Promise<unknown>} does */
  const attempt = (does) => attemptAction(does, around.problems, around.refreshNow);
  const select = build(
    "select",
    {
      "aria-label": `When ${search.name} is watched`,
      "data-action": "watch",
      onchange: () => attempt(() => setSchedule(search, monitor, select.value)),
    },
    Object.entries(options).map(([value, text]) => build("option", { value, selected: value === chosen }, text)),
  );
  return [select, ...(monitor ? buildWatched(monitor, receivers, attempt) : [])];
}

/**
 * @param {Api.Monitor} monitor
 * @param {Receivers} receivers
 * @param {(does: () => Promise<unknown>) => void} attempt
 * @returns {Child[]}
 */
function buildWatched(monitor, receivers, attempt) {
  /** @param {string} text @param {string} action @param {boolean} checked @param {(wanted: boolean) => Promise<unknown>} set */
  const choose = (text, action, checked, set) => {
    const onchange = () => attempt(() => set(box.checked));
    const box = build("input", { type: "checkbox", "data-action": action, checked, onchange });
    return build("label", { class: "check" }, box, ` ${text}`);
  };
  /** @param {string} action @param {string} text @param {string} label @param {() => Promise<unknown>} does */
  const act = (action, text, label, does) =>
    build(
      "button",
      {
        type: "button",
        class: "button small",
        "data-action": action,
        "aria-label": `${label} ${monitor.name}`,
        onclick: () => attempt(does),
      },
      text,
    );
  const { feed, rss, self } = monitor.links;
  const label = `Feed of ${monitor.name}`;
  return [
    build("span", { class: "detail" }, describeCheck(monitor)),
    monitor.error && build("span", { class: "badge bad" }, monitor.error),
    choose("by e-mail too", "mail", monitor.channels.includes("mail"), (wanted) => setMail(monitor, wanted)),
    ...receivers.map(({ id, name }) =>
      choose(`to ${name} too`, id, monitor.receivers.includes(id), (wanted) => setReceiver(monitor, id, wanted)),
    ),
    build(
      "div",
      { class: "row" },
      act("check", "Check now", "Check now:", () => checkNow(monitor)),
      build("a", { href: `/saved/${monitor.id}/growth/`, "aria-label": `Growth of ${monitor.name}` }, "Growth"),
      feed
        ? [
            build("a", { href: feed, "data-action": "feed", "aria-label": label }, "Feed"),
            build("a", { href: rss, "aria-label": `RSS: alerts of ${monitor.name}` }, "RSS"),
          ]
        : act("feed", "Make a feed", "Make a feed of", () => post(`${self}feed/`)),
    ),
  ];
}

/** @param {Api.Monitor} monitor */
function describeCheck({ checking, checked_at: at, contracts }) {
  if (checking) return "being compared now";
  if (at === null) return "is compared soon; what is there now counts as known";
  return `${groupDigits(contracts ?? 0)} contracts, compared ${formatTime(at)}`;
}

/** @param {Api.SavedSearch} search @param {Api.Monitor | null} monitor @param {string} chosen */
async function setSchedule(search, monitor, chosen) {
  if (!monitor) await post(`${API}/monitors/`, { search: search.id, schedule: chosen });
  else {
    const body = chosen === "paused" ? { paused: true } : { paused: false, schedule: chosen };
    await request("PATCH", monitor.links.self, { body });
  }
  announce(chosen === "paused" ? "It is paused." : "It is watched.");
}

/** @param {Api.Monitor} monitor @param {boolean} wanted */
async function setMail(monitor, wanted) {
  const others = monitor.channels.filter((channel) => channel !== "mail");
  await request("PATCH", monitor.links.self, { body: { channels: wanted ? [...others, "mail"] : others } });
}

/** @param {Api.Monitor} monitor @param {string} id @param {boolean} wanted */
async function setReceiver(monitor, id, wanted) {
  const others = monitor.receivers.filter((other) => other !== id);
  await request("PATCH", monitor.links.self, { body: { receivers: wanted ? [...others, id] : others } });
}

/** @param {Api.Monitor} monitor */
async function checkNow(monitor) {
  const { body } = await post(monitor.links.check);
  announce(body.checking ? "It is being compared." : "It was compared with this dataset version already.");
}

/** @param {Api.SavedSearch} search @param {Around} around */
function buildActions(search, around) {
  /** @param {string} action @param {string} text @param {() => Promise<unknown>} does */
  const act = (action, text, does) =>
    build(
      "button",
      {
        type: "button",
        class: "button small",
        "data-action": action,
        "aria-label": `${text} ${search.name}`,
        onclick: () => attemptAction(does, around.problems, around.refreshNow),
      },
      text,
    );
  const { shared, share, copy, self } = search.links;
  const view = search.filters && viewOfRequest({ filters: search.filters });
  return [
    view &&
      build(
        "a",
        { class: "button small", href: `/analysis/${writeView(view)}`, "aria-label": `Analyze ${search.name}` },
        "Analyze",
      ),
    act("edit", "Rename", async () => around.edit(search)),
    act("copy", "Copy", () => post(copy)),
    shared
      ? act("unshare", "End sharing", () => request("DELETE", share))
      : act("share", "Share", async () => {
          await post(share);
          announce("Whoever has the link sees the search.");
        }),
    act("delete", "Delete", async () => {
      await request("DELETE", self);
      announce("It is deleted.");
    }),
  ];
}
