// What an agent measures of itself, by the names that Consul has for the same things. Nothing is measured unless the
// configuration says how: simulated agents go without. What the process around the agent knows (how long HTTP took, memory)
// it adds when somebody asks (inspect.ts).

import { isRead, type Request } from "../api/request.ts";
import type { Response } from "../api/response.ts";
import type { MetricsReport } from "../api/telemetry.ts";
import type { GossipEffect, GossipInput } from "../gossip/ports.ts";
import type { Gossip } from "../gossip/state.ts";
import { gossipStats } from "../gossip/step.ts";
import { metricKey } from "../lib/metric-key.ts";
import { countMetric, type Metrics, sampleMetric, shownInterval, tickMetrics } from "../lib/metrics.ts";
import { isLeader } from "../raft/role.ts";
import type { RaftEffect } from "../raft/state.ts";
import { clusterHealth } from "../service/server-health.ts";
import type { Server, Service } from "../service/state.ts";
import type { Agent } from "./state.ts";

/** Tells the time at the beginning of a step. */
export function tickTelemetry({ service, pools }: Agent, nowMs: number): void {
  const { telemetry } = service;
  if (telemetry === undefined) return;
  if (!tickMetrics(telemetry, nowMs)) return;
  // Consul looks at the length of Serf's queues from time to time; once in an interval is enough.
  for (const pool of [pools.lan, pools.wan]) if (pool !== undefined) sampleQueues(telemetry, pool);
}

function sampleQueues(telemetry: Metrics, gossip: Gossip): void {
  const { eventQueue, intentQueue, queryQueue } = gossipStats(gossip);
  sampleMetric(telemetry, "serf.queue.Event", eventQueue);
  sampleMetric(telemetry, "serf.queue.Intent", intentQueue);
  sampleMetric(telemetry, "serf.queue.Query", queryQueue);
}

/** The agent puts a question to the servers, or to itself where it is one. */
export function noteAsked({ telemetry, server }: Service, request: Request): void {
  if (telemetry === undefined) return;
  countMetric(telemetry, "client.rpc");
  if (server !== undefined) noteServed(telemetry, request);
}

/** A question came in from another agent. */
export function noteRequest({ telemetry }: Service, request: Request): void {
  if (telemetry !== undefined) noteServed(telemetry, request);
}

/** What Consul's agents measure of what they are asked over HTTP: only the catalog. */
const API_NAMES: Readonly<Partial<Record<Request["kind"], string>>> = {
  "catalog.register": "catalog_register",
  "catalog.deregister": "catalog_deregister",
  "catalog.datacenters": "catalog_datacenters",
  "catalog.nodes": "catalog_nodes",
  "catalog.services": "catalog_services",
  "catalog.service-nodes": "catalog_service_nodes",
  "catalog.node": "catalog_node_services",
  "catalog.gateway-services": "catalog_gateway_services",
};

/** A question over HTTP. @returns How it is called when it has been answered; undefined for nothing that is measured. */
export function noteApi({ telemetry, config }: Service, request: Request): string | undefined {
  if (telemetry === undefined) return undefined;
  const connect = request.kind === "catalog.service-nodes" && request.connect;
  const name = connect ? "catalog_connect_service_nodes" : API_NAMES[request.kind];
  if (name !== undefined) countMetric(telemetry, metricKey(`client.api.${name}`, "node", config.nodeName));
  return name;
}

export function noteApiAnswer({ telemetry, config }: Service, name: string, { ok }: Response): void {
  const family = ok ? "client.api.success" : "client.rpc.error";
  countMetric(telemetry, metricKey(`${family}.${name}`, "node", config.nodeName));
}

function noteServed(telemetry: Metrics, request: Request): void {
  countMetric(telemetry, "rpc.request");
  if (isRead(request)) countMetric(telemetry, "rpc.query");
}

/** What Raft causes. */
export function noteRaft({ telemetry }: Service, { raft }: Server, effect: RaftEffect): void {
  if (telemetry === undefined) return;
  // To campaign begins with asking whether it could be won; the other roles are Consul's.
  if (effect.type === "role" && effect.role === "pre-candidate")
    countMetric(telemetry, "raft.transition.heartbeat_timeout");
  else if (effect.type === "role") countMetric(telemetry, `raft.state.${effect.role}`);
  else if (effect.type === "restore") countMetric(telemetry, "raft.fsm.restore");
  else if (effect.type === "store" && isLeader(raft)) {
    const entries = effect.request.entries?.count ?? 0;
    if (entries > 0) countMetric(telemetry, "raft.apply", entries);
  }
}

/** A leader is about to remind its followers of itself: how long ago did most of them answer? */
export function noteHeartbeat({ telemetry }: Service, { raft }: Server, nowMs: number): void {
  if (telemetry === undefined || raft.leading === undefined || raft.leading.progress.size === 0) return;
  sampleMetric(telemetry, "raft.leader.lastContact", Math.max(0, nowMs - raft.leading.quorumMs));
}

const MEMBER_EVENTS: Partial<Record<string, string>> = {
  join: "serf.member.join",
  leave: "serf.member.left",
  failed: "serf.member.failed",
  update: "serf.member.update",
};

/** What comes in to gossip. */
export function noteGossipInput({ telemetry }: Service, input: GossipInput): void {
  if (telemetry === undefined) return;
  if (input.type === "packet") countMetric(telemetry, "memberlist.udp.received", input.bytes.length);
  else if (input.type === "stream") countMetric(telemetry, "memberlist.tcp.accept");
}

/** What gossip causes. */
export function noteGossip({ telemetry }: Service, effect: GossipEffect): void {
  if (telemetry === undefined) return;
  switch (effect.type) {
    case "packet":
      return countMetric(telemetry, "memberlist.udp.sent", effect.bytes.length);
    case "stream-open":
      countMetric(telemetry, "memberlist.tcp.connect");
      return countMetric(telemetry, "memberlist.tcp.sent", effect.bytes.length);
    case "stream-answer":
      return countMetric(telemetry, "memberlist.tcp.sent", effect.bytes.length);
    case "member": {
      const name = MEMBER_EVENTS[effect.event];
      if (name !== undefined) countMetric(telemetry, name);
      return;
    }
    case "user-event":
      // One name for all: whoever fires events chooses theirs.
      return countMetric(telemetry, "serf.events");
    case "query":
      return countMetric(telemetry, "serf.queries");
  }
}

/**
 * All that is measured.
 * @param around What the process around the agent measured, with the values that it has now.
 */
export function reportMetrics(
  agent: Agent,
  around: Pick<MetricsReport, "gauges" | "process"> & { readonly metrics: Metrics },
  nowMs: number,
): MetricsReport {
  const own = agent.service.telemetry;
  if (own !== undefined) tickMetrics(own, nowMs);
  const all = own === undefined ? [around.metrics] : [own, around.metrics];
  return {
    wallMs: Math.max(...all.map(({ wallMs }) => wallMs)),
    interval: shownInterval(all),
    gauges: [...gauges(agent, nowMs), ...around.gauges],
    process: around.process,
    series: new Map(all.flatMap(({ series }) => [...series])),
  };
}

/** What is so now. */
export function gauges({ service, pools }: Agent, nowMs: number): (readonly [string, number])[] {
  const found: (readonly [string, number])[] = [];
  for (const [name, pool] of [
    ["lan", pools.lan],
    ["wan", pools.wan],
  ] as const)
    if (pool !== undefined) found.push([`memberlist.health.score.${name}`, gossipStats(pool).healthScore]);
  const { server } = service;
  if (server === undefined) return found;
  const { raft, store } = server;
  let blocking = 0;
  for (const { stage } of service.asks.values()) if (stage.at === "waiting") blocking++;
  found.push(
    ["raft.applied_index", store.lastApplied],
    ["raft.last_index", raft.log.lastIndex],
    ["raft.commit_index", raft.commitIndex],
    ["rpc.queries_blocking", blocking],
    ["state.kv_entries", store.kv.size],
    ["state.nodes", store.nodes.size],
  );
  if (!isLeader(raft)) return found;
  const { healthy, failureTolerance } = clusterHealth(service, server, nowMs);
  found.push(
    ["autopilot.failure_tolerance", failureTolerance],
    ["autopilot.healthy", healthy ? 1 : 0],
    ["session_ttl.active", service.sessionTimers.due.places.size],
  );
  return found;
}
