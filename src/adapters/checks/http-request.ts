// What an HTTP check asks, as bytes: the lines in the order in which Go's client sends them, a definition's own headers as
// they are written; and where a redirect leads, by the rules of that client.

import { compareStrings } from "../../core/lib/bytes.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { type GoUrl, hostWithPort, parseUrl, printUrl, requestTarget, resolveUrl } from "./go-url.ts";
import type { Head } from "./http-exchange.ts";

export interface Request {
  readonly url: GoUrl;
  readonly method: string;
  /** Undefined for none; "" says that its length is 0, where a method is known for having one. */
  readonly body: string | undefined;
  /** "" for the URL's. */
  readonly host: string;
  readonly headers: readonly (readonly [name: string, values: readonly string[]])[];
  readonly referer: string;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Why nothing like that can be asked; undefined when it can. */
export function methodFault(method: string): string | undefined {
  return TOKEN.test(method) ? undefined : `net/http: invalid method ${quoteText(method)}`;
}

/** Go's defaults, which headers of the very same name replace. */
const DEFAULTS: readonly (readonly [string, string])[] = [
  ["User-Agent", "Consul Health Check"],
  ["Accept", "text/plain, text/*, */*"],
];

/** @param given A definition's headers. "Host" is none of them, but whom it is asked of. */
export function firstRequest(url: GoUrl, method: string, body: string, given: Request["headers"]): Request {
  const named = new Set(given.map(([name]) => name));
  const defaults = DEFAULTS.filter(([name]) => !named.has(name)).map(
    ([name, value]) => [name, [value]] as const,
  );
  return {
    url,
    method: method === "" ? "GET" : method,
    body: body === "" ? undefined : body,
    host: given.find(([name]) => name === "Host")?.[1][0] ?? "",
    headers: [...defaults, ...given.filter(([name]) => name !== "Host")],
    referer: "",
  };
}

/** Why it can't be sent; undefined when it can. */
export function requestFault({ url, headers }: Request): string | undefined {
  if (url.scheme !== "http" && url.scheme !== "https")
    return `unsupported protocol scheme ${quoteText(url.scheme)}`;
  for (const [name, values] of headers) {
    if (!TOKEN.test(name)) return `net/http: invalid header field name ${quoteText(name)}`;
    for (const value of values)
      if (hasControl(value))
        return `net/http: invalid header field value ${quoteText(value)} for key ${name}`;
  }
  return url.host === "" ? "http: no Host in request URL" : undefined;
}

function hasControl(value: string): boolean {
  return [...value].some((each) => (each < " " && each !== "\t") || each === "\x7f");
}

/** What says itself how it is sent. */
const FRAMING: ReadonlySet<string> = new Set([
  "Content-Length",
  "Transfer-Encoding",
  "Trailer",
  "Host",
  "User-Agent",
]);
const WITH_LENGTH: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** @param whole The whole URL is the target: a proxy is asked. */
export function requestBytes(request: Request, whole: boolean): Buffer {
  const { url, method, body, host, headers } = request;
  const target = whole ? `${url.scheme}://${url.host}${requestTarget(url)}` : requestTarget(url);
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host === "" ? url.host : host}`];
  const agent = headers.find(([name]) => name === "User-Agent")?.[1][0] ?? "";
  if (agent !== "") lines.push(`User-Agent: ${agent}`);
  if (body !== undefined || WITH_LENGTH.has(method))
    lines.push(`Content-Length: ${Buffer.byteLength(body ?? "")}`);
  const own = headers.filter(([name]) => !FRAMING.has(name));
  const says = (name: string): boolean => own.some(([each]) => each === name);
  const all: (readonly [string, readonly string[]])[] = [
    ...own,
    ...(request.referer !== "" ? [["Referer", [request.referer]] as const] : []),
    ...(url.user !== undefined && !says("Authorization")
      ? [["Authorization", [`Basic ${Buffer.from(url.user).toString("base64")}`]] as const]
      : []),
  ];
  for (const [name, values] of all.sort(([a], [b]) => compareStrings(a, b)))
    for (const value of values) lines.push(`${name}: ${value.trim()}`);
  if (unzips(request)) lines.push("Accept-Encoding: gzip");
  lines.push("Connection: close", "", body ?? "");
  return Buffer.from(lines.join("\r\n"));
}

/** Whether gzip is asked for, which then nobody else hears of. */
export function unzips({ method, headers }: Request): boolean {
  return method !== "HEAD" && !headers.some(([name]) => name === "Accept-Encoding" || name === "Range");
}

/** Go's client goes no further. */
export const MOST_REDIRECTS = 10;

export type Redirect =
  | { readonly kind: "none" }
  | { readonly kind: "to"; readonly request: Request; readonly location: string }
  | { readonly kind: "fault"; readonly error: string };

const TO_GET: ReadonlySet<number> = new Set([301, 302, 303]);
const AS_BEFORE: ReadonlySet<number> = new Set([307, 308]);
const SECRET: ReadonlySet<string> = new Set(["Authorization", "Www-Authenticate", "Cookie", "Cookie2"]);

/** @param first What was asked first: its secrets are for its own domain alone. */
export function redirect(first: Request, last: Request, { status, headers }: Head): Redirect {
  const location = headers.get("location") ?? "";
  if (!TO_GET.has(status) && !(AS_BEFORE.has(status) && location !== "")) return { kind: "none" };
  if (location === "") return { kind: "fault", error: `${status} response missing Location header` };
  const parsed = parseUrl(location);
  if (!parsed.ok)
    return {
      kind: "fault",
      error: `failed to parse Location header ${quoteText(location)}: ${parsed.error}`,
    };
  const url = resolveUrl(last.url, parsed.url);
  const changes = TO_GET.has(status);
  const isOurs = isWithin(hostWithPort(url), hostWithPort(first.url));
  const request: Request = {
    url,
    method: changes && last.method !== "GET" && last.method !== "HEAD" ? "GET" : last.method,
    body: changes ? undefined : last.body,
    host: parsed.url.scheme === "" && parsed.url.host === "" ? last.host : "",
    headers: isOurs ? first.headers : first.headers.filter(([name]) => !SECRET.has(name)),
    // Where one came from in secret nobody is told in the clear.
    referer:
      last.url.scheme === "https" && url.scheme === "http" ? "" : printUrl({ ...last.url, user: undefined }),
  };
  return { kind: "to", request, location };
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
