// Framing: what is well-formed but rare, what is malformed, and how a connection goes on or ends.

import { type Case, type Group, PAUSE, PLAIN, put, raw } from "./cases.ts";

const H = "GET /v1/status/leader HTTP/1.1\r\n";
const RAW = "GET /v1/kv/wire?raw HTTP/1.1\r\nHost: x\r\n\r\n";
const P = "PUT /v1/kv/wire HTTP/1.1\r\nHost: x\r\n";
/** For writes that only one of the two takes: the keys that others read stay the same. */
const ODD = P.replace("wire", "odd");
const GZIP = "Accept-Encoding: gzip\r\n";

function chunked(...chunks: readonly string[]): string {
  return chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
}

const VERSIONS: readonly Case[] = [
  raw("HTTP/1.1", `${H}Host: x\r\n\r\n`),
  raw("bare line feeds", "GET /v1/status/leader HTTP/1.1\nHost: x\n\n"),
  raw("HTTP/1.0", "GET /v1/status/leader HTTP/1.0\r\n\r\n"),
  raw("HTTP/1.0 with a host", "GET /v1/status/leader HTTP/1.0\r\nHost: x\r\n\r\n"),
  raw("HTTP/1.0, kept alive", "GET /v1/status/leader HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
  raw("HTTP/1.0, asked to close", "GET /v1/status/leader HTTP/1.0\r\nConnection: close\r\n\r\n"),
  raw("HTTP/1.0, a long answer", "GET /v1/kv/large HTTP/1.0\r\n\r\n"),
  raw("HTTP/1.0, a long answer, kept alive", "GET /v1/kv/large HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
  raw(
    "HTTP/1.0, a long raw answer, kept alive",
    "GET /v1/kv/large?raw HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  ),
  raw("HTTP/1.0, put", "PUT /v1/kv/wire HTTP/1.0\r\nContent-Length: 3\r\n\r\nold"),
  raw("HTTP/1.0, put without a length", "PUT /v1/kv/wire HTTP/1.0\r\n\r\nold"),
  raw("HTTP/1.0, an error", "GET /v1/kv/ HTTP/1.0\r\n\r\n"),
  raw("HTTP/1.0, head", "HEAD /v1/kv//x HTTP/1.0\r\n\r\n"),
  raw("HTTP/1.0, gzip", `GET /v1/kv/large HTTP/1.0\r\n${GZIP}\r\n`),
  raw("a minor version to come", "GET /v1/status/leader HTTP/1.2\r\nHost: x\r\n\r\n"),
  raw("a major version to come", "GET /v1/status/leader HTTP/2.0\r\nHost: x\r\n\r\n"),
  raw("HTTP/0.9", "GET /v1/status/leader HTTP/0.9\r\nHost: x\r\n\r\n"),
  raw("a request without a version", "GET /v1/status/leader\r\nHost: x\r\n\r\n"),
  raw("a version that is none", "GET /v1/status/leader HTTP/x.1\r\nHost: x\r\n\r\n"),
  raw("a version without a minor one", "GET /v1/status/leader HTTP/1\r\nHost: x\r\n\r\n"),
  raw("a version in small letters", "GET /v1/status/leader http/1.1\r\nHost: x\r\n\r\n"),
  raw("a version of many digits", "GET /v1/status/leader HTTP/1.0000001\r\nHost: x\r\n\r\n"),
  raw("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", { finishes: true }),
];

const LINES: readonly Case[] = [
  raw("nonsense", "garbage\r\n\r\n"),
  raw("nonsense of one line", "garbage\r\n", { finishes: true }),
  raw("an empty line", "\r\n", { finishes: true }),
  raw("an empty line before a request", `\r\n${H}Host: x\r\n\r\n`),
  raw("TLS where none is spoken", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n"),
  raw("two blanks before the target", "GET  /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("two blanks behind the target", "GET /v1/status/leader  HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("a tab for a blank", "GET\t/v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("a blank in front", " GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("a blank at the end", "GET /v1/status/leader HTTP/1.1 \r\nHost: x\r\n\r\n"),
  raw("a blank in the target", "GET /v1/kv/a b HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("a control character in the target", "GET /v1/kv/a\x01b HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("a control character in the query", "GET /v1/kv/a?\x7f HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("a method that is no token", "G@T /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("no method", " /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("a carriage return alone", "GET /v1/status/leader HTTP/1.1\rHost: x\r\n\r\n"),
  raw("a request cut off", "GET /v1/status/lea", { finishes: true }),
  raw("headers cut off", `${H}Host: x\r\nAccept:`, { finishes: true }),
  raw("nothing at all", "", { answers: 0, finishes: true }),
  raw(
    "a request in pieces",
    `GET /v1/sta${PAUSE}tus/leader HTTP/1.1\r${PAUSE}\nHos${PAUSE}t: x\r\n\r${PAUSE}\n`,
  ),
  raw("a target of 100,000 characters", `GET /v1/kv/${"t".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
  raw("headers past 1 MiB", `${H}Host: x\r\nA: ${"a".repeat(1_100_000)}\r\n\r\n`),
  raw("a target past 1 MiB", `GET /v1/kv/${"t".repeat(1_100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
];

const HEADERS: readonly Case[] = [
  raw("no host", `${H}\r\n`),
  raw("an empty host", `${H}Host:\r\n\r\n`),
  raw("two hosts", `${H}Host: x\r\nHost: x\r\n\r\n`),
  raw("a host with a slash", `${H}Host: a/b\r\n\r\n`),
  raw("a host with a blank", `${H}Host: a b\r\n\r\n`),
  raw("a host with bytes above ASCII", `${H}Host: \xe4\r\n\r\n`),
  raw("a host with its port", `${H}Host: [::1]:8500\r\n\r\n`),
  raw("a host that is none of ours", `${H}Host: evil.example\r\n\r\n`),
  raw("a host and an absolute target", "GET http://a/v1/kv/wire HTTP/1.1\r\nHost: b\r\n\r\n"),
  raw("an absolute target and no host", "GET http://a/v1/kv/wire HTTP/1.1\r\n\r\n"),
  raw("headers in small letters", `${H}host: x\r\nconnection: close\r\n\r\n`),
  raw("blanks around a value", `${H}Host: \t x \t \r\nConnection: \t close \t\r\n\r\n`),
  raw("no blank before a value", `${H}Host:x\r\nConnection:close\r\n\r\n`),
  raw("a header with a blank in its name", `${H}Host: x\r\nA B: c\r\n\r\n`),
  raw("a blank before the colon", `${H}Host: x\r\nA : c\r\n\r\n`),
  raw("a header without a name", `${H}Host: x\r\n: c\r\n\r\n`),
  raw("a header without a colon", `${H}Host: x\r\nA\r\n\r\n`),
  raw("a header without a colon in front", `${H}A\r\nHost: x\r\n\r\n`),
  raw("a name with a bad character", `${H}Host: x\r\nA(: c\r\n\r\n`),
  raw("a name with bytes above ASCII", `${H}Host: x\r\n\xe4: c\r\n\r\n`),
  raw("a value with a control character", `${H}Host: x\r\nA: \x01\r\n\r\n`),
  raw("a value with a nought", `${H}Host: x\r\nA: a\0b\r\n\r\n`),
  raw("a value with bytes above ASCII", `${H}Host: x\r\nA: \t\x80\xff\r\n\r\n`),
  raw("a carriage return in a value", `${H}Host: x\r\nA: b\rc\r\n\r\n`),
  raw("a folded header", `${H}Host: x\r\nA: b\r\n c\r\n\td\r\n\r\n`),
  raw("a folded first header", `${H} Host: x\r\n\r\n`),
  raw("a thousand headers", `${H}Host: x\r\n${"A: b\r\n".repeat(1000)}\r\n`),
  raw("asked to close", `${H}Host: x\r\nConnection: close\r\n\r\n`),
  raw("asked to close, among others", `${H}Host: x\r\nConnection: x, Close\r\n\r\n`),
  raw("asked to close and to go on", `${H}Host: x\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n`),
  raw("asked to go on", `${H}Host: x\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n`),
  raw(
    "an upgrade to HTTP/2",
    `${H}Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
  ),
  raw(
    "an upgrade to a socket",
    `${H}Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  ),
  raw("an upgrade of a put", `${P}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc`),
  raw(
    "conditions mean nothing",
    `GET /v1/kv/wire HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\nRange: bytes=0-1\r\n\r\n`,
  ),
  raw("a range of a raw value", "GET /v1/kv/wire?raw HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n"),
  raw("an Accept that we cannot serve", `${H}Host: x\r\nAccept: text/html;q=1, application/json;q=0\r\n\r\n`),
  raw("an origin", `${H}Host: x\r\nOrigin: http://evil.example\r\n\r\n`),
  raw(
    "a method in a header means nothing",
    `GET /v1/kv/wire?raw HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: DELETE\r\n\r\n`,
  ),
];

const BODIES: readonly Case[] = [
  raw("a body", `${P}Content-Length: 3\r\n\r\nabc`),
  raw("a body later than its head", `${P}Content-Length: 6\r\n\r\n${PAUSE}abc${PAUSE}def`),
  raw("it is all there", RAW),
  raw("a length with noughts in front", `${P}Content-Length: 0003\r\n\r\nabc`),
  raw("a length with blanks around it", `${P}Content-Length:  \t3  \r\n\r\nabc`),
  raw("a length of nothing", `${P}Content-Length: 0\r\n\r\n`),
  raw("a length that is empty", `${P}Content-Length:\r\n\r\n`),
  raw("no length", `${P}\r\n`),
  raw("the same length twice", `${P}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`),
  raw("two lengths", `${P}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`),
  raw("the same length in two spellings", `${P}Content-Length: 3\r\nContent-Length: 03\r\n\r\nabc`),
  raw("a list of lengths", `${P}Content-Length: 3, 3\r\n\r\nabc`),
  raw("a length that is no number", `${P}Content-Length: abc\r\n\r\n`),
  raw("a length below zero", `${P}Content-Length: -1\r\n\r\n`),
  raw("a length with a sign", `${P}Content-Length: +3\r\n\r\nabc`),
  raw("a length in hexadecimal", `${P}Content-Length: 0x3\r\n\r\nabc`),
  raw("a length with a point", `${P}Content-Length: 3.0\r\n\r\nabc`),
  raw("a length past 64 bits", `${P}Content-Length: 99999999999999999999\r\n\r\n`),
  raw("the greatest length", `${P}Content-Length: 9223372036854775807\r\n\r\n`),
  raw("one past the greatest length", `${P}Content-Length: 9223372036854775808\r\n\r\n`),
  raw("a body where none is looked for", `${H}Host: x\r\nContent-Length: 4\r\n\r\nabcd`),
  raw("a body of a deletion", `DELETE /v1/kv/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd`),
  raw("a body of what is unknown", `PUT /v1/nope HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd`),
  raw(
    "a body of what is not allowed",
    `POST /v1/kv/wire HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd`,
  ),
  raw("a body of what is redirected", `PUT /v1/kv HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd`),
  raw(
    "a large body where none is looked for",
    `${H}Host: x\r\nContent-Length: 200000\r\n\r\n${"b".repeat(200_000)}`,
  ),
  raw(
    "a larger body where none is looked for",
    `${H}Host: x\r\nContent-Length: 400000\r\n\r\n${"b".repeat(400_000)}`,
  ),
  raw("a body cut off", `${P}Content-Length: 10\r\n\r\nabc`, { finishes: true }),
  { name: "a body cut off changes nothing", requests: [RAW] },
  raw("a body in chunks", `${P}Transfer-Encoding: chunked\r\n\r\n${chunked("abc", "de", "")}`),
  raw("the chunks are one", RAW),
  raw(
    "chunks with extensions and trailers",
    `${P}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0;c\r\nT: z\r\n\r\n`,
  ),
  raw("chunks in capitals", `${P}Transfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n`),
  raw("no chunks", `${P}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  raw(
    "chunks in pieces",
    `${P}Transfer-Encoding: chunked\r\n\r\n${PAUSE}3\r${PAUSE}\nab${PAUSE}c\r\n0\r\n${PAUSE}\r\n`,
  ),
  raw("a chunk of no size", `${P}Transfer-Encoding: chunked\r\n\r\n\r\n`, { finishes: true }),
  raw("a chunk of a size that is none", `${P}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, { finishes: true }),
  raw("a chunk shorter than its size", `${P}Transfer-Encoding: chunked\r\n\r\n5\r\nabc\r\n0\r\n\r\n`, {
    finishes: true,
  }),
  raw("chunks without an end", `${P}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, { finishes: true }),
  raw(
    "chunks and a length",
    `${ODD}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n${chunked("abc", "")}`,
  ),
  raw(
    "chunks in HTTP/1.0",
    `PUT /v1/kv/odd HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunked("abc", "")}`,
  ),
  raw(
    "chunks twice",
    `${P}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${chunked("abc", "")}`,
  ),
  raw("a coding that is unknown", `${P}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`),
  raw("a coding that is none", `${P}Transfer-Encoding: identity\r\n\r\n`),
  raw("chunks of a get", `${H}Host: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunked("abc", "")}`),
  raw("chunks past the limit", `${ODD}Transfer-Encoding: chunked\r\n\r\n${chunked("c".repeat(524_289), "")}`),
  raw("both keys are the same again", `${ODD}Content-Length: 3\r\n\r\nodd`),
  raw("what is too large is not there", "GET /v1/kv/odd?raw HTTP/1.1\r\nHost: x\r\n\r\n"),
  raw("a body that says it is compressed", `${P}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc`),
  raw("nobody unpacks it", RAW),
];

const EXPECTATIONS: readonly Case[] = [
  raw("continue", `${P}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n${PAUSE}abc`),
  raw("continue, without waiting for it", `${P}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`),
  raw("continue in capitals", `${P}Expect: 100-CONTINUE\r\nContent-Length: 3\r\n\r\n${PAUSE}abc`),
  raw(
    "continue, in chunks",
    `${P}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n${PAUSE}${chunked("abc", "")}`,
  ),
  raw("continue without a body", `${H}Host: x\r\nExpect: 100-continue\r\n\r\n`),
  raw("continue with an empty body", `${P}Expect: 100-continue\r\nContent-Length: 0\r\n\r\n`),
  raw(
    "continue, of what is wrong",
    `PUT /v1/kv/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n${PAUSE}abc`,
  ),
  raw(
    "continue, of what is unknown",
    `PUT /v1/nope HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n${PAUSE}abc`,
  ),
  raw(
    "continue, of flags that are none",
    `PUT /v1/kv/wire?flags=x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n${PAUSE}abc`,
  ),
  raw(
    "continue, of what is not allowed",
    `POST /v1/kv/wire HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`,
  ),
  raw("continue, of what is too large", `${P}Expect: 100-continue\r\nContent-Length: 524289\r\n\r\n`),
  raw(
    "continue, in HTTP/1.0",
    "PUT /v1/kv/wire HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
  ),
  raw("an expectation of something else", `${P}Expect: 200-ok\r\nContent-Length: 3\r\n\r\nabc`),
  raw("an empty expectation", `${P}Expect:\r\nContent-Length: 3\r\n\r\nabc`),
];

const PIPELINES: readonly Case[] = [
  { name: "three requests at once", requests: [RAW, `${P}Content-Length: 2\r\n\r\nhi`, RAW] },
  {
    name: "a write and its reading, ten times",
    requests: Array.from({ length: 10 }, (_, at) => [`${P}Content-Length: 1\r\n\r\n${at}`, RAW]).flat(),
  },
  { name: "a request, then nonsense", requests: [RAW, "garbage\r\n\r\n"] },
  { name: "a request, then the end", requests: [RAW], finishes: true },
  { name: "a write, then the end", requests: [`${P}Content-Length: 3\r\n\r\nend`], finishes: true },
  { name: "three requests, then the end", requests: [RAW, RAW, RAW], finishes: true },
  {
    name: "asked to close, then another",
    requests: [`${H}Host: x\r\nConnection: close\r\n\r\n`, RAW],
    answers: 1,
  },
  { name: "an error, then another", requests: ["GET /v1/kv/ HTTP/1.1\r\nHost: x\r\n\r\n", RAW] },
  { name: "what is unknown, then another", requests: ["GET /nope HTTP/1.1\r\nHost: x\r\n\r\n", RAW] },
  {
    name: "heads in a row",
    requests: [
      "HEAD /v1/kv//a HTTP/1.1\r\nHost: x\r\n\r\n",
      "HEAD /v1/kv/a HTTP/1.1\r\nHost: x\r\n\r\n",
      RAW,
    ],
  },
  {
    name: "old and new in a row",
    requests: ["GET /v1/status/leader HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", RAW],
  },
  {
    name: "long answers in a row",
    requests: Array.from({ length: 5 }, () => "GET /v1/kv/large HTTP/1.1\r\nHost: x\r\n\r\n"),
  },
  {
    name: "chunks, then another",
    requests: [`${P}Transfer-Encoding: chunked\r\n\r\n${chunked("abc", "")}`, RAW],
  },
  {
    name: "continue, then another",
    requests: [`${P}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n${PAUSE}abc`, RAW],
  },
  {
    name: "a read that waits, then another",
    requests: ["GET /v1/kv/wire?index={index wire}&wait=300ms HTTP/1.1\r\nHost: x\r\n\r\n", RAW],
    waitMs: 300,
  },
];

const GZIPPED: readonly Case[] = [
  raw("gzip", `${H}Host: x\r\n${GZIP}\r\n`),
  raw("gzip of a long answer", `GET /v1/kv/large HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of a long raw answer", `GET /v1/kv/large?raw HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of an error", `GET /v1/kv/ HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of what is not allowed", `POST /v1/kv/a HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of nothing", `GET /v1/kv/nothing HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of an empty value", `GET /v1/kv/empty?raw HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of a redirect", `GET /v1/kv HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of what is unknown", `GET /nope HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of options", `OPTIONS /v1/kv/a HTTP/1.1\r\nHost: x\r\n${GZIP}\r\n`),
  raw("gzip of a write", `${P}Content-Length: 3\r\n${GZIP}\r\nabc`),
  raw("gzip of what is too large", `${P}Content-Length: 524289\r\n${GZIP}\r\n`),
  raw("gzip in HTTP/1.0, kept alive", `GET /v1/kv/large HTTP/1.0\r\nConnection: keep-alive\r\n${GZIP}\r\n`),
  raw("gzip in capitals", `${H}Host: x\r\nAccept-Encoding: GZIP\r\n\r\n`),
  raw("gzip among others", `${H}Host: x\r\nAccept-Encoding: deflate, gzip;q=0.5, br\r\n\r\n`),
  raw("gzip in the second header", `${H}Host: x\r\nAccept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n`),
  raw("gzip refused", `${H}Host: x\r\nAccept-Encoding: gzip;q=0\r\n\r\n`),
  raw("gzip refused, anything else taken", `${H}Host: x\r\nAccept-Encoding: gzip;q=0, *\r\n\r\n`),
  raw("gzip with a weight that is none", `${H}Host: x\r\nAccept-Encoding: gzip;q=x\r\n\r\n`),
  raw("gzip with a weight past 1", `${H}Host: x\r\nAccept-Encoding: gzip;q=7\r\n\r\n`),
  raw("anything", `${H}Host: x\r\nAccept-Encoding: *\r\n\r\n`),
  raw("nothing", `${H}Host: x\r\nAccept-Encoding:\r\n\r\n`),
  raw("only identity", `${H}Host: x\r\nAccept-Encoding: identity\r\n\r\n`),
  raw("x-gzip", `${H}Host: x\r\nAccept-Encoding: x-gzip\r\n\r\n`),
];

/** What the groups below read and write. */
const PREPARED: readonly Case[] = [
  put("a key for the wire", "/v1/kv/wire", "wire"),
  put("a key for what only one of the two takes", "/v1/kv/odd", ""),
];

export const WIRE: readonly Group[] = [
  { title: "versions of HTTP", kinds: PLAIN, cases: [...PREPARED, ...VERSIONS] },
  { title: "lines", kinds: PLAIN, cases: LINES },
  { title: "headers", kinds: PLAIN, cases: HEADERS },
  { title: "bodies", kinds: PLAIN, cases: BODIES },
  { title: "expectations", kinds: PLAIN, cases: EXPECTATIONS },
  { title: "pipelines", kinds: PLAIN, cases: PIPELINES },
  { title: "compression", kinds: PLAIN, cases: GZIPPED },
];
