// /v1/kv/: keys and values. What a request means, and how pairs and keys are printed. The order of the checks is part
// of the interface (Consul 1.8's agent/kvs_endpoint.go).

import type { HttpResponse } from "../api/http.ts";
import type { KvVerb, KvWrite, ReadOptions } from "../api/request.ts";
import type { QueryMeta } from "../api/response.ts";
import { type ByteString, base64, textOf } from "../lib/bytes.ts";
import { quote } from "../lib/go-quote.ts";
import { type KvPair, parseUint64, type Uint64 } from "../model/kv.ts";
import { apiResponse, refuse, VARY } from "./answer.ts";
import { refuseTooLong } from "./body-limit.ts";
import { jsonBytes, jsonList, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { encodeQuery, firstValue, isSet, type Query } from "./query.ts";
import { parseOptions, refuseNamespace } from "./read-options.ts";
import { askServer, jsonResponse, type ListRenderer, listResponse, metaHeaders, missing } from "./render.ts";

const NO_VALUE = new Uint8Array(0);
const RAW: Partial<HttpView> = { raw: true };
const EMPTY_LIST: Partial<HttpView> = { emptyList: true };

export function readKv(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  if (call.request.method === "PUT") return readPut(call);
  if (call.request.method === "DELETE") return readDelete(call);
  return isSet(call.query, "keys") ? readKeys(call, parsed.options) : readGet(call, parsed.options);
}

function readGet(call: Call, options: ReadOptions): HttpPlan {
  const recurse = isSet(call.query, "recurse");
  if (!recurse && call.rest === "") return missingKey(call);
  const refusal = refuseNamespace(call);
  if (refusal !== undefined) return refusal;
  if (recurse) return askServer(call, { kind: "kv.list", prefix: call.rest, options });
  const marks = isSet(call.query, "raw") ? RAW : undefined;
  return askServer(call, { kind: "kv.get", key: call.rest, options }, marks);
}

function readKeys(call: Call, options: ReadOptions): HttpPlan {
  const refusal = refuseNamespace(call);
  if (refusal !== undefined) return refusal;
  // Consul once took "seperator" for the word, and since then must take both.
  const separator =
    firstValue(call.query, "separator") ?? firstValue(call.query, "seperator") ?? ("" as ByteString);
  const request = { kind: "kv.keys", prefix: call.rest, separator, options } as const;
  // Of the whole store there is always a list; a prefix that nothing has is not there.
  return askServer(call, request, call.rest === "" ? EMPTY_LIST : undefined);
}

function readPut(call: Call): HttpPlan {
  const { query, settings } = call;
  const refusal = refuseNamespace(call);
  if (refusal !== undefined) return refusal;
  if (call.rest === "") return missingKey(call);
  if (conflicts(query, ["cas", "acquire", "release"])) return conflictingFlags(call);
  const flags = uint64Of(query, "flags");
  if (!flags.ok) return refuse(settings, 500, flags.error);
  const index = uint64Of(query, "cas");
  if (!index.ok) return refuse(settings, 500, index.error);
  // Consul 1.8 lets a chunked upload pass unlimited.
  const tooLarge = refuseTooLong(call, settings.kvMaxValueBytes, "kv_max_value_size");
  if (tooLarge !== undefined) return tooLarge;
  const session = textOf(firstValue(query, "acquire") ?? firstValue(query, "release") ?? ("" as ByteString));
  const value = call.request.body;
  return askServer(call, write(putVerb(query), call.rest, value, flags.value, index.value, session));
}

function putVerb(query: Query): KvVerb {
  if (isSet(query, "cas")) return "cas";
  if (isSet(query, "acquire")) return "lock";
  return isSet(query, "release") ? "unlock" : "set";
}

function readDelete(call: Call): HttpPlan {
  const { query, settings } = call;
  const refusal = refuseNamespace(call);
  if (refusal !== undefined) return refusal;
  if (conflicts(query, ["recurse", "cas"])) return conflictingFlags(call);
  const recurse = isSet(query, "recurse");
  if (!recurse && call.rest === "") return missingKey(call);
  const index = uint64Of(query, "cas");
  if (!index.ok) return refuse(settings, 500, index.error);
  const verb = recurse ? "delete-tree" : isSet(query, "cas") ? "delete-cas" : "delete";
  return askServer(call, write(verb, call.rest, NO_VALUE, 0, index.value, ""));
}

function write(
  verb: KvVerb,
  key: ByteString,
  value: Uint8Array,
  flags: Uint64,
  index: Uint64,
  session: string,
): KvWrite {
  return { kind: "kv.write", verb, key, value, flags, index, session };
}

function missingKey(call: Call): HttpPlan {
  return refuse(call.settings, 400, "Missing key name");
}

/** Whether two of the parameters are there, which contradict each other. */
function conflicts(query: Query, names: readonly string[]): boolean {
  return query.length > 2 && names.filter((name) => isSet(query, name)).length > 1;
}

/** The text shows all parameters, not only those that conflict. */
function conflictingFlags(call: Call): HttpPlan {
  return refuse(call.settings, 400, `Conflicting flags: ${encodeQuery(call.query)}`);
}

/** 0 when absent; what is there must be a number, "" is none. The error is Go's own, since Consul passes it on. */
function uint64Of(query: Query, name: string): { ok: true; value: Uint64 } | { ok: false; error: string } {
  const text = firstValue(query, name);
  if (text === undefined) return ABSENT;
  const parsed = parseUint64(text);
  if (parsed.ok) return parsed;
  const reason = parsed.error.slice(parsed.error.lastIndexOf(":"));
  return { ok: false, error: `strconv.ParseUint: parsing ${quote(text)}${reason}` };
}

const ABSENT: { ok: true; value: Uint64 } = { ok: true, value: 0 };

export function renderPairs(
  view: HttpView,
  settings: HttpSettings,
  pairs: readonly KvPair[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const [first] = pairs;
  if (first === undefined) return missing(settings, meta);
  if (view.raw) return rawResponse(settings, first.value, meta);
  if (pairs.length > 1) return renderTree(view, settings, pairs, meta);
  return jsonResponse(view, settings, `[${jsonPair(first)}]`, meta);
}

const renderTree: ListRenderer<readonly KvPair[]> = listResponse((pairs) => jsonList(pairs.map(jsonPair)));

export function jsonPair(pair: KvPair): string {
  const value = pair.value === "" ? "null" : `"${base64(pair.value)}"`;
  const session = pair.session === "" ? "" : `,"Session":${jsonText(pair.session)}`;
  return `{"LockIndex":${pair.lockIndex},"Key":${jsonBytes(pair.key)},"Flags":${pair.flags},"Value":${value}${session},"CreateIndex":${pair.createIndex},"ModifyIndex":${pair.modifyIndex}}`;
}

/**
 * The value itself, as the writer of the key left it: the headers keep a browser from running it. Its length is written
 * where the endpoint's other headers are, not where the server's framing would put it.
 */
function rawResponse(settings: HttpSettings, value: ByteString, meta: QueryMeta | undefined): HttpResponse {
  const headers = [
    "Content-Length",
    String(value.length),
    "Content-Security-Policy",
    "sandbox",
    "Content-Type",
    "text/plain",
    ...VARY,
    ...metaHeaders(meta),
    "X-Content-Type-Options",
    "nosniff",
  ];
  return apiResponse(settings, 200, headers, value);
}

export function renderKeys(
  view: HttpView,
  settings: HttpSettings,
  keys: readonly ByteString[],
  meta: QueryMeta | undefined,
): HttpResponse {
  if (keys.length === 0 && !view.emptyList) return missing(settings, meta);
  return jsonResponse(view, settings, jsonList(keys.map(jsonBytes)), meta);
}
