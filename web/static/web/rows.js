// Table rows that stay the same elements while their content stays the same: who has the focus keeps it.

import { seek } from "./dom.js";

/** What each row was built from. @type {WeakMap<HTMLElement, string>} */
const contents = new WeakMap();

/**
 * Show one row for each item in `body`.
 * @template Item
 * @param {HTMLElement} body
 * @param {Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => HTMLElement} buildRow
 */
export function showRows(body, items, keyOf, buildRow) {
  const shown = /** @type {HTMLElement[]} */ ([...body.children]);
  const known = new Map(shown.map((row) => [row.dataset.key, row]));
  const place = placeOfFocus(body);
  const rows = items.map((item) => {
    const content = JSON.stringify(item);
    const row = known.get(keyOf(item));
    if (row && contents.get(row) === content) return row;
    const fresh = buildRow(item);
    fresh.dataset.key = keyOf(item);
    contents.set(fresh, content);
    return fresh;
  });
  if (rows.length === shown.length && rows.every((row, index) => row === shown[index])) return;
  body.replaceChildren(...rows);
  const row = place && rows.find((candidate) => candidate.dataset.key === place.key);
  if (!row) return;
  const successor = seek(`[data-action="${CSS.escape(place.action)}"]`, HTMLElement, row);
  (successor ?? seek("button, a", HTMLElement, row))?.focus();
}

/** @param {HTMLElement} body */
function placeOfFocus(body) {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !body.contains(focused)) return null;
  const row = /** @type {HTMLElement | null} */ (focused.closest("[data-key]"));
  return { key: row?.dataset.key, action: focused.dataset.action ?? "" };
}
