// From a response to the bytes of a message, as Go's server frames it: which headers it adds, in which order, and how the
// body is delimited (RFC 9112 §6; net/http of Go 1.15). What the endpoint said comes first, sorted by name; then Date,
// Content-Length, Content-Type when nobody said it, Connection and Transfer-Encoding.

import type { HttpResponse } from "../../core/api/http.ts";
import type { ByteString } from "../../core/lib/bytes.ts";

/** What the request says of the framing of its answer. */
export interface Exchange {
  readonly method: string;
  /** HTTP/1.0. */
  readonly old: boolean;
  readonly keepAlive: boolean;
}

export interface Framed {
  readonly status: number;
  /** All headers in the order they are written: name, value, name, value… */
  readonly headers: readonly string[];
  readonly body: ByteString;
  /** Bytes that go out instead of the body. */
  readonly pieces: readonly Uint8Array[] | undefined;
  /** The body goes out as one chunk, pieces as one each. */
  readonly chunked: boolean;
  /** The connection is closed after the message. */
  readonly close: boolean;
}

const NO_BODY = "" as ByteString;
/** Go's server knows the length of what fits into its buffer; more it sends in chunks. */
const BUFFERED_BYTES = 2048;
/** What Go finds when it looks at text: no endpoint leaves it to look at anything else. */
const SNIFFED_TYPE = "text/plain; charset=utf-8";
/** And at bytes: the only ones are gzip. */
const SNIFFED_ARCHIVE_TYPE = "application/x-gzip";

/** The status lines of Go, which names some statuses otherwise than Node does. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  301: "Moved Permanently",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

export function reasonOf(status: number): string {
  return REASONS[status] ?? `status code ${status}`;
}

/** Decides how a response is framed. `date` is the value of the Date header. */
export function frame(response: HttpResponse, exchange: Exchange, date: string): Framed {
  const { status } = response;
  const headers = [...response.headers, "Date", date];
  const told = headerValue(response.headers, "Content-Length") !== undefined;
  const isHead = exchange.method === "HEAD";
  const isBodiless = status === 204 || status === 304;
  const body = isBodiless ? NO_BODY : response.body;
  const pieces = isBodiless || isHead ? undefined : response.pieces;
  const length = pieces === undefined ? body.length : lengthOf(pieces);
  const chunked = !told && !isHead && !exchange.old && length > BUFFERED_BYTES;
  // Without a length and without chunks only the end of the connection ends the body.
  const unbounded = !told && exchange.old && length > BUFFERED_BYTES;
  const close = !exchange.keepAlive || response.close === true || unbounded;
  if (!told && !chunked && !unbounded && !isBodiless && !(isHead && length === 0))
    headers.push("Content-Length", String(length));
  if (length > 0 && headerValue(response.headers, "Content-Type") === undefined)
    headers.push("Content-Type", pieces === undefined ? SNIFFED_TYPE : SNIFFED_ARCHIVE_TYPE);
  const connection = connectionToken(exchange, close);
  if (connection !== "" && headerValue(response.headers, "Connection") === undefined)
    headers.push("Connection", connection);
  if (chunked) headers.push("Transfer-Encoding", "chunked");
  return { status, headers, body: isHead ? NO_BODY : body, pieces, chunked, close };
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** What the other side would not take for granted: closing in HTTP/1.1, going on in HTTP/1.0. */
function connectionToken(exchange: Exchange, close: boolean): string {
  if (exchange.old) return close ? "" : "keep-alive";
  return close ? "close" : "";
}

/** The value of the first header of this name, spelled as we spell it. */
export function headerValue(headers: readonly string[], name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1];
  return undefined;
}

/** The response with an encoded body: Content-Encoding is sorted in, and the Content-Type that nobody said. */
export function withCoding(response: HttpResponse, coding: string, body: ByteString): HttpResponse {
  const headers = response.headers.filter((_, at) => response.headers[at - (at % 2)] !== "Content-Length");
  insertSorted(headers, "Content-Encoding", coding);
  if (headerValue(headers, "Content-Type") === undefined) insertSorted(headers, "Content-Type", SNIFFED_TYPE);
  return { ...response, headers, body };
}

function insertSorted(headers: string[], name: string, value: string): void {
  let at = 0;
  while (at < headers.length && (headers[at] ?? "") < name) at += 2;
  headers.splice(at, 0, name, value);
}

/** Longer bodies are not made one text with what is around them: to copy one costs more than another part to write. */
const LONG_BODY = 16_384;

/** The whole message in few parts, one character a byte; with pieces only its head. */
export function messageParts(framed: Framed, old: boolean): readonly string[] {
  if (framed.pieces !== undefined || framed.body.length < LONG_BODY) return [messageOf(framed, old)];
  const head = headOf(framed, old);
  if (!framed.chunked) return [head, framed.body];
  return [`${head}${framed.body.length.toString(16)}\r\n`, framed.body, "\r\n0\r\n\r\n"];
}

/** The whole message, one character a byte; with pieces only its head. */
export function messageOf(framed: Framed, old: boolean): string {
  const head = headOf(framed, old);
  if (framed.pieces !== undefined) return head;
  if (!framed.chunked) return `${head}${framed.body}`;
  return `${head}${framed.body.length.toString(16)}\r\n${framed.body}\r\n0\r\n\r\n`;
}

function headOf(framed: Framed, old: boolean): string {
  let head = `${old ? "HTTP/1.0" : "HTTP/1.1"} ${framed.status} ${reasonOf(framed.status)}\r\n`;
  for (let at = 0; at < framed.headers.length; at += 2)
    head += `${framed.headers[at]}: ${framed.headers[at + 1]}\r\n`;
  return `${head}\r\n`;
}

/** The head of an answer whose body comes bit by bit: in chunks, or until the connection ends. */
export function streamHead(response: HttpResponse, exchange: Exchange, date: string): string {
  const framing = exchange.old ? [] : ["Transfer-Encoding", "chunked"];
  const headers = [...response.headers, "Date", date, ...framing];
  const { status } = response;
  const framed = { status, headers, body: NO_BODY, pieces: undefined, chunked: false, close: exchange.old };
  return messageOf(framed, exchange.old);
}

/** A bit of such a body, which is not empty. */
export function chunkOf(text: ByteString, exchange: Exchange): string {
  return exchange.old ? text : `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** The end of such a body. */
export function lastChunk(exchange: Exchange): string {
  return exchange.old ? "" : "0\r\n\r\n";
}

/** The body behind the head of a message with pieces, as it goes out (RFC 9112 §7.1). */
export function* bodyOf({ pieces = [], chunked }: Framed): Generator<Uint8Array | string> {
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    if (chunked) yield `${piece.length.toString(16)}\r\n`;
    yield piece;
    if (chunked) yield "\r\n";
  }
  if (chunked) yield "0\r\n\r\n";
}

/** What a request gets that was refused before it was one: no Date, and the connection ends. */
export function refusalMessage(status: string, text: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: ${SNIFFED_TYPE}\r\nConnection: close\r\n\r\n${text}`;
}
