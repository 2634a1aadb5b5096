// /v1/catalog/: nodes (and one day services). Consul 1.8's agent/catalog_endpoint.go.

import { apiError } from "../api/error.ts";
import type { HttpResponse } from "../api/http.ts";
import type { QueryMeta } from "../api/response.ts";
import { textOf } from "../lib/bytes.ts";
import type { Node } from "../model/catalog.ts";
import { jsonLabels, jsonList, jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { allValues, firstValue, type Query } from "./query.ts";
import { parseOptions } from "./read-options.ts";
import { askServer, errorResponse, jsonResponse } from "./render.ts";

const NO_FILTER = apiError("refused", "?filter is not supported yet");

export function readCatalogNodes(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const { options } = parsed;
  const told = options.consistency;
  const plan = askServer(
    call,
    { kind: "catalog.nodes", nodeMeta: nodeMetaOf(call.query), options },
    { told },
  );
  // Refused rather than ignored: who filters would take the others for what was asked for.
  if (plan.kind === "ask" && (firstValue(call.query, "filter") ?? "") !== "")
    return { kind: "answer", response: errorResponse(plan.view, call.settings, NO_FILTER) };
  return plan;
}

/** `?node-meta=name:value`, cut at the first colon; of one name the last value counts. */
function nodeMetaOf(query: Query): [name: string, value: string][] {
  const meta = new Map<string, string>();
  for (const pair of allValues(query, "node-meta")) {
    const text = textOf(pair);
    const colon = text.indexOf(":");
    if (colon < 0) meta.set(text, "");
    else meta.set(text.slice(0, colon), text.slice(colon + 1));
  }
  return [...meta];
}

/** Looks at `dc` no more than Consul's does: each agent tells what its own servers know. */
export function readCatalogDatacenters(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const plan = askServer(call, { kind: "catalog.datacenters" });
  return plan.kind === "ask" ? { ...plan, datacenter: "" } : plan;
}

export function renderDatacenters(
  view: HttpView,
  settings: HttpSettings,
  datacenters: readonly string[],
): HttpResponse {
  return jsonResponse(view, settings, jsonList(datacenters.map(jsonText)), undefined);
}

export function renderNodes(
  view: HttpView,
  settings: HttpSettings,
  nodes: readonly Node[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const shown = view.translate === true ? nodes.map(translated) : nodes;
  return jsonResponse(view, settings, jsonList(shown.map(jsonNode)), meta);
}

/** With the address that other datacenters reach it at, if it tells one (`translate_wan_addrs`). */
function translated(node: Node): Node {
  const wan = node.taggedAddresses?.find(([name]) => name === "wan")?.[1] ?? "";
  return wan === "" ? node : { ...node, address: wan };
}

function jsonNode(node: Node): string {
  return jsonObject([
    ["ID", jsonText(node.id)],
    ["Node", jsonText(node.node)],
    ["Address", jsonText(node.address)],
    ["Datacenter", jsonText(node.datacenter)],
    ["TaggedAddresses", jsonLabels(node.taggedAddresses)],
    ["Meta", jsonLabels(node.meta)],
    ["CreateIndex", String(node.createIndex)],
    ["ModifyIndex", String(node.modifyIndex)],
  ]);
}
