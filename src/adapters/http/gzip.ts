// Compression of bodies. Consul 1.8 compresses every body that an endpoint writes, however small, for whoever accepts
// gzip; Go's own client always does. So most answers come through here, and a small one must cost next to nothing.

import { crc32, gzip, gzipSync } from "node:zlib";
import type { HttpResponse } from "../../core/api/http.ts";
import type { ByteString } from "../../core/lib/bytes.ts";
import { headerValue, withCoding } from "./framing.ts";

/**
 * Up to here a body is wrapped as gzip without being compressed: both ways it travels in one packet (1460 bytes on
 * Ethernet, less headers), and a compressor takes 40 µs to set up, more than all else that is done for a small answer.
 */
const STORED_BYTES = 1400;
/** Past this the thread pool compresses, so that other requests do not wait: 64 KiB take 0.1 ms. */
const SYNC_BYTES = 65_536;
/** The least effort: a third of the default's time, and 4 % more bytes for JSON. */
const OPTIONS = { level: 1 };

/** Whether an Accept-Encoding header gives gzip any weight. "*" does not name it, which is how Consul reads it too. */
export function acceptsGzip(acceptEncoding: string): boolean {
  if (acceptEncoding === "" || acceptEncoding === "gzip") return acceptEncoding !== "";
  let accepted = false;
  for (const item of acceptEncoding.split(",")) {
    const [coding = "", ...parameters] = item.split(";").map((part) => part.trim());
    if (coding.toLowerCase() !== "gzip") continue;
    const weights = parameters.filter((part) => part.startsWith("q=")).map((part) => weightOf(part.slice(2)));
    if (!weights.includes(Number.NaN)) accepted = (weights.at(-1) ?? 1) > 0;
  }
  return accepted;
}

function weightOf(text: string): number {
  return text === "" ? Number.NaN : Number(text);
}

/** Whether this is the answer of an endpoint, and has a body: those are compressed, errors too; redirects are not. */
export function isCompressible(response: HttpResponse): boolean {
  return (
    response.body.length > 0 &&
    headerValue(response.headers, "Vary") !== undefined &&
    headerValue(response.headers, "Content-Encoding") === undefined
  );
}

/** The compressed response, or undefined if that would take too long here: then compressLater. */
export function compressNow(response: HttpResponse): HttpResponse | undefined {
  const { body } = response;
  if (body.length > SYNC_BYTES) return undefined;
  const bytes = Buffer.from(body, "latin1");
  const compressed =
    body.length > STORED_BYTES ? latin1(gzipSync(bytes, OPTIONS)) : stored(body, crc32(bytes));
  return withCoding(response, "gzip", compressed);
}

/** Compresses in the thread pool. Should that fail (no memory), the response goes out as it was. */
export function compressLater(response: HttpResponse, done: (response: HttpResponse) => void): void {
  gzip(Buffer.from(response.body, "latin1"), OPTIONS, (error, bytes) =>
    done(error === null ? withCoding(response, "gzip", latin1(bytes)) : response),
  );
}

function latin1(bytes: Buffer): ByteString {
  return bytes.toString("latin1") as ByteString;
}

/** A gzip member of one stored block (RFC 1952 §2.3, RFC 1951 §3.2.4), of at most 65,535 bytes. */
function stored(body: ByteString, checksum: number): ByteString {
  const length = body.length;
  return `\x1f\x8b\b\0\0\0\0\0\0\xff\x01${uint16(length)}${uint16(~length)}${body}${uint16(checksum)}${uint16(checksum >>> 16)}${uint16(length)}\0\0` as ByteString;
}

/** Least byte first. */
function uint16(value: number): string {
  return String.fromCharCode(value & 255, (value >>> 8) & 255);
}
