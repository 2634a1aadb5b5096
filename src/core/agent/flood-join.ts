// Brings all servers of a datacenter into the WAN pool (Consul's flood join): each server joins those of its LAN that the
// WAN lacks, at the port that they tell the LAN, so that an operator need only join one server of each datacenter.

import { type Notice, notice } from "../api/notice.ts";
import { gossipMembers } from "../gossip/step.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { type Address, joinHostPort } from "../model/address.ts";
import { type Member, serverTags } from "../model/member.ts";
import type { ToGossip } from "./pools.ts";
import type { Effect } from "./ports.ts";
import type { Agent } from "./state.ts";
import { wanPort } from "./tags.ts";

/** How often it is looked whether somebody is missing, besides whenever a server joins the LAN. */
const FLOOD_INTERVAL_MS = 60_000;

/** Begins when the agent starts. Nothing to do for one that is in no WAN. */
export function startFlooding(agent: Agent, nowMs: number): void {
  if (agent.pools.wan !== undefined) agent.joins.floodAtMs = nowMs + FLOOD_INTERVAL_MS;
}

/** A member came into the LAN, or tells something new of itself: if it is a server, it shall be in the WAN at once. */
export function onLanMember(agent: Agent, member: Member, nowMs: number): void {
  if (agent.pools.wan !== undefined && member.status === "alive" && isOurs(agent, member))
    agent.joins.floodAtMs = nowMs;
}

export function floodDeadline({ joins }: Agent): number {
  return joins.floodAtMs;
}

/** Asks the WAN to join each server of ours that it lacks. To be called when due, or more often. */
export function wakeFlood(agent: Agent, nowMs: number, toGossip: ToGossip): void {
  const { joins, pools, life } = agent;
  if (nowMs < joins.floodAtMs) return;
  // Who leaves has left the WAN already, or is about to.
  const flooding = pools.wan !== undefined && life.stage === "running";
  joins.floodAtMs = flooding ? nowMs + FLOOD_INTERVAL_MS : Number.POSITIVE_INFINITY;
  if (pools.wan === undefined || !flooding) return;
  if (PLANTED && planted(agent.config, "wan-without-flood-join")) return;
  // Who left the WAN does so on purpose, and floods by itself if it was started anew.
  const there = gossipMembers(pools.wan).filter(({ status }) => status !== "failed");
  const names = new Set(there.map(({ name }) => name));
  for (const member of gossipMembers(pools.lan)) {
    const server = wanName(member.name, agent.config.datacenter);
    if (member.status !== "alive" || !isOurs(agent, member) || names.has(server)) continue;
    const op = joins.nextOp++;
    const address = wanAddress(agent, member);
    const purpose = { why: "flood", server, address } as const;
    joins.attempts.set(op, { op, pool: "wan", purpose, lookups: new Map(), addresses: [], errors: [] });
    toGossip("wan", { type: "join", op, addresses: [address] });
  }
}

/** What a server is called in the WAN. */
export function wanName(nodeName: string, datacenter: string): string {
  return `${nodeName}.${datacenter}`;
}

/** At the port that it says; a server that says none (before Consul 0.8.4) is taken to use ours. */
function wanAddress({ config }: Agent, { ip, tags }: Member): string {
  return joinHostPort(ip, wanPort(tags) ?? config.ports.serfWan);
}

/** Whether a member is a server of our datacenter, ourselves included. */
function isOurs({ config }: Agent, member: Member): boolean {
  return serverTags(member)?.datacenter === config.datacenter;
}

/** What came of one of these joins. The next look tries again. */
export function onFlooded(
  { server, address }: { readonly server: string; readonly address: Address },
  joined: number,
  errors: readonly string[],
  out: Effect[],
): void {
  const say = (message: string, fields: NonNullable<Notice["fields"]>): void => {
    out.push(notice("debug", "server", message, fields));
  };
  if (joined > 0) say("Successfully performed flood-join for server at address", { server, address });
  else say("Failed to flood-join server at address", { server, address, error: errors.join("; ") });
}
