// The card of one export: what it is, how far it is, and what can be done with it.

import { countWords, formatDuration, formatSize, formatTime, groupDigits } from "./amounts.js";
import { announce, build, buildButton } from "./dom.js";
import { askPermission, canAsk, notify } from "./notifications.js";

/** @import {KnownStatus, TaskStatus} from "./tasks.js" */

/**
 * @typedef {object} Acts  each is called with the last status
 * @property {(status: KnownStatus) => Promise<boolean>} cancel  resolves to whether the API has taken it
 * @property {(status: KnownStatus) => void} rerun
 * @property {(status: KnownStatus) => void} dismiss
 */

const part = (/** @type {string} */ name) => build("div", { class: `export-${name}` });

export class ExportCard {
  #parts = {
    title: part("title"),
    bar: part("bar"),
    status: part("status"),
    figures: part("figures"),
    actions: part("actions"),
  };
  #bar = build("progress", { max: "100", "aria-label": "Progress of the export" });
  #act;
  #cancelling = false;
  #shown = "";
  /** @type {string | null} */
  #state = null;
  /** @type {KnownStatus | null} */
  #known = null;
  #life = new AbortController();

  /** @param {string} title @param {Acts} act */
  constructor(title, act) {
    this.#act = act;
    this.#parts.title.textContent = title;
    this.element = build("article", { class: "export" }, Object.values(this.#parts));
  }

  /** Aborts when the card goes away. */
  get signal() {
    return this.#life.signal;
  }

  remove() {
    this.#life.abort();
    this.element.remove();
  }

  /** @param {TaskStatus} status */
  show(status) {
    if (status.description) this.#parts.title.textContent = status.description;
    this.element.dataset.state = status.state ?? "";
    this.#showBar(status);
    this.#parts.status.textContent = status.trouble ?? status.status ?? "";
    this.#parts.figures.textContent = describeProgress(status);
    if (status.links) {
      this.#known = status;
      this.#showActions(status);
    }
    if (status.ready) this.#tell(status);
    if (status.state) this.#state = status.state;
  }

  /** What ended before the card was there is no news. @param {KnownStatus} status */
  #tell(status) {
    const words = `${this.#parts.title.textContent}. ${status.status}`;
    announce(words);
    if (this.#state === null) return;
    const title = status.successful ? "Your export is ready" : "Your export has ended without a file";
    notify(title, { body: words, tag: status.task_id });
  }

  /** @param {TaskStatus} status */
  #showBar({ ready, successful, meta }) {
    if (ready && !successful) {
      this.#parts.bar.replaceChildren();
      return;
    }
    const bar = this.#bar;
    if (meta && (meta.total || successful)) bar.value = meta.percent;
    else bar.removeAttribute("value");
    if (!bar.isConnected) this.#parts.bar.append(bar);
  }

  /** Rebuilt only when they change, so that a button keeps the focus while figures run. @param {KnownStatus} status */
  #showActions(status) {
    const key = `${status.state} ${status.ready} ${status.cancel_requested || this.#cancelling}`;
    if (key === this.#shown) return;
    this.#shown = key;
    this.#parts.actions.replaceChildren(...this.#buildActions(status));
  }

  /** @param {KnownStatus} status */
  #buildActions(status) {
    const dismiss = buildButton("Put away", () => this.#act.dismiss(status), { kind: "quiet" });
    const expired = status.expires_at !== null && Date.parse(status.expires_at) < Date.now();
    if (status.successful && !expired) return [...buildDownload(status), dismiss];
    if (status.successful) {
      const hint = build("span", { class: "hint" }, "The file has expired.");
      return [hint, this.#buildRerun("Run again", status), dismiss];
    }
    if (status.ready) {
      return [this.#buildRerun(status.state === "REVOKED" ? "Run again" : "Try again", status), dismiss];
    }
    if (status.cancel_requested || this.#cancelling) return [buildButton("Cancelling…", null)];
    const cancel = buildButton("Cancel", () => this.#cancel(status));
    return canAsk() ? [buildBell(), cancel] : [cancel];
  }

  /** @param {string} words @param {KnownStatus} status */
  #buildRerun(words, status) {
    return buildButton(words, () => this.#act.rerun(status));
  }

  /** @param {KnownStatus} status */
  async #cancel(status) {
    this.#cancelling = true;
    this.#showActions(status);
    this.#cancelling = await this.#act.cancel(status);
    this.#showActions(this.#known ?? status);
  }
}

function buildBell() {
  const ask = async () => {
    await askPermission();
    bell.remove();
  };
  const bell = buildButton("Tell me when it is done", ask, { kind: "quiet" });
  return bell;
}

/** @param {KnownStatus} status */
function buildDownload({ task_id: id, result, links, expires_at: expiresAt }) {
  const share = async () => (await import("./share.js")).openSharing(id, result?.name ?? "");
  const figures = [
    result && countWords(result.rows, "row"),
    result && formatSize(result.size_bytes),
    expiresAt && `kept until ${formatTime(expiresAt)}`,
  ];
  return [
    build("a", { class: "button primary", href: links.download, download: true }, "Download"),
    buildButton("Share", share),
    build("span", { class: "export-file" }, result?.name),
    build("span", { class: "hint" }, figures.filter(Boolean).join(" · ")),
  ];
}

/** How far a task is: percent, rate, time left, place in the line, attempt. @param {TaskStatus} status */
export function describeProgress({ ready, meta, trouble }) {
  if (ready || trouble || !meta) return "";
  return [
    meta.total > 0 && `${meta.percent} %`,
    meta.rate && `${groupDigits(Math.round(meta.rate))} rows/s`,
    meta.eta_seconds !== null && meta.rate && `${formatDuration(meta.eta_seconds)} left`,
    meta.queue_position !== null && `position ${meta.queue_position} in the ${meta.queue} queue`,
    meta.attempt > 1 && `attempt ${meta.attempt} of ${meta.max_attempts}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
