// Two nodes with one name. Whoever learns of it asks all members whom they mean by the name, and gives way when most do
// not mean him (Serf's name conflict resolution). Here: what a member says to that, and how it is counted. Consul's pools
// do without: there node ids keep names apart.

import { ipBytes, ipText } from "../../model/address.ts";
import { MEMBER_STATUSES } from "../../model/member.ts";
import { decodeSerf, encodeNoConflict, encodeSerf } from "../../wire/gossip/serf-messages.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import { type Gossip, ownNode } from "../state.ts";
import { toMember } from "./members.ts";
import type { QueryOwner } from "./state.ts";

type Vote = Extract<QueryOwner, { by: "conflict" }>;

/** Whom we mean by a name, as an answer to `_serf_conflict`. */
export function describeMember(gossip: Gossip, name: string): Uint8Array {
  const member = gossip.serf.members.get(name);
  if (member === undefined) return encodeNoConflict();
  const { ip, port, tags, status, versions } = toMember(member);
  return encodeSerf({
    type: "conflict-response",
    name,
    addr: ipBytes(ip) ?? null,
    port,
    tags,
    status: MEMBER_STATUSES.indexOf(status),
    protocolMin: versions.min,
    protocolMax: versions.max,
    protocolCur: versions.current,
    delegateMin: versions.delegateMin,
    delegateMax: versions.delegateMax,
    delegateCur: versions.delegateCurrent,
  });
}

/** Counts one member's answer. */
export function countVote(gossip: Gossip, vote: Vote, payload: Uint8Array, out: GossipEffect[]): void {
  const decoded = decodeSerf(payload);
  if (!decoded.ok || decoded.value.type !== "conflict-response")
    return notice(out, "error", "serf", "Invalid conflict query response");
  const { addr, port } = decoded.value;
  const own = ownNode(gossip).record;
  vote.responses++;
  if (addr !== null && ipText(addr) === own.ip && port === own.port) vote.matching++;
}

/** All have had the time to answer. With nobody's word for us we are the stranger. */
export function endVote({ responses, matching }: Vote, out: GossipEffect[]): void {
  const majority = Math.floor(responses / 2) + 1;
  if (matching >= majority)
    return notice(out, "info", "serf", `majority in name conflict resolution [${matching} / ${responses}]`);
  notice(out, "warn", "serf", `minority in name conflict resolution, quitting [${matching} / ${responses}]`);
  out.push({ type: "name-lost" });
}
