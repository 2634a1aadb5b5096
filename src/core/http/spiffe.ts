// The URI in a certificate of Connect, by which it says whose it is: "spiffe://TRUST-DOMAIN/ns/NS/dc/DC/svc/SERVICE".
// Consul 1.8's agent/connect/uri.go; what a URI is, is Go's net/url.

import { textOf, utf8 } from "../lib/bytes.ts";
import type { IntentionEnd } from "../model/intention.ts";
import { percentDecode } from "./target.ts";

export type SpiffeService =
  | { readonly ok: true; readonly end: IntentionEnd }
  /** Whether it is a URI of Connect after all: an agent's, or that of who signs. */
  | { readonly ok: false; readonly isSpiffe: boolean };

const NONE: SpiffeService = { ok: false, isSpiffe: false };
const ANOTHER: SpiffeService = { ok: false, isSpiffe: true };

const URI = /^spiffe:(?:\/\/([^/?#]*))?([^?#]*)(?:\?[^#]*)?(?:#.*)?$/is;
const HOST = /^[!$&'()*+,;=:[\]<>"A-Za-z0-9\-_.~%\x80-\uffff]*$/;

export function serviceOfSpiffe(uri: string): SpiffeService {
  const [, host = "", path = ""] = URI.exec(uri) ?? [];
  if (!URI.test(uri) || !HOST.test(host) || /[\x00-\x1f\x7f]/.test(uri)) return NONE;
  const parts = /^\/ns\/([^/]+)\/dc\/([^/]+)\/svc\/([^/]+)$/.exec(path);
  if (parts !== null) {
    const [ns, , name] = parts.slice(1).map((part) => percentDecode(utf8(part)));
    return ns === undefined || name === undefined
      ? NONE
      : { ok: true, end: { ns: textOf(ns), name: textOf(name) } };
  }
  if (/^\/agent\/client\/dc\/[^/]+\/id\/[^/]+$/.test(path)) return ANOTHER;
  return path === "" && host !== "" ? ANOTHER : NONE;
}
