// What the explorer makes of links, and which links it makes itself; reads questions and links as JSON lines.

import { createInterface } from "node:readline";
import { readComparison, toCompare, writeComparison } from "../../web/static/web/sides.js";
import { readView, toFilters, viewOfRequest, writeView } from "../../web/static/web/view.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { link, request, sides } = JSON.parse(line);
  if (sides) {
    const comparison = readComparison(link);
    process.stdout.write(`${JSON.stringify({ asked: toCompare(comparison), own: writeComparison(comparison) })}\n`);
    continue;
  }
  const view = viewOfRequest(request);
  const asked = link === null ? null : toFilters(readView(link));
  process.stdout.write(`${JSON.stringify({ asked, own: view && writeView(view) })}\n`);
}
