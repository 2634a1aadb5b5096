// Answers that need no agent, and the headers that all answers share. Headers are listed in the order they are written:
// sorted by name, as Go's server sorts what a handler set.

import type { HttpResponse } from "../api/http.ts";
import { type ByteString, compareStrings, utf8 } from "../lib/bytes.ts";
import type { HttpPlan, HttpSettings } from "./plan.ts";

const NO_BODY = "" as ByteString;
/** On every answer of an endpoint: its body may come compressed. */
export const VARY: readonly string[] = ["Vary", "Accept-Encoding"];

/** Plain text that answers before the agent is asked. */
export function refuse(settings: HttpSettings, status: number, text: string): HttpPlan {
  return { kind: "answer", response: textResponse(settings, status, text) };
}

/**
 * Plain text, ASCII or bytes of UTF-8. It says no Content-Type: the server finds it by looking at the body, and so writes
 * it last (framing).
 */
export function textResponse(settings: HttpSettings, status: number, text: string): HttpResponse {
  return apiResponse(settings, status, VARY, text as ByteString);
}

/** A response of an API endpoint. `headers` are sorted by name and include Vary. */
export function apiResponse(
  settings: HttpSettings,
  status: number,
  headers: readonly string[],
  body: ByteString,
): HttpResponse {
  if (settings.responseHeaders.length === 0) return { status, headers, body };
  return { status, headers: withConfigured(settings.responseHeaders, headers), body };
}

/**
 * Adds the headers of the agent's configuration. An endpoint's own win, but Vary: Consul writes its Vary first, then the
 * configured headers, then lets the endpoint run.
 */
function withConfigured(configured: readonly string[], own: readonly string[]): string[] {
  const all = new Map<string, string>();
  for (let at = 0; at < configured.length; at += 2) {
    const name = canonicalName(configured[at] ?? "");
    if (isConfigurable(name)) all.set(name, headerText(configured[at + 1] ?? ""));
  }
  for (let at = 0; at < own.length; at += 2) {
    const name = own[at] ?? "";
    if (name !== "Vary" || !all.has(name)) all.set(name, own[at + 1] ?? "");
  }
  return [...all].sort((a, b) => compareStrings(a[0], b[0])).flat();
}

/** What is no name is left out, and what only the framing knows: a wrong length would hide the answers behind it. */
function isConfigurable(name: string): boolean {
  return (
    /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) &&
    !/^(?:Connection|Content-Length|Date|Transfer-Encoding)$/.test(name)
  );
}

/** UTF-8 on one line: an end of line in the configuration must not begin another header (as Go's server writes values). */
function headerText(value: string): ByteString {
  return utf8(value.replace(/[\r\n]/g, " ").replace(/^[ \t]+|[ \t]+$/g, ""));
}

/** "X-Consul-Index": every word of a header's name begins with its only capital (Go's CanonicalHeaderKey). */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** The status alone, for what no endpoint was reached for: without Vary and configured headers. */
export function bareAnswer(status: number): HttpPlan {
  return { kind: "answer", response: { status, headers: [], body: NO_BODY } };
}

/** What a target gets that is no request target at all: the connection does not survive it. */
export function malformedAnswer(): HttpPlan {
  const headers = ["Content-Type", "text/plain; charset=utf-8", "Connection", "close"];
  return {
    kind: "answer",
    response: { status: 400, headers, body: "400 Bad Request" as ByteString, close: true },
  };
}

/** 301, with a small page for a browser's GET, as Go's http.Redirect writes it. */
export function redirect(method: string, location: string): HttpPlan {
  const to = ["Location", location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)];
  const page = ["Content-Type", "text/html; charset=utf-8", ...to];
  const response: HttpResponse =
    method === "GET"
      ? {
          status: 301,
          headers: page,
          body: `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n` as ByteString,
        }
      : { status: 301, headers: method === "HEAD" ? page : to, body: NO_BODY };
  return { kind: "answer", response };
}

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML[character] ?? "");
}

/** The answer to OPTIONS: which methods there are. */
export function optionsAnswer(settings: HttpSettings, allow: string): HttpPlan {
  return { kind: "answer", response: apiResponse(settings, 200, ["Allow", allow, ...VARY], NO_BODY) };
}

export function methodNotAllowed(settings: HttpSettings, allow: string, method: string): HttpPlan {
  const body = `method ${method} not allowed` as ByteString;
  return { kind: "answer", response: apiResponse(settings, 405, ["Allow", allow, ...VARY], body) };
}

/** A query string that can't be decoded. Consul answers without a word. */
export function undecodableQuery(settings: HttpSettings): HttpPlan {
  return { kind: "answer", response: apiResponse(settings, 500, VARY, NO_BODY) };
}
