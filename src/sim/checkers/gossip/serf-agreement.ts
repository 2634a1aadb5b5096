// Serf's list says of a member what memberlist's list says of its node: alive or suspect is alive or leaving, dead or left
// is failed or left. After each step one more record is looked at, and those that the step was about.

import type { Gossip, NodeState } from "../../../core/gossip/state.ts";
import type { MemberStatus } from "../../../core/model/member.ts";
import { demand } from "../../violation.ts";

const ALIVE: readonly MemberStatus[] = ["alive", "leaving"];
const GONE: readonly MemberStatus[] = ["failed", "left"];

/** @throws Violation when the two lists differ about a node. */
export function checkAgreement(owner: string, gossip: Gossip, node: NodeState): void {
  const member = gossip.serf.members.get(node.name);
  const isHere = node.state === "alive" || node.state === "suspect";
  // A member that was forgotten on purpose (force-leave with prune) may still be in memberlist's list of the dead.
  if (member === undefined && !isHere) return;
  const expected = isHere ? ALIVE : GONE;
  demand(
    member !== undefined && expected.includes(member.status),
    "gossip-serf-disagrees",
    () =>
      `${owner} has ${node.name} as ${node.state} in memberlist's list and as ${member?.status ?? "nobody"} in Serf's`,
  );
}

/** Looks at the next record of a machine each time it is asked, round and round. */
export function createSweep(): (owner: string, gossip: Gossip) => void {
  const places = new WeakMap<Gossip, number>();
  return (owner, gossip) => {
    const { peers } = gossip;
    if (peers.length === 0) return;
    const place = (places.get(gossip) ?? 0) % peers.length;
    places.set(gossip, place + 1);
    const node = gossip.nodes.get(peers[place] as string);
    if (node !== undefined) checkAgreement(owner, gossip, node);
  };
}
