// What cannot be taken back takes two presses.

/**
 * Has `act` called by the second press; whoever turns away after the first has changed their mind.
 * @param {HTMLButtonElement} button
 * @param {() => void} act
 */
export function askTwice(button, act) {
  const forget = () => {
    if (!button.dataset.asked) return;
    button.textContent = button.dataset.asked;
    delete button.dataset.asked;
  };
  button.addEventListener("blur", forget);
  button.addEventListener("click", () => {
    const words = button.textContent;
    if (button.dataset.asked) {
      forget();
      act();
      return;
    }
    button.dataset.asked = words;
    button.textContent = `Really ${words.toLowerCase()}?`;
  });
}
