// One whole agent on a table, by itself and with its log in memory: a test gives it inputs, lets time pass, and reads what
// it did.

import { agentDeadline, createAgent, flushAgent, stepAgent } from "../../../src/core/agent/agent.ts";
import type { AgentConfig } from "../../../src/core/agent/config.ts";
import type { Effect, Input } from "../../../src/core/agent/ports.ts";
import type { Agent } from "../../../src/core/agent/state.ts";
import type { HttpResponse } from "../../../src/core/api/http.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { type ClusterOptions, clusterConfigs } from "../../../src/sim/cluster.ts";

export interface Table {
  agent: Agent;
  nowMs: number;
  nextId: number;
  /** All that it did, oldest first. */
  readonly out: Effect[];
}

/** The first agent of this cluster, five seconds after its start. */
export function layTable(shape: ClusterOptions, seed: string, options: Partial<AgentConfig> = {}): Table {
  const config = must(clusterConfigs(shape)[0], "the one");
  const agent = createAgent({ ...config, ...options, durable: false, retryJoin: [] }, seededChance(seed), 0);
  const table = { agent, nowMs: 0, nextId: 1, out: [] };
  feed(table, { type: "start" });
  pass(table, 5000);
  return table;
}

export function feed({ agent, nowMs, out }: Table, input: Input): void {
  stepAgent(agent, input, nowMs, out);
  flushAgent(agent, nowMs, out);
}

/** Time passes; the agent is woken as often as it wants to be. */
export function pass(table: Table, ms: number): void {
  const endMs = table.nowMs + ms;
  while (agentDeadline(table.agent, table.nowMs) <= endMs) {
    table.nowMs = Math.max(table.nowMs, agentDeadline(table.agent, table.nowMs));
    feed(table, { type: "wake" });
  }
  table.nowMs = endMs;
}

/** @returns The request's number. */
export function askOverHttp(table: Table, method: string, target: string, body: string): number {
  const id = table.nextId++;
  const request = { method, target, headers: new Map(), body: utf8Bytes(body), remote: "127.0.0.1" };
  feed(table, { type: "http", id, request });
  return id;
}

export function answerTo({ out }: Table, id: number): HttpResponse | undefined {
  return out.flatMap((effect) => (effect.type === "reply" && effect.id === id ? [effect.response] : []))[0];
}

/** The texts of its notices. */
export function noticesOf({ out }: Table): string[] {
  return out.flatMap((effect) => (effect.type === "notice" ? [effect.message] : []));
}
