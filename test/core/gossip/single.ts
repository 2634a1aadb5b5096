// One gossip machine on a table: messages are put in front of it, and what it sends is read back.

import type { GossipConfig } from "../../../src/core/gossip/config.ts";
import { checkGossip } from "../../../src/core/gossip/invariants.ts";
import type { GossipEffect, GossipInput } from "../../../src/core/gossip/ports.ts";
import type { Gossip, NodeState } from "../../../src/core/gossip/state.ts";
import { createGossip, gossipDeadline, stepGossip } from "../../../src/core/gossip/step.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import type { Address } from "../../../src/core/model/address.ts";
import { type Alive, encodeMessage, type PacketMessage } from "../../../src/core/wire/gossip/messages.ts";
import { decodePacket, encodePacket } from "../../../src/core/wire/gossip/packet.ts";
import { decodeSerf, encodeSerf, type SerfMessage } from "../../../src/core/wire/gossip/serf-messages.ts";
import {
  decodeStream,
  encodeStream,
  type PushPullNode,
  type StreamMessage,
} from "../../../src/core/wire/gossip/stream-messages.ts";
import { encodeTags } from "../../../src/core/wire/gossip/tags.ts";
import { configOf } from "./network.ts";

export interface Table {
  readonly gossip: Gossip;
  nowMs: number;
}

/** A machine named "me" at 10.0.0.1, whose pool has nobody else yet. */
export function createTable(overrides: Partial<GossipConfig> = {}, seed: string = "table"): Table {
  const config = configOf("me", "10.0.0.1", overrides);
  return { gossip: createGossip(config, seededChance(seed), 0), nowMs: 0 };
}

export function put(table: Table, input: GossipInput): GossipEffect[] {
  const out: GossipEffect[] = [];
  stepGossip(table.gossip, input, table.nowMs, out);
  checkGossip(table.gossip);
  return out;
}

/** A packet with these messages arrives. */
export function receive(table: Table, ...messages: readonly PacketMessage[]): GossipEffect[] {
  const bytes = encodePacket(messages.map(encodeMessage), { compress: false, crc: false });
  return put(table, { type: "packet", from: "10.0.0.99:8301", bytes });
}

/** One of Serf's messages arrives. */
export function receiveSerf(table: Table, message: SerfMessage): GossipEffect[] {
  return receive(table, { type: "user", bytes: encodeSerf(message) });
}

/** Time passes, and the machine is woken whenever it wants to be. */
export function wait(table: Table, ms: number): GossipEffect[] {
  const endMs = table.nowMs + ms;
  const out: GossipEffect[] = [];
  while (gossipDeadline(table.gossip) <= endMs) {
    table.nowMs = Math.max(table.nowMs, gossipDeadline(table.gossip));
    out.push(...put(table, { type: "wake" }));
  }
  table.nowMs = endMs;
  return out;
}

export interface Sent {
  readonly to: Address;
  readonly message: PacketMessage;
}

/** The messages in the packets among the effects. */
export function sent(effects: readonly GossipEffect[]): Sent[] {
  return effects.flatMap((effect) =>
    effect.type === "packet"
      ? decodePacket(effect.bytes).messages.map((message) => ({ to: effect.to, message }))
      : [],
  );
}

export function sentOf<T extends PacketMessage["type"]>(
  effects: readonly GossipEffect[],
  type: T,
): { to: Address; message: Extract<PacketMessage, { type: T }> }[] {
  return sent(effects).flatMap(({ to, message }) =>
    message.type === type ? [{ to, message: message as Extract<PacketMessage, { type: T }> }] : [],
  );
}

/** Serf's messages in the packets among the effects. */
export function sentSerf(effects: readonly GossipEffect[]): { to: Address; message: SerfMessage }[] {
  return sentOf(effects, "user").map(({ to, message }) => {
    const decoded = decodeSerf(message.bytes);
    if (!decoded.ok) throw new Error(decoded.error);
    return { to, message: decoded.value };
  });
}

/** What the machine answers on a stream that somebody opened with this message. */
export function answerTo(
  table: Table,
  message: StreamMessage,
): { answer: StreamMessage; effects: GossipEffect[] } {
  const effects = put(table, {
    type: "stream",
    stream: 7,
    from: "10.0.0.99:5555",
    bytes: encodeStream(message, false),
  });
  const answers = effects.filter((effect) => effect.type === "stream-answer");
  if (answers.length !== 1) throw new Error(`${answers.length} answers on one stream`);
  const decoded = decodeStream(must(answers[0], "one").bytes);
  if (!decoded.ok) throw new Error(decoded.error);
  return { answer: decoded.value, effects };
}

/** The streams that the machine opens, with what it sends on them. */
export function opened(
  effects: readonly GossipEffect[],
): { stream: number; to: Address; timeoutMs: number; message: StreamMessage }[] {
  return effects.flatMap((effect) => {
    if (effect.type !== "stream-open") return [];
    const decoded = decodeStream(effect.bytes);
    if (!decoded.ok) throw new Error(decoded.error);
    return [{ stream: effect.stream, to: effect.to, timeoutMs: effect.timeoutMs, message: decoded.value }];
  });
}

export const VSN: Uint8Array = Uint8Array.of(1, 5, 2, 2, 5, 4);

export function tagsOf(name: string): Map<string, string> {
  return new Map([
    ["role", "node"],
    ["dc", "dc1"],
    ["id", `id-of-${name}`],
    ["build", "1.8.7:"],
  ]);
}

/** Somebody at 10.0.0.`host`. */
export function alive(name: string, incarnation: number, host: number, extra: Partial<Alive> = {}): Alive {
  return {
    type: "alive",
    incarnation,
    node: name,
    addr: Uint8Array.of(10, 0, 0, host),
    port: 8301,
    meta: encodeTags(tagsOf(name)),
    vsn: VSN,
    ...extra,
  };
}

/** The same as a line of a push-pull. `state`: 0 alive, 1 suspect, 2 dead, 3 left. */
export function line(name: string, incarnation: number, host: number, state: number): PushPullNode {
  const { addr, port, meta, vsn } = alive(name, incarnation, host);
  return { name, addr, port, meta, incarnation, state, vsn };
}

export function nodeOf(table: Table, name: string): NodeState {
  return must(table.gossip.nodes.get(name), `${name} is known`);
}

/** A table with peers p2, p3… at 10.0.0.2, 10.0.0.3…, alive at incarnation 5. */
export function tableWith(peers: number, overrides: Partial<GossipConfig> = {}, seed?: string): Table {
  const table = createTable(overrides, seed);
  for (let host = 2; host < 2 + peers; host++) receive(table, alive(`p${host}`, 5, host));
  return table;
}

/** The texts of the notices among the effects. */
export function notices(effects: readonly GossipEffect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "notice" ? [effect.message] : []));
}

/** The member events among the effects, as "join p2". */
export function memberEvents(effects: readonly GossipEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === "member" ? [`${effect.event} ${effect.member.name}`] : [],
  );
}
