// /v1/agent/: this agent itself, the members it sees, joining and leaving. Consul 1.8's agent/agent_endpoint.go. These
// endpoints look at none of the common parameters.

import type { HttpResponse } from "../api/http.ts";
import type { AgentSelf } from "../api/response.ts";
import { compareStrings, textOf } from "../lib/bytes.ts";
import { MEMBER_STATUSES, type Member } from "../model/member.ts";
import { refuse } from "./answer.ts";
import { jsonCoordinate } from "./coordinate.ts";
import { jsonLabels, jsonList, jsonMap, jsonObject, jsonText, jsonValue } from "./json.ts";
import type { Call, HttpPlan, HttpSettings, HttpView } from "./plan.ts";
import { firstValue, isSet, type Query } from "./query.ts";
import { askAgent, jsonResponse } from "./render.ts";

export function readAgentSelf(call: Call): HttpPlan {
  return askAgent(call, { kind: "agent.self" });
}

/** Of later Consuls. */
export function readAgentVersion(call: Call): HttpPlan {
  return askAgent(call, { kind: "agent.version" });
}

/** Of no commit of Consul's, and of the date that it gives builds of one's own. */
export function renderVersion(view: HttpView, settings: HttpSettings, version: string): HttpResponse {
  const json = jsonObject([
    ["SHA", jsonText("")],
    ["BuildDate", jsonText("1970-01-01T00:00:01Z")],
    ["HumanVersion", jsonText(version)],
    ["FIPS", jsonText("")],
  ]);
  return jsonResponse(view, settings, json, undefined);
}

export function readAgentMembers(call: Call): HttpPlan {
  const wan = isWan(call.query);
  const segment = firstValue(call.query, "segment") ?? "";
  if (segment === "" || segment === "_all") return askAgent(call, { kind: "agent.members", wan });
  return wan
    ? refuse(call.settings, 400, "Cannot provide a segment with wan=true")
    : refuse(call.settings, 500, "Network segments are not supported in this version of Consul");
}

export function readAgentJoin(call: Call): HttpPlan {
  return askAgent(call, { kind: "agent.join", address: textOf(call.rest), wan: isWan(call.query) });
}

export function readAgentForceLeave(call: Call): HttpPlan {
  const prune = isSet(call.query, "prune");
  return askAgent(call, { kind: "agent.force-leave", node: textOf(call.rest), prune });
}

export function readAgentLeave(call: Call): HttpPlan {
  return askAgent(call, { kind: "agent.leave" });
}

export function readAgentReload(call: Call): HttpPlan {
  return askAgent(call, { kind: "agent.reload" });
}

/** Any value but "": `?wan` alone still means the LAN. */
function isWan(query: Query): boolean {
  return (firstValue(query, "wan") ?? "") !== "";
}

export function renderMembers(
  view: HttpView,
  settings: HttpSettings,
  members: readonly Member[],
): HttpResponse {
  const json = members.length === 0 ? "null" : jsonList(members.map(jsonMember));
  return jsonResponse(view, settings, json, undefined);
}

function jsonMember(member: Member): string {
  const { versions } = member;
  return jsonObject([
    ["Name", jsonText(member.name)],
    ["Addr", jsonText(member.ip)],
    ["Port", String(member.port)],
    ["Tags", jsonMap(member.tags)],
    ["Status", String(MEMBER_STATUSES.indexOf(member.status))],
    ["ProtocolMin", String(versions.min)],
    ["ProtocolMax", String(versions.max)],
    ["ProtocolCur", String(versions.current)],
    ["DelegateMin", String(versions.delegateMin)],
    ["DelegateMax", String(versions.delegateMax)],
    ["DelegateCur", String(versions.delegateCurrent)],
  ]);
}

export function renderSelf(view: HttpView, settings: HttpSettings, self: AgentSelf): HttpResponse {
  const stats = [...self.stats].sort((a, b) => compareStrings(a[0], b[0]));
  const json = jsonObject([
    ["Config", jsonConfig(self.config)],
    ["DebugConfig", jsonValue(self.debugConfig)],
    ["Coord", self.coordinate === null ? "null" : jsonCoordinate(self.coordinate)],
    ["Member", jsonMember(self.member)],
    ["Stats", jsonObject(stats.map(([section, values]) => [section, jsonMap(values)]))],
    ["Meta", jsonLabels(self.meta)],
  ]);
  return jsonResponse(view, settings, json, undefined);
}

function jsonConfig(config: AgentSelf["config"]): string {
  return jsonObject([
    ["Datacenter", jsonText(config.datacenter)],
    ["NodeName", jsonText(config.nodeName)],
    ["NodeID", jsonText(config.nodeId)],
    ["Revision", jsonText(config.revision)],
    ["Server", String(config.server)],
    ["Version", jsonText(config.version)],
  ]);
}
