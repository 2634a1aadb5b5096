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
  readonly addr: Uint8Array;
  readonly port: number;
  readonly meta: ByteString;
  readonly incarnation: number;
  readonly state: NodeStateName;
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
interface Encoded extends Omit<NodeLine, "addr"> {
  readonly slab: Slab;
  readonly from: number;
  readonly to: number;
}

/**
 * By the node's address, and by the state that was told: it goes when the node goes. Members of one process may share the
 * address and yet be of different minds about the node.
 */
const latest = new WeakMap<Uint8Array, Partial<Record<NodeStateName, Encoded>>>();
let filling: Slab = { bytes: new Uint8Array(0), used: 0 };

function encodedLine(line: NodeLine): Encoded {
  const told = latest.get(line.addr) ?? {};
  const known = told[line.state];
  if (known !== undefined && saysSame(known, line)) return known;
  const { name, port, meta, incarnation, state, versions } = line;
  const bytes = encodeLine(line);
  if (filling.used + bytes.length > filling.bytes.length)
    filling = { bytes: new Uint8Array(Math.max(SLAB_BYTES, bytes.length)), used: 0 };
  const slab = filling;
  const from = slab.used;
  const to = from + bytes.length;
  slab.bytes.set(bytes, from);
  slab.used = to;
  const encoded = { name, port, meta, incarnation, state, versions, slab, from, to };
  told[line.state] = encoded;
  latest.set(line.addr, told);
  return encoded;
}

/** Versions are replaced, never changed in place. */
function saysSame(known: Encoded, line: NodeLine): boolean {
  return (
    known.incarnation === line.incarnation &&
    known.state === line.state &&
    known.meta === line.meta &&
    known.name === line.name &&
    known.port === line.port &&
    known.versions === line.versions
  );
}

function encodeLine(line: NodeLine): Uint8Array {
  const writer = createWriter();
  const [addr, incarnation, meta, name, port, state, vsn] = LINE_KEYS;
  writeMapHeader(writer, LINE_KEYS.length);
  writeRest(writer, addr);
  writeBytes(writer, line.addr);
  writeRest(writer, incarnation);
  writeInteger(writer, line.incarnation);
  writeRest(writer, meta);
  writeByteString(writer, line.meta);
  writeRest(writer, name);
  writeText(writer, line.name);
  writeRest(writer, port);
  writeInteger(writer, line.port);
  writeRest(writer, state);
  writeInteger(writer, NODE_STATES.indexOf(line.state));
  writeRest(writer, vsn);
  writeVersions(writer, line.versions);
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
