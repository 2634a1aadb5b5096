// Messages as bytes, with names compressed the way the original does (RFC 1035 §4.1.4): a name that stood before in the very
// same letters is pointed at; the targets of SRV are pointed at but never point (RFC 2782).

import { type ByteString, writeByteStringAt } from "../lib/bytes.ts";
import {
  CLASS_IN,
  type DnsMessage,
  type DnsRecord,
  HEADER_BYTES,
  RECORD,
  type ScopedSubnet,
} from "./message.ts";
import type { DnsName } from "./name.ts";

export interface WrittenMessage {
  readonly bytes: Uint8Array;
  /** Where the serial of its SOA stands; 0 where it has none. */
  readonly serialAt: number;
}

/** A message says its own length in two bytes over TCP. */
const MAX_MESSAGE_BYTES = 65_535;
/** Pointers have fourteen bits. */
const MAX_POINTER = 0x3fff;

interface Writer {
  bytes: Uint8Array;
  at: number;
  /** Names and the ends of names that stand there, by where; undefined where none is to be pointed at. */
  readonly names: Map<string, number> | undefined;
  serialAt: number;
}

/** What is written goes here first, whoever writes: nobody keeps it. */
let scratch: Uint8Array = new Uint8Array(4096);

function begin(compresses: boolean): Writer {
  return { bytes: scratch, at: 0, names: compresses ? new Map() : undefined, serialAt: 0 };
}

/** @returns undefined when it is larger than a message can be. */
export function writeMessage(message: DnsMessage, compresses: boolean): WrittenMessage | undefined {
  const writer = begin(compresses);
  putMessage(writer, message);
  return writer.at > MAX_MESSAGE_BYTES
    ? undefined
    : { bytes: writer.bytes.slice(0, writer.at), serialAt: writer.serialAt };
}

/** How long it would be. */
export function messageBytes(message: DnsMessage, compresses: boolean): number {
  const writer = begin(compresses);
  putMessage(writer, message);
  return writer.at;
}

function putMessage(writer: Writer, message: DnsMessage): void {
  const { id, opcode, flags, rcode, question, answers, authority, additional, edns } = message;
  need(writer, HEADER_BYTES);
  const header = [
    id,
    flags | (opcode << 11) | rcode,
    1,
    answers.length,
    authority.length,
    additional.length + (edns === undefined ? 0 : 1),
  ];
  for (const value of header) putWord(writer, value);
  putName(writer, question.name, true);
  putWord(writer, question.type);
  putWord(writer, question.class);
  for (const record of answers) putRecord(writer, record);
  for (const record of authority) putRecord(writer, record);
  for (const record of additional) putRecord(writer, record);
  if (edns !== undefined) putOpt(writer, edns.udpBytes, edns.subnet);
}

function putRecord(writer: Writer, { name, type, ttl, data }: DnsRecord): void {
  putName(writer, name, true);
  putWord(writer, type);
  putWord(writer, CLASS_IN);
  putLong(writer, ttl);
  const lengthAt = writer.at;
  putWord(writer, 0);
  switch (data.kind) {
    case "bytes":
      putBytes(writer, data.bytes);
      break;
    case "name":
      putName(writer, data.target, true);
      break;
    case "srv":
      putWord(writer, data.priority);
      putWord(writer, data.weight);
      putWord(writer, data.port);
      putName(writer, data.target, false);
      break;
    case "soa":
      putName(writer, data.primary, true);
      putName(writer, data.mailbox, true);
      writer.serialAt = writer.at;
      putLong(writer, data.serial);
      for (const seconds of data.times) putLong(writer, seconds);
      break;
  }
  const length = writer.at - lengthAt - 2;
  writer.bytes[lengthAt] = length >> 8;
  writer.bytes[lengthAt + 1] = length & 255;
}

const SUBNET_OPTION = 8;

function putOpt(writer: Writer, udpBytes: number, subnet: ScopedSubnet | undefined): void {
  putBytes(writer, "\0" as ByteString);
  putWord(writer, RECORD.OPT);
  putWord(writer, udpBytes);
  putLong(writer, 0);
  if (subnet === undefined) return putWord(writer, 0);
  const { family, sourcePrefix, scopePrefix } = subnet;
  const address = subnet.address.slice(0, Math.ceil(sourcePrefix / 8)) as ByteString;
  putWord(writer, 8 + address.length);
  putWord(writer, SUBNET_OPTION);
  putWord(writer, 4 + address.length);
  putWord(writer, family);
  putWord(writer, (sourcePrefix << 8) | scopePrefix);
  putBytes(writer, address);
}

function putName(writer: Writer, name: DnsName, points: boolean): void {
  const { names } = writer;
  if (names === undefined) return putBytes(writer, name);
  for (let at = 0; ; ) {
    const length = name.charCodeAt(at);
    if (length === 0) return putBytes(writer, name.slice(at) as ByteString);
    const rest = name.slice(at);
    const known = names.get(rest);
    if (known === undefined) {
      if (writer.at <= MAX_POINTER) names.set(rest, writer.at);
    } else if (points) return putWord(writer, 0xc000 | known);
    putBytes(writer, name.slice(at, at + 1 + length) as ByteString);
    at += 1 + length;
  }
}

function need(writer: Writer, bytes: number): void {
  if (writer.at + bytes <= writer.bytes.length) return;
  const larger = new Uint8Array(Math.max(writer.bytes.length * 2, writer.at + bytes));
  larger.set(writer.bytes.subarray(0, writer.at));
  writer.bytes = larger;
  scratch = larger;
}

function putWord(writer: Writer, value: number): void {
  need(writer, 2);
  writer.bytes[writer.at++] = value >> 8;
  writer.bytes[writer.at++] = value & 255;
}

function putLong(writer: Writer, value: number): void {
  putWord(writer, value >>> 16);
  putWord(writer, value & 0xffff);
}

function putBytes(writer: Writer, bytes: ByteString): void {
  need(writer, bytes.length);
  writeByteStringAt(writer.bytes, writer.at, bytes);
  writer.at += bytes.length;
}
