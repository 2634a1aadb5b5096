// Messages of others, from their bytes. Whatever the bytes are, the worst that comes of them is that they are no message.

import { type ByteString, byteStringOf } from "../lib/bytes.ts";
import {
  type ClientSubnet,
  type DnsRecord,
  type Edns,
  FLAG,
  HEADER_BYTES,
  OPCODE_NOTIFY,
  OPCODE_QUERY,
  type Query,
  RCODE,
  type Rcode,
  RECORD,
  type RecordData,
} from "./message.ts";
import { readName } from "./name.ts";

export type ReadQuery =
  | { readonly kind: "query"; readonly query: Query }
  /** Nothing that is to be answered: an answer, or not even a header. */
  | { readonly kind: "ignored" }
  /** What is answered with a header alone. */
  | { readonly kind: "refused"; readonly header: Uint8Array };

/** What others may put into a question's other sections: a transfer's SOA, a notice's, an OPT and a signature. */
const MOST_RECORDS: readonly [answers: number, authority: number, additional: number] = [1, 1, 2];

const SUBNET_OPTION = 8;

/** Reads a question as the original's server does: one question, of a kind that it knows, with whole records behind it. */
export function readQuery(bytes: Uint8Array): ReadQuery {
  if (bytes.length < HEADER_BYTES) return { kind: "ignored" };
  const flags = word(bytes, 2);
  if ((flags & FLAG.response) !== 0) return { kind: "ignored" };
  const opcode = (flags >> 11) & 15;
  if (opcode !== OPCODE_QUERY && opcode !== OPCODE_NOTIFY)
    return { kind: "refused", header: refusal(bytes, opcode, RCODE.notImplemented) };
  const counts = [word(bytes, 6), word(bytes, 8), word(bytes, 10)] as const;
  const malformed = { kind: "refused", header: refusal(bytes, OPCODE_QUERY, RCODE.formatError) } as const;
  if (word(bytes, 4) !== 1 || counts.some((count, at) => count > (MOST_RECORDS[at] as number)))
    return malformed;
  // As in the original: what asks nothing at all is refused.
  if (bytes.length === HEADER_BYTES)
    return { kind: "refused", header: refusal(bytes, OPCODE_QUERY, RCODE.refused) };
  const question = readName(bytes, HEADER_BYTES);
  if (question === undefined || question.next + 4 > bytes.length) return malformed;
  const { name, next } = question;
  const records = readRecords(bytes, next + 4, counts[0] + counts[1] + counts[2]);
  if (records === undefined) return malformed;
  const edns = ednsOf(records.slice(counts[0] + counts[1]));
  if (edns === "malformed") return malformed;
  return {
    kind: "query",
    query: {
      id: word(bytes, 0),
      opcode,
      name,
      type: word(bytes, next),
      class: word(bytes, next + 2),
      recursionDesired: (flags & FLAG.recursionDesired) !== 0,
      checkingDisabled: (flags & FLAG.checkingDisabled) !== 0,
      edns,
    },
  };
}

/** A header that says no. The bits that are not ours to set stay as they came. */
function refusal(bytes: Uint8Array, opcode: number, rcode: Rcode): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(bytes.subarray(0, 4));
  const kept = word(bytes, 2) & (FLAG.truncated | FLAG.recursionDesired | FLAG.recursionAvailable | 0x0030);
  const flags = FLAG.response | kept | (opcode << 11) | rcode;
  header[2] = flags >> 8;
  header[3] = flags & 255;
  return header;
}

interface RawRecord {
  readonly record: DnsRecord | undefined;
  readonly type: number;
  /** Of OPT the size of answers. */
  readonly class: number;
  readonly data: Uint8Array;
}

/** Records that are promised and are not there at all are not missed. @returns undefined for what is none. */
function readRecords(bytes: Uint8Array, start: number, count: number): RawRecord[] | undefined {
  const found: RawRecord[] = [];
  let at = start;
  for (let left = count; left > 0 && at < bytes.length; left--) {
    const owner = readName(bytes, at);
    if (owner === undefined || owner.next + 10 > bytes.length) return undefined;
    const { name, next } = owner;
    const type = word(bytes, next);
    const ttl = ((word(bytes, next + 4) << 16) | word(bytes, next + 6)) >>> 0;
    const from = next + 10;
    const end = from + word(bytes, next + 8);
    if (end > bytes.length) return undefined;
    const data = readData(bytes, type, from, end);
    const record = data === undefined ? undefined : { name, type, ttl, data };
    found.push({ record, type, class: word(bytes, next + 2), data: bytes.subarray(from, end) });
    at = end;
  }
  return found;
}

/** Of the types that are passed on; undefined for all others, and for what is malformed. */
function readData(bytes: Uint8Array, type: number, from: number, end: number): RecordData | undefined {
  const length = end - from;
  const isAddress = (type === RECORD.A && length === 4) || (type === RECORD.AAAA && length === 16);
  if (isAddress || (type === RECORD.TXT && length > 0))
    return { kind: "bytes", bytes: byteStringOf(bytes.subarray(from, end)) };
  if (type === RECORD.SRV && length > 6) return readSrv(bytes, from, end);
  if (type !== RECORD.CNAME) return undefined;
  const read = readName(bytes, from);
  return read?.next === end ? { kind: "name", target: read.name } : undefined;
}

function readSrv(bytes: Uint8Array, from: number, end: number): RecordData | undefined {
  const read = readName(bytes, from + 6);
  if (read?.next !== end) return undefined;
  const [priority, weight, port] = [word(bytes, from), word(bytes, from + 2), word(bytes, from + 4)];
  return { kind: "srv", priority, weight, port, target: read.name };
}

function ednsOf(records: readonly RawRecord[]): Edns | undefined | "malformed" {
  const opt = records.findLast(({ type }) => type === RECORD.OPT);
  if (opt === undefined) return undefined;
  const { data } = opt;
  let subnet: ClientSubnet | undefined;
  for (let at = 0; at < data.length; ) {
    if (at + 4 > data.length) return "malformed";
    const end = at + 4 + word(data, at + 2);
    if (end > data.length) return "malformed";
    if (word(data, at) === SUBNET_OPTION && subnet === undefined) {
      const read = readSubnet(data.subarray(at + 4, end));
      if (read === undefined) return "malformed";
      subnet = read;
    }
    at = end;
  }
  return { udpBytes: opt.class, subnet };
}

/** @returns undefined for what is none (RFC 7871 §6). */
function readSubnet(data: Uint8Array): ClientSubnet | undefined {
  if (data.length < 4) return undefined;
  const family = word(data, 0);
  const sourcePrefix = data[2] as number;
  if (family !== 1 && family !== 2) return undefined;
  const most = family === 1 ? 32 : 128;
  const address = byteStringOf(data.subarray(4));
  if (sourcePrefix > most || address.length > most / 8) return undefined;
  return { family, sourcePrefix, address };
}

/** What a recursor says: its rcode, and those of its answers that can be passed on. */
export interface ReadAnswer {
  readonly rcode: number;
  readonly answers: readonly DnsRecord[];
}

/** @returns undefined for what is no answer. */
export function readAnswer(bytes: Uint8Array): ReadAnswer | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const flags = word(bytes, 2);
  if ((flags & FLAG.response) === 0) return undefined;
  let at: number = HEADER_BYTES;
  for (let left = word(bytes, 4); left > 0; left--) {
    const question = readName(bytes, at);
    if (question === undefined || question.next + 4 > bytes.length) return undefined;
    at = question.next + 4;
  }
  // An answer that was cut off in the middle still says something.
  const records = readRecords(bytes, at, word(bytes, 6)) ?? [];
  return {
    rcode: flags & 15,
    answers: records.flatMap(({ record }) => (record === undefined ? [] : [record])),
  };
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** The bytes of a subnet's address, all of them. */
export function wholeAddress({ family, address }: ClientSubnet): ByteString {
  return address.padEnd(family === 1 ? 4 : 16, "\0") as ByteString;
}
