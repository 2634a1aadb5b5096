// A node as a push-pull tells of it. Thousands of these go into one push-pull, nearly all of them as the last time: so what
// a line came to is kept beside the node, and is compared as bytes with what others tell.

import type { ByteString } from "../../lib/bytes.ts";
import type { ProtocolVersions } from "../../model/member.ts";
import { skipExactly } from "./expected.ts";
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

/** Written as the struct of a push-pull's node is. */
export function writeLine(writer: Writer, line: NodeLine): void {
  writeRest(writer, encodedLine(line));
}

/** Steps over the node at the reader, if it is told of just so; if not, the reader is where it was. */
export function skipLine(reader: Reader, line: NodeLine): boolean {
  return skipExactly(reader, encodedLine(line));
}

/** What a line came to, and what it said then. */
interface Encoded extends Omit<NodeLine, "addr"> {
  readonly bytes: Uint8Array;
}

/** By the node's address: it goes when the node goes. */
const latest = new WeakMap<Uint8Array, Encoded>();

function encodedLine(line: NodeLine): Uint8Array {
  const known = latest.get(line.addr);
  if (known !== undefined && saysSame(known, line)) return known.bytes;
  const { name, port, meta, incarnation, state, versions } = line;
  const bytes = encodeLine(line);
  latest.set(line.addr, { name, port, meta, incarnation, state, versions, bytes });
  return bytes;
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
