// Join and leave intents: what members mean to do, ordered by Lamport time, so that a member that leaves can be told from
// one that fails. Used by the handlers of both messages, by the push-pull, and by our own joins and leaves.

import { must } from "../../lib/assert.ts";
import { setDeadline, takeDue } from "../../lib/deadline-heap.ts";
import { PLANTED, planted } from "../../lib/planted.ts";
import type { JoinIntent, LeaveIntent } from "../../wire/gossip/serf-messages.ts";
import { broadcastSerf } from "../broadcast.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import { type Gossip, isSelf } from "../state.ts";
import { lamportOf, witness } from "./lamport.ts";
import { announce, becomeLeaving, eraseMember, setStatus, stay } from "./members.ts";
import { keepRecentIntent } from "./recent-intents.ts";
import type { MemberState } from "./state.ts";

/** @returns Whether it was news, worth passing on. */
export function applyJoinIntent(
  gossip: Gossip,
  intent: Pick<JoinIntent, "lTime" | "node">,
  nowMs: number,
): boolean {
  const lTime = lamportOf(intent.lTime);
  if (lTime === undefined) return false;
  witness(gossip.serf.clocks, "member", lTime);
  const member = gossip.serf.members.get(intent.node);
  if (member === undefined) return keepRecentIntent(gossip, intent.node, "join", lTime, nowMs);
  if (lTime <= member.statusLTime) return false;
  if (isSelf(gossip, member.name) && gossip.leave === undefined) {
    // We never said so: it was said of us, or by who we were before. Who took it for our leave may show us as leaving for
    // as long as nobody hears anything later (one who has "left" at this time and sees us again tells others of a join).
    announceOwnJoin(gossip, nowMs);
    return false;
  }
  member.statusLTime = lTime;
  if (member.status === "leaving") stay(gossip, member);
  return true;
}

/**
 * Somebody has the node as one that left, at a time that may be that of its leave, or of its join before that: whether it is
 * news is judged by the moment after. But it counts as said at the time itself. A member that comes back says so at the very
 * next one, if it is the first to say anything; taken for later than that, this would show it as leaving until it speaks again.
 */
export function applyHearsayOfLeave(
  gossip: Gossip,
  node: string,
  lTime: number,
  nowMs: number,
  out: GossipEffect[],
): void {
  const late = PLANTED && planted(gossip.config, "serf-hearsay-outdates-return");
  applyLeaveIntent(gossip, { node, lTime: lTime + 1, prune: false }, nowMs, out, late ? lTime + 1 : lTime);
}

/**
 * @param saidAt The Lamport time that counts as its own from now on, where that is not the intent's.
 * @returns Whether it was news, worth passing on.
 */
export function applyLeaveIntent(
  gossip: Gossip,
  intent: Pick<LeaveIntent, "lTime" | "node" | "prune">,
  nowMs: number,
  out: GossipEffect[],
  saidAt?: number,
): boolean {
  const lTime = lamportOf(intent.lTime);
  if (lTime === undefined) return false;
  witness(gossip.serf.clocks, "member", lTime);
  const member = gossip.serf.members.get(intent.node);
  if (member === undefined) return keepRecentIntent(gossip, intent.node, "leave", lTime, nowMs, saidAt);
  const isOurs = isSelf(gossip, member.name) && gossip.leave === undefined;
  // Said of us in the very moment of our own last word: some heard that first, and some this.
  if (lTime < member.statusLTime || (lTime === member.statusLTime && !isOurs)) return false;
  if (isOurs) {
    notice(out, "debug", "serf", "Refuting an older leave intent");
    announceOwnJoin(gossip, nowMs);
    return false;
  }
  // Whatever the member's status, or the same intent would be news, and be passed on, for ever (serf#606).
  member.statusLTime = saidAt ?? lTime;
  if (member.status === "alive") becomeLeaving(gossip, member, nowMs);
  else if (member.status === "failed") {
    setStatus(gossip, member, "left");
    announce(member, "leave", "EventMemberLeave (forced)", out);
  }
  if (intent.prune) prune(gossip, member, nowMs, out);
  return true;
}

/** Says that we are here and mean to stay: later than everything that we have heard. */
export function announceOwnJoin(gossip: Gossip, nowMs: number): void {
  const { clocks, members } = gossip.serf;
  const { name } = gossip.config;
  const lTime = clocks.member;
  const intent: JoinIntent = { type: "join", lTime, node: name };
  must(members.get(name), "we are a member ourselves").statusLTime = lTime;
  witness(clocks, "member", lTime);
  broadcastSerf(gossip, gossip.serf.intentBroadcasts, intent, nowMs);
}

/** Forgets a member that left; one that is about to, when it has had the time. */
function prune(gossip: Gossip, member: MemberState, nowMs: number, out: GossipEffect[]): void {
  const { broadcastTimeoutMs, leavePropagateDelayMs } = gossip.config;
  if (isSelf(gossip, member.name)) return;
  if (member.status === "left") eraseMember(gossip, member, "EventMemberReap (forced)", out);
  else setDeadline(gossip.serf.prunes, member.name, nowMs + broadcastTimeoutMs + leavePropagateDelayMs);
}

/** Forgets the members whose time to leave is up, unless they changed their mind. */
export function prunePending(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { prunes, members } = gossip.serf;
  for (let name = takeDue(prunes, nowMs); name !== undefined; name = takeDue(prunes, nowMs)) {
    const member = members.get(name);
    if (member !== undefined && (member.status === "leaving" || member.status === "left"))
      eraseMember(gossip, member, "EventMemberReap (forced)", out);
  }
}
