// A node as a push-pull tells of it. Thousands of these go into one push-pull, nearly all of them as the last time: so what
// a line came to is kept beside the node, and is compared as bytes with what others tell.

import { type ByteString, isAt } from "../../lib/bytes.ts";
import type { ProtocolVersions } from "../../model/member.ts";
import {
  createWriter,
  type Reader,
  type Writer,
  writeByte,
  writeByteString,
  writeBytes,
  writeInteger,
  writeMapHeader,
  writeRawHeader,
  writeRest,
  writeText,
  written,
} from "./msgpack.ts";
import { encodeKind, text } from "./struct.ts";

/** The states of a node, in the order of their numbers in a push-pull. */
export const NODE_STATES = ["alive", "suspect", "dead", "left"] as const;
export type NodeStateName = (typeof NODE_STATES)[number];

/** A node as a list of nodes keeps it: what it takes to tell of it, with nothing put into another form first. */
export interface NodeLine {
  readonly name: string;
  /** Never changed in place: what the line comes to is found by it. */
  readonly record: LineRecord;
  readonly incarnation: number;
  readonly state: NodeStateName;
}

/** What the node says of itself. */
export interface LineRecord {
  readonly addr: Uint8Array;
  readonly port: number;
  readonly meta: ByteString;
  readonly versions: ProtocolVersions;
}

/** A stretch of memory with lines in it, one behind the other. */
export interface LineRun {
  readonly bytes: Uint8Array;
  readonly from: number;
  to: number;
}

/**
 * The lines as the structs of a push-pull's nodes are written, in their order. Most of them were encoded one after the
 * other, and so are few runs. Not to be changed: the memory is kept.
 */
export function runsOf(lines: Iterable<NodeLine>): LineRun[] {
  const runs: LineRun[] = [];
  let last: LineRun | undefined;
  for (const line of lines) {
    const { slab, from, to } = encodedLine(line);
    if (last !== undefined && last.bytes === slab.bytes && last.to === from) last.to = to;
    else {
      last = { bytes: slab.bytes, from, to };
      runs.push(last);
    }
  }
  return runs;
}

/**
 * Makes what steps over the node at the reader if it is told of just as the line would; if not, the reader is where it was.
 * Lines that stand one behind the other here mostly do there, too: so a whole stretch is compared at once, and remembered.
 */
export function skippingLines(reader: Reader): (line: NodeLine) => boolean {
  /** From `since` to `until` the reader's bytes are those of `same`, which begin `shift` further on there. */
  let same: Slab | undefined;
  let shift = 0;
  let since = 0;
  let until = 0;
  /** Where the rest of a slab is not as it is here, each line is looked at by itself. */
  let different: Slab | undefined;
  return (line) => {
    const { slab, from, to } = encodedLine(line);
    const { bytes, at, end } = reader;
    const next = at + to - from;
    if (next > end) return false;
    if (slab !== same || from - at !== shift || at < since || next > until) {
      const rest = Math.min(slab.used - from, end - at);
      if (slab !== different && isAt(bytes, at, slab.bytes, from, from + rest)) {
        same = slab;
        shift = from - at;
        since = at;
        until = at + rest;
      } else {
        different = slab;
        if (!isAt(bytes, at, slab.bytes, from, to)) return false;
      }
    }
    reader.at = next;
    return true;
  };
}

/** Memory for lines: filled from its beginning on, and never written to again. */
interface Slab {
  readonly bytes: Uint8Array;
  used: number;
}

/** Some forty lines. The last of them that is still told keeps it, so it is not much longer. */
const SLAB_BYTES = 8 << 10;

/** What a line came to, and what it said then. */
interface Encoded {
  readonly name: string;
  readonly incarnation: number;
  readonly slab: Slab;
  readonly from: number;
  readonly to: number;
}

/**
 * By the node's record, and by the state that was told: it goes when the node goes. Members of one process may share the
 * record and yet be of different minds about the node.
 */
const latest = new WeakMap<LineRecord, Partial<Record<NodeStateName, Encoded>>>();
let filling: Slab = { bytes: new Uint8Array(0), used: 0 };

function encodedLine(line: NodeLine): Encoded {
  const { name, record, incarnation, state } = line;
  const told = latest.get(record) ?? {};
  const known = told[state];
  if (known !== undefined && known.incarnation === incarnation && known.name === name) return known;
  const bytes = encodeLine(line);
  if (filling.used + bytes.length > filling.bytes.length)
    filling = { bytes: new Uint8Array(Math.max(SLAB_BYTES, bytes.length)), used: 0 };
  const slab = filling;
  const from = slab.used;
  const to = from + bytes.length;
  slab.bytes.set(bytes, from);
  slab.used = to;
  const encoded = { name, incarnation, slab, from, to };
  told[state] = encoded;
  latest.set(record, told);
  return encoded;
}

function encodeLine({ name, record, incarnation, state }: NodeLine): Uint8Array {
  const writer = createWriter();
  const [addrKey, incarnationKey, metaKey, nameKey, portKey, stateKey, vsnKey] = LINE_KEYS;
  writeMapHeader(writer, LINE_KEYS.length);
  writeRest(writer, addrKey);
  writeBytes(writer, record.addr);
  writeRest(writer, incarnationKey);
  writeInteger(writer, incarnation);
  writeRest(writer, metaKey);
  writeByteString(writer, record.meta);
  writeRest(writer, nameKey);
  writeText(writer, name);
  writeRest(writer, portKey);
  writeInteger(writer, record.port);
  writeRest(writer, stateKey);
  writeInteger(writer, NODE_STATES.indexOf(state));
  writeRest(writer, vsnKey);
  writeVersions(writer, record.versions);
  return written(writer);
}

const lineKey = (key: string): Uint8Array => encodeKind(text, key);
/** In the order in which Go writes them. */
const LINE_KEYS = [
  lineKey("Addr"),
  lineKey("Incarnation"),
  lineKey("Meta"),
  lineKey("Name"),
  lineKey("Port"),
  lineKey("State"),
  lineKey("Vsn"),
] as const;

/** As `vsnOf` makes them. */
function writeVersions(writer: Writer, versions: ProtocolVersions): void {
  writeRawHeader(writer, 6);
  writeByte(writer, versions.min);
  writeByte(writer, versions.max);
  writeByte(writer, versions.current);
  writeByte(writer, versions.delegateMin);
  writeByte(writer, versions.delegateMax);
  writeByte(writer, versions.delegateCurrent);
}
