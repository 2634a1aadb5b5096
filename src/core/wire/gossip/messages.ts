// memberlist's messages: their type bytes, their fields in our words, and their bodies. One message is one type byte and
// one struct (or, for `user`, bytes that belong to Serf). How messages share a datagram or a stream: packet.ts, stream-messages.ts.
// Source: memberlist net.go and state.go as recorded from Consul 1.8.7.

import { unreachable } from "../../lib/assert.ts";
import { concatBytes } from "../../lib/bytes.ts";
import type { ProtocolVersions } from "../../model/member.ts";
import type { Decoded } from "../schema.ts";
import {
  bool,
  bytes,
  bytesInPlace,
  decodeKind,
  encodeKind,
  type Kind,
  struct,
  text,
  u8,
  u16,
  u32,
} from "./struct.ts";

/** The first byte of every message. */
export const MESSAGE_TYPE = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypt: 10,
  nack: 11,
  crc: 12,
  err: 13,
  label: 244,
} as const;

/** Where to answer; null, 0 and "" from peers older than memberlist 0.2, which mean: where the datagram came from. */
export interface Source {
  /** 4 or 16 bytes. */
  readonly sourceAddr: Uint8Array | null;
  readonly sourcePort: number;
  readonly sourceNode: string;
}

export interface Ping extends Source {
  readonly type: "ping";
  readonly seqNo: number;
  /** Whom it is meant for; "" for whoever gets it. */
  readonly node: string;
}

export interface IndirectPing extends Source {
  readonly type: "indirect-ping";
  /** The asker's number, to be echoed. */
  readonly seqNo: number;
  readonly target: Uint8Array | null;
  readonly port: number;
  readonly node: string;
  /** Whether the asker wants to hear that no answer came. */
  readonly nack: boolean;
}

export interface Ack {
  readonly type: "ack";
  readonly seqNo: number;
  /** Not to be kept: after decoding it is a view of the packet. */
  readonly payload: Uint8Array | null;
}

export interface Nack {
  readonly type: "nack";
  readonly seqNo: number;
}

export interface Suspect {
  readonly type: "suspect";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}

export interface Alive {
  readonly type: "alive";
  readonly incarnation: number;
  readonly node: string;
  readonly addr: Uint8Array | null;
  readonly port: number;
  /** Not to be kept: after decoding it is a view of the packet. */
  readonly meta: Uint8Array | null;
  /** Six bytes: see `versionsOf`. */
  readonly vsn: Uint8Array | null;
}

export interface Dead {
  readonly type: "dead";
  readonly incarnation: number;
  readonly node: string;
  /** The node itself when it left of its own will. */
  readonly from: string;
}

/** Bytes for the layer above: one of Serf's messages. */
export interface User {
  readonly type: "user";
  readonly bytes: Uint8Array;
}

export type PacketMessage = Ping | IndirectPing | Ack | Nack | Suspect | Alive | Dead | User;

/** Bytes compressed with an algorithm; 0, LZW, is the only one there is. */
export interface Compress {
  readonly algo: number;
  readonly buf: Uint8Array | null;
}

export const PING: Kind<Ping> = struct<Ping>(
  { type: "ping" },
  {
    seqNo: ["SeqNo", u32],
    node: ["Node", text],
    sourceAddr: ["SourceAddr", bytes, "omitempty"],
    sourcePort: ["SourcePort", u16, "omitempty"],
    sourceNode: ["SourceNode", text, "omitempty"],
  },
);

const INDIRECT_PING: Kind<IndirectPing> = struct<IndirectPing>(
  { type: "indirect-ping" },
  {
    seqNo: ["SeqNo", u32],
    target: ["Target", bytes],
    port: ["Port", u16],
    node: ["Node", text],
    nack: ["Nack", bool],
    sourceAddr: ["SourceAddr", bytes, "omitempty"],
    sourcePort: ["SourcePort", u16, "omitempty"],
    sourceNode: ["SourceNode", text, "omitempty"],
  },
);

export const ACK: Kind<Ack> = struct<Ack>(
  { type: "ack" },
  { seqNo: ["SeqNo", u32], payload: ["Payload", bytesInPlace] },
);

const NACK: Kind<Nack> = struct<Nack>({ type: "nack" }, { seqNo: ["SeqNo", u32] });

const SUSPECT: Kind<Suspect> = struct<Suspect>(
  { type: "suspect" },
  { incarnation: ["Incarnation", u32], node: ["Node", text], from: ["From", text] },
);

const DEAD: Kind<Dead> = struct<Dead>(
  { type: "dead" },
  { incarnation: ["Incarnation", u32], node: ["Node", text], from: ["From", text] },
);

const ALIVE: Kind<Alive> = struct<Alive>(
  { type: "alive" },
  {
    incarnation: ["Incarnation", u32],
    node: ["Node", text],
    addr: ["Addr", bytes],
    port: ["Port", u16],
    meta: ["Meta", bytesInPlace],
    vsn: ["Vsn", bytes],
  },
);

export const COMPRESS: Kind<Compress> = struct<Compress>({}, { algo: ["Algo", u8], buf: ["Buf", bytes] });

/** One message with its type byte. */
export function encodeMessage(message: PacketMessage): Uint8Array {
  switch (message.type) {
    case "ping":
      return encodeKind(PING, message, MESSAGE_TYPE.ping);
    case "indirect-ping":
      return encodeKind(INDIRECT_PING, message, MESSAGE_TYPE.indirectPing);
    case "ack":
      return encodeKind(ACK, message, MESSAGE_TYPE.ack);
    case "nack":
      return encodeKind(NACK, message, MESSAGE_TYPE.nack);
    case "suspect":
      return encodeKind(SUSPECT, message, MESSAGE_TYPE.suspect);
    case "alive":
      return encodeKind(ALIVE, message, MESSAGE_TYPE.alive);
    case "dead":
      return encodeKind(DEAD, message, MESSAGE_TYPE.dead);
    case "user":
      return concatBytes([Uint8Array.of(MESSAGE_TYPE.user), message.bytes]);
    default:
      return unreachable(message);
  }
}

/** The message at `bytes[start, end)`: a plain one, whose layers packet.ts has peeled. */
export function decodeMessage(bytes: Uint8Array, start: number, end: number): Decoded<PacketMessage> {
  const body = start + 1;
  const type = start < end ? bytes[start] : undefined;
  switch (type) {
    case MESSAGE_TYPE.ping:
      return decodeKind(PING, bytes, body, end);
    case MESSAGE_TYPE.indirectPing:
      return decodeKind(INDIRECT_PING, bytes, body, end);
    case MESSAGE_TYPE.ack:
      return decodeKind(ACK, bytes, body, end);
    case MESSAGE_TYPE.nack:
      return decodeKind(NACK, bytes, body, end);
    case MESSAGE_TYPE.suspect:
      return decodeKind(SUSPECT, bytes, body, end);
    case MESSAGE_TYPE.alive:
      return decodeKind(ALIVE, bytes, body, end);
    case MESSAGE_TYPE.dead:
      return decodeKind(DEAD, bytes, body, end);
    case MESSAGE_TYPE.user:
      return { ok: true, value: { type: "user", bytes: new Uint8Array(bytes.subarray(body, end)) } };
    case undefined:
      return { ok: false, error: "empty message" };
    default:
      return { ok: false, error: `message type ${type} not supported` };
  }
}

/** The six bytes of a node's protocol versions. */
export function vsnOf(versions: ProtocolVersions): Uint8Array {
  return Uint8Array.of(
    versions.min,
    versions.max,
    versions.current,
    versions.delegateMin,
    versions.delegateMax,
    versions.delegateCurrent,
  );
}

/** What the six bytes say, or undefined when there are fewer. */
export function versionsOf(vsn: Uint8Array | null): ProtocolVersions | undefined {
  if (vsn === null || vsn.length < 6) return undefined;
  const [min, max, current, delegateMin, delegateMax, delegateCurrent] = vsn as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { min, max, current, delegateMin, delegateMax, delegateCurrent };
}
