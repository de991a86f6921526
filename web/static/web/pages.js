// Buttons that lead to another page of a list, by the cursor that the API gives.

/** @param {HTMLElement} button @param {string | null} address  of the other page */
export function leadTo(button, address) {
  button.hidden = !address;
  button.dataset.cursor = address ? (new URL(address).searchParams.get("cursor") ?? "") : "";
}
