// /v1/config: configuration entries, and what peers and partitions share, which later Consuls keep as such. Consul 1.8's
// agent/config_endpoint.go; `?filter`, and `?cas` of a DELETE, are later ones'.

import { apiError } from "../api/error.ts";
import type { HttpResponse } from "../api/http.ts";
import type { QueryMeta } from "../api/response.ts";
import { type ByteString, byteStringOf, textOf, utf8 } from "../lib/bytes.ts";
import { parseBody } from "../lib/go-json.ts";
import { quote } from "../lib/go-quote.ts";
import { goKindName, isRawMap, type RawMap } from "../lib/raw-value.ts";
import { configName, decodeConfigEntry } from "../model/config-decode.ts";
import { CONFIG_SHAPES, type ConfigEntry, isConfigKind, type KeptEntry } from "../model/config-entry.ts";
import { parseUint64 } from "../model/kv.ts";
import type { Shape } from "../model/shape.ts";
import { apiResponse, refuse, VARY } from "./answer.ts";
import { filterOf } from "./filter.ts";
import { jsonList } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue, type Query } from "./query.ts";
import { parseOptions, refuseNamespace } from "./read-options.ts";
import { askServer, askServerHere, jsonResponse, metaHeaders } from "./render.ts";
import { jsonShaped } from "./shape-json.ts";

/** PUT: whichever datacenter `dc` says, entries are written where they are kept. */
export function readConfigApply(call: Call): HttpPlan {
  const { settings, query } = call;
  const body = readMap(call);
  const decoded = body.ok ? decodeConfigEntry(body.value) : body;
  if (!decoded.ok)
    return refuse(settings, 400, `Bad request: Request decoding failed: ${utf8(decoded.error)}`);
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const index = casOf(query);
  if (index !== undefined && !index.ok) return refuse(settings, 500, utf8(index.error));
  return askServerHere(call, { kind: "config.set", entry: decoded.entry, index: index?.value });
}

/** The index that an entry must have; undefined where any will do. */
function casOf(query: Query): ReturnType<typeof parseUint64> | undefined {
  const cas = firstValue(query, "cas") ?? "";
  return cas === "" ? undefined : parseUint64(cas);
}

function readMap(
  call: Call,
): { readonly ok: true; readonly value: RawMap } | { readonly ok: false; readonly error: string } {
  const parsed = parseBody(byteStringOf(call.request.body));
  if (!parsed.ok) return parsed;
  if (parsed.value === null) return { ok: true, value: new Map() };
  if (typeof parsed.value === "object" && isRawMap(parsed.value)) return { ok: true, value: parsed.value };
  return { ok: false, error: `'' expected a map, got '${goKindName(parsed.value)}'` };
}

export function readConfigEntry(call: Call): HttpPlan {
  return call.request.method === "DELETE" ? readDelete(call) : readGet(call);
}

/** What stands before the first slash, and behind it if there is one. */
function pathOf({ rest }: Call): { readonly kind: string; readonly name: string | undefined } {
  const path = textOf(rest);
  const slash = path.indexOf("/");
  return slash < 0
    ? { kind: path, name: undefined }
    : { kind: path.slice(0, slash), name: path.slice(slash + 1) };
}

function readGet(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const { kind, name } = pathOf(call);
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  if ((kind !== "" && !isConfigKind(kind)) || (kind === "" && name !== undefined))
    // A server says so; what it is asked for besides is of no matter.
    return askServer(call, { kind: "status.leader" }, { refusal: apiError("refused", unknownKind(kind)) });
  const request = { kind: "config.list", entryKind: kind, name, options: parsed.options } as const;
  return name === undefined
    ? askServer(call, { ...filterOf(call), ...request })
    : askServer(call, request, { entry: { kind, name } });
}

function unknownKind(kind: string): string {
  return `invalid config entry kind: ${kind}`;
}

function readDelete(call: Call): HttpPlan {
  const { settings, query } = call;
  const { kind, name } = pathOf(call);
  if (name === undefined) return refuse(settings, 404, "Must provide both a kind and name to delete");
  if (!isConfigKind(kind)) return refuse(settings, 400, utf8(unknownKind(kind)));
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const index = casOf(query);
  if (index !== undefined && !index.ok) return refuse(settings, 500, utf8(index.error));
  const what = { entryKind: kind, name: configName(kind, name) };
  // Who says which one is told whether it was that one.
  return index === undefined
    ? askServerHere(call, { kind: "config.delete", ...what }, { deleting: true })
    : askServerHere(call, { kind: "config.delete-cas", index: index.value, ...what });
}

export function renderConfigEntries(
  view: HttpView,
  settings: HttpSettings,
  entries: readonly KeptEntry[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const { entry: wanted } = view;
  if (wanted === undefined) return jsonResponse(view, settings, jsonList(entries.map(jsonEntry)), meta);
  const [entry] = entries;
  if (entry !== undefined) return jsonResponse(view, settings, jsonEntry(entry), meta);
  const [kind, name] = [wanted.kind, wanted.name].map((text) => quote(utf8(text)));
  const text = `Config entry not found for ${kind} / ${name}` as ByteString;
  return apiResponse(settings, 404, [...VARY, ...metaHeaders(meta)], text);
}

/** The indexes stand at its end. */
function jsonEntry(entry: KeptEntry): string {
  const json = jsonShaped(CONFIG_SHAPES[entry.kind] as Shape<ConfigEntry>, entry);
  return `${json.slice(0, -1)},"CreateIndex":${entry.createIndex},"ModifyIndex":${entry.modifyIndex}}`;
}

/** /v1/exported-services and /v1/imported-services: nothing is shared with anybody, as entries that would say so are of later kinds. */
export function readSharedServices(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  // No entry is without a name: what is found is the empty list, with the index of the entries to wait from.
  return askServer(call, {
    kind: "config.list",
    entryKind: "service-defaults",
    name: "",
    options: parsed.options,
  });
}
