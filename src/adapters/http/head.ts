// What is known of a request once its head was read, and what is said of it when it is refused. The judgement is made
// when all headers are there, in the order of Go's server, whose texts Consul's clients see; where Go 1.15 is more lenient
// than is safe (a length beside a transfer coding, chunks in HTTP/1.0), we refuse (RFC 9112 §6.1).

/** A request line and its headers, ready to be answered once the body has come. */
export interface Head {
  readonly kind: "head";
  readonly method: string;
  readonly target: string;
  /** HTTP/1.0, which knows no chunks and closes unless told otherwise. */
  readonly old: boolean;
  /** Whether the connection may serve another request after this one. */
  readonly keepAlive: boolean;
  /** Bytes of the body; 0 for none. Inexact past 2^53, where no body is read anyway. */
  readonly contentLength: number;
  /** Content-Length in plain digits, "" for none. */
  readonly declaredLength: string;
  /** "" for none. */
  readonly acceptEncoding: string;
  /** Those that were asked for by name, the first where one is repeated. */
  readonly headers: ReadonlyMap<string, string>;
  /** Where the head ends and the body begins. */
  readonly end: number;
}

/** A request that nothing can be made of: it gets this status line and text, and the connection is closed. */
export interface Refusal {
  readonly kind: "refused";
  /** "400 Bad Request: too many Host headers". */
  readonly status: string;
  readonly text: string;
}

/** Well-formed, but not for the fast road. */
export interface NotPlain {
  readonly kind: "not-plain";
}

/** What the lines of a head have said so far. */
export interface Draft {
  readonly method: string;
  readonly target: string;
  readonly major: number;
  readonly old: boolean;
  hosts: number;
  hostIsMalformed: boolean;
  nameIsInvalid: boolean;
  valueIsInvalid: boolean;
  /** The first Expect. */
  expect: string | undefined;
  upgrade: boolean;
  close: boolean;
  keepAlive: boolean;
  /** How many Content-Length there are. */
  lengths: number;
  /** Content-Length as sent, "" for none or nothing. */
  length: string;
  lengthIsInvalid: boolean;
  /** How many Transfer-Encoding there are, and what the last one says. */
  codings: number;
  coding: string;
  acceptEncoding: string | undefined;
  headers: Map<string, string> | undefined;
}

/** The answer to bytes that are no request. */
export const BAD_REQUEST: Refusal = refusal("400 Bad Request");
export const HEAD_TOO_LARGE: Refusal = refusal("431 Request Header Fields Too Large");

const UNSUPPORTED_VERSION = refusal("400 Bad Request: unsupported protocol version");
const NO_HOST = refusal("400 Bad Request: missing required Host header");
const MANY_HOSTS = refusal("400 Bad Request: too many Host headers");
const MALFORMED_HOST = refusal("400 Bad Request: malformed Host header");
const INVALID_NAME = refusal("400 Bad Request: invalid header name");
const INVALID_VALUE = refusal("400 Bad Request: invalid header value");
const UNKNOWN_CODING: Refusal = {
  kind: "refused",
  status: "501 Not Implemented",
  text: "Unsupported transfer encoding",
};
const NOT_PLAIN: NotPlain = { kind: "not-plain" };
const NO_HEADERS: ReadonlyMap<string, string> = new Map();

function refusal(status: string): Refusal {
  return { kind: "refused", status, text: status };
}

/** Judges a head that is complete; `end` is where its body begins. */
export function judge(draft: Draft, end: number): Head | Refusal | NotPlain {
  const wrong = fault(draft);
  if (wrong !== undefined) return wrong;
  if (!isPlain(draft)) return NOT_PLAIN;
  const declaredLength = draft.length === "" ? "" : draft.length.replace(/^0+/, "") || "0";
  return {
    kind: "head",
    method: draft.method,
    target: draft.target,
    old: draft.old,
    keepAlive: !draft.close && (!draft.old || draft.keepAlive),
    contentLength: Number(declaredLength),
    declaredLength,
    acceptEncoding: draft.acceptEncoding ?? "",
    headers: draft.headers ?? NO_HEADERS,
    end,
  };
}

const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/**
 * Chunks, upgrades and expectations are for the Koa road. Whoever expects to be told to go on is not told so where no body
 * is to come, or in HTTP/1.0, which knows no such answer (RFC 9110 §10.1.1).
 */
function isPlain(draft: Draft): boolean {
  const { codings, upgrade, old, expect = "", length } = draft;
  if (codings > 0 || (upgrade && !old)) return false;
  return expect === "" || (CONTINUE.test(expect) && (old || Number(length) === 0));
}

/** The first thing wrong, in the order in which Go's server looks. */
function fault(draft: Draft): Refusal | undefined {
  if (draft.codings > 0) {
    if (draft.codings > 1 || draft.coding.toLowerCase() !== "chunked") return UNKNOWN_CODING;
    if (draft.old || draft.length !== "") return BAD_REQUEST;
  }
  if (draft.lengthIsInvalid || !isLength(draft.length)) return BAD_REQUEST;
  if (draft.major !== 1) return UNSUPPORTED_VERSION;
  if (draft.hosts === 0 && !draft.old) return NO_HOST;
  if (draft.hosts > 1) return MANY_HOSTS;
  if (draft.hostIsMalformed) return MALFORMED_HOST;
  if (draft.nameIsInvalid) return INVALID_NAME;
  return draft.valueIsInvalid ? INVALID_VALUE : undefined;
}

const MAX_INT64 = 2n ** 63n - 1n;

/** Digits that fit into 63 bits, or nothing. Past 19 of them nothing does; a million are not worth being counted. */
function isLength(text: string): boolean {
  return /^0*\d{0,19}$/.test(text) && (text.length < 19 || BigInt(text.slice(-19)) <= MAX_INT64);
}
