// How an agent ends: on a signal, when HTTP asks, when its storage can't be read. Leaving gracefully tells the pool
// first, then drains, then ends; everything is bounded in time.

import type { GossipInput } from "../gossip/ports.ts";
import { answerHttp } from "./answer-http.ts";
import type { Effect, Input, Notice } from "./ports.ts";
import type { Agent } from "./state.ts";

/** How long a graceful leave may take before the agent ends without it (Consul's 15 s). */
const LEAVE_TIMEOUT_MS = 15_000;

type ToGossip = (input: GossipInput) => void;

export function onSignal(
  agent: Agent,
  signal: Extract<Input, { type: "signal" }>["signal"],
  nowMs: number,
  toGossip: ToGossip,
  out: Effect[],
): void {
  const { life, config } = agent;
  out.push(notice("info", "Caught", { signal: SIGNAL_NAMES[signal] }));
  if (signal === "hangup") {
    out.push(notice("info", "Reloading configuration...", {}));
    out.push({ type: "reload" });
    return;
  }
  if (life.stage === "leaving" || life.stage === "draining") {
    out.push(notice("info", "Caught second signal, Exiting", {}));
    return end(agent, 1, out);
  }
  const graceful = signal === "interrupt" ? !config.skipLeaveOnInterrupt : config.leaveOnTerminate;
  if (graceful) return startLeaving(agent, nowMs, toGossip, out);
  out.push(notice("info", "Graceful shutdown disabled. Exiting", {}));
  end(agent, 1, out);
}

const SIGNAL_NAMES = { interrupt: "interrupt", terminate: "terminated", hangup: "hangup" } as const;

/** Tells the pool, then waits until that has spread. */
export function startLeaving(agent: Agent, nowMs: number, toGossip: ToGossip, out: Effect[]): void {
  const { life } = agent;
  if (life.stage !== "running") return;
  life.stage = "leaving";
  life.untilMs = nowMs + LEAVE_TIMEOUT_MS;
  out.push(notice("info", "Gracefully shutting down agent...", {}));
  toGossip({ type: "leave" });
}

/** The leave has spread. A server goes on answering for a while: others may still ask it. */
export function onLeft(agent: Agent, nowMs: number, out: Effect[]): void {
  const { life, config } = agent;
  if (life.stage !== "leaving") return;
  if (!config.server || config.leaveDrainMs === 0) return finishLeaving(agent, out);
  life.stage = "draining";
  life.untilMs = nowMs + config.leaveDrainMs;
}

export function lifeDeadline(agent: Agent): number {
  return agent.life.untilMs;
}

export function wakeLife(agent: Agent, nowMs: number, out: Effect[]): void {
  const { life } = agent;
  if (nowMs < life.untilMs) return;
  if (life.stage === "draining") return finishLeaving(agent, out);
  out.push(notice("error", "Timeout on graceful leave. Exiting", {}));
  end(agent, 1, out);
}

function finishLeaving(agent: Agent, out: Effect[]): void {
  for (const id of agent.life.leavers.splice(0))
    answerHttp(agent, id, { ok: true, body: { kind: "done" } }, out);
  out.push(notice("info", "Graceful exit completed", {}));
  end(agent, 0, out);
}

function end(agent: Agent, code: number, out: Effect[]): void {
  agent.life.stage = "ended";
  agent.life.untilMs = Number.POSITIVE_INFINITY;
  out.push({ type: "exit", code });
}

/**
 * The log can't be read or written. An agent that has not begun to serve ends, and says why; one that serves goes on
 * without vote: it still passes questions on, and an operator can ask it what is wrong.
 */
export function onStorageFailed(agent: Agent, reason: string, out: Effect[]): void {
  out.push(notice("error", "the log can't be used: this server neither votes nor leads", { error: reason }));
  if (agent.service.server?.recovered) return;
  out.push(notice("error", "Error starting agent", { error: `Failed to start Raft: ${reason}` }));
  end(agent, 1, out);
}

function notice(level: Notice["level"], message: string, fields: NonNullable<Notice["fields"]>): Notice {
  return { type: "notice", level, logger: "", message, fields };
}
