// Server-sent events as an async generator of their JSON data. Knows no task.

/** So long may a stream say nothing: a dead connection looks just like that. */
const SILENCE_MS = 20_000;

/**
 * Yields the data of each event; returns when the stream ends, breaks, or says nothing for long.
 * @param {string} url
 * @param {{signal?: AbortSignal}} [options]
 * @returns {AsyncGenerator<any>}
 */
export async function* readEvents(url, { signal } = {}) {
  const source = new EventSource(url);
  /** @type {any[]} */
  const arrived = [];
  let wake = () => {};
  let over = false;
  const end = () => {
    over = true;
    wake();
  };
  /** @param {MessageEvent<string>} event */
  const take = (event) => {
    arrived.push(JSON.parse(event.data));
    wake();
  };
  source.addEventListener("message", take);
  source.addEventListener("end", take);
  source.addEventListener("error", end);
  signal?.addEventListener("abort", end);
  try {
    while (!over || arrived.length) {
      if (arrived.length) {
        yield arrived.shift();
        continue;
      }
      const silence = setTimeout(end, SILENCE_MS);
      await new Promise((resolve) => {
        wake = () => resolve(null);
      });
      clearTimeout(silence);
    }
  } finally {
    source.close();
    signal?.removeEventListener("abort", end);
  }
}
