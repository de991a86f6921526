// Table rows that stay the same elements while their content stays the same: who has the focus keeps it.

/**
 * Show one row for each item in `body`.
 * @param {HTMLElement} body
 * @param {any[]} items
 * @param {(item: any) => string} keyOf
 * @param {(item: any) => HTMLElement} buildRow
 */
export function showRows(body, items, keyOf, buildRow) {
  const known = new Map([...body.children].map((row) => [row.dataset.key, row]));
  const focused = document.activeElement;
  const place = body.contains(focused) ? [focused.closest("[data-key]").dataset.key, focused.dataset.action] : null;
  const rows = items.map((item) => {
    const content = JSON.stringify(item);
    const row = known.get(keyOf(item));
    if (row?.content === content) return row;
    const fresh = buildRow(item);
    fresh.dataset.key = keyOf(item);
    fresh.content = content;
    return fresh;
  });
  if (rows.length === body.children.length && rows.every((row, index) => row === body.children[index])) return;
  body.replaceChildren(...rows);
  if (!place) return;
  const [key, action] = place;
  const row = rows.find((candidate) => candidate.dataset.key === key);
  const successor =
    row?.querySelector(`[data-action="${CSS.escape(action ?? "")}"]`) ?? row?.querySelector("button, a");
  successor?.focus();
}
