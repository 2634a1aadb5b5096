// What an agent measures of itself, by the names that Consul has for the same things. Nothing is measured unless the
// configuration says how: simulated agents go without. What the process around the agent knows (how long HTTP took, memory)
// it adds when somebody asks (inspect.ts).

import { isRead, type Request } from "../api/request.ts";
import type { Response } from "../api/response.ts";
import type { MetricsReport } from "../api/telemetry.ts";
import type { GossipEffect, GossipInput, GossipPool, Measured } from "../gossip/ports.ts";
import type { Gossip } from "../gossip/state.ts";
import { gossipStats } from "../gossip/step.ts";
import type { HttpView } from "../http/plan.ts";
import { chosenMetricKey, metricKey } from "../lib/metric-key.ts";
import {
  beginMetric,
  countMetric,
  endMetric,
  type Metrics,
  sampleMetric,
  shownInterval,
  taskMetric,
  tickMetrics,
} from "../lib/metrics.ts";
import { isLeader } from "../raft/role.ts";
import { clusterHealth } from "../service/server-health.ts";
import type { Service } from "../service/state.ts";
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
export function noteApi(
  { telemetry, config }: Service,
  request: Request,
  view: HttpView,
): string | undefined {
  if (telemetry === undefined) return undefined;
  const listed = request.kind === "catalog.node" && view.listed === true;
  const name = listed ? "catalog_node_service_list" : API_NAMES[request.kind];
  if (name === undefined) return undefined;
  const connect = request.kind === "catalog.service-nodes" && request.connect;
  // In Consul the question has a name of its own, and its answer has not.
  const asked = connect ? "catalog_connect_service_nodes" : name;
  countMetric(telemetry, metricKey(`client.api.${asked}`, "node", config.nodeName));
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

const MEMBER_EVENTS: Partial<Record<string, string>> = {
  join: "serf.member.join",
  leave: "serf.member.left",
  failed: "serf.member.failed",
  update: "serf.member.update",
};

/** We are the first member of a pool that we know, and gossip says nothing of that. */
export function noteOurselves({ telemetry }: Service): void {
  countMetric(telemetry, "memberlist.msg.alive");
  countMetric(telemetry, "serf.member.join");
}

/** What comes in to gossip. */
export function noteGossipInput({ telemetry }: Service, input: GossipInput): void {
  if (telemetry === undefined) return;
  if (input.type === "packet") countMetric(telemetry, "memberlist.udp.received", input.bytes.length);
  else if (input.type === "stream") countMetric(telemetry, "memberlist.tcp.accept");
}

/** What gossip causes. */
export function noteGossip({ telemetry }: Service, pool: GossipPool, effect: GossipEffect): void {
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
      countMetric(telemetry, "serf.events");
      return countMetric(telemetry, chosenMetricKey("serf.events", effect.name));
    case "measured":
      return noteMeasured(telemetry, pool, effect);
  }
}

function noteMeasured(telemetry: Metrics, pool: GossipPool, { how, name, value }: Measured): void {
  switch (how) {
    case "count":
      return countMetric(telemetry, name, value);
    case "sample":
      return sampleMetric(telemetry, name, value);
    case "task":
      return taskMetric(telemetry, name);
    case "begin":
      return beginMetric(telemetry, name, `${pool}${value}`);
    case "end":
      return void endMetric(telemetry, name, `${pool}${value}`);
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
  // Both pools have the one name in Consul, and the last to change is seen; here it is the one that is worse off.
  const scores = [pools.lan, pools.wan].map((pool) =>
    pool === undefined ? 0 : gossipStats(pool).healthScore,
  );
  found.push(["memberlist.health.score", Math.max(...scores)]);
  if (service.cache.entries.size > 0) found.push(["consul.cache.entries_count", service.cache.entries.size]);
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
  found.push(...(service.telemetry?.states ?? []));
  const { healthy, failureTolerance } = clusterHealth(service, server, nowMs);
  found.push(
    ["autopilot.failure_tolerance", failureTolerance],
    ["autopilot.healthy", healthy ? 1 : 0],
    ["session_ttl.active", service.sessionTimers.due.places.size],
  );
  return found;
}
