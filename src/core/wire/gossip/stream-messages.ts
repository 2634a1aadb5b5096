// What goes over a gossip TCP connection: one message each way, of which the push-pull is the great one: everything a
// node knows of everybody, then Serf's state. Encryption and the dialler's label are the adapter's, as with packets.
// When a message is complete: stream.ts. Source: memberlist net.go, sendLocalState and readRemoteState.

import { unreachable } from "../../lib/assert.ts";
import { concatBytes } from "../../lib/bytes.ts";
import type { Decoded } from "../schema.ts";
import { compressIfShorter, decompressMessage } from "./compress.ts";
import { inStep } from "./expected.ts";
import { NO_LABEL, stripLabel } from "./label.ts";
import { ACK, type Ack, MESSAGE_TYPE, PING, type Ping, type User } from "./messages.ts";
import { createReader, createWriter, type Reader, writeByte, writeRest, written } from "./msgpack.ts";
import { type NodeLine, runsOf, skippingLines } from "./node-line.ts";
import {
  bool,
  bytes,
  bytesInPlace,
  decodeKind,
  encodeKind,
  type Kind,
  size,
  struct,
  text,
  u8,
  u16,
  u32,
} from "./struct.ts";

/** Of a plain message, and of what a compressed one decompresses to (memberlist's limits are 20 and 40 MiB). */
export const MAX_STREAM_BYTES: number = 40 << 20;
/** Of Serf's part of a push-pull. */
export const MAX_USER_STATE_BYTES: number = 20 << 20;
/** Of a push-pull. memberlist takes 2^20; no pool comes near either. */
export const MAX_NODES: number = 1 << 17;

/** A node as its teller knows it. */
export interface PushPullNode {
  readonly name: string;
  /** 4 or 16 bytes. */
  readonly addr: Uint8Array | null;
  readonly port: number;
  /** Not to be kept: after decoding it is a view of the message. */
  readonly meta: Uint8Array | null;
  readonly incarnation: number;
  /** Index into NODE_STATES; peers of the future may send others. */
  readonly state: number;
  readonly vsn: Uint8Array | null;
}

export interface PushPull {
  readonly type: "push-pull";
  readonly join: boolean;
  readonly nodes: readonly PushPullNode[];
  /** Serf's: serf-messages.ts. */
  readonly userState: Uint8Array;
}

/** The other side could not read what we sent, and says why. */
export interface StreamError {
  readonly type: "err";
  readonly error: string;
}

export type StreamMessage = PushPull | Ping | Ack | User | StreamError;

export interface PushPullHeader {
  readonly join: boolean;
  readonly nodes: number;
  readonly userStateLen: number;
}

export const PUSH_PULL_HEADER: Kind<PushPullHeader> = struct<PushPullHeader>(
  {},
  { join: ["Join", bool], nodes: ["Nodes", size], userStateLen: ["UserStateLen", size] },
);

const PUSH_PULL_NODE: Kind<PushPullNode> = struct<PushPullNode>(
  {},
  {
    name: ["Name", text],
    addr: ["Addr", bytes],
    port: ["Port", u16],
    meta: ["Meta", bytesInPlace],
    incarnation: ["Incarnation", u32],
    state: ["State", u8],
    vsn: ["Vsn", bytes],
  },
);

/** About what a header takes. */
const PUSH_PULL_HEADER_BYTES = 64;

/** The push-pull of who knows these nodes, straight from its list. */
export function encodePushPullOf(
  join: boolean,
  nodes: ReadonlyMap<string, NodeLine>,
  userState: Uint8Array,
  compress: boolean,
): Uint8Array {
  const runs = runsOf(nodes.values());
  const lineBytes = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  const writer = createWriter(PUSH_PULL_HEADER_BYTES + lineBytes + userState.length);
  writeByte(writer, MESSAGE_TYPE.pushPull);
  PUSH_PULL_HEADER.write(writer, { join, nodes: nodes.size, userStateLen: userState.length });
  for (const { bytes, from, to } of runs) writeRest(writer, bytes.subarray(from, to));
  writeRest(writer, userState);
  const plain = written(writer);
  return compress ? compressIfShorter(plain) : plain;
}

export interface UserHeader {
  readonly userMsgLen: number;
}

export const USER_HEADER: Kind<UserHeader> = struct<UserHeader>({}, { userMsgLen: ["UserMsgLen", size] });

const ERROR: Kind<StreamError> = struct<StreamError>({ type: "err" }, { error: ["Error", text] });

/** The whole message. Compressed when that is asked for and makes it shorter; peers take either. */
export function encodeStream(message: StreamMessage, compress: boolean): Uint8Array {
  const plain = encodePlain(message);
  return compress ? compressIfShorter(plain) : plain;
}

function encodePlain(message: StreamMessage): Uint8Array {
  switch (message.type) {
    case "push-pull":
      return encodePushPull(message);
    case "ping":
      return encodeKind(PING, message, MESSAGE_TYPE.ping);
    case "ack":
      return encodeKind(ACK, message, MESSAGE_TYPE.ack);
    case "err":
      return encodeKind(ERROR, message, MESSAGE_TYPE.err);
    case "user":
      return concatBytes([
        encodeKind(USER_HEADER, { userMsgLen: message.bytes.length }, MESSAGE_TYPE.user),
        message.bytes,
      ]);
    default:
      return unreachable(message);
  }
}

function encodePushPull({ join, nodes, userState }: PushPull): Uint8Array {
  const writer = createWriter();
  writeByte(writer, MESSAGE_TYPE.pushPull);
  PUSH_PULL_HEADER.write(writer, { join, nodes: nodes.length, userStateLen: userState.length });
  for (const node of nodes) PUSH_PULL_NODE.write(writer, node);
  writeRest(writer, userState);
  return written(writer);
}

/**
 * The message, or why it cannot be read: the text that an `err` answer carries. Bytes behind it are ignored.
 * @param known What the reader would tell itself. In a pool of thousands a push-pull is a megabyte of what both sides know:
 *   nodes that are alive, and of whom it says just this, may be left out of `nodes`. Nothing is left out for who joins, since
 *   newcomers are judged by all that they bring.
 */
export function decodeStream(
  message: Uint8Array,
  known?: ReadonlyMap<string, NodeLine>,
): Decoded<StreamMessage> {
  const unlabelled = stripLabel(message, NO_LABEL);
  if (!unlabelled.ok) return unlabelled;
  if (message.length > MAX_STREAM_BYTES) return { ok: false, error: "message too long" };
  if (message[0] !== MESSAGE_TYPE.compress) return decodePlain(message, known);
  const plain = decompressMessage(message, 1, message.length, MAX_STREAM_BYTES);
  return plain.ok ? decodePlain(plain.value, known) : plain;
}

function decodePlain(
  message: Uint8Array,
  known: ReadonlyMap<string, NodeLine> | undefined,
): Decoded<StreamMessage> {
  switch (message[0]) {
    case MESSAGE_TYPE.pushPull:
      return decodePushPull(message, known);
    case MESSAGE_TYPE.ping:
      return decodeKind(PING, message, 1);
    case MESSAGE_TYPE.ack:
      return decodeKind(ACK, message, 1);
    case MESSAGE_TYPE.err:
      return decodeKind(ERROR, message, 1);
    case MESSAGE_TYPE.user:
      return decodeUser(message);
    case undefined:
      return { ok: false, error: "empty message" };
    default:
      return { ok: false, error: `message type ${message[0]} not supported on a stream` };
  }
}

function decodePushPull(
  message: Uint8Array,
  known: ReadonlyMap<string, NodeLine> | undefined,
): Decoded<PushPull> {
  const reader = createReader(message, 1);
  const header = PUSH_PULL_HEADER.read(reader);
  if (header.nodes > MAX_NODES) return { ok: false, error: "too many nodes" };
  const isKnown =
    known === undefined || header.join ? () => false : inStep(reader, known.values(), skippingAlive(reader));
  const nodes: PushPullNode[] = [];
  for (let left = header.nodes; left > 0 && reader.error === undefined; left--)
    if (!isKnown()) nodes.push(PUSH_PULL_NODE.read(reader));
  const userState = takeRest(reader, header.userStateLen, MAX_USER_STATE_BYTES);
  return userState.ok
    ? { ok: true, value: { type: "push-pull", join: header.join, nodes, userState: userState.value } }
    : userState;
}

function skippingAlive(reader: Reader): (_: Reader, line: NodeLine) => boolean {
  const skips = skippingLines(reader);
  return (_, line) => line.state === "alive" && skips(line);
}

function decodeUser(message: Uint8Array): Decoded<User> {
  const reader = createReader(message, 1);
  const { userMsgLen } = USER_HEADER.read(reader);
  const body = takeRest(reader, userMsgLen, MAX_USER_STATE_BYTES);
  return body.ok ? { ok: true, value: { type: "user", bytes: body.value } } : body;
}

/** A copy of the `length` raw bytes at the reader, unless something was wrong before. */
function takeRest(reader: Reader, length: number, maxBytes: number): Decoded<Uint8Array> {
  if (reader.error !== undefined) return { ok: false, error: reader.error };
  if (length > maxBytes) return { ok: false, error: "user state too long" };
  if (length > reader.end - reader.at) return { ok: false, error: "truncated" };
  return { ok: true, value: new Uint8Array(reader.bytes.subarray(reader.at, reader.at + length)) };
}
