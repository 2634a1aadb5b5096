// Joining a gossip pool: at the agent's start (-join, -retry-join) and when HTTP asks. Names are looked up, then every
// address is contacted; one success is a success. But who was started while the network was split, and so found one half
// of -retry-join's addresses, goes on looking for the other half (Consul does not): two halves that were both restarted
// know nothing of each other, and would stay two clusters when the network is whole again. And who was let in by somebody
// who then left looks for those addresses anew, when none of them is a member's any more: nobody reconnects to the left.

import { apiError } from "../api/error.ts";
import { type Notice, notice } from "../api/notice.ts";
import { failed } from "../api/response.ts";
import type { GossipEffect, GossipPool, MemberEvent } from "../gossip/ports.ts";
import { gossipMembers } from "../gossip/step.ts";
import { must } from "../lib/assert.ts";
import { type Address, ipBytes, joinHostPort } from "../model/address.ts";
import { answerHttp } from "./answer-http.ts";
import type { AgentConfig, JoinSettings } from "./config.ts";
import { onFlooded } from "./flood-join.ts";
import type { ToGossip } from "./pools.ts";
import type { Effect, Input } from "./ports.ts";
import type { Agent, JoinAttempt, JoinPurpose, Joins, RetryJoin } from "./state.ts";

/** What the agent was told to join in a pool when it was started. */
export function startJoins(
  agent: Agent,
  pool: GossipPool,
  nowMs: number,
  toGossip: ToGossip,
  out: Effect[],
): void {
  const { startJoin: once = [], retryJoin = [] } = settingsOf(agent.config, pool) ?? {};
  if (retryJoin.length > 0) agent.joins.retries[pool].atMs = nowMs;
  if (once.length > 0) startJoin(agent, pool, once, { why: "start" }, toGossip, out);
  wakeJoins(agent, nowMs, toGossip, out);
}

const POOLS: readonly GossipPool[] = ["lan", "wan"];

/** Undefined for the WAN of an agent that is not in it. */
function settingsOf(config: AgentConfig, pool: GossipPool): JoinSettings | undefined {
  if (pool === "lan") return config;
  return config.gossipWan === undefined ? undefined : config.joinWan;
}

export function createJoins(): Joins {
  const never = Number.POSITIVE_INFINITY;
  const retry = (): RetryJoin => ({ atMs: never, tries: 0, why: "retry" });
  return {
    nextOp: 1,
    attempts: new Map(),
    retries: { lan: retry(), wan: retry() },
    floodAtMs: never,
  };
}

export function joinDeadline({ joins }: Agent): number {
  return Math.min(joins.retries.lan.atMs, joins.retries.wan.atMs);
}

export function wakeJoins(agent: Agent, nowMs: number, toGossip: ToGossip, out: Effect[]): void {
  for (const pool of POOLS) {
    const retry = agent.joins.retries[pool];
    if (nowMs < retry.atMs) continue;
    retry.atMs = Number.POSITIVE_INFINITY;
    const { why } = retry;
    if (why === "retry" && retry.tries === 0)
      out.push(notice("info", "", "Joining cluster...", { cluster: pool.toUpperCase() }));
    startJoin(agent, pool, settingsOf(agent.config, pool)?.retryJoin ?? [], { why }, toGossip, out);
  }
}

/** @param targets Host, host:port, IP, IP:port, [IPv6]:port; the port is the pool's own unless it is said. */
export function startJoin(
  agent: Agent,
  pool: GossipPool,
  targets: readonly string[],
  purpose: JoinPurpose,
  toGossip: ToGossip,
  out: Effect[],
): void {
  const { joins, config } = agent;
  const attempt: JoinAttempt = {
    op: joins.nextOp++,
    pool,
    purpose,
    lookups: new Map(),
    addresses: [],
    errors: [],
  };
  joins.attempts.set(attempt.op, attempt);
  if (isToldOf(purpose))
    out.push(notice("info", "", `(${pool.toUpperCase()}) joining`, { [`${pool}_addresses`]: [...targets] }));
  for (const target of targets) {
    const parsed = parseTarget(target, pool === "lan" ? config.ports.serfLan : config.ports.serfWan);
    if (!parsed.ok) noteUnresolved(attempt, target, parsed.error, out);
    else if (ipBytes(parsed.host) !== undefined)
      attempt.addresses.push(joinHostPort(parsed.host, parsed.port));
    else {
      const op = joins.nextOp++;
      attempt.lookups.set(op, { target, port: parsed.port });
      out.push({ type: "resolve", op, name: parsed.host });
    }
  }
  contact(agent, attempt, toGossip);
}

/** Attempts that somebody asked for; those of our own accord are told of when they succeed. */
function isToldOf({ why }: JoinPurpose): boolean {
  return why === "start" || why === "retry" || why === "http";
}

type Target =
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly error: string };

/**
 * More than one colon outside of brackets is an IPv6 address without a port. A node's name may stand before the address,
 * with a slash (memberlist). The errors are memberlist's and those of Go's net package.
 */
function parseTarget(given: string, defaultPort: number): Target {
  const slash = given.indexOf("/");
  if (slash === 0) return { ok: false, error: "empty node name provided" };
  const target = given.slice(slash + 1);
  const [, bracketed, plain, portText] = /^(?:\[(.*)\]|([^:]*)):([^:\]]*)$/s.exec(target) ?? [];
  const host = bracketed ?? plain ?? target.replace(/^\[(.*)\]$/s, "$1");
  const port = portText === undefined ? defaultPort : Number(portText);
  if (portText !== undefined && !/^\d+$/.test(portText))
    return { ok: false, error: `strconv.ParseUint: parsing ${JSON.stringify(portText)}: invalid syntax` };
  if (port > 65_535)
    return { ok: false, error: `strconv.ParseUint: parsing "${portText}": value out of range` };
  return host === "" ? { ok: false, error: "lookup : no such host" } : { ok: true, host, port };
}

function noteUnresolved(attempt: JoinAttempt, target: string, error: string, out: Effect[]): void {
  attempt.errors.push(`Failed to resolve ${target}: ${error}`);
  const level = isToldOf(attempt.purpose) ? "warn" : "debug";
  out.push(notice(level, "", "Failed to resolve", { name: target, error }));
}

/** Once every name is known. */
function contact(agent: Agent, attempt: JoinAttempt, toGossip: ToGossip): void {
  if (attempt.lookups.size > 0) return;
  const { op, pool, addresses, purpose } = attempt;
  if (purpose.why !== "missing" && purpose.why !== "lost")
    return toGossip(pool, { type: "join", op, addresses });
  const members = gossipMembers(must(agent.pools[pool], "an agent joins the pools that it has"));
  const alive = members.filter(({ status }) => status === "alive");
  const known = new Map(alive.map(({ ip, port, name }) => [joinHostPort(ip, port), name]));
  const own = pool === "lan" ? agent.config.gossipLan.name : agent.config.gossipWan?.name;
  const isOther = (address: Address): boolean => known.has(address) && known.get(address) !== own;
  const isNotLost = purpose.why === "lost" && addresses.some(isOther);
  const unknown = isNotLost ? [] : addresses.filter((address) => !known.has(address));
  toGossip(pool, { type: "join", op, addresses: unknown });
}

/** Somebody is no member any more, and perhaps was the last of those whom we were told to join. */
export function onMemberGone(agent: Agent, pool: GossipPool, event: MemberEvent, nowMs: number): void {
  const { joins, config, life } = agent;
  const retry = joins.retries[pool];
  const settings = settingsOf(config, pool);
  if (event !== "leave" && event !== "reap") return;
  if (life.stage !== "running" || settings === undefined || settings.retryJoin.length === 0) return;
  if (retry.why === "retry" || retry.atMs !== Number.POSITIVE_INFINITY) return;
  retry.why = "lost";
  retry.atMs = nowMs + settings.retryIntervalMs;
}

export function onResolved(
  agent: Agent,
  input: Extract<Input, { type: "resolved" }>,
  toGossip: ToGossip,
  out: Effect[],
): void {
  for (const attempt of agent.joins.attempts.values()) {
    const lookup = attempt.lookups.get(input.op);
    if (lookup === undefined) continue;
    attempt.lookups.delete(input.op);
    for (const ip of input.ips) attempt.addresses.push(joinHostPort(ip, lookup.port));
    if (input.ips.length === 0) noteUnresolved(attempt, lookup.target, input.error ?? "no addresses", out);
    return contact(agent, attempt, toGossip);
  }
}

export function onJoined(
  agent: Agent,
  effect: Extract<GossipEffect, { type: "joined" }>,
  nowMs: number,
  out: Effect[],
): void {
  const attempt = agent.joins.attempts.get(effect.op);
  if (attempt === undefined) return;
  agent.joins.attempts.delete(effect.op);
  const { pool, purpose } = attempt;
  const cluster = pool.toUpperCase();
  const errors = [...attempt.errors, ...effect.errors.map(({ error }) => error)];
  const fields = { cluster, num_agents: effect.joined };
  if (isToldOf(purpose)) out.push(outcome(cluster, effect.joined, errors));
  switch (purpose.why) {
    case "http":
      return answerHttp(
        agent,
        purpose.id,
        effect.joined > 0
          ? { ok: true, body: { kind: "done" } }
          : failed(apiError("refused", multiError(errors))),
        out,
      );
    case "start":
      if (effect.joined > 0) return;
      out.push(notice("error", "", "Error starting agent", { error: multiError(errors) }));
      return void out.push({ type: "exit", code: 1 });
    case "retry":
      if (effect.joined === 0) return retryLater(agent, pool, errors, nowMs, out);
      agent.joins.retries[pool].why = "missing";
      out.push(notice("info", "", "Join cluster completed. Synced with initial agents", fields));
      return lookForMissing(agent, pool, errors, nowMs);
    case "missing":
    case "lost":
      if (effect.joined > 0)
        out.push(notice("info", "", "Joined agents that could not be reached before", fields));
      // Of the lost even one that answers may be leaving still: it is looked once more whether it is a member.
      return lookForMissing(agent, pool, errors, nowMs, purpose.why === "lost" && effect.joined > 0);
    case "flood":
      return onFlooded(purpose, effect.joined, errors, out);
  }
}

function outcome(cluster: string, joined: number, errors: readonly string[]): Notice {
  const fields = { number_of_nodes: joined };
  if (joined > 0) return notice("info", "", `(${cluster}) joined`, fields);
  return notice("warn", "", `(${cluster}) couldn't join`, { ...fields, error: multiError(errors) });
}

/** Until every address has been joined, or is that of a member. */
function lookForMissing(
  { joins, config }: Agent,
  pool: GossipPool,
  errors: readonly string[],
  nowMs: number,
  isUnsure = false,
): void {
  const { retryIntervalMs } = settingsOf(config, pool) ?? config;
  if (errors.length > 0 || isUnsure) joins.retries[pool].atMs = nowMs + retryIntervalMs;
}

function retryLater(
  agent: Agent,
  pool: GossipPool,
  errors: readonly string[],
  nowMs: number,
  out: Effect[],
): void {
  const retry = agent.joins.retries[pool];
  const cluster = pool.toUpperCase();
  const { retryIntervalMs, retryMax } = settingsOf(agent.config, pool) ?? agent.config;
  retry.tries++;
  if (retryMax > 0 && retry.tries > retryMax) {
    const why = `agent: max join ${cluster} retry exhausted, exiting`;
    out.push(notice("error", "", "Retry join failed", { error: why }));
    out.push({ type: "exit", code: 1 });
    return;
  }
  // What was wrong with them has just been told; Consul's line is so too.
  const error = errors.length === 0 ? "No servers to join" : "<nil>";
  const message = "Join cluster failed, will retry";
  out.push(notice("warn", "", message, { cluster, retry_interval: `${retryIntervalMs / 1000}s`, error }));
  retry.atMs = nowMs + retryIntervalMs;
}

/** Several errors as Go's multierror prints them, which clients see. */
function multiError(errors: readonly string[]): string {
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return `${count} occurred:\n${errors.map((error) => `\t* ${error}\n`).join("")}\n`;
}
