// /v1/status/ and /v1/operator/raft/: who leads, who the servers are. Consul 1.8's agent/status_endpoint.go and
// agent/operator_endpoint.go.

import type { HttpResponse } from "../api/http.ts";
import type { RaftServer } from "../api/response.ts";
import type { Address } from "../model/address.ts";
import { jsonList, jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { parseOptions } from "./read-options.ts";
import { askServer, jsonResponse } from "./render.ts";

export function readStatusLeader(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  return parsed.ok ? askServer(call, { kind: "status.leader" }) : parsed.refusal;
}

export function readStatusPeers(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  return parsed.ok ? askServer(call, { kind: "status.peers" }) : parsed.refusal;
}

export function readRaftConfiguration(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  return askServer(call, {
    kind: "operator.raft-configuration",
    stale: parsed.options.consistency === "stale",
  });
}

export function renderLeader(view: HttpView, settings: HttpSettings, address: Address | ""): HttpResponse {
  return jsonResponse(view, settings, jsonText(address), undefined);
}

export function renderPeers(
  view: HttpView,
  settings: HttpSettings,
  addresses: readonly Address[],
): HttpResponse {
  return jsonResponse(view, settings, jsonList(addresses.map(jsonText)), undefined);
}

export function renderRaftConfiguration(
  view: HttpView,
  settings: HttpSettings,
  servers: readonly RaftServer[],
  index: number,
): HttpResponse {
  const json = jsonObject([
    ["Servers", jsonList(servers.map(jsonServer))],
    ["Index", String(index)],
  ]);
  return jsonResponse(view, settings, json, undefined);
}

function jsonServer(server: RaftServer): string {
  return jsonObject([
    ["ID", jsonText(server.id)],
    ["Node", jsonText(server.node)],
    ["Address", jsonText(server.address)],
    ["Leader", String(server.leader)],
    // The version of Consul's Raft library that names servers by id; peers print it as text.
    ["ProtocolVersion", jsonText("3")],
    ["Voter", String(server.voter)],
  ]);
}
