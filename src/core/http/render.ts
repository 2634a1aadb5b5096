// From a call to its question and from an answer to its response: what all endpoints do alike. The X-Consul headers are
// Consul's QueryMeta; JSON is indented here and nowhere else.

import { type ApiError, ERROR_STATUS } from "../api/error.ts";
import type { HttpResponse } from "../api/http.ts";
import type { AgentRequest, Consistency, ServerRequest } from "../api/request.ts";
import type { QueryMeta } from "../api/response.ts";
import { type ByteString, utf8 } from "../lib/bytes.ts";
import { apiResponse, VARY } from "./answer.ts";
import { indentJson } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { isSet } from "./query.ts";
import { otherDatacenter } from "./read-options.ts";

const COMPACT: HttpView = { indent: false, raw: false, emptyList: false, told: undefined };
const INDENTED: HttpView = { ...COMPACT, indent: true };

/** Asks what only this agent can answer. */
export function askAgent(call: Call, request: AgentRequest, marks?: Partial<HttpView>): HttpPlan {
  const view = viewOf(call);
  return {
    kind: "ask",
    request,
    datacenter: "",
    view: marks === undefined ? view : Object.assign({}, view, marks),
  };
}

/**
 * Asks a server, of another datacenter where `?dc=` says so.
 * @param named The datacenter of the body, where it is the body that names it.
 */
export function askServer(
  call: Call,
  request: ServerRequest,
  marks?: Partial<HttpView> | undefined,
  named?: string | undefined,
): HttpPlan {
  const plain = viewOf(call);
  const view: HttpView = marks === undefined ? plain : Object.assign({}, plain, marks);
  const datacenter = otherDatacenter(call, named);
  const translate = datacenter !== "" && call.settings.translateWanAddrs === true;
  return { kind: "ask", request, datacenter, view: translate ? { translate, ...view } : view };
}

/** Asks a server of this datacenter, whichever `dc` says. */
export function askServerHere(call: Call, request: ServerRequest, marks?: Partial<HttpView>): HttpPlan {
  return { kind: "ask", request, datacenter: "", view: Object.assign({}, viewOf(call), marks) };
}

export function viewOf({ query, settings }: Call): HttpView {
  return settings.dev || isSet(query, "pretty") ? INDENTED : COMPACT;
}

const JSON_HEADERS: readonly string[] = ["Content-Type", "application/json", ...VARY];

/** `json` is compact. The index headers are there when `meta` is. */
export function jsonResponse(
  view: HttpView,
  settings: HttpSettings,
  json: string,
  meta: QueryMeta | undefined,
): HttpResponse {
  return bodyResponse(view, settings, (view.indent ? `${indentJson(json)}\n` : json) as ByteString, meta);
}

function bodyResponse(
  view: HttpView,
  settings: HttpSettings,
  body: ByteString,
  meta: QueryMeta | undefined,
): HttpResponse {
  const headers = meta === undefined ? JSON_HEADERS : [...JSON_HEADERS, ...metaHeaders(meta, view.told)];
  return apiResponse(settings, 200, headers, body);
}

/** A list's body, compact and indented, as far as anybody has asked for either. */
interface Printed {
  compact?: string;
  indented?: string;
}

export type ListRenderer<T> = (
  view: HttpView,
  settings: HttpSettings,
  list: T,
  meta: QueryMeta | undefined,
) => HttpResponse;

/**
 * The response that shows a list. The list is printed once for as long as it lives: the very same is handed over to all who
 * ask the same while nothing changes (service/remembered-reads.ts, service/cache.ts), and lists are never changed in place.
 */
export function listResponse<T extends object>(print: (list: T) => string): ListRenderer<T> {
  const all = new WeakMap<T, Printed>();
  return (view, settings, list, meta) => {
    const printed = all.get(list) ?? {};
    all.set(list, printed);
    printed.compact ??= print(list);
    if (view.indent) printed.indented ??= [indentJson(printed.compact), "\n"].join("");
    const body = (view.indent ? printed.indented : printed.compact) as ByteString;
    return bodyResponse(view, settings, body, meta);
  };
}

/** The same for what there may be very many of: after more than `count` printings all that were kept are forgotten. */
export function keepingLatest<T extends object>(count: number, print: (one: T) => string): ListRenderer<T> {
  let left = 0;
  let render: ListRenderer<T> | undefined;
  const counted = (one: T): string => {
    left--;
    return print(one);
  };
  return (view, settings, one, meta) => {
    if (render === undefined || left < 0) {
      render = listResponse(counted);
      left = count;
    }
    return render(view, settings, one, meta);
  };
}

/** 404 without a word, but with the index to wait from. */
export function missing(settings: HttpSettings, meta: QueryMeta | undefined): HttpResponse {
  return apiResponse(settings, 404, [...VARY, ...metaHeaders(meta)], "" as ByteString);
}

/** 200 without a word: something was done. */
export function doneResponse(settings: HttpSettings): HttpResponse {
  return apiResponse(settings, 200, VARY, "" as ByteString);
}

const NO_META: QueryMeta = { index: 1, knownLeader: false, lastContactMs: 0 };

export function errorResponse(view: HttpView, settings: HttpSettings, error: ApiError): HttpResponse {
  // What is not there, or is not to be asked so, Consul's handlers say themselves, before these headers are set.
  const isHandlers = error.code === "not-found" || error.code === "bad-request";
  const bare = (view.told === undefined && view.metaOnError !== true) || isHandlers;
  const headers = bare ? VARY : [...VARY, ...metaHeaders(NO_META)];
  // Consul says no more of this than its status.
  const text = error.code === "rate-limited" ? "" : error.detail;
  return apiResponse(settings, ERROR_STATUS[error.code], headers, utf8(text));
}

/** Sorted by name; none at all without meta. */
export function metaHeaders(meta: QueryMeta | undefined, told?: Consistency): string[] {
  if (meta === undefined) return [];
  const headers = [
    "X-Consul-Index",
    String(Math.max(1, meta.index)),
    "X-Consul-Knownleader",
    meta.knownLeader ? "true" : "false",
    "X-Consul-Lastcontact",
    String(Math.max(0, Math.floor(meta.lastContactMs))),
  ];
  if (told === undefined) return headers;
  return ["X-Consul-Effective-Consistency", told === "default" ? "leader" : told, ...headers];
}
