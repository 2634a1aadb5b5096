// memberlist's list of nodes: entering, changing state, being forgotten, and being drawn at random. Which rumour is
// believed is decided in on-alive.ts, on-suspect.ts and on-dead.ts; here only the books are kept.

import { assert } from "../lib/assert.ts";
import { bytesOf } from "../lib/bytes.ts";
import { shuffle } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { type HostPort, ipText } from "../model/address.ts";
import { type Alive, vsnOf } from "../wire/gossip/messages.ts";
import type { NodeStateName } from "../wire/gossip/node-line.ts";
import type { NodeRecord } from "./node-record.ts";
import type { Gossip, NodeState } from "./state.ts";
import { wakeExchanges, wakeGossip } from "./timers.ts";

/** Where a node can be reached, from a message; undefined when that is no address, or no port. */
export function endpointOf(addr: Uint8Array | null, port: number): HostPort | undefined {
  const host = addr === null ? undefined : ipText(addr);
  return host === undefined || port === 0 ? undefined : { host, port };
}

/** A time that is kept for each node: in whole milliseconds, as a fraction would be one more object in memory. */
export function keptMs(nowMs: number): number {
  return Math.floor(nowMs);
}

/** The message that says a node is alive, as we know it. */
export function aliveMessage({ name: node, incarnation, record }: NodeState): Alive {
  const { addr, port, meta, versions } = record;
  return { type: "alive", incarnation, node, addr, port, meta: bytesOf(meta), vsn: vsnOf(versions) };
}

/** A node that nobody spoke of before: dead, until what was heard of it has been judged. */
export function createNode(name: string, record: NodeRecord, nowMs: number): NodeState {
  return { name, record, incarnation: 0, state: "dead", stateChangedAtMs: keptMs(nowMs) };
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
  node.stateChangedAtMs = keptMs(nowMs);
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
