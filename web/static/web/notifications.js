// Tells a person who looks elsewhere that a task has ended, if the browser may.

const available = "Notification" in window;

/** Whether the person can still be asked. */
export const canAsk = () => available && Notification.permission === "default";

/** Ask for permission; resolves to whether it was given. */
export const askPermission = async () => (await Notification.requestPermission()) === "granted";

/**
 * Say it once, whichever tab comes first: the browser replaces notes of the same `tag`.
 * @param {string} title
 * @param {{body: string, tag: string}} note
 */
export function notify(title, { body, tag }) {
  if (!available || Notification.permission !== "granted" || !document.hidden) return;
  const note = new Notification(title, { body, tag });
  note.addEventListener("click", () => {
    window.focus();
    note.close();
  });
}
