// What an agent sends, brought to whom it is for: gossip's datagrams and streams, messages between agents, names that are
// looked up. The network says when and whether; this file knows what either end notices.

import type { Effect, Input } from "../core/agent/ports.ts";
import type { GossipPool } from "../core/gossip/ports.ts";
import { must } from "../core/lib/assert.ts";
import type { Chance } from "../core/lib/chance.ts";
import { type Address, joinHostPort } from "../core/model/address.ts";
import { wrapPacket, wrapStream } from "../core/wire/gossip/envelope.ts";
import { MESSAGE_TYPE } from "../core/wire/gossip/messages.ts";
import type { RpcMessage } from "../core/wire/rpc.ts";
import { pushEvent } from "./event-queue.ts";
import { messageBytes } from "./message-size.ts";
import { datagramArrivals, isCut, type Network, orderedArrival } from "./network.ts";
import type { SimNode } from "./node.ts";
import { SIM_ENVELOPE } from "./seals.ts";
import { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** A TCP stream of gossip between its opener and the one it called. */
export interface GossipStream {
  readonly opener: number;
  readonly openerLife: number;
  readonly pool: GossipPool;
  readonly stream: number;
  readonly to: number;
}

/** A connection that goes nowhere is noticed between these, after the first message that was swallowed. */
const NOTICE_BROKEN_US: readonly [number, number] = [200_000, 3_000_000];
/** Of a damaged datagram at most so many bits are turned. */
const MOST_FLIPS = 4;
/** About what an opening or answering of a stream takes besides its bytes. */
const STREAM_HEADER_BYTES = 200;

/** Where one of a node's pools is reached. */
export interface GossipEndpoint {
  readonly node: SimNode;
  readonly pool: GossipPool;
}

/** All addresses at which these nodes take gossip. What comes to a port is for the pool that listens there. */
export function gossipEndpoints(nodes: readonly SimNode[]): Map<Address, GossipEndpoint> {
  const endpoints = new Map<Address, GossipEndpoint>();
  for (const node of nodes) {
    endpoints.set(node.gossipAt.lan, { node, pool: "lan" });
    if (node.config.gossipWan !== undefined) endpoints.set(node.gossipAt.wan, { node, pool: "wan" });
  }
  return endpoints;
}

/** An input reaches a node at a time, if it still lives the life that it was meant for. */
export function sendInput(world: World, to: SimNode, atUs: number, input: Input): void {
  pushEvent(world.queue, atUs, { kind: "input", node: to.index, life: to.life, input });
}

function later(world: World, atUs: number, call: () => void): void {
  pushEvent(world.queue, atUs, { kind: "call", call });
}

export function sendPacket(
  world: World,
  from: SimNode,
  { to: address, bytes: plain, key, pool }: Extract<Effect, { type: "packet" }>,
): void {
  const endpoint = world.byGossipAddress.get(address);
  if (endpoint === undefined) return;
  const { node: to } = endpoint;
  const source = from.gossipAt[pool];
  const { network, chance, nowUs } = world;
  const bytes = wrapPacket(SIM_ENVELOPE, key, plain);
  const guarded = key !== undefined || bytes[0] === MESSAGE_TYPE.crc;
  for (const { atUs, corrupt } of datagramArrivals(
    network,
    chance,
    from.index,
    to.index,
    nowUs,
    bytes.length,
    "udp",
  )) {
    if (corrupt && !guarded) continue;
    const arriving = corrupt ? damaged(bytes, chance) : bytes;
    sendInput(world, to, atUs, { type: "packet", pool: endpoint.pool, from: source, bytes: arriving });
  }
}

/**
 * Some bits turned, seldom also the end cut off; not in the byte that says that there is a checksum, or which seal.
 * memberlist puts no checksum of its own on answers to a mere address: what is damaged there has UDP's to be found out by,
 * and is dropped before the agent sees it. (Nothing protects a gossip without either: one bit makes a "join" a "leave".)
 */
function damaged(bytes: Uint8Array, chance: Chance): Uint8Array {
  const cut =
    chance.choose("net.truncate", 4) === 0 ? chance.choose("net.truncate-to", bytes.length + 1) : -1;
  const copy = bytes.slice(0, cut < 0 ? bytes.length : cut);
  const flips = 1 + chance.choose("net.flips", MOST_FLIPS);
  for (let flip = 0; flip < flips && copy.length > 1; flip++) {
    const bit = 8 + chance.choose("net.flip", (copy.length - 1) * 8);
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  }
  return copy;
}

export function sendMessage(world: World, from: SimNode, peer: string, sent: RpcMessage): void {
  const to = world.byId.get(peer);
  if (to === undefined) return;
  const { network, chance, nowUs } = world;
  // Raft's messages must bear being late and coming twice: a broken connection's last ones may arrive after the next one's.
  const loose = sent.type !== "request" && sent.type !== "response" && sent.type !== "cancel";
  const bytes = sizeOn(network, from, to, sent);
  const passage = orderedArrival(network, chance, from.index, to.index, nowUs, loose ? 0 : bytes);
  if (passage.type === "cut") return breakLater(world, from, to);
  if (passage.type === "broken") return resetConnection(world, from, to);
  if (to.agent === undefined) return refuse(world, from, to, passage.atUs);
  const message = received(world, from, to, sent);
  if (message === undefined) return resetConnection(world, from, to);
  const input: Input = { type: "message", from: from.config.nodeId, message };
  if (!loose) return sendInput(world, to, passage.atUs, input);
  for (const { atUs } of datagramArrivals(network, chance, from.index, to.index, nowUs, bytes, "tcp"))
    sendInput(world, to, atUs, input);
}

/** The size matters only where bandwidth is limited, and costs as much as an encoding. */
function sizeOn(network: Network, from: SimNode, to: SimNode, message: RpcMessage): number {
  const weather = network.now[from.index * network.size + to.index];
  return weather === undefined || weather.bytesPerSecond === Number.POSITIVE_INFINITY
    ? 0
    : messageBytes(message);
}

/**
 * The message as the other side reads it: by way of bytes between two builds, and wherever the world wants it.
 * @returns Undefined when the other build cannot read it: it closes the connection.
 */
function received(world: World, from: SimNode, to: SimNode, message: RpcMessage): RpcMessage | undefined {
  const mixed = from.build !== to.build;
  if (!mixed && world.options.throughBytes !== true) return message;
  const decoded = to.build.decodeRpc(from.build.encodeRpc(message));
  if (decoded.ok) return decoded.value;
  if (mixed) return undefined;
  throw new Violation("codec", `a message of our own does not decode: ${decoded.error}`);
}

/** Nobody listens where the peer should be: only its death explains that. */
function refuse(world: World, from: SimNode, to: SimNode, atUs: number): void {
  if (isCut(world.network, to.index, from.index)) return;
  sendInput(world, from, atUs, { type: "peer-lost", peer: to.config.nodeId, refused: true });
}

/** What was sent into a cut is gone; sooner or later both ends notice that their connection is broken. */
function breakLater(world: World, a: SimNode, b: SimNode): void {
  const pair = Math.min(a.index, b.index) * world.nodes.length + Math.max(a.index, b.index);
  if (world.breaking.has(pair)) return;
  world.breaking.add(pair);
  const [least, most] = NOTICE_BROKEN_US;
  later(world, world.nowUs + least + world.chance.choose("net.notice-broken", most - least + 1), () => {
    world.breaking.delete(pair);
    resetConnection(world, a, b);
  });
}

/** Breaks the connection between two nodes: what was on its way is lost. */
export function resetConnection(world: World, a: SimNode, b: SimNode): void {
  for (const [node, peer] of [
    [a, b],
    [b, a],
  ] as const)
    sendInput(world, node, world.nowUs, { type: "peer-lost", peer: peer.config.nodeId, refused: false });
}

/** A node's process has ended: its system closes its connections, and who still reaches it hears of that. */
export function closeConnections(world: World, node: SimNode): void {
  const { network, chance, nowUs } = world;
  for (const peer of world.nodes) {
    if (peer === node || peer.agent === undefined || isCut(network, node.index, peer.index)) continue;
    const passage = orderedArrival(network, chance, node.index, peer.index, nowUs, 0);
    if (passage.type === "arrives")
      sendInput(world, peer, passage.atUs, { type: "peer-lost", peer: node.config.nodeId, refused: true });
  }
}

export function openStream(
  world: World,
  from: SimNode,
  effect: Extract<Effect, { type: "stream-open" }>,
): void {
  const { network, chance, nowUs } = world;
  // Taken out of the effect here: whatever waits for the stream's end holds on to these, and not to its bytes.
  const { pool, stream } = effect;
  const endpoint = world.byGossipAddress.get(effect.to);
  const fail = (atUs: number, error: string): void =>
    sendInput(world, from, atUs, { type: "stream-failed", pool, stream, error });
  const giveUpUs = nowUs + effect.timeoutMs * 1000;
  if (endpoint === undefined) return fail(giveUpUs, `dial tcp ${effect.to}: i/o timeout`);
  const { node: to } = endpoint;
  const sealed = wrapStream(SIM_ENVELOPE, effect.key, effect.bytes, "dialler");
  const bytes = STREAM_HEADER_BYTES + sealed.length;
  const passage = orderedArrival(network, chance, from.index, to.index, nowUs, bytes);
  if (passage.type === "cut" || isCut(network, to.index, from.index))
    return fail(giveUpUs, `dial tcp ${effect.to}: i/o timeout`);
  if (passage.type === "broken") return fail(nowUs, `write tcp ${effect.to}: connection reset by peer`);
  if (to.agent === undefined) return fail(passage.atUs, `dial tcp ${effect.to}: connect: connection refused`);
  const id = world.nextStream++;
  world.streams.set(id, { opener: from.index, openerLife: from.life, pool, stream, to: to.index });
  const source = joinHostPort(from.config.advertiseIp, 50_000);
  sendInput(world, to, passage.atUs, {
    type: "stream",
    pool: endpoint.pool,
    stream: id,
    from: source,
    bytes: sealed,
  });
  later(world, giveUpUs, () => {
    if (world.streams.delete(id) && from.life === world.nodes[from.index]?.life)
      fail(world.nowUs, "i/o timeout");
  });
}

export function answerStream(
  world: World,
  from: SimNode,
  { stream, bytes: plain, key }: Extract<Effect, { type: "stream-answer" }>,
): void {
  const open = world.streams.get(stream);
  if (open === undefined) return;
  const to = must(world.nodes[open.opener], "streams are between nodes");
  if (to.life !== open.openerLife) {
    world.streams.delete(stream);
    return;
  }
  const { network, chance, nowUs } = world;
  const bytes = wrapStream(SIM_ENVELOPE, key, plain, "acceptor");
  const size = STREAM_HEADER_BYTES + bytes.length;
  const passage = orderedArrival(network, chance, from.index, to.index, nowUs, size);
  // Into a cut, or lost: the opener's patience ends it.
  if (passage.type !== "arrives") return;
  world.streams.delete(stream);
  sendInput(world, to, passage.atUs, { type: "stream-answer", pool: open.pool, stream: open.stream, bytes });
}

export function resolveName(world: World, node: SimNode, op: number, name: string): void {
  const found = world.nodes.find((each) => each.name === name);
  const ips = found === undefined ? [] : [found.config.advertiseIp];
  sendInput(world, node, world.nowUs, {
    type: "resolved",
    op,
    ips,
    ...(found === undefined ? { error: `lookup ${name}: no such host` } : {}),
  });
}
