// A button that opens a panel below it, and what closes the panel: the button, Escape, and a press elsewhere.

export class Menu {
  #button;
  #panel;

  /** @param {HTMLButtonElement} button @param {HTMLElement} panel */
  constructor(button, panel) {
    this.#button = button;
    this.#panel = panel;
    button.addEventListener("click", () => this.#show(panel.hidden === true));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !panel.hidden) this.close();
    });
    document.addEventListener("click", ({ target }) => {
      if (!(target instanceof Node) || button.contains(target) || panel.contains(target)) return;
      this.#show(false);
    });
  }

  /** Close the panel; a focus in it goes back to the button. */
  close() {
    const inside = this.#panel.contains(document.activeElement);
    this.#show(false);
    if (inside) this.#button.focus();
  }

  /** @param {boolean} open */
  #show(open) {
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
  }
}
