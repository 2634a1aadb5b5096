// alive: a node says of itself, or is said, to be there, at this address, with these tags. Whether that is news is
// decided by its incarnation; whether the node may be here at all, by veto.ts.

import { equalBytes, utf8 } from "../lib/bytes.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { ipText } from "../model/address.ts";
import { type Alive, encodeMessage, versionsOf } from "../wire/gossip/messages.ts";
import { MAX_META_BYTES } from "../wire/gossip/tags.ts";
import { isAllowedIp } from "./allowed.ts";
import { broadcastRumour } from "./broadcast.ts";
import { countDrop } from "./drops.ts";
import { measureCount } from "./measure.ts";
import { isClaimOf, metaOf, type NodeClaim, type NodeRecord } from "./node-record.ts";
import { aliveMessage, endpointOf, insertNode, isGone, setNodeState } from "./nodes.ts";
import { notice } from "./notice.ts";
import type { GossipEffect } from "./ports.ts";
import { MAX_INCARNATION, refute } from "./refute.ts";
import { sendToNode } from "./send.ts";
import { admissionOf } from "./serf/members.ts";
import { onNodeJoin, onNodeUpdate } from "./serf/on-node-event.ts";
import { startVote } from "./serf/start-vote.ts";
import { recordOf } from "./sharing.ts";
import { type Gossip, isSelf, type NodeState, ownNode } from "./state.ts";
import { clearSuspicion } from "./suspicion.ts";
import { vetoCandidates } from "./veto.ts";

/** Longer names would not leave room for the rest in a packet; a DNS name ends at 253. */
const MAX_NAME_BYTES = 255;
/** Ten times the largest pools that Consul is run with; so that invented names cannot fill our memory. */
const MAX_MEMBERS = 65_536;

export function onAlive(gossip: Gossip, alive: Alive, nowMs: number, out: GossipEffect[]): void {
  const known = gossip.nodes.get(alive.node);
  const self = isSelf(gossip, alive.node);
  const moved = known !== undefined && !isAt(known, alive);
  // First, as every rumour is heard many times and is news only once.
  if (known !== undefined && !self && !moved && isOld(gossip, known, alive))
    return answerOld(gossip, known, out);

  const claim = claimOf(alive);
  if (claim === undefined) return;
  if (self) return onAliveSelf(gossip, alive, claim, moved, nowMs, out);
  if (known !== undefined && moved && !mayMove(gossip, known, nowMs)) return onConflict(known, claim, out);
  if (known === undefined && !mayEnter(gossip, alive)) return;

  const record = recordOf(gossip.config.sharing, alive.node, known?.record, claim);
  const vetoed = isAllowedIp(gossip.config, record.ip)
    ? veto(gossip, alive.node, record)
    : `${record.ip} is not allowed`;
  if (vetoed !== undefined)
    return notice(out, "warn", "memberlist", `ignoring alive message for '${alive.node}': ${vetoed}`);

  const node = known ?? insertNode(gossip, alive.node, record, nowMs);
  becomeAlive(gossip, node, alive, record, nowMs, out);
}

function mayEnter(gossip: Gossip, { node, incarnation }: Alive): boolean {
  if (incarnation === 0 || node === "" || utf8(node).length > MAX_NAME_BYTES) return false;
  if (Math.max(gossip.nodes.size, gossip.serf.members.size) < MAX_MEMBERS) return true;
  countDrop(gossip, "members");
  return false;
}

/** What the message says of the node; undefined when Consul would not look at it either. */
function claimOf({ addr, port, meta, vsn }: Alive): NodeClaim | undefined {
  const endpoint = endpointOf(addr, port);
  const versions = versionsOf(vsn);
  if (endpoint === undefined || versions === undefined || (meta?.length ?? 0) > MAX_META_BYTES)
    return undefined;
  if (versions.min === 0 || versions.max === 0 || versions.min > versions.max) return undefined;
  return { meta: metaOf(meta), versions, ...endpoint };
}

/** What is said of us is either what we say, or wrong, or of a former life: then we contradict. */
function onAliveSelf(
  gossip: Gossip,
  alive: Alive,
  claim: NodeClaim,
  moved: boolean,
  nowMs: number,
  out: GossipEffect[],
): void {
  const own = ownNode(gossip);
  if (gossip.leave !== undefined) return; // Whoever thinks that we are alive will hear that we left.
  if (moved) {
    onConflict(own, claim, out);
    return startVote(gossip, nowMs, out);
  }
  if (alive.incarnation < own.incarnation) return;
  if (alive.incarnation === own.incarnation && isClaimOf(own.record, claim)) return;
  notice(out, "warn", "memberlist", `Refuting an alive message for '${own.name}' (${own.record.address})`);
  refute(gossip, alive.incarnation, nowMs);
}

function isAt({ record }: NodeState, { addr, port }: Alive): boolean {
  // An IPv4 address may come as 16 bytes too: only its text is always the same.
  return (
    record.port === port && addr !== null && (equalBytes(record.addr, addr) || record.ip === ipText(addr))
  );
}

/** A name may go to another address when its holder left, or has been dead for long enough that it will not be back. */
function mayMove(gossip: Gossip, node: NodeState, nowMs: number): boolean {
  const { deadNodeReclaimMs } = gossip.config;
  if (node.state === "left") return true;
  return node.state === "dead" && deadNodeReclaimMs > 0 && nowMs - node.stateChangedAtMs > deadNodeReclaimMs;
}

function onConflict(node: NodeState, { host, port }: NodeClaim, out: GossipEffect[]): void {
  notice(
    out,
    "error",
    "memberlist",
    `Conflicting address for ${node.name}. Mine: ${node.record.address} Theirs: ${host}:${port} Old state: ${node.state}`,
  );
}

function isOld(gossip: Gossip, known: NodeState, alive: Alive): boolean {
  if (alive.incarnation > known.incarnation) return false;
  if (PLANTED && planted(gossip.config, "gossip-alive-at-same-incarnation"))
    return alive.incarnation < known.incarnation;
  // At the end of the numbers they cannot tell old from new: there the node's own word wins (refute.ts).
  const refutable = known.state === "suspect" || known.state === "dead";
  return !(refutable && alive.incarnation === MAX_INCARNATION);
}

/**
 * Old news, of a node that we know to be gone: perhaps it was restarted and does not know how high its incarnation
 * was. Unlike memberlist we tell it, so that it can contradict at once. Otherwise nobody would believe it until all
 * had forgotten its former life or exchanged everything with it.
 */
function answerOld(gossip: Gossip, known: NodeState, out: GossipEffect[]): void {
  if (!isGone(known)) return;
  const { name: node, incarnation } = known;
  const message =
    known.state === "left"
      ? encodeMessage({ type: "dead", incarnation, node, from: node })
      : encodeMessage({ type: "suspect", incarnation, node, from: gossip.config.name });
  sendToNode(gossip, known, [message], out);
}

function veto(gossip: Gossip, name: string, record: NodeRecord): string | undefined {
  const { ip, port, tags, versions } = record;
  return vetoCandidates(admissionOf(gossip), [{ name, ip, port, tags, versions, left: false }]);
}

function becomeAlive(
  gossip: Gossip,
  node: NodeState,
  alive: Alive,
  record: NodeRecord,
  nowMs: number,
  out: GossipEffect[],
): void {
  const wasGone = isGone(node);
  const changed = node.record.meta !== record.meta;
  clearSuspicion(gossip, node.name);
  node.record = record;
  // Of a name that moved the incarnations start over: its new holder knows nothing of the old one's.
  node.incarnation = alive.incarnation;
  setNodeState(gossip, node, "alive", nowMs);
  measureCount(gossip, "memberlist.msg.alive", out);
  broadcastRumour(gossip, aliveMessage(node), nowMs);
  if (wasGone) onNodeJoin(gossip, node, nowMs, out);
  else if (changed) onNodeUpdate(gossip, node, out);
}
