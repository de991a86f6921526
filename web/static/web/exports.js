// Exports: starts them, shows each with its progress, cancels it and hands over the file.

import { post, Problem, TASKS } from "./api.js";
import { countWords, formatDuration, formatSize, groupDigits } from "./amounts.js";
import { announce, build, find } from "./dom.js";
import { buildProblem } from "./problems.js";
import { cancelTask, followTask, rerunTask } from "./tasks.js";
import { toFilters } from "./view.js";

const PARTS = ["title", "bar", "status", "figures", "actions"];

export class ExportList {
  #root = find("#exports");
  #form = find("#export");
  #button = find("#export button");
  #cards = new Map();
  #view = null;

  constructor() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#start();
    });
  }

  // What the button exports from now on; `rows` null or 0 means there is nothing to export.
  offer(view, rows) {
    this.#view = view;
    this.#button.disabled = !rows;
    this.#button.textContent = rows ? `Export ${countWords(rows, "row")}` : "Export";
  }

  async #start() {
    const body = { filters: toFilters(this.#view), sort: this.#view.sort, format: find("#format").value };
    this.#button.setAttribute("aria-disabled", "true");
    await this.#attempt(async () => this.#follow((await post(`${TASKS}/export/`, body)).body));
    this.#button.removeAttribute("aria-disabled");
  }

  // Runs `act` and shows what the API has against it.
  async #attempt(act) {
    this.#root.querySelector(":scope > .problem")?.remove();
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#root.hidden = false;
      this.#root.prepend(buildProblem(error));
    }
  }

  // An equal export that is under way or done comes back with the same id, so it keeps its card.
  #follow(accepted) {
    const known = this.#cards.get(accepted.task_id);
    const card = known ?? new ExportCard(accepted.message, {
      cancel: (status) => this.#attempt(() => this.#cancel(status)),
      rerun: (status) => this.#attempt(() => this.#rerun(status)),
    });
    this.#cards.set(accepted.task_id, card);
    this.#root.prepend(card.element);
    this.#root.hidden = false;
    announce(accepted.state === "SUCCESS" ? "The file is ready." : "The export has started.");
    if (!card.followed) this.#poll(card, accepted);
  }

  async #cancel(status) {
    try {
      await cancelTask(status);
    } catch (error) {
      if (error.status !== 409) throw error; // it ended in the meantime, which its card will show
    }
  }

  async #rerun(status) {
    const accepted = await rerunTask(status);
    this.#cards.get(status.task_id)?.element.remove();
    this.#cards.delete(status.task_id);
    this.#follow(accepted);
  }

  async #poll(card, accepted) {
    card.followed = true;
    await this.#attempt(async () => {
      for await (const status of followTask(accepted.links.status)) card.show(status);
    });
    card.followed = false;
  }
}

class ExportCard {
  followed = false;
  #parts = {};
  #act;
  #cancelling = false;
  #shown = "";

  constructor(title, { cancel, rerun }) {
    this.#act = { cancel, rerun };
    for (const name of PARTS) this.#parts[name] = build("div", { class: `export-${name}` });
    this.#parts.title.textContent = title;
    this.element = build("article", { class: "export" }, Object.values(this.#parts));
  }

  show(status) {
    this.element.dataset.state = status.state ?? "";
    this.#showBar(status);
    this.#parts.status.textContent = status.trouble ?? status.status;
    this.#parts.figures.textContent = figuresOf(status);
    this.#showActions(status);
    if (status.ready) announce(`${this.#parts.title.textContent}. ${status.status}`);
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
    if (status.successful) return this.#buildDownload(status);
    if (status.ready) {
      return [buildButton(status.state === "REVOKED" ? "Run again" : "Try again", () => this.#act.rerun(status))];
    }
    if (status.cancel_requested || this.#cancelling) return [buildButton("Cancelling…", null)];
    return [buildButton("Cancel", () => this.#cancel(status))];
  }

  async #cancel(status) {
    this.#cancelling = true;
    this.#showActions(status);
    await this.#act.cancel(status);
  }

  #buildDownload({ result, links, expires_at: expiresAt }) {
    const until = expiresAt ? new Date(expiresAt).toLocaleString("en-PH", { dateStyle: "medium", timeStyle: "short" }) : null;
    return [
      build("a", { class: "button primary", href: links.download, download: true }, "Download"),
      build("span", { class: "export-file" }, result.name),
      build("span", { class: "hint" }, [
        countWords(result.rows, "row"), formatSize(result.size_bytes), until && `kept until ${until}`,
      ].filter(Boolean).join(" · ")),
    ];
  }
}

function buildButton(text, onclick) {
  return build("button", { class: "button", type: "button", disabled: onclick === null, onclick: onclick ?? (() => {}) }, text);
}

function figuresOf({ ready, meta, trouble }) {
  if (ready || trouble || !meta) return "";
  return [
    meta.total > 0 && `${meta.percent} %`,
    meta.rate && `${groupDigits(Math.round(meta.rate))} rows/s`,
    meta.eta_seconds !== null && meta.rate && `${formatDuration(meta.eta_seconds)} left`,
    meta.queue_position !== null && `position ${meta.queue_position} in the ${meta.queue} queue`,
    meta.attempt > 1 && `attempt ${meta.attempt} of ${meta.max_attempts}`,
  ].filter(Boolean).join(" · ");
}
