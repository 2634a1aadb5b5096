// One agent in the real world: one inbox, one timer, effects carried out in order. Inputs are stepped at once; the turn
// ends with one flush after everything that the event loop had ready, so that what came in together goes out together.
// This and src/sim are the only callers of stepAgent.

import { agentDeadline, flushAgent, stepAgent } from "../core/agent/agent.ts";
import { answerKnownDns } from "../core/agent/dns.ts";
import type { Effect, Input } from "../core/agent/ports.ts";
import type { Agent } from "../core/agent/state.ts";
import { endTasks } from "../core/lib/metrics.ts";

/** Milliseconds that never go back, to the microsecond. */
export function monotonicMs(): number {
  return Math.round(performance.now() * 1000) / 1000;
}

export interface Driver {
  /** Puts something that happened to the agent. */
  feed(input: Input): void;
  /** No more inputs are taken, no more effects carried out. */
  stop(): void;
}

export interface DriverHooks {
  /** Does what the agent asks. What comes of it is fed later, never from within this call. */
  carryOut(effect: Effect): void;
  /** All effects of a batch were carried out: what was collected may be sent. */
  endOfBatch(): void;
  /** An invariant of the agent broke: it must not go on. `inputs` are the last it was given. */
  onBroken(error: unknown, inputs: readonly Input[]): void;
}

/** Timers of Node reach 2^31 - 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** How many of the last inputs a failure report shows. */
const REMEMBERED_INPUTS = 32;

export function createDriver(agent: Agent, hooks: DriverHooks): Driver {
  const recent: Input[] = [];
  const effects: Effect[] = [];
  let flushScheduled = false;
  let timer: NodeJS.Timeout | undefined;
  let timerAtMs = Number.POSITIVE_INFINITY;
  let stopped = false;

  /** Runs the agent, then carries out what it asks; a broken invariant ends it. `step` is told the time. */
  function run(step: (nowMs: number) => void): void {
    if (stopped) return;
    try {
      const beganMs = monotonicMs();
      step(beganMs);
      const { telemetry } = agent.service;
      if (telemetry !== undefined && telemetry.openTasks.length > 0)
        endTasks(telemetry, monotonicMs() - beganMs);
      for (const effect of effects) hooks.carryOut(effect);
      hooks.endOfBatch();
    } catch (error) {
      stop();
      hooks.onBroken(error, recent);
    } finally {
      effects.length = 0;
    }
  }

  function feed(input: Input): void {
    recent.push(input);
    if (recent.length > REMEMBERED_INPUTS) recent.shift();
    let isOver = false;
    run((nowMs) => {
      // Most questions over DNS change nothing, so that there is no turn to be ended: to do so costs more than to answer.
      isOver = input.type === "dns" && answerKnownDns(agent, input, nowMs, effects);
      if (!isOver) stepAgent(agent, input, nowMs, effects);
    });
    if (isOver || flushScheduled) return;
    flushScheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    flushScheduled = false;
    run((nowMs) => flushAgent(agent, nowMs, effects));
    if (!stopped) armTimer();
  }

  function armTimer(): void {
    const nowMs = monotonicMs();
    const dueMs = agentDeadline(agent, nowMs);
    if (dueMs <= nowMs) {
      setImmediate(wake);
      return;
    }
    // A timer that rings too early is harmless and cheaper than setting it anew with every input.
    if (dueMs >= timerAtMs) return;
    clearTimeout(timer);
    timerAtMs = dueMs;
    if (dueMs < Number.POSITIVE_INFINITY)
      timer = setTimeout(onTimer, Math.min(Math.ceil(dueMs - nowMs), MAX_TIMER_MS));
  }

  function onTimer(): void {
    timerAtMs = Number.POSITIVE_INFINITY;
    wake();
  }

  function wake(): void {
    if (stopped) return;
    if (agentDeadline(agent, monotonicMs()) <= monotonicMs()) feed({ type: "wake" });
    else armTimer();
  }

  function stop(): void {
    stopped = true;
    clearTimeout(timer);
  }

  return { feed, stop };
}
