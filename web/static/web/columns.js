// The columns of the result table: which are shown, how their cells look, and the menu that chooses them.

import { formatPesosBriefly, groupDigits } from "./amounts.js";
import { API, get } from "./api.js";
import { build, buildButton, find, MISSING, seek } from "./dom.js";

/** @import {View} from "./view.js" */
/** @typedef {Api.Column} Column */
/** @typedef {Api.SearchResult["rows"][number]} Contract  a row, by the names of its columns */

const USUAL = ["award_date", "award_title", "awardee_name", "organization_name", "area_of_delivery", "contract_amount"];
const NUMBERS = ["integer", "money"];

/** @type {Promise<Column[]> | null} */
let asked = null;

/** All columns, from the API once. @returns {Promise<Column[]>} */
export function listColumns() {
  asked ??= askColumns();
  return asked;
}

async function askColumns() {
  try {
    const { body } = await get(`${API}/contracts/columns/`);
    return body.columns;
  } catch (error) {
    asked = null; // the next one asks again
    throw error;
  }
}

/** The columns that a view shows, in its order. @param {View} view @param {Column[]} columns */
export function chooseColumns(view, columns) {
  /** @type {Map<string, Column>} */
  const byName = new Map(columns.map((column) => [column.name, column]));
  /** @param {string[]} names */
  const pick = (names) => names.flatMap((name) => byName.get(name) ?? []);
  const chosen = pick(namesOf(view));
  return chosen.length ? chosen : pick(USUAL);
}

/** @param {Column} column */
export const isNumber = (column) => NUMBERS.includes(column.type);

/** A value in words. @param {Column} column @param {Contract[Column["name"]]} value */
export function formatCell(column, value) {
  if (value === null || value === undefined) return MISSING;
  if (column.type === "money") return formatPesosBriefly(String(value));
  return column.type === "integer" && column.name !== "id" ? groupDigits(value) : String(value);
}

/** @param {View} view */
const namesOf = (view) => [...new Set(view.columns.split(",").filter(Boolean))];

export class ColumnMenu {
  #changed;

  /** @param {{changed: (columns: string) => void}} does  called with the new `columns` member of a view */
  constructor({ changed }) {
    this.#changed = changed;
    const menu = find("#columns", HTMLDetailsElement);
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      find("summary", HTMLElement, menu).focus();
    });
    document.addEventListener("click", (event) => {
      if (menu.open && !menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
    });
  }

  /** @param {View} view @param {Column[]} columns */
  show(view, columns) {
    const shown = chooseColumns(view, columns).map((column) => column.name);
    const boxes = columns.map((column) => this.#buildBox(column, columns, shown));
    const usual = buildButton("The usual ones", () => this.#changed(""), { kind: "small" });
    const focused = document.activeElement instanceof HTMLInputElement ? document.activeElement.value : "";
    find("#column-list").replaceChildren(...boxes, usual);
    seek(`#column-list input[value="${CSS.escape(focused)}"]`)?.focus();
  }

  /** @param {Column} column @param {Column[]} columns @param {string[]} shown */
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
