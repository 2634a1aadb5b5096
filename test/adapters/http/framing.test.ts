import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frame, messageOf, messageParts, withCoding } from "../../../src/adapters/http/framing.ts";
import type { HttpResponse } from "../../../src/core/api/http.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import { takeMessage } from "./wire.ts";

const DATE = "Thu, 01 Jan 1970 00:00:00 GMT";
const NEW = { method: "GET", old: false, keepAlive: true };

function response(
  bytes: number,
  headers: readonly string[] = ["Content-Type", "application/json"],
): HttpResponse {
  return { status: 200, headers, body: "x".repeat(bytes) as ByteString };
}

/** What is added to the endpoint's headers, in one line. */
function added(answer: HttpResponse, exchange: Partial<typeof NEW> = {}): string {
  const { headers, close, body } = frame(answer, { ...NEW, ...exchange }, DATE);
  const rest = headers.slice(answer.headers.length + 2);
  const pairs = rest.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rest[at + 1]}`] : []));
  return [...pairs, `body ${body.length}`, close ? "closes" : "stays"].join(" | ");
}

const RAW = ["Content-Length", "5000", "Content-Type", "text/plain"];

test.each([
  ["a small body has a length", response(2048), {}, "Content-Length: 2048 | body 2048 | stays"],
  ["a larger one comes in chunks", response(2049), {}, "Transfer-Encoding: chunked | body 2049 | stays"],
  ["unless its length was said", response(5000, RAW), {}, "body 5000 | stays"],
  ["no body has a length of 0", response(0, []), {}, "Content-Length: 0 | body 0 | stays"],
  [
    "text that says no type gets one, last",
    response(3, []),
    {},
    "Content-Length: 3 | Content-Type: text/plain; charset=utf-8 | body 3 | stays",
  ],
  [
    "HEAD gets the length and no body",
    response(23),
    { method: "HEAD" },
    "Content-Length: 23 | body 0 | stays",
  ],
  ["HEAD of nothing gets no length", response(0), { method: "HEAD" }, "body 0 | stays"],
  [
    "HEAD of much gets its length",
    response(3000),
    { method: "HEAD" },
    "Content-Length: 3000 | body 0 | stays",
  ],
  ["304 has no body and says no length", { ...response(3), status: 304 }, {}, "body 0 | stays"],
  [
    "closing is said",
    response(3),
    { keepAlive: false },
    "Content-Length: 3 | Connection: close | body 3 | closes",
  ],
  [
    "an answer may close",
    { ...response(3), close: true },
    {},
    "Content-Length: 3 | Connection: close | body 3 | closes",
  ],
  [
    "HTTP/1.0 closes in silence",
    response(3),
    { old: true, keepAlive: false },
    "Content-Length: 3 | body 3 | closes",
  ],
  [
    "and says when it stays",
    response(3),
    { old: true },
    "Content-Length: 3 | Connection: keep-alive | body 3 | stays",
  ],
  ["and has no chunks", response(3000), { old: true }, "body 3000 | closes"],
  [
    "a Connection that was said is not said twice",
    { ...response(3, ["Connection", "close"]), close: true },
    {},
    "Content-Length: 3 | Content-Type: text/plain; charset=utf-8 | body 3 | closes",
  ],
])("%s", (_, answer, exchange, expected) => {
  expect(added(answer, exchange)).toBe(expected);
});

describe("a message", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ minLength: 2000, maxLength: 2100, size: "max" }),
  );

  test("says where its body ends, whatever the body", () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), (body, old) => {
        const answer = { ...response(0), body: Buffer.from(body).toString("latin1") as ByteString };
        const message = messageOf(frame(answer, { ...NEW, old }, DATE), old);
        const taken = takeMessage(old ? message : `${message}HTTP/1.1 200 OK\r\n`);
        expect(taken?.body).toBe(answer.body);
        if (!old) expect(taken?.rest).toBe("HTTP/1.1 200 OK\r\n");
      }),
    );
  });

  test.each([
    [100, false, 1],
    [20_000, false, 3],
    [20_000, true, 2],
  ])("of %i bytes (HTTP/1.0: %s) is written in %i parts, which are the message", (size, old, count) => {
    const framed = frame(response(size), { ...NEW, old }, DATE);
    const parts = messageParts(framed, old);
    expect([parts.length, parts.join("")]).toEqual([count, messageOf(framed, old)]);
  });

  test("knows its status by Go's name, and an unknown one by its number", () => {
    const lines = [200, 413, 299].map((status) => {
      const message = messageOf(frame({ ...response(0), status }, NEW, DATE), false);
      return message.slice(0, message.indexOf("\r\n"));
    });
    expect(lines).toEqual([
      "HTTP/1.1 200 OK",
      "HTTP/1.1 413 Request Entity Too Large",
      "HTTP/1.1 299 status code 299",
    ]);
  });
});

test("an encoded response has its new headers where they are sorted in, and the old length no more", () => {
  const headers = ["Allow", "GET", "Content-Length", "9", "Content-Security-Policy", "sandbox", "Vary", "x"];
  expect(withCoding(response(9, headers), "gzip", "z" as ByteString).headers).toEqual([
    ...["Allow", "GET", "Content-Encoding", "gzip", "Content-Security-Policy", "sandbox"],
    ...["Content-Type", "text/plain; charset=utf-8", "Vary", "x"],
  ]);
});
