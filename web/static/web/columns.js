// The columns of the result table: which are shown, how their cells look, and the menu that chooses them.

import { formatPesos, groupDigits } from "./amounts.js";
import { API, get } from "./api.js";
import { build, buildButton, find, MISSING } from "./dom.js";

/**
 * @typedef {object} Column  as the API describes it
 * @property {string} name
 * @property {string} label
 * @property {"text"|"integer"|"money"|"date"} type
 * @property {string} description
 * @property {boolean} sortable
 * @property {string|null} filter
 */

const USUAL = [
  "award_date",
  "award_title",
  "awardee_name",
  "organization_name",
  "area_of_delivery",
  "business_category",
  "contract_amount",
];
const NUMBERS = ["integer", "money"];

let asked = null;

/** All columns, from the API once. @returns {Promise<Column[]>} */
export function listColumns() {
  asked ??= get(`${API}/contracts/columns/`).then(({ body }) => body.columns);
  asked.catch(() => (asked = null)); // the next one asks again
  return asked;
}

/** The columns that a view shows, in its order. @returns {Column[]} */
export function chooseColumns(view, columns) {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const chosen = namesOf(view)
    .map((name) => byName.get(name))
    .filter(Boolean);
  return chosen.length ? chosen : USUAL.map((name) => byName.get(name));
}

export const isNumber = (column) => NUMBERS.includes(column.type);

/** A value in words. */
export function formatCell(column, value) {
  if (value === null || value === undefined) return MISSING;
  if (column.type === "money") return formatPesos(value);
  return column.type === "integer" && column.name !== "id" ? groupDigits(value) : String(value);
}

const namesOf = (view) => [...new Set(view.columns.split(",").filter(Boolean))];

export class ColumnMenu {
  #changed;

  /** `changed` is called with the new `columns` member of a view. */
  constructor({ changed }) {
    this.#changed = changed;
    const menu = find("#columns");
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      find("summary", menu).focus();
    });
    document.addEventListener("click", (event) => {
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
  }

  show(view, columns) {
    const shown = chooseColumns(view, columns).map((column) => column.name);
    const boxes = columns.map((column) => this.#buildBox(column, columns, shown));
    const usual = buildButton("The usual ones", () => this.#changed(""), { kind: "small" });
    const focused = document.activeElement?.value;
    find("#column-list").replaceChildren(...boxes, usual);
    find(`#column-list input[value="${CSS.escape(focused ?? "")}"]`)?.focus();
  }

  #buildBox(column, columns, shown) {
    const checked = shown.includes(column.name);
    const onchange = () => {
      const chosen = columns.map(({ name }) => name).filter((name) => shown.includes(name) !== (name === column.name));
      this.#changed(chosen.join() === USUAL.join() ? "" : chosen.join());
    };
    const last = checked && shown.length === 1;
    const box = build("input", { type: "checkbox", value: column.name, checked, disabled: last, onchange });
    return build("label", { class: "check", title: column.description }, box, column.label);
  }
}
