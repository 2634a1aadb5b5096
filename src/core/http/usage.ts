// /v1/operator/usage: how much of a datacenter is in use. Of Consul 1.14 and later (agent/operator_endpoint.go).

import type { HttpResponse } from "../api/http.ts";
import type { QueryMeta } from "../api/response.ts";
import { type ByteString, textOf } from "../lib/bytes.ts";
import { CONNECT_INSTANCES, type Usage } from "../model/usage.ts";
import { jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue, isSet } from "./query.ts";
import { parseOptions, refuseNamespace } from "./read-options.ts";
import { askAgent, askServer, jsonResponse } from "./render.ts";

export function readUsage(call: Call): HttpPlan {
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  if (isSet(call.query, "global"))
    return askAgent(
      call,
      { kind: "agent.usage", options: parsed.options },
      { told: parsed.options.consistency },
    );
  const usageOf = textOf(firstValue(call.query, "dc") || (call.settings.datacenter as ByteString));
  const { options } = parsed;
  return askServer(call, { kind: "operator.usage", options }, { usageOf, told: options.consistency });
}

export function renderUsages(
  view: HttpView,
  settings: HttpSettings,
  usages: readonly (readonly [datacenter: string, usage: Usage])[],
  meta: QueryMeta | undefined,
): HttpResponse {
  const json = jsonObject([
    ["Usage", jsonObject(usages.map(([datacenter, usage]) => [datacenter, jsonUsage(usage)]))],
    ["Index", String(meta?.index ?? 0)],
    ["LastContact", String(Math.floor(meta?.lastContactMs ?? 0) * 1_000_000)],
    ["KnownLeader", String(meta?.knownLeader ?? false)],
    ["ConsistencyLevel", jsonText(view.told === undefined || view.told === "default" ? "leader" : view.told)],
    ["NotModified", "false"],
    ["Backend", "0"],
    ["ResultsFilteredByACLs", "false"],
  ]);
  return jsonResponse(view, settings, json, meta);
}

function jsonUsage({ nodes, services, instances, connect, billable }: Usage): string {
  const byKind = CONNECT_INSTANCES.map((kind, at) => [kind, String(connect[at] ?? 0)] as const);
  return jsonObject([
    ["Services", String(services)],
    ["ServiceInstances", String(instances)],
    ["ConnectServiceInstances", jsonObject(byKind)],
    ["BillableServiceInstances", String(billable)],
    ["Nodes", String(nodes)],
  ]);
}
