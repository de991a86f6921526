// What went to one receiver: each message, what became of its tries, and sending it again.

import { formatTime } from "./amounts.js";
import { get, post } from "./api.js";
import { announce, build } from "./dom.js";
import { attemptAction } from "./live.js";

/** @typedef {{problems: HTMLElement, refreshNow: () => void}} Around */

/** @type {Record<string, string>} */
const TELLS = { alert: "an alert", digest: "several alerts", test: "a test" };
/** @type {Record<string, string>} */
const KINDS = { sent: "good", failed: "bad", waiting: "busy", dropped: "" };
const SHOWN = 20;

/**
 * A list that is filled when somebody opens it.
 * @param {Api.Receiver} receiver
 * @param {Around} around
 */
export function buildLog(receiver, around) {
  const list = build("ol", { class: "deliveries" });
  const log = build(
    "details",
    {
      "data-log": receiver.links.deliveries,
      ontoggle: () => log.open && attemptAction(fill, around.problems, () => {}),
    },
    build("summary", { "data-action": "log" }, `What went to ${receiver.name}`),
    list,
  );
  const fill = () => fillLog(list, receiver.links.deliveries, around);
  return log;
}

/** Show anew what stands in the lists that are open. @param {HTMLElement} place @param {Around} around */
export async function refreshLogs(place, around) {
  /** @type {HTMLDetailsElement[]} */
  const logs = [...place.querySelectorAll("details")].filter((log) => log.open && log.dataset.log);
  await Promise.all(
    logs.map((log) => {
      const list = log.querySelector("ol");
      return list && fillLog(list, log.dataset.log ?? "", around);
    }),
  );
}

/** @param {HTMLElement} list @param {string} url @param {Around} around */
async function fillLog(list, url, around) {
  /** @type {{body: {results: Api.Delivery[]}}} */
  const { body } = await get(`${url}?page_size=${SHOWN}`);
  const content = JSON.stringify(body.results);
  // As it is, it keeps the focus that is in it.
  if (list.dataset.content === content) return;
  list.dataset.content = content;
  const items = body.results.map((delivery) => buildDelivery(delivery, around));
  list.replaceChildren(...(items.length ? items : [build("li", {}, "Nothing yet.")]));
}

/** @param {Api.Delivery} delivery @param {Around} around */
function buildDelivery(delivery, around) {
  const when = formatTime(delivery.created_at);
  const again = delivery.state === "waiting" ? "Try now" : "Send again";
  return build(
    "li",
    {},
    build("span", { class: `badge ${KINDS[delivery.state]}` }, delivery.state),
    ` ${TELLS[delivery.tells]}, ${when} `,
    delivery.told_with
      ? build("span", { class: "detail" }, "told together with others")
      : build(
          "button",
          {
            type: "button",
            class: "button small",
            "aria-label": `${again}: ${TELLS[delivery.tells]} of ${when}`,
            onclick: () => attemptAction(() => replay(delivery), around.problems, around.refreshNow),
          },
          again,
        ),
    delivery.tries.map((one) => build("span", { class: "detail" }, `${formatTime(one.at)}: ${one.said}`)),
    delivery.due_at !== null &&
      delivery.tries.length > 0 &&
      build("span", { class: "detail" }, `next try ${formatTime(delivery.due_at)}`),
  );
}

/** @param {Api.Delivery} delivery */
async function replay(delivery) {
  await post(delivery.links.replay);
  announce("It is sent in a moment.");
}
