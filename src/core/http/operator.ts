// /v1/operator/raft/ and /v1/operator/autopilot/health, state: removing a server, handing leadership over, how healthy the
// servers are. Consul 1.8's agent/operator_endpoint.go; transfer-leader and state are of later versions (1.15, 1.9).

import type { HttpResponse } from "../api/http.ts";
import type { ClusterHealth, ServerHealth } from "../api/operator.ts";
import { textOf } from "../lib/bytes.ts";
import { printDuration } from "../lib/duration.ts";
import { utcText } from "../lib/utc-time.ts";
import { refuse } from "./answer.ts";
import { jsonList, jsonObject, jsonText } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { parseOptions } from "./read-options.ts";
import { askServer, jsonResponse } from "./render.ts";

const NO_PEER =
  "Bad request: Must specify either ?id with the server's ID or ?address with IP:port of peer to remove";
const TWO_PEERS = "Bad request: Must specify only one of ?id or ?address";

/** Looks at no parameters but its own and `dc`. */
export function readRemovePeer(call: Call): HttpPlan {
  const id = firstValue(call.query, "id");
  const address = firstValue(call.query, "address");
  if (id === undefined && address === undefined) return refuse(call.settings, 400, NO_PEER);
  if (id !== undefined && address !== undefined) return refuse(call.settings, 400, TWO_PEERS);
  const value = textOf(id ?? address ?? ("" as never));
  return askServer(call, { kind: "operator.remove-peer", by: id === undefined ? "address" : "id", value });
}

export function readTransferLeader(call: Call): HttpPlan {
  const id = textOf(firstValue(call.query, "id") ?? ("" as never));
  return askServer(call, { kind: "operator.transfer-leader", id }, { success: true });
}

export function readAutopilotHealth(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  return parsed.ok ? askServer(call, { kind: "operator.autopilot-health" }) : parsed.refusal;
}

export function readAutopilotState(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  return parsed.ok ? askServer(call, { kind: "operator.autopilot-health" }, { state: true }) : parsed.refusal;
}

/** `{"Success":true}`: what handing leadership over is answered with. */
export function renderSuccess(view: HttpView, settings: HttpSettings): HttpResponse {
  return jsonResponse(view, settings, '{"Success":true}', undefined);
}

/** 429 for a cluster that is not healthy, so that a probe need not read JSON. */
export function renderHealth(view: HttpView, settings: HttpSettings, health: ClusterHealth): HttpResponse {
  const json = jsonObject([
    ["Healthy", String(health.healthy)],
    ["FailureTolerance", String(health.failureTolerance)],
    ["Servers", jsonList(health.servers.map(jsonServer))],
  ]);
  const response = jsonResponse(view, settings, json, undefined);
  return health.healthy ? response : { ...response, status: 429 };
}

function jsonServer(server: ServerHealth): string {
  return jsonObject([
    ["ID", jsonText(server.id)],
    ["Name", jsonText(server.name)],
    ["Address", jsonText(server.address)],
    ["SerfStatus", jsonText(server.status)],
    ["Version", jsonText(server.version)],
    ["Leader", String(server.leader)],
    ["LastContact", jsonText(contactText(server))],
    ["LastTerm", String(server.lastTerm)],
    ["LastIndex", String(server.lastIndex)],
    ["Healthy", String(server.healthy)],
    ["Voter", String(server.voter)],
    ["StableSince", jsonText(timeText(server.stableSinceMs))],
  ]);
}

function contactText({ lastContactMs }: ServerHealth): string {
  return printDuration(lastContactMs < 0 ? -1 : Math.round(lastContactMs * 1000) * 1000);
}

/** As Go prints a time of whole seconds in UTC: "2026-11-21T11:52:14Z". */
function timeText(unixMs: number): string {
  const { date, time } = utcText(unixMs);
  return `${date}T${time}Z`;
}

/** The shape of Consul 1.9 and later, of the same facts. */
export function renderState(view: HttpView, settings: HttpSettings, health: ClusterHealth): HttpResponse {
  const servers = [...health.servers].sort((a, b) => (a.id < b.id ? -1 : 1));
  const leader = servers.find((server) => server.leader);
  const voters = servers.filter(({ voter }) => voter).map(({ id }) => jsonText(id));
  const json = jsonObject([
    ["Healthy", String(health.healthy)],
    ["FailureTolerance", String(health.failureTolerance)],
    ["OptimisticFailureTolerance", String(health.failureTolerance)],
    ["Servers", jsonObject(servers.map((server) => [server.id, jsonServerState(server)]))],
    ["Leader", jsonText(leader?.id ?? "")],
    ["Voters", jsonList(voters)],
  ]);
  return jsonResponse(view, settings, json, undefined);
}

function jsonServerState(server: ServerHealth): string {
  return jsonObject([
    ["ID", jsonText(server.id)],
    ["Name", jsonText(server.name)],
    ["Address", jsonText(server.address)],
    ["NodeStatus", jsonText(server.status)],
    ["Version", jsonText(server.version)],
    ["LastContact", jsonText(contactText(server))],
    ["LastTerm", String(server.lastTerm)],
    ["LastIndex", String(server.lastIndex)],
    ["Healthy", String(server.healthy)],
    ["StableSince", jsonText(timeText(server.stableSinceMs))],
    ["ReadReplica", "false"],
    ["Status", jsonText(server.leader ? "leader" : server.voter ? "voter" : "non-voter")],
    ["Meta", "null"],
    ["NodeType", jsonText(server.voter ? "voter" : "non-voter")],
  ]);
}
