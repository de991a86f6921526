// Speaks HTTP with the public API: JSON both ways, CSRF token, errors as Problem. Knows no page.

export const API = "/api/v1";
export const TASKS = `${API}/data-processing/tasks`;

const OFFLINE = "The server cannot be reached. Check your connection, then try again.";

/**
 * @typedef {object} Culprit  a value that is to blame
 * @property {string} pointer
 * @property {string} detail
 */

/**
 * @typedef {object} Options
 * @property {unknown} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

/** @typedef {{status: number, body: any, retryAfterS: number | null}} Answer  the body as the API's document says */

/** What the API answered instead of data (RFC 9457). */
export class Problem extends Error {
  /**
   * @param {{status?: number, code?: string, detail: string, errors?: Culprit[], error?: {code: string} | null, retryAfterS?: number | null}} answer
   */
  constructor({ status = 0, code = "", detail, errors = [], error = null, retryAfterS = null }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    /** Why the task failed, where one did. */
    this.failure = error?.code ?? "";
    this.retryAfterS = retryAfterS;
  }

  /** Whether the same request may well succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

/**
 * Throws Problem; an abort throws the signal's AbortError.
 * @param {string} method
 * @param {string} url
 * @param {Options} [options]
 * @returns {Promise<Answer>}
 */
export async function request(method, url, { body, headers = {}, signal } = {}) {
  /** @type {Record<string, string>} */
  const sent = { Accept: "application/json", ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  // Whom the page was made for: the API refuses to do anything under another name (401, 409).
  const { user } = document.body?.dataset ?? {};
  if (user !== undefined) sent["X-Signed-In-As"] = user;
  if (method !== "GET") sent["X-CSRFToken"] = readCookie("csrftoken");
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await reach(url, { method, signal, credentials: "same-origin", headers: sent, body: text });
  const answer = await readJson(response);
  const retryAfterS = Number(response.headers.get("Retry-After")) || null;
  if (response.status === 204 || (response.ok && answer !== null))
    return { status: response.status, body: answer, retryAfterS };
  throw new Problem({
    detail: `The server answered ${`${response.status} ${response.statusText}`.trim()}.`,
    ...answer,
    status: response.status,
    retryAfterS,
  });
}

/** @param {string} url @param {Options} [options] */
export const get = (url, options) => request("GET", url, options);

/** @param {string} url @param {unknown} [body] @param {Options} [options] */
export const post = (url, body, options) => request("POST", url, { ...options, body });

/** @param {string} url @param {RequestInit} options */
async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Problem({ code: "unreachable", detail: OFFLINE });
  }
}

/** @param {Response} response */
async function readJson(response) {
  try {
    return await response.json();
  } catch (error) {
    if (isAbort(error)) throw error;
    return null;
  }
}

/** @param {unknown} error */
const isAbort = (error) => error instanceof Error && error.name === "AbortError";

/** @param {string} name */
function readCookie(name) {
  const pair = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}
