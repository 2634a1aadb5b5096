// A handler of a watch over HTTP that says where else it is to be found.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { HttpHandler } from "../../../src/adapters/watches/handlers.ts";
import { askHandler } from "../../../src/adapters/watches/http-handler.ts";

interface Said {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

let asked: string[] = [];
const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method, url = "", headers } = request;
    asked.push(`${method} ${url} ${headers["x-consul-index"]} ${Buffer.concat(chunks).toString().trim()}`);
    const status = Number(url.slice(1, 4));
    const location = url.slice(4);
    response.writeHead(status, location === "" ? {} : { Location: location }).end("said");
  });
});
let base = "";

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  asked = [];
});

async function tell(path: string): Promise<Said> {
  const said: Said[] = [];
  const handler: HttpHandler = {
    kind: "http",
    url: `${base}${path}`,
    method: "POST",
    headers: [],
    timeoutMs: 60_000,
    skipsVerification: false,
  };
  await askHandler(handler, '{"a":1}', "7", (level, message, fields = {}) =>
    said.push({ level, message, fields }),
  );
  return said[0] as Said;
}

test.each([
  ["307 with all that it was told", "/307/200", ['POST /307/200 7 {"a":1}', 'POST /200 7 {"a":1}']],
  ["303 with a question and nothing more", "/303/200", ['POST /303/200 7 {"a":1}', "GET /200 7 "]],
  [
    "a redirect that leads to another",
    "/301/302/200",
    ['POST /301/302/200 7 {"a":1}', "GET /302/200 7 ", "GET /200 7 "],
  ],
])("is asked there: %s", async (_what, path, wanted) => {
  expect(await tell(path)).toMatchObject({
    level: "trace",
    fields: { watch: `${base}${path}`, output: "said" },
  });
  expect(asked).toEqual(wanted);
});

test("is asked ten times and not once more", async () => {
  const path = `${"/302".repeat(12)}/200`;
  const told = await tell(path);
  expect(asked).toHaveLength(10);
  expect(told).toMatchObject({ level: "error", message: "Failed to invoke http watch handler" });
  expect(JSON.stringify(told.fields)).toContain("stopped after 10 redirects");
});

test("that says nowhere is told of as it is", async () => {
  expect(await tell("/302")).toMatchObject({
    fields: { error: `Post "${base}/302": 302 response missing Location header` },
  });
  expect(await tell("/500")).toMatchObject({
    message: "http watch handler failed with output",
    fields: { status: "500 Internal Server Error", output: "said" },
  });
});
