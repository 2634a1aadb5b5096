// HTTP as it crosses the boundary: a request that has been read whole, an answer that is to be written. Framing
// (keep-alive, chunks, Date, Content-Length) is the adapter's; what is asked and what is answered is decided in core/http.

import type { ByteString } from "../lib/bytes.ts";
import { MAX_ARCHIVE_BYTES } from "./operator.ts";

/** Lower-case names of the request headers that core/http looks at. */
export const REQUEST_HEADERS: readonly string[] = [
  "accept",
  "cache-control",
  "content-length",
  "x-consul-namespace",
  "x-forwarded-for",
];

/** What stands for the address of a client that came through a unix socket. */
export const UNIX_CLIENT = "@";

export interface HttpRequest {
  /** As sent: "GET". */
  readonly method: string;
  /** Path and query as sent, undecoded: "/v1/kv/a%20b?raw". */
  readonly target: string;
  /**
   * Lower-case name → value, the first one where a name was repeated. Only REQUEST_HEADERS need be there, and
   * "content-length" only where the body was too long to be read.
   */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** The peer's IP address, or UNIX_CLIENT. */
  readonly remote: string;
}

/** The longest bodies that are read, of the requests that may have long ones: the others may have those of a key's value. */
export const MAX_BODY_BYTES: { readonly snapshot: number } = { snapshot: MAX_ARCHIVE_BYTES };

export interface BodyLimits {
  readonly kvMaxValueBytes: number;
  readonly txnMaxRequestBytes?: number | undefined;
}

const TXN_MAX_REQUEST_BYTES = 512 << 10;

/** The longest body of a transaction: one must be able to write whatever a request for a single key can. */
export function maxTxnBytes({
  kvMaxValueBytes,
  txnMaxRequestBytes = TXN_MAX_REQUEST_BYTES,
}: BodyLimits): number {
  return Math.max(kvMaxValueBytes, txnMaxRequestBytes);
}

/** How much of a request's body is read, by where it goes. */
export function maxBodyBytes(target: string, limits: BodyLimits): number {
  if (/^\/v1\/snapshot(?:\?|$)/.test(target)) return MAX_BODY_BYTES.snapshot;
  return /^\/v1\/txn(?:\?|$)/.test(target) ? maxTxnBytes(limits) : limits.kvMaxValueBytes;
}

/** Status, headers in the order they are written, and the body. */
export interface HttpResponse {
  readonly status: number;
  /**
   * Name, value, name, value…; Date is framing, and so is Content-Length but for the few endpoints that say it themselves.
   * A body without Content-Type goes out as plain text, as Go sniffs it.
   */
  readonly headers: readonly string[];
  /** UTF-8 text or raw bytes, one character a byte. */
  readonly body: ByteString;
  /** Bytes that are no text, instead of `body`, which is empty then: an archive, in pieces. They go out uncompressed. */
  readonly pieces?: readonly Uint8Array[];
  /** The adapter closes the connection after this answer. */
  readonly close?: boolean;
}
