// The other side's half of a push-pull: may it be merged, and what does it say?

import { PLANTED, planted } from "../lib/planted.ts";
import { ipText } from "../model/address.ts";
import type { ProtocolVersions } from "../model/member.ts";
import { versionsOf } from "../wire/gossip/messages.ts";
import { NODE_STATES } from "../wire/gossip/node-line.ts";
import type { PushPull, PushPullNode } from "../wire/gossip/stream-messages.ts";
import { metaOf } from "./node-record.ts";
import { onAlive } from "./on-alive.ts";
import { onDead } from "./on-dead.ts";
import { onSuspect } from "./on-suspect.ts";
import type { GossipEffect } from "./ports.ts";
import { admissionOf } from "./serf/members.ts";
import { mergeSerfState } from "./serf/push-pull.ts";
import { tagsOf } from "./sharing.ts";
import type { Gossip } from "./state.ts";
import { checkVersions } from "./versions.ts";
import { type Candidate, vetoCandidates } from "./veto.ts";

/**
 * Takes over what the other side knows, all or nothing.
 * @param joining We asked for it in order to join: older events are not for us.
 * @returns Why nothing was taken over; undefined when all was.
 */
export function onPushPull(
  gossip: Gossip,
  remote: PushPull,
  joining: boolean,
  nowMs: number,
  out: GossipEffect[],
): string | undefined {
  const refusal =
    checkVersions(gossip, remote.nodes) ??
    (remote.join
      ? vetoCandidates(
          admissionOf(gossip),
          remote.nodes.map((node) => candidateOf(gossip, node)),
        )
      : undefined);
  if (refusal !== undefined) return refusal;
  for (const node of remote.nodes) mergeNode(gossip, node, nowMs, out);
  if (remote.userState.length > 0) mergeSerfState(gossip, remote.userState, joining, nowMs, out);
  return undefined;
}

const NO_VERSIONS: ProtocolVersions = {
  min: 0,
  max: 0,
  current: 0,
  delegateMin: 0,
  delegateMax: 0,
  delegateCurrent: 0,
};

const NOTHING = new Uint8Array(0);

/** For the rules of admission even an unreadable record is somebody with no tags. */
function candidateOf(gossip: Gossip, { name, addr, port, meta, vsn, state }: PushPullNode): Candidate {
  return {
    name,
    ip: ipText(addr ?? NOTHING) ?? "",
    port,
    tags: tagsOf(gossip.config.sharing, metaOf(meta)),
    versions: versionsOf(vsn) ?? NO_VERSIONS,
    left: NODE_STATES[state] === "left",
  };
}

/**
 * What the other side says of one node. That it is dead we take as a suspicion: the node may be right here, alive, and
 * shall have the time to say so.
 */
function mergeNode(gossip: Gossip, remote: PushPullNode, nowMs: number, out: GossipEffect[]): void {
  const { name: node, incarnation } = remote;
  switch (NODE_STATES[remote.state]) {
    case "alive": {
      const { addr, port, meta, vsn } = remote;
      return onAlive(gossip, { type: "alive", incarnation, node, addr, port, meta, vsn }, nowMs, out);
    }
    case "left":
      return onDead(gossip, { type: "dead", incarnation, node, from: node }, nowMs, out);
    case "dead":
    case "suspect":
      if (PLANTED && planted(gossip.config, "gossip-dead-by-hearsay") && NODE_STATES[remote.state] === "dead")
        return onDead(gossip, { type: "dead", incarnation, node, from: gossip.config.name }, nowMs, out);
      return onSuspect(gossip, { type: "suspect", incarnation, node, from: gossip.config.name }, nowMs, out);
    default:
      return; // A state of a later protocol: nothing that we could act on.
  }
}
