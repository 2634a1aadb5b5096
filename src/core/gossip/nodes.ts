// memberlist's list of nodes: entering, changing state, being forgotten, and being drawn at random. Which rumour is
// believed is decided in on-alive.ts, on-suspect.ts and on-dead.ts; here only the books are kept.

import { assert, must } from "../lib/assert.ts";
import { type ByteString, byteStringOf, bytesOf } from "../lib/bytes.ts";
import { shuffle } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { type HostPort, ipBytes, ipText, joinHostPort } from "../model/address.ts";
import type { ProtocolVersions } from "../model/member.ts";
import { type Alive, vsnOf } from "../wire/gossip/messages.ts";
import type { NodeStateName } from "../wire/gossip/node-line.ts";
import type { Gossip, NodeState } from "./state.ts";
import { wakeExchanges, wakeGossip } from "./timers.ts";

/** Where a node can be reached, from a message; undefined when that is no address, or no port. */
export function endpointOf(addr: Uint8Array | null, port: number): HostPort | undefined {
  const host = addr === null ? undefined : ipText(addr);
  return host === undefined || port === 0 ? undefined : { host, port };
}

/** What a node says, or is said to say, of itself. */
export interface NodeRecord extends HostPort {
  readonly meta: ByteString;
  readonly versions: ProtocolVersions;
}

/** Takes over what a node's alive message says. */
export function setNodeRecord(node: NodeState, record: NodeRecord): void {
  // What is as it was stays the object that it was: a pool of thousands hears the same of each other all the time.
  if (record.host !== node.ip || record.port !== node.port) Object.assign(node, placeOf(record));
  if (record.meta !== node.meta) node.meta = record.meta;
  if (!sameVersions(record.versions, node.versions)) node.versions = record.versions;
}

export function sameVersions(one: ProtocolVersions, other: ProtocolVersions): boolean {
  return (
    one.min === other.min &&
    one.max === other.max &&
    one.current === other.current &&
    one.delegateMin === other.delegateMin &&
    one.delegateMax === other.delegateMax &&
    one.delegateCurrent === other.delegateCurrent
  );
}

function placeOf({ host, port }: HostPort): Pick<NodeState, "ip" | "addr" | "port" | "address"> {
  const addr = must(ipBytes(host), "a node's address was read from bytes, or checked");
  const ip = must(ipText(addr), "an address of 4 or 16 bytes has a text");
  return { ip, addr, port, address: joinHostPort(ip, port) };
}

/** The message that says a node is alive, as we know it. */
export function aliveMessage(node: NodeState): Alive {
  return {
    type: "alive",
    incarnation: node.incarnation,
    node: node.name,
    addr: node.addr,
    port: node.port,
    meta: bytesOf(node.meta),
    vsn: vsnOf(node.versions),
  };
}

export function metaOf(meta: Uint8Array | null): ByteString {
  return byteStringOf(meta ?? new Uint8Array(0));
}

/** A node that nobody spoke of before: dead, until what was heard of it has been judged. */
export function createNode(name: string, record: NodeRecord, nowMs: number): NodeState {
  // Not by a spread: a pool of thousands has millions of these, and a plain literal is the smallest. What is looked at with
  // each rumour is side by side: most of them are in no processor's memory.
  const { ip, addr, port, address } = placeOf(record);
  return {
    name,
    addr,
    port,
    incarnation: 0,
    state: "dead",
    stateChangedAtMs: nowMs,
    ip,
    address,
    meta: record.meta,
    versions: record.versions,
  };
}

/** Enters such a node. */
export function insertNode(gossip: Gossip, newName: string, record: NodeRecord, nowMs: number): NodeState {
  const name = gossip.config.sharing?.name(newName) ?? newName;
  assert(!gossip.nodes.has(name), "only an unknown node is entered");
  const node = createNode(name, record, nowMs);
  gossip.nodes.set(name, node);
  gossip.counts.dead++;
  enterPeer(gossip, name, nowMs);
  return node;
}

/** A newcomer takes a random place in the round of probes, or all would probe it first and at once. */
function enterPeer(gossip: Gossip, name: string, nowMs: number): void {
  const { round, peers, chance } = gossip;
  peers.push(name);
  const place = chance.choose("gossip.round-place", round.length + 1);
  round.push(round[place] ?? name);
  round[place] = name;
  wakeExchanges(gossip, nowMs);
}

/** Moves a node to another state. The time of the change counts for reclaiming its name and for forgetting it. */
export function setNodeState(gossip: Gossip, node: NodeState, state: NodeStateName, nowMs: number): void {
  if (node.state === state) return;
  gossip.counts[node.state]--;
  gossip.counts[state]++;
  node.state = state;
  node.stateChangedAtMs = nowMs;
  wakeGossip(gossip, nowMs);
}

/** Whether it died or left and was not heard of since. */
export function isGone(node: NodeState): boolean {
  return node.state === "dead" || node.state === "left";
}

/**
 * Later evidence about a node that is gone. Unlike memberlist we keep the higher incarnation: else a rumour that it was
 * alive, from between the end that we know of and that evidence, would revive it.
 * @returns Whether it was later.
 */
export function raiseGone(gossip: Gossip, node: NodeState, incarnation: number): boolean {
  if (incarnation <= node.incarnation) return false;
  if (PLANTED && planted(gossip.config, "gossip-dead-keeps-incarnation")) return false;
  node.incarnation = incarnation;
  return true;
}

/** Begins a new round of probes: nodes gone for long are forgotten, the others shuffled. Costs all of them. */
export function startRound(gossip: Gossip, nowMs: number): void {
  forgetGone(gossip, nowMs);
  shuffle(gossip.chance, "gossip.round", gossip.round);
  gossip.roundAt = 0;
}

function forgetGone(gossip: Gossip, nowMs: number): void {
  const { nodes, counts, config } = gossip;
  const forgotten = new Set<string>();
  for (const name of gossip.peers) {
    const node = nodes.get(name);
    if (node === undefined || !isGone(node) || nowMs - node.stateChangedAtMs <= config.gossipToTheDeadMs)
      continue;
    nodes.delete(name);
    counts[node.state]--;
    forgotten.add(name);
  }
  if (forgotten.size === 0) return;
  for (const list of [gossip.peers, gossip.round]) {
    const kept = list.filter((name) => !forgotten.has(name));
    list.length = 0;
    for (const name of kept) list.push(name);
  }
}

/**
 * Up to `count` different peers that `fits`, each as likely as any other. Costs as many draws as it has to look at:
 * `count` when all fit, all of them when none does. Allocates nothing but the answer.
 * @param site The name of the draw.
 */
export function pickPeers(
  gossip: Gossip,
  site: string,
  count: number,
  fits: (node: NodeState) => boolean,
): NodeState[] {
  const { peers, nodes, chance } = gossip;
  const picked: NodeState[] = [];
  // A shuffle (Fisher–Yates) that stops as soon as enough are found; what it leaves is as good an order as before.
  for (let at = 0; at < peers.length && picked.length < count; at++) {
    const other = at + chance.choose(site, peers.length - at);
    const name = peers[other] as string;
    peers[other] = peers[at] as string;
    peers[at] = name;
    const node = nodes.get(name);
    if (node !== undefined && fits(node)) picked.push(node);
  }
  return picked;
}
