import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { get, Problem, post, request } from "../../../web/static/web/api.js";

const ANSWERS = {
  "/rows": [200, { "Content-Type": "application/json" }, '{"rows": []}'],
  "/gone": [204, {}, ""],
  "/refused": [400, {}, '{"code": "invalid", "detail": "No.", "errors": [{"pointer": "/filters", "detail": "No."}]}'],
  "/busy": [503, { "Retry-After": "7" }, '{"code": "busy", "detail": "Later."}'],
  "/proxy": [502, { "Content-Type": "text/html" }, "<h1>Bad Gateway</h1>"],
  "/broken": [200, { "Content-Type": "application/json" }, '{"rows": ['],
};
const asked = [];
let base = "";

const server = createServer(async (incoming, outgoing) => {
  let body = "";
  for await (const part of incoming) body += part;
  asked.push({ method: incoming.method, headers: incoming.headers, body });
  if (incoming.url === "/never") return;
  const [status, headers, answer] = ANSWERS[incoming.url];
  outgoing.writeHead(status, headers).end(answer);
});

before(async () => {
  globalThis.document = { cookie: "sessionid=1; csrftoken=a%3Db" }; // all that the module needs of a page
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

async function problemOf(path, options) {
  try {
    await get(base + path, options);
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return error;
  }
  return assert.fail(`${path} was answered`);
}

test("an answer is its status and its data", async () => {
  assert.deepEqual(await get(`${base}/rows`), { status: 200, body: { rows: [] }, retryAfterS: null });
  assert.equal((await request("DELETE", `${base}/gone`)).status, 204);
});

test("what is sent is JSON with the token against forged requests", async () => {
  await post(`${base}/rows`, { page: 1 }, { headers: { Prefer: "wait=10" } });
  const { method, headers, body } = asked.at(-1);
  assert.deepEqual([method, body], ["POST", '{"page":1}']);
  assert.deepEqual(
    [headers["content-type"], headers["x-csrftoken"], headers.prefer],
    ["application/json", "a=b", "wait=10"],
  );
});

test("a question carries no token and no body", async () => {
  await get(`${base}/rows`);
  const { headers, body } = asked.at(-1);
  assert.deepEqual([headers["x-csrftoken"], headers["content-type"], body], [undefined, undefined, ""]);
});

test("a refusal names who is to blame, and asking again does not help", async () => {
  const problem = await problemOf("/refused");
  assert.deepEqual([problem.status, problem.code, problem.detail, problem.passing], [400, "invalid", "No.", false]);
  assert.deepEqual(problem.errors, [{ pointer: "/filters", detail: "No." }]);
});

test("a server that is busy passes, and says when", async () => {
  const problem = await problemOf("/busy");
  assert.deepEqual([problem.passing, problem.retryAfterS], [true, 7]);
});

test("an answer that is no JSON is told by its status", async () => {
  const problem = await problemOf("/proxy");
  assert.deepEqual([problem.detail, problem.passing], ["The server answered 502 Bad Gateway.", true]);
  assert.equal((await problemOf("/broken")).status, 200);
});

test("a server that cannot be reached is a problem that passes", async () => {
  const closed = createServer();
  await new Promise((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address();
  await new Promise((resolve) => closed.close(resolve));
  await assert.rejects(get(`http://127.0.0.1:${port}/`), (problem) => problem instanceof Problem && problem.passing);
});

test("who gives up asking gets no problem to show", async () => {
  const asking = new AbortController();
  const answer = get(`${base}/never`, { signal: asking.signal });
  asking.abort();
  await assert.rejects(answer, { name: "AbortError" });
});
