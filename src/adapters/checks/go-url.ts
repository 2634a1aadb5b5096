// The URLs of HTTP checks, read as Go's net/url reads them, with its words for those that are none. Written out, they are
// as they were written down: a server is asked for exactly that.

import { quoteText } from "../../core/lib/go-quote.ts";

export interface GoUrl {
  /** Lower case; "" for a relative one. */
  readonly scheme: string;
  /** "user:password", decoded; undefined for none. */
  readonly user: string | undefined;
  /** With its port, if it says one. */
  readonly host: string;
  /** As it goes over the wire. */
  readonly path: string;
  /** Without "?"; undefined for none. */
  readonly query: string | undefined;
}

export type ParsedUrl =
  | { readonly ok: true; readonly url: GoUrl }
  /** 'parse "x": missing protocol scheme' */
  | { readonly ok: false; readonly error: string };

export function parseUrl(text: string): ParsedUrl {
  const fault = (why: string): ParsedUrl => ({ ok: false, error: `parse ${quoteText(text)}: ${why}` });
  if (hasControl(text)) return fault("net/url: invalid control character in URL");
  const [unmarked = ""] = text.split("#", 1);
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(unmarked)?.[1];
  if (scheme === undefined && unmarked.startsWith(":")) return fault("missing protocol scheme");
  const rest = scheme === undefined ? unmarked : unmarked.slice(scheme.length + 1);
  const mark = rest.indexOf("?");
  const [before, query] = mark < 0 ? [rest, undefined] : [rest.slice(0, mark), rest.slice(mark + 1)];
  if (scheme === undefined && /^[^/]*:/.test(before))
    return fault("first path segment in URL cannot contain colon");
  const authority = /^\/\/([^/]*)/.exec(before)?.[1];
  const path = authority === undefined ? before : before.slice(authority.length + 2);
  const at = authority?.lastIndexOf("@") ?? -1;
  const host = authority?.slice(at + 1) ?? "";
  const wrong = hostFault(host) ?? escapeFault(path);
  if (wrong !== undefined) return fault(wrong);
  const user = authority === undefined || at < 0 ? undefined : decoded(authority.slice(0, at));
  return {
    ok: true,
    url: { scheme: scheme?.toLowerCase() ?? "", user, host, path: escapedPath(path), query },
  };
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function hostFault(host: string): string | undefined {
  if (host.startsWith("[") && !host.includes("]")) return "missing ']' in host";
  const port = host.startsWith("[") ? host.slice(host.indexOf("]") + 1) : /:.*$/.exec(host)?.[0];
  if (port !== undefined && port !== "" && !/^:\d*$/.test(port))
    return `invalid port ${quoteText(port)} after host`;
  return / /.test(host) ? `invalid character " " in host name` : escapeFault(host);
}

function escapeFault(text: string): string | undefined {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)?.[0];
  return wrong === undefined ? undefined : `invalid URL escape ${quoteText(wrong)}`;
}

/** What can't stand in a path is escaped; what is escaped already stays. */
function escapedPath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@!'()*%[\]]/gu, (each) => encodeURIComponent(each));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function printUrl({ scheme, user, host, path, query }: GoUrl): string {
  const mark = query === undefined ? "" : `?${query}`;
  const at = user === undefined ? "" : `${user.split(":").map(encodeURIComponent).join(":")}@`;
  const before = scheme === "" ? "" : `${scheme}:`;
  const authority =
    host !== "" || user !== undefined ? `//${at}${host}` : scheme !== "" && path.startsWith("/") ? "//" : "";
  return `${before}${authority}${path}${mark}`;
}

/** What is asked for on the wire. */
export function requestTarget({ path, query }: GoUrl): string {
  return `${path === "" ? "/" : path}${query === undefined ? "" : `?${query}`}`;
}

/** Where another one leads from here (RFC 3986, §5.2). */
export function resolveUrl(from: GoUrl, to: GoUrl): GoUrl {
  if (to.scheme !== "") return to;
  if (to.host !== "") return { ...to, scheme: from.scheme };
  const { scheme, user, host } = from;
  const query = to.path === "" && to.query === undefined ? from.query : to.query;
  const base = from.path.slice(0, from.path.lastIndexOf("/") + 1);
  const path =
    to.path === "" ? from.path : withoutDots(to.path.startsWith("/") ? to.path : `${base || "/"}${to.path}`);
  return { scheme, user, host, path, query };
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1;
    if (segment === "..") {
      if (kept.length > 1) kept.pop();
      if (isLast) kept.push("");
    } else if (segment !== ".") kept.push(segment);
    else if (isLast) kept.push("");
  }
  return kept.join("/");
}

/** With the port that the scheme stands for, if it says none. */
export function hostWithPort({ scheme, host }: GoUrl): string {
  if (/:\d+$/.test(host) && !host.endsWith("]")) return host;
  return `${host.replace(/:$/, "")}:${scheme === "https" ? 443 : 80}`;
}

/** Without its port, and without the brackets of IPv6. */
export function hostName({ host }: GoUrl): string {
  return host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");
}
