// What a step of one member was about: whom the rumours that it was given speak of, and how it knew them before. Worked out
// once for all rules; a step that brings no rumour (nearly all: pings, acks, timers) costs one look at a byte.

import type { GossipInput } from "../../../core/gossip/ports.ts";
import type { Gossip } from "../../../core/gossip/state.ts";
import type { Address } from "../../../core/model/address.ts";
import { MESSAGE_TYPE, type PacketMessage } from "../../../core/wire/gossip/messages.ts";
import { NODE_STATES, type NodeStateName } from "../../../core/wire/gossip/node-line.ts";
import { decodePacket } from "../../../core/wire/gossip/packet.ts";
import { decodeStream } from "../../../core/wire/gossip/stream-messages.ts";

/** How a member knew a node when the step began. */
export interface Known {
  readonly state: NodeStateName;
  readonly incarnation: number;
  readonly address: Address;
}

/** What a step's input said of one node. */
export interface Mention {
  /** Undefined: it was unknown. */
  readonly before: Known | undefined;
  /** Highest incarnation with which it was said to be suspect, dead or gone; 0 for not at all. */
  accused: number;
}

/** By the node's name. */
export type Mentions = ReadonlyMap<string, Mention>;

const NOBODY: Mentions = new Map();

/** Messages that can stand alone in a datagram and say nothing of anybody's state. */
const SILENT: ReadonlySet<number | undefined> = new Set([
  MESSAGE_TYPE.ping,
  MESSAGE_TYPE.indirectPing,
  MESSAGE_TYPE.ack,
  MESSAGE_TYPE.nack,
  MESSAGE_TYPE.user,
]);

/** @param streams Whether everything that a push-pull says is looked at too: that costs as much as the push-pull itself. */
export function mentionsIn(gossip: Gossip, input: GossipInput, streams: boolean): Mentions {
  if (input.type === "packet") {
    if (SILENT.has(input.bytes[0])) return NOBODY;
    const mentions = new Map<string, Mention>();
    for (const message of decodePacket(input.bytes).messages) addMessage(gossip, message, mentions);
    return mentions;
  }
  if (!streams || (input.type !== "stream" && input.type !== "stream-answer")) return NOBODY;
  const decoded = decodeStream(input.bytes);
  if (!decoded.ok || decoded.value.type !== "push-pull") return NOBODY;
  const mentions = new Map<string, Mention>();
  for (const { name, incarnation, state } of decoded.value.nodes)
    add(gossip, mentions, name, NODE_STATES[state] === "alive" ? 0 : incarnation);
  return mentions;
}

function addMessage(gossip: Gossip, message: PacketMessage, mentions: Map<string, Mention>): void {
  if (message.type === "alive") add(gossip, mentions, message.node, 0);
  else if (message.type === "suspect" || message.type === "dead")
    add(gossip, mentions, message.node, message.incarnation);
}

function add(gossip: Gossip, mentions: Map<string, Mention>, name: string, accused: number): void {
  const known = mentions.get(name);
  if (known !== undefined) {
    known.accused = Math.max(known.accused, accused);
    return;
  }
  const node = gossip.nodes.get(name);
  const before = node && { state: node.state, incarnation: node.incarnation, address: node.record.address };
  mentions.set(name, { before, accused });
}
