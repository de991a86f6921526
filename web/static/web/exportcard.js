// The card of one export: what it is, how far it is, and what can be done with it.

import { countWords, formatDuration, formatSize, formatTime, groupDigits } from "./amounts.js";
import { announce, build, buildButton } from "./dom.js";
import { askPermission, canAsk, notify } from "./notifications.js";

const PARTS = ["title", "bar", "status", "figures", "actions"];

export class ExportCard {
  #parts = {};
  #act;
  #cancelling = false;
  #shown = "";
  #state = null;
  #life = new AbortController();

  /** `cancel`, `rerun` and `dismiss` are called with the last status. */
  constructor(title, { cancel, rerun, dismiss }) {
    this.#act = { cancel, rerun, dismiss };
    for (const name of PARTS) this.#parts[name] = build("div", { class: `export-${name}` });
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

  show(status) {
    if (status.description) this.#parts.title.textContent = status.description;
    this.element.dataset.state = status.state ?? "";
    this.#showBar(status);
    this.#parts.status.textContent = status.trouble ?? status.status;
    this.#parts.figures.textContent = describeProgress(status);
    this.#showActions(status);
    if (status.ready) this.#tell(status);
    this.#state = status.state;
  }

  // What ended before the card was there is no news.
  #tell(status) {
    const words = `${this.#parts.title.textContent}. ${status.status}`;
    announce(words);
    if (this.#state === null) return;
    const title = status.successful ? "Your export is ready" : "Your export has ended without a file";
    notify(title, { body: words, tag: status.task_id });
  }

  #showBar({ ready, successful, meta }) {
    if (ready && !successful) {
      this.#parts.bar.replaceChildren();
      return;
    }
    const bar = this.#parts.bar.firstChild ?? build("progress", { max: "100", "aria-label": "Progress of the export" });
    if (meta?.total || successful) bar.value = meta.percent;
    else bar.removeAttribute("value");
    if (!bar.isConnected) this.#parts.bar.append(bar);
  }

  // Rebuilt only when they change, so that a button keeps the focus while figures run.
  #showActions(status) {
    const key = `${status.state} ${status.ready} ${status.cancel_requested || this.#cancelling}`;
    if (key === this.#shown || !status.links) return;
    this.#shown = key;
    this.#parts.actions.replaceChildren(...this.#buildActions(status));
  }

  #buildActions(status) {
    const dismiss = buildButton("Put away", () => this.#act.dismiss(status), { kind: "quiet" });
    const expired = status.expires_at !== null && Date.parse(status.expires_at) < Date.now();
    if (status.successful && !expired) return [...this.#buildDownload(status), dismiss];
    if (status.successful)
      return [
        build("span", { class: "hint" }, "The file has expired."),
        this.#buildRerun("Run again", status),
        dismiss,
      ];
    if (status.ready) {
      return [this.#buildRerun(status.state === "REVOKED" ? "Run again" : "Try again", status), dismiss];
    }
    if (status.cancel_requested || this.#cancelling) return [buildButton("Cancelling…", null)];
    return [canAsk() && this.#buildBell(), buildButton("Cancel", () => this.#cancel(status))].filter(Boolean);
  }

  #buildRerun(words, status) {
    return buildButton(words, () => this.#act.rerun(status));
  }

  #buildBell() {
    const bell = buildButton(
      "Tell me when it is done",
      async () => {
        await askPermission();
        bell.remove();
      },
      { kind: "quiet" },
    );
    return bell;
  }

  async #cancel(status) {
    this.#cancelling = true;
    this.#showActions(status);
    await this.#act.cancel(status);
  }

  #buildDownload({ result, links, expires_at: expiresAt }) {
    const figures = [
      countWords(result.rows, "row"),
      formatSize(result.size_bytes),
      expiresAt && `kept until ${formatTime(expiresAt)}`,
    ];
    return [
      build("a", { class: "button primary", href: links.download, download: true }, "Download"),
      build("span", { class: "export-file" }, result.name),
      build("span", { class: "hint" }, figures.filter(Boolean).join(" · ")),
    ];
  }
}

/** How far a task is: percent, rate, time left, place in the line, attempt. */
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
