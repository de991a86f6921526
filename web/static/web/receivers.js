// Receivers: addresses of one's own to which alerts are posted. Added, tested, given a new secret, deleted.

import { API, post, request } from "./api.js";
import { buildLog, refreshLogs } from "./deliveries.js";
import { announce, build, find } from "./dom.js";
import { attemptAction } from "./live.js";
import { showRows } from "./rows.js";

/** @import {Around} from "./deliveries.js" */
/** @typedef {Api.Receiver} Receiver */

export const RECEIVERS = `${API}/receivers/`;
const form = find("#add-receiver", HTMLFormElement);
const made = find("#made");

/** Let the form add receivers. @param {Around} around */
export function startReceivers(around) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attemptAction(add, around.problems, around.refreshNow);
  });
  find("#secret-kept").addEventListener("click", () => {
    find("#secret").textContent = "";
    made.hidden = true;
  });
}

/** @param {Receiver[]} receivers @param {Around} around */
export async function showReceivers(receivers, around) {
  find("#receivers").hidden = !receivers.length;
  const body = find("#receivers tbody");
  showRows(
    body,
    receivers,
    (receiver) => receiver.id,
    (receiver) => buildRow(receiver, around),
  );
  await refreshLogs(body, around);
}

async function add() {
  const fields = new FormData(form);
  const { body } = await post(RECEIVERS, {
    name: fields.get("receiver-name"),
    channel: fields.get("receiver-channel"),
    url: fields.get("receiver-url"),
  });
  form.reset();
  showSecret(body);
  announce("It is added. Test it, then choose it at what you watch.");
}

/** @param {Receiver} receiver  as it is answered once, with its secret */
function showSecret({ name, secret }) {
  made.hidden = secret === null;
  if (secret === null) return;
  find("#made-title").textContent = `The secret of ${name}`;
  find("#secret").textContent = secret;
  made.focus();
}

/** @param {Receiver} receiver @param {Around} around */
function buildRow(receiver, around) {
  return build(
    "tr",
    {},
    build(
      "td",
      { class: "task-what" },
      build("strong", {}, receiver.name),
      receiver.disabled_at !== null && [" ", build("span", { class: "badge bad" }, "off")],
      build("span", { class: "detail receiver-url" }, receiver.url),
      receiver.reason && build("span", { class: "detail" }, receiver.reason),
      build("span", { class: "detail" }, describe(receiver)),
    ),
    build("td", {}, buildLog(receiver, around)),
    build("td", {}, build("div", { class: "saved-actions" }, buildActions(receiver, around))),
  );
}

/** @param {Receiver} receiver */
function describe({ channel, secrets }) {
  if (channel === "slack") return "as a message of Slack";
  return secrets > 1 ? `signed by ${secrets} secrets, the old one for a day` : "signed, as Standard Webhooks";
}

/** @param {Receiver} receiver @param {Around} around */
function buildActions(receiver, around) {
  const { self, test, secret } = receiver.links;
  const off = receiver.disabled_at !== null;
  /** @param {string} action @param {string} text @param {() => Promise<unknown>} does @param {string} [said] */
  const act = (action, text, does, said) =>
    build(
      "button",
      {
        type: "button",
        class: "button small",
        "data-action": action,
        "aria-label": `${text} ${receiver.name}`,
        onclick: () => attemptAction(() => doAndSay(does, said), around.problems, around.refreshNow),
      },
      text,
    );
  return [
    !off && act("test", "Test", () => post(test), "A test is sent in a moment."),
    receiver.secrets > 0 && act("secret", "New secret", async () => showSecret((await post(secret)).body)),
    act("switch", off ? "Switch on" : "Switch off", () => request("PATCH", self, { body: { disabled: !off } })),
    act("delete", "Delete", () => request("DELETE", self), "It is deleted."),
  ];
}

/** @param {() => Promise<unknown>} does @param {string} [said] */
async function doAndSay(does, said) {
  await does();
  if (said) announce(said);
}
