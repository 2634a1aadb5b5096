// How an agent ends: on a signal, when HTTP asks, when its storage can't be read. One that leaves gracefully hands over
// leadership, tells its pools, drains, waits until the others do without it, then ends; everything is bounded in time.

import { type Notice, notice } from "../api/notice.ts";
import type { GossipPool } from "../gossip/ports.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { recordOf, voters } from "../raft/configuration.ts";
import { latestConfiguration } from "../raft/log.ts";
import { handOver } from "../service/handover.ts";
import type { Server, ServiceEffect } from "../service/state.ts";
import { answerHttp } from "./answer-http.ts";
import type { ToGossip } from "./pools.ts";
import type { Effect, Input } from "./ports.ts";
import { startReload } from "./reload.ts";
import type { Agent, Life } from "./state.ts";

/** How long it may take until the pools have been told, before the agent ends without that (Consul's 15 s). */
const LEAVE_TIMEOUT_MS = 15_000;
/** How long of that it may take to tell the WAN. */
const WAN_LEAVE_TIMEOUT_MS = 9000;
/** How long of that it may take to hand leadership over. */
const HANDOVER_TIMEOUT_MS = 5000;
/** How long a server then waits until it is out of the configuration (Consul's raftRemoveGracePeriod). */
const DEPARTURE_TIMEOUT_MS = 5000;
/** How often it is looked whether there is still something to wait for. */
const LOOK_INTERVAL_MS = 50;

export function createLife(): Life {
  const never = Number.POSITIVE_INFINITY;
  return { stage: "starting", untilMs: never, lookAtMs: never, leaveByMs: never, leavers: [] };
}

export function onSignal(
  agent: Agent,
  signal: Extract<Input, { type: "signal" }>["signal"],
  nowMs: number,
  toGossip: ToGossip,
  out: Effect[],
): void {
  const { life, config } = agent;
  out.push(notice("info", "", "Caught", { signal: SIGNAL_NAMES[signal] }));
  if (signal === "hangup") return startReload(undefined, out);
  if (isLeaving(life.stage)) {
    out.push(notice("info", "", "Caught second signal, Exiting"));
    return end(agent, 1, out);
  }
  const graceful = signal === "interrupt" ? !config.skipLeaveOnInterrupt : config.leaveOnTerminate;
  if (graceful) return startLeaving(agent, nowMs, toGossip, out);
  out.push(notice("info", "", "Graceful shutdown disabled. Exiting"));
  for (const pool of ["lan", "wan"] as const)
    if (agent.pools[pool] !== undefined) out.push(unannounced(agent, pool));
  end(agent, 1, out);
}

/** The others will take this one for failed. */
function unannounced({ config }: Agent, pool: GossipPool): Notice {
  const logger = `${config.server ? "server" : "client"}.serf.${pool}`;
  return notice("warn", logger, "serf: Shutdown without a Leave");
}

/** Whether the agent is on its way out. */
export function isLeaving(stage: Life["stage"]): boolean {
  return stage !== "starting" && stage !== "running" && stage !== "ended";
}

const SIGNAL_NAMES = { interrupt: "interrupt", terminate: "terminated", hangup: "hangup" } as const;

/**
 * Leaves gracefully. A leader hands leadership over first, so that the cluster need not wait until it is missed. Then the
 * pools are told; a leader that hears of it takes this server out of the configuration.
 */
export function startLeaving(agent: Agent, nowMs: number, toGossip: ToGossip, out: Effect[]): void {
  const { life, service } = agent;
  if (life.stage !== "running") return;
  out.push(notice("info", "", "Gracefully shutting down agent..."));
  const half = agent.config.server ? "server" : "client";
  out.push(notice("info", half, `${half} starting leave`));
  life.leaveByMs = nowMs + LEAVE_TIMEOUT_MS;
  const { server } = service;
  const skips = PLANTED && planted(agent.config, "leave-without-transfer");
  if (server === undefined || skips || !handsOver(agent, server, nowMs, out))
    return tellWan(agent, nowMs, toGossip);
  life.stage = "handing-over";
  life.untilMs = nowMs + HANDOVER_TIMEOUT_MS;
  life.lookAtMs = nowMs + LOOK_INTERVAL_MS;
}

/** @returns Whether leadership is on its way to somebody else. */
function handsOver(agent: Agent, server: Server, nowMs: number, out: Effect[]): boolean {
  const messages: ServiceEffect[] = [];
  const outcome = handOver(agent.service, server, undefined, nowMs, messages);
  for (const each of messages) if (each.type === "message") out.push(each);
  return outcome === "started" || outcome === "under-way";
}

/** The WAN first, as Consul: while it spreads there, this server still serves its own datacenter. */
function tellWan(agent: Agent, nowMs: number, toGossip: ToGossip): void {
  const { life, pools } = agent;
  const skips = PLANTED && planted(agent.config, "wan-leave-unsaid");
  if (pools.wan === undefined || skips) return tellLan(agent, toGossip);
  life.stage = "leaving-wan";
  life.untilMs = nowMs + WAN_LEAVE_TIMEOUT_MS;
  life.lookAtMs = Number.POSITIVE_INFINITY;
  toGossip("wan", { type: "leave" });
}

/** Tells the LAN, then waits until that has spread. */
function tellLan(agent: Agent, toGossip: ToGossip): void {
  const { life } = agent;
  life.stage = "leaving";
  life.untilMs = life.leaveByMs;
  life.lookAtMs = Number.POSITIVE_INFINITY;
  toGossip("lan", { type: "leave" });
}

/** The leave has spread. A server goes on answering for a while: others may still ask it. */
export function onLeft(
  agent: Agent,
  pool: GossipPool,
  nowMs: number,
  toGossip: ToGossip,
  out: Effect[],
): void {
  const { life, config } = agent;
  if (pool === "wan" && life.stage === "leaving-wan") return tellLan(agent, toGossip);
  if (pool === "wan" || life.stage !== "leaving") return;
  if (!config.server) return finishLeaving(agent, out);
  const fields = { drain_time: `${config.leaveDrainMs / 1000}s` };
  out.push(notice("info", "server", "Waiting to drain RPC traffic", fields));
  life.stage = "draining";
  life.untilMs = nowMs + config.leaveDrainMs;
}

/**
 * Waits to be taken out of the configuration: to end earlier would be to leave the others with a voter that is gone. Nobody
 * is left to do so when this server is the last one to vote; it keeps its vote, and its cluster.
 */
function awaitDeparture(agent: Agent, nowMs: number, out: Effect[]): void {
  const { life } = agent;
  if (!isMissed(agent)) return finishLeaving(agent, out);
  life.stage = "departing";
  life.untilMs = nowMs + DEPARTURE_TIMEOUT_MS;
  life.lookAtMs = nowMs + LOOK_INTERVAL_MS;
}

/** Whether the other voters count on this server, as far as it knows: its removal is not committed. */
function isMissed({ service }: Agent): boolean {
  const raft = service.server?.raft;
  if (raft === undefined) return false;
  const configuration = latestConfiguration(raft.log);
  const others = voters(configuration).some((id) => id !== raft.id);
  const isIn = recordOf(configuration, raft.id) !== undefined || configuration.index > raft.commitIndex;
  return others && isIn;
}

export function lifeDeadline({ life }: Agent): number {
  return Math.min(life.untilMs, life.lookAtMs);
}

/** To be called when due, or more often. */
export function wakeLife(agent: Agent, nowMs: number, toGossip: ToGossip, out: Effect[]): void {
  const { life } = agent;
  const timeIsUp = nowMs >= life.untilMs;
  if (nowMs < lifeDeadline(agent)) return;
  life.lookAtMs = nowMs + LOOK_INTERVAL_MS;
  switch (life.stage) {
    case "handing-over":
      if (timeIsUp || agent.service.server?.raft.leading?.transfer === undefined)
        tellWan(agent, nowMs, toGossip);
      return;
    case "leaving-wan":
      // Too slow, or cut off: that must not keep the LAN from being told.
      return tellLan(agent, toGossip);
    case "draining":
      return awaitDeparture(agent, nowMs, out);
    case "departing":
      if (isMissed(agent) && !timeIsUp) return;
      if (isMissed(agent))
        out.push(notice("warn", "", "failed to leave raft configuration gracefully, timeout"));
      return finishLeaving(agent, out);
    default:
      out.push(notice("error", "", "Timeout on graceful leave. Exiting"));
      end(agent, 1, out);
  }
}

function finishLeaving(agent: Agent, out: Effect[]): void {
  for (const id of agent.life.leavers.splice(0))
    answerHttp(agent, id, { ok: true, body: { kind: "done" } }, out);
  out.push(notice("info", "", "Graceful exit completed"));
  end(agent, 0, out);
}

function end(agent: Agent, code: number, out: Effect[]): void {
  agent.life.stage = "ended";
  agent.life.untilMs = Number.POSITIVE_INFINITY;
  agent.life.lookAtMs = Number.POSITIVE_INFINITY;
  out.push({ type: "exit", code });
}

/**
 * The log can't be read or written. An agent that has not begun to serve ends, and says why; one that serves goes on
 * without vote: it still passes questions on, and an operator can ask it what is wrong.
 */
export function onStorageFailed(agent: Agent, reason: string, out: Effect[]): void {
  out.push(
    notice("error", "", "the log can't be used: this server neither votes nor leads", { error: reason }),
  );
  if (agent.service.server?.recovered) return;
  out.push(notice("error", "", "Error starting agent", { error: `Failed to start Raft: ${reason}` }));
  end(agent, 1, out);
}

/** What was registered here before cannot be read: to go on as if there had been nothing would take it out of the catalog. */
export function onLocalUnreadable(agent: Agent, reason: string, out: Effect[]): void {
  out.push(
    notice("error", "", "Error starting agent", { error: `Failed to load services and checks: ${reason}` }),
  );
  end(agent, 1, out);
}
