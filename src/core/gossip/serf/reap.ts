// Members that failed or left are remembered for days, then forgotten; failed ones are called upon now and then, for they
// may be back, and after a partition nobody else would begin.

import { must } from "../../lib/assert.ts";
import { parseDuration } from "../../lib/duration.ts";
import { PLANTED, planted } from "../../lib/planted.ts";
import type { Address } from "../../model/address.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import { openPushPull } from "../push-pull.ts";
import { type Gossip, isSelf } from "../state.ts";
import { eraseMember, stay } from "./members.ts";
import { forgetStaleIntents } from "./recent-intents.ts";
import { forgetLongAbsent } from "./rejoin.ts";
import type { MemberState } from "./state.ts";

/** The tag by which a member says how long it wants to be remembered after it failed. */
const RECONNECT_TIMEOUT_TAG = "rc_tm";

/**
 * A member that leaves is gone within ten seconds or so. One that still answers after a minute stays: it said so, to
 * somebody else, in the very moment in which it was said to leave.
 */
const LEAVES_WITHIN_MS = 60_000;

/** Forgets what is old. Sleeps while nothing can get old. */
export function reap(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { serf, timers, config } = gossip;
  for (const member of [...serf.members.values()])
    if (isOld(gossip, member, nowMs)) eraseMember(gossip, member, "EventMemberReap", out);
  for (const member of serf.members.values()) if (stillThere(gossip, member, nowMs)) stay(gossip, member);
  forgetStaleIntents(gossip, nowMs);
  const { failed, left, leaving } = serf.counts;
  const idle = failed + left + leaving + serf.recentIntents.size === 0;
  timers.reapAtMs = idle ? Number.POSITIVE_INFINITY : nowMs + config.reapIntervalMs;
}

function stillThere({ nodes }: Gossip, { name, status, leftAtMs }: MemberState, nowMs: number): boolean {
  return status === "leaving" && nowMs - leftAtMs > LEAVES_WITHIN_MS && nodes.get(name)?.state === "alive";
}

function isOld(gossip: Gossip, member: MemberState, nowMs: number): boolean {
  const isGone = member.status === "failed" || member.status === "left";
  if (!isGone || isSelf(gossip, member.name)) return false;
  return nowMs - member.leftAtMs > rememberedMs(gossip, member);
}

function rememberedMs({ config }: Gossip, member: MemberState): number {
  if (member.status === "left") return config.tombstoneTimeoutMs;
  const own = parseDuration(member.record.tags.get(RECONNECT_TIMEOUT_TAG) ?? "");
  return own.ok ? own.ns / 1e6 : config.reconnectTimeoutMs;
}

/**
 * Tries one failed member, more likely the more of them there are: all members together make about one attempt an
 * interval for each. Sleeps while nobody failed.
 */
export function reconnect(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { serf, timers, config, chance } = gossip;
  const { failed, left } = serf.counts;
  forgetLongAbsent(gossip, nowMs);
  const missing = failed + serf.rejoin.absent.size;
  timers.reconnectAtMs = missing === 0 ? Number.POSITIVE_INFINITY : nowMs + config.reconnectIntervalMs;
  if (missing === 0 || gossip.leave !== undefined) return;
  if (PLANTED && planted(config, "gossip-failed-left-alone")) return;
  const others = Math.max(1, serf.members.size - failed - left);
  if (chance.choose("gossip.reconnect", others) >= missing)
    return notice(out, "debug", "serf", "forgoing reconnect for random throttling");
  const candidates = missingMembers(gossip);
  const [name, address] = must(candidates[chance.choose("gossip.reconnect-target", missing)], "one of them");
  notice(out, "info", "serf", `attempting reconnect to ${name} ${address}`);
  openPushPull(gossip, address, true, { type: "reconnect", node: name }, out);
}

/** Who failed, and who was there before we were restarted and has not been seen since. */
function missingMembers({ serf }: Gossip): (readonly [name: string, address: Address])[] {
  const failed = [...serf.members.values()].filter(({ status }) => status === "failed");
  return [...failed.map(({ name, record }) => [name, record.address] as const), ...serf.rejoin.absent];
}
