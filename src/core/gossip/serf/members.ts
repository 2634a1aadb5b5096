// Serf's list of members: records, standing, and what the agent is shown of them.

import { must } from "../../lib/assert.ts";
import { clearDeadline } from "../../lib/deadline-heap.ts";
import type { Member, MemberStatus } from "../../model/member.ts";
import { keptMs } from "../nodes.ts";
import { notice } from "../notice.ts";
import type { GossipEffect, MemberEvent } from "../ports.ts";
import type { Gossip, NodeState } from "../state.ts";
import { wakeReaper } from "../timers.ts";
import type { Admission } from "../veto.ts";
import { forgetCoordinate } from "./coordinates.ts";
import type { MemberState } from "./state.ts";

/** What the agent is shown: a copy, but for the tags, which are replaced and never changed. */
export function toMember({ name, record, status }: MemberState): Member {
  const { ip, port, tags, versions } = record;
  return { name, ip, port, tags, status, versions };
}

export function ownMember(gossip: Gossip): MemberState {
  return must(gossip.serf.members.get(gossip.config.name), "we are a member");
}

/** By what we judge who else may be here. */
export function admissionOf(gossip: Gossip): Admission {
  const { name: ownName, admission } = gossip.config;
  return { pool: admission ?? "lan", ownName, ownTags: ownMember(gossip).record.tags };
}

/** A member of whom nothing is known but what its node says. */
export function insertMember(gossip: Gossip, node: NodeState): MemberState {
  const { name, record } = node;
  const member: MemberState = { name, record, status: "alive", statusLTime: 0, leftAtMs: 0 };
  gossip.serf.members.set(name, member);
  gossip.serf.counts.alive++;
  return member;
}

export function setStatus(gossip: Gossip, member: MemberState, status: MemberStatus): void {
  gossip.serf.counts[member.status]--;
  gossip.serf.counts[status]++;
  member.status = status;
}

/** The member has said that it is about to go. */
export function becomeLeaving(gossip: Gossip, member: MemberState, nowMs: number): void {
  setStatus(gossip, member, "leaving");
  member.leftAtMs = keptMs(nowMs);
  wakeReaper(gossip, nowMs);
}

/** It does not leave after all. */
export function stay(gossip: Gossip, member: MemberState): void {
  setStatus(gossip, member, "alive");
  member.leftAtMs = 0;
}

/** The member is gone, for good or not: from now on it ages. */
export function becomeGone(
  gossip: Gossip,
  member: MemberState,
  status: "left" | "failed",
  nowMs: number,
): void {
  setStatus(gossip, member, status);
  member.leftAtMs = keptMs(nowMs);
  wakeReaper(gossip, nowMs);
}

/** Forgets a member and says so. */
export function eraseMember(gossip: Gossip, member: MemberState, why: string, out: GossipEffect[]): void {
  gossip.serf.members.delete(member.name);
  gossip.serf.counts[member.status]--;
  clearDeadline(gossip.serf.prunes, member.name);
  forgetCoordinate(gossip, member.name);
  announce(member, "reap", why, out);
}

/** Tells the agent, and the log as `title` (EventMemberJoin and so on). */
export function announce(member: MemberState, event: MemberEvent, title: string, out: GossipEffect[]): void {
  notice(out, "info", "serf", `${title}: ${member.name} ${member.record.ip}`);
  out.push({ type: "member", event, member: toMember(member) });
}
