// Light or dark: as the system says until the person decides. Runs before the page is painted; stands alone.

{
  /** @type {Record<string, string>} */
  const SIGNS = { system: "◐", light: "☀", dark: "☾" };
  const ORDER = Object.keys(SIGNS);
  const root = document.documentElement;

  const show = (/** @type {string} */ theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  const current = () => root.dataset.theme ?? "system";

  // A browser may forbid storage; then the choice holds for this page only.
  const storage = () => {
    try {
      return window.localStorage;
    } catch {
      return null;
    }
  };

  const kept = storage()?.getItem("theme") ?? "system";
  show(ORDER.includes(kept) ? kept : "system");

  document.addEventListener("DOMContentLoaded", () => {
    const button = /** @type {HTMLButtonElement} */ (document.querySelector("#theme"));
    const name = () => {
      button.textContent = SIGNS[current()];
      button.title = `Theme: ${current()}`;
      button.setAttribute("aria-label", button.title);
    };
    button.hidden = false;
    name();
    button.addEventListener("click", () => {
      const next = ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length];
      show(next);
      storage()?.setItem("theme", next);
      name();
    });
  });
}
