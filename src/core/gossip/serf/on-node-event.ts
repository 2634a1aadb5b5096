// memberlist's news of nodes as Serf takes them: a node that died is a member that failed, unless it said before that it
// would leave.

import { PLANTED, planted } from "../../lib/planted.ts";
import { measureCount } from "../measure.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip, NodeState } from "../state.ts";
import { announce, becomeGone, becomeLeaving, insertMember, stay } from "./members.ts";
import { takeRecentIntent } from "./recent-intents.ts";

/** Who failed and is back within this time was hardly gone (Serf's FlapTimeout): its network or its machine is unwell. */
const FLAP_MS = 60_000;

/** The node is new, or back. */
export function onNodeJoin(gossip: Gossip, node: NodeState, nowMs: number, out: GossipEffect[]): void {
  const { members } = gossip.serf;
  const known = members.get(node.name);
  const member = known ?? insertMember(gossip, node);
  if (known !== undefined) {
    if (known.status === "failed" && nowMs - known.leftAtMs < FLAP_MS) {
      gossip.serf.flaps++;
      measureCount(gossip, "serf.member.flap", out);
    }
    known.record = node.record;
    if (!(PLANTED && planted(gossip.config, "gossip-serf-misses-return"))) stay(gossip, known);
  }
  const intent = known === undefined ? takeRecentIntent(gossip, node.name, nowMs) : undefined;
  if (intent !== undefined) {
    member.statusLTime = intent.lTime;
    if (intent.type === "leave") becomeLeaving(gossip, member, nowMs);
  }
  announce(member, "join", "EventMemberJoin", out);
}

/** The node died or left. */
export function onNodeLeave(gossip: Gossip, node: NodeState, nowMs: number, out: GossipEffect[]): void {
  const member = gossip.serf.members.get(node.name);
  if (member === undefined || (member.status !== "alive" && member.status !== "leaving")) return;
  // Unlike Serf we also believe the node itself (its own "dead") when its leave intent has not come to us yet: it would
  // be shown as failed until then.
  if (member.status === "leaving" || node.state === "left") {
    becomeGone(gossip, member, "left", nowMs);
    announce(member, "leave", "EventMemberLeave", out);
  } else {
    becomeGone(gossip, member, "failed", nowMs);
    announce(member, "failed", "EventMemberFailed", out);
  }
}

/** The node changed its tags. */
export function onNodeUpdate(gossip: Gossip, node: NodeState, out: GossipEffect[]): void {
  const member = gossip.serf.members.get(node.name);
  if (member === undefined) return;
  member.record = node.record;
  announce(member, "update", "EventMemberUpdate", out);
}
