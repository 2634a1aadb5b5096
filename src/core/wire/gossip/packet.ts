// A gossip datagram and its layers, outermost first, each optional: checksum, compression, compound, message. The label
// and the encryption around them are peeled by whoever holds the keys (label.ts). Source: memberlist net.go.

import { assert } from "../../lib/assert.ts";
import { crc32 } from "../../lib/crc.ts";
import { compressIfShorter, decompressMessage } from "./compress.ts";
import { NO_LABEL, stripLabel } from "./label.ts";
import { decodeMessage, MESSAGE_TYPE, type PacketMessage } from "./messages.ts";

/** What the type byte and the count of a compound cost, and each part's length. */
export const COMPOUND_HEADER_BYTES = 2;
export const COMPOUND_PART_BYTES = 2;
const CRC_HEADER_BYTES = 5;
const MAX_PARTS = 255;

/** memberlist's read buffer. The plain text was built as one datagram too, so it cannot be longer. */
const MAX_PACKET_BYTES = 65_536;
/** Layers within layers: no sender needs more than compression around a compound. */
const MAX_DEPTH = 6;
/** Messages in one datagram; those past it are dropped. Real senders stop at 255. */
const MAX_MESSAGES = 1024;
/** Compressed parts of one datagram. Real senders compress the whole: one. */
const MAX_DECOMPRESSIONS = 4;

export interface DecodedPacket {
  readonly messages: readonly PacketMessage[];
  /** What was wrong first, if anything. The messages beside it are still good. */
  readonly error: string | undefined;
}

/** A packet being peeled. */
interface Peeling {
  readonly messages: PacketMessage[];
  error: string | undefined;
  decompressions: number;
}

/** The messages of a datagram in order, as many as could be read. */
export function decodePacket(bytes: Uint8Array): DecodedPacket {
  const packet: Peeling = { messages: [], error: undefined, decompressions: 0 };
  const unlabelled = stripLabel(bytes, NO_LABEL);
  // A checksum counts only as the outermost layer (memberlist's ingestPacket), and only with something behind it.
  const checked = bytes.length >= 5 && bytes[0] === MESSAGE_TYPE.crc;
  if (!unlabelled.ok) packet.error = unlabelled.error;
  else if (bytes.length > MAX_PACKET_BYTES) packet.error = "packet too long";
  else if (checked && crc32(bytes, 5) !== readUint32(bytes, 1)) packet.error = "checksum mismatch";
  else peel(bytes, checked ? 5 : 0, bytes.length, 0, packet);
  return { messages: packet.messages, error: packet.error };
}

function peel(bytes: Uint8Array, start: number, end: number, depth: number, packet: Peeling): void {
  if (depth > MAX_DEPTH) packet.error ??= "layers nested too deep";
  else if (packet.messages.length >= MAX_MESSAGES) packet.error ??= "too many messages";
  else if (bytes[start] === MESSAGE_TYPE.compound && start < end)
    peelCompound(bytes, start + 1, end, depth, packet);
  else if (bytes[start] === MESSAGE_TYPE.compress && start < end)
    peelCompress(bytes, start + 1, end, depth, packet);
  else {
    const decoded = decodeMessage(bytes, start, end);
    if (decoded.ok) packet.messages.push(decoded.value);
    else packet.error ??= decoded.error;
  }
}

function peelCompress(bytes: Uint8Array, start: number, end: number, depth: number, packet: Peeling): void {
  // Compressed parts of compressed parts multiply: a small packet could keep us busy for minutes.
  if (packet.decompressions++ >= MAX_DECOMPRESSIONS) {
    packet.error ??= "too many compressed parts";
    return;
  }
  const plain = decompressMessage(bytes, start, end, MAX_PACKET_BYTES);
  if (plain.ok) peel(plain.value, 0, plain.value.length, depth + 1, packet);
  else packet.error ??= plain.error;
}

/** The parts that are whole; a datagram that was cut off loses only the others. */
function peelCompound(bytes: Uint8Array, start: number, end: number, depth: number, packet: Peeling): void {
  const count = start < end ? (bytes[start] as number) : 0;
  let part = start + 1 + COMPOUND_PART_BYTES * count;
  if (part > end) {
    packet.error ??= "truncated compound";
    return;
  }
  for (let k = 0; k < count; k++) {
    const length = readUint16(bytes, start + 1 + COMPOUND_PART_BYTES * k);
    if (part + length > end) {
      packet.error ??= `truncated compound: ${count - k} messages lost`;
      return;
    }
    peel(bytes, part, part + length, depth + 1, packet);
    part += length;
  }
}

export interface PacketLayers {
  readonly compress: boolean;
  /** Only for receivers that say they know it: protocol version 5. */
  readonly crc: boolean;
}

/** A datagram of 1…255 encoded messages. */
export function encodePacket(messages: readonly Uint8Array[], layers: PacketLayers): Uint8Array {
  if (layers.compress || messages.length === 1) {
    const plain = messages.length === 1 ? (messages[0] as Uint8Array) : compoundOf(messages);
    const packed = layers.compress ? compressIfShorter(plain) : plain;
    return layers.crc ? withCrc(packed) : packed;
  }
  // Most of what a busy pool sends: written once, behind the room for the checksum.
  const start = layers.crc ? CRC_HEADER_BYTES : 0;
  const packet = packetBytes(start + compoundLength(messages));
  writeCompound(packet, start, messages);
  if (layers.crc) writeCrc(packet);
  return packet;
}

/** Several messages as one. */
export function compoundOf(messages: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(compoundLength(messages));
  writeCompound(bytes, 0, messages);
  return bytes;
}

function compoundLength(messages: readonly Uint8Array[]): number {
  let length = COMPOUND_HEADER_BYTES + COMPOUND_PART_BYTES * messages.length;
  for (const part of messages) length += part.length;
  return length;
}

function writeCompound(into: Uint8Array, start: number, messages: readonly Uint8Array[]): void {
  assert(messages.length > 0, "a compound has a part");
  assert(messages.length <= MAX_PARTS, "a compound counts its parts in one byte");
  into[start] = MESSAGE_TYPE.compound;
  into[start + 1] = messages.length;
  let header = start + COMPOUND_HEADER_BYTES;
  let at = header + COMPOUND_PART_BYTES * messages.length;
  for (const part of messages) {
    assert(part.length < 0x10000, "a part's length is of two bytes");
    into[header++] = part.length >> 8;
    into[header++] = part.length;
    into.set(part, at);
    at += part.length;
  }
}

/** A packet is sent and forgotten: memory of its own would cost more than all that is written into it, so many share one piece. */
const SHARED_BYTES = 64 << 10;
const MOST_SHARED_BYTES = 2 << 10;
let shared: Uint8Array = new Uint8Array(0);
let sharedAt = 0;

function packetBytes(length: number): Uint8Array {
  if (length > MOST_SHARED_BYTES) return new Uint8Array(length);
  if (sharedAt + length > shared.length) {
    shared = new Uint8Array(SHARED_BYTES);
    sharedAt = 0;
  }
  sharedAt += length;
  return shared.subarray(sharedAt - length, sharedAt);
}

/** CRC-32 in front, over all that follows it. */
export function withCrc(packed: Uint8Array): Uint8Array {
  const packet = packetBytes(CRC_HEADER_BYTES + packed.length);
  packet.set(packed, CRC_HEADER_BYTES);
  writeCrc(packet);
  return packet;
}

function writeCrc(packet: Uint8Array): void {
  const crc = crc32(packet, CRC_HEADER_BYTES);
  packet[0] = MESSAGE_TYPE.crc;
  for (let k = 1; k < CRC_HEADER_BYTES; k++) packet[k] = crc >>> (8 * (CRC_HEADER_BYTES - 1 - k));
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (readUint16(bytes, at) * 0x10000 + readUint16(bytes, at + 2)) >>> 0;
}
