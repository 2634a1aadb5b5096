import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headerNames } from "../../../src/adapters/http/fields.ts";
import {
  findHeadEnd,
  MAX_HEAD_BYTES,
  type ParsedHead,
  parseHead,
} from "../../../src/adapters/http/parser.ts";
import { readRecorded } from "../../core/http/recorded.ts";

const NAMES = headerNames(["cache-control", "x-consul-namespace"]);

function parse(text: string | Buffer): ParsedHead {
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
  return parseHead(bytes, 0, bytes.length, NAMES);
}

const request = (headers: string, line = "GET /x HTTP/1.1"): string => `${line}\r\n${headers}\r\n`;

describe("a head is taken apart", () => {
  test("with all that the framing and the agent want of it", () => {
    const head =
      "PUT /v1/kv/a%20b?raw HTTP/1.1\r\nhOsT:x\r\nContent-Length: \t007\r\nX-Consul-Namespace: a b \r\nCache-Control:\r\nAccept-Encoding: gzip\r\nX-Other: y\r\n\r\n";
    expect(parse(`${head}1234567`)).toEqual({
      kind: "head",
      method: "PUT",
      target: "/v1/kv/a%20b?raw",
      old: false,
      keepAlive: true,
      contentLength: 7,
      declaredLength: "7",
      acceptEncoding: "gzip",
      headers: new Map([
        ["x-consul-namespace", "a b"],
        ["cache-control", ""],
      ]),
      end: head.length,
    });
  });

  test("of a repeated header the first counts", () => {
    const parsed = parse(request("Host: x\r\nCache-Control: a\r\nCACHE-CONTROL: b\r\n"));
    expect(parsed).toMatchObject({ headers: new Map([["cache-control", "a"]]) });
  });

  test("a folded header is unfolded, and its head ends where it ended", () => {
    const head = request("Host: x\r\nCache-Control: a,\r\n\tb\r\n  c\r\nX: y\r\n");
    expect(parse(head)).toMatchObject({ headers: new Map([["cache-control", "a, b c"]]), end: head.length });
  });

  test.each([
    ["HTTP/1.1", "", true],
    ["HTTP/1.1", "Connection: close\r\n", false],
    ["HTTP/1.1", "Connection: x, Close\r\n", false],
    ["HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n", false],
    ["HTTP/1.1", "Connection: closed\r\n", true],
    ["HTTP/1.0", "", false],
    ["HTTP/1.0", "Connection: Keep-Alive\r\n", true],
    ["HTTP/1.0", "Connection: keep-alive, close\r\n", false],
  ])("%s with %j keeps alive: %s", (version, header, keepAlive) => {
    expect(parse(request(`Host: x\r\n${header}`, `GET /x ${version}`))).toMatchObject({ keepAlive });
  });

  test.each([
    ["a chunked body", "Transfer-Encoding: CHUNKED\r\n"],
    ["an expectation", "Expect: 100-continue\r\nContent-Length: 5\r\n"],
    ["an upgrade", "Connection: Upgrade\r\nUpgrade: websocket\r\n"],
  ])("%s is not for the fast road", (_, headers) => {
    expect(parse(request(`Host: x\r\n${headers}`))).toEqual({ kind: "not-plain" });
  });

  test.each([
    ["to be told to go on without a body", "Expect: 100-continue\r\n", "HTTP/1.1"],
    ["to be told to go on with no bytes", "Expect: 100-continue\r\nContent-Length: 00\r\n", "HTTP/1.1"],
    ["to be told what HTTP/1.0 cannot say", "Expect: 100-continue\r\nContent-Length: 5\r\n", "HTTP/1.0"],
    ["nothing", "Expect:\r\nExpect: x\r\nContent-Length: 5\r\n", "HTTP/1.1"],
    ["an upgrade of HTTP/1.0", "Connection: Upgrade\r\nUpgrade: h2c\r\n", "HTTP/1.0"],
  ])("who expects %s is served as any other", (_, headers, version) => {
    expect(parse(request(`Host: x\r\n${headers}`, `GET /x ${version}`))).toMatchObject({ kind: "head" });
  });
});

describe("what no honest client sends is refused, even where Go 1.15 is lenient", () => {
  test.each([
    [
      "a length beside chunks",
      "Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
      "GET /x HTTP/1.1",
    ],
    ["chunks in HTTP/1.0", "Transfer-Encoding: chunked\r\n", "GET /x HTTP/1.0"],
    ["a first header that goes on", " x: y\r\nHost: x\r\n", "GET /x HTTP/1.1"],
    ["a target of another scheme", "Host: x\r\n", "GET ftp://x/y HTTP/1.1"],
    ["an authority for a target", "Host: x\r\n", "CONNECT x:80 HTTP/1.1"],
  ])("%s", (_, headers, line) => {
    expect(parse(request(headers, line))).toMatchObject({ kind: "refused", status: "400 Bad Request" });
  });

  test.each([
    ["the head", `GET /x HTTP/1.1\r\nHost: x\r\nA: ${"y".repeat(MAX_HEAD_BYTES)}`],
    ["the request line", `GET /${"y".repeat(MAX_HEAD_BYTES)} HTTP/1.1`],
    ["a folded head", `GET /x HTTP/1.1\r\nA: b\r\n ${"y".repeat(MAX_HEAD_BYTES)}`],
  ])("%s grows past its limit", (_, text) => {
    const refusal = { kind: "refused", status: "431 Request Header Fields Too Large" };
    expect(parse(text)).toMatchObject(refusal);
    expect(parse(`${text}\r\n\r\n`)).toMatchObject(refusal);
  });
});

test.each([
  ["", 0],
  ["0", 0],
  ["0000000000000000000000000000000007", 7],
  ["9007199254740991", 2 ** 53 - 1],
  ["9223372036854775807", 2 ** 63],
  ["9223372036854775808", undefined],
  ["10000000000000000000", undefined],
  ["99999999999999999999", undefined],
  ["1 2", undefined],
  ["0x1", undefined],
])("a Content-Length of %j means %d", (text, length) => {
  const expected = length === undefined ? { kind: "refused" } : { kind: "head", contentLength: length };
  expect(parse(request(`Host: x\r\nContent-Length: ${text}\r\n`))).toMatchObject(expected);
});

const SEEDS = readRecorded("http-wire.json").map(({ send }) => send);

/** A recorded request with some of its bytes changed, dropped, doubled or swapped with another's. */
const mutated: fc.Arbitrary<Buffer> = fc
  .record({
    seed: fc.constantFrom(...SEEDS),
    edits: fc.array(
      fc.record({
        how: fc.constantFrom("set", "drop", "double", "insert", "cut"),
        where: fc.double({ min: 0, max: 1, noNaN: true }),
        // Bytes that mean something are drawn as often as all the others together.
        byte: fc.oneof(fc.constantFrom(0, 9, 10, 13, 32, 37, 44, 58, 127, 255), fc.nat(255)),
        other: fc.constantFrom(...SEEDS),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ seed, edits }) => {
    let bytes = Buffer.from(seed, "latin1");
    for (const { how, where, byte, other } of edits) {
      const at = Math.floor(where * bytes.length);
      const before = bytes.subarray(0, at);
      const after = bytes.subarray(at);
      if (how === "set") bytes = Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
      else if (how === "drop") bytes = Buffer.concat([before, after.subarray(1 + (byte % 8))]);
      else if (how === "double") bytes = Buffer.concat([before, after.subarray(0, byte), after]);
      else if (how === "insert") bytes = Buffer.concat([before, Buffer.of(byte), after]);
      else bytes = Buffer.concat([before, Buffer.from(other, "latin1").subarray(at)]);
    }
    return bytes;
  });

describe("whatever bytes come", () => {
  test("a head is a head, a refusal a refusal, and nothing throws", () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        const parsed = parse(bytes);
        if (parsed.kind !== "head") return;
        expect(parsed.method).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
        expect(parsed.target).toMatch(/^(?:\/|\*$|https?:\/\/)[^\0- \x7f]*$/i);
        expect(parsed.contentLength).toBeGreaterThanOrEqual(0);
        expect(parsed.end).toBe(findHeadEnd(bytes, 0, bytes.length));
      }),
      { numRuns: 30_000 },
    );
  });

  test("random ones too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(["incomplete", "refused"]).toContain(parse(Buffer.from(bytes)).kind);
      }),
      { numRuns: 10_000 },
    );
  });

  test("fewer of them are never judged otherwise: a beginning is incomplete, or refused as the whole is", () => {
    fc.assert(
      fc.property(mutated, fc.double({ min: 0, max: 1, noNaN: true }), (bytes, share) => {
        const whole = parse(bytes);
        const end = findHeadEnd(bytes, 0, bytes.length);
        const part = parse(bytes.subarray(0, Math.floor(share * bytes.length)));
        if (part.kind === "incomplete") return;
        if (part.kind === "refused") expect(whole).toEqual(part);
        else expect(Math.floor(share * bytes.length)).toBeGreaterThanOrEqual(end);
      }),
      { numRuns: 20_000 },
    );
  });

  test("bytes around them are not looked at", () => {
    fc.assert(
      fc.property(mutated, fc.uint8Array({ maxLength: 20 }), (bytes, noise) => {
        const around = Buffer.concat([noise, bytes, noise]);
        const parsed = parseHead(around, noise.length, noise.length + bytes.length, NAMES);
        const alone = parse(bytes);
        expect(parsed).toEqual(alone.kind === "head" ? { ...alone, end: alone.end + noise.length } : alone);
      }),
      { numRuns: 10_000 },
    );
  });
});
