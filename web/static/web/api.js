// Speaks HTTP with the public API: JSON both ways, CSRF token, errors as Problem. Knows no page.

export const API = "/api/v1";
export const TASKS = `${API}/data-processing/tasks`;

const OFFLINE = "The server cannot be reached. Check your connection, then try again.";

// What the API answered instead of data (RFC 9457). `errors` are {pointer, detail} of the culprits.
export class Problem extends Error {
  constructor({ status = 0, code = "", detail, errors = [], retryAfterS = null }) {
    super(detail);
    Object.assign(this, { status, code, detail, errors, retryAfterS });
  }

  // Whether the same request may well succeed later.
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

// Resolves to {status, body, retryAfterS}. Throws Problem; an abort throws the signal's AbortError.
export async function request(method, url, { body, headers = {}, signal } = {}) {
  const options = { method, signal, credentials: "same-origin", headers: { Accept: "application/json", ...headers } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  if (method !== "GET") options.headers["X-CSRFToken"] = readCookie("csrftoken");
  const response = await reach(url, options);
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

export const get = (url, options) => request("GET", url, options);

export const post = (url, body, options) => request("POST", url, { ...options, body });

async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ code: "unreachable", detail: OFFLINE });
  }
}

async function readJson(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null;
  }
}

function readCookie(name) {
  const pair = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}
