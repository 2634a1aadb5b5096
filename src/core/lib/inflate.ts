// Decompression of DEFLATE (RFC 1951) that takes its input in pieces and gives its output in pieces, with all it knows
// in a plain record between them. It stops for more input at any bit, and for its owner whenever it has given as much as
// was asked for, so that a small piece of input that stands for a gigabyte keeps nobody busy.

import { assert } from "./assert.ts";

/** Matches reach back this far (RFC 1951 §2). */
const WINDOW_BYTES = 32_768;
/** Output is gathered behind the window before it is given out. */
const GATHERED_BYTES = 65_536;
/** Longest code (§3.2.7), and so the bits that a table is looked up with. */
const MAX_CODE_BITS = 15;

export interface Inflate {
  /** Input not used up, with eight bytes of zeroes behind it so that looking ahead needs no care. */
  input: Uint8Array;
  /** Bytes of `input` that are there. */
  inputBytes: number;
  /** Bits of `input` used. */
  at: number;
  stage: "block" | "stored" | "codes" | "ended";
  /** The block under way is the last. */
  final: boolean;
  /** Bytes still to be copied from a stored block. */
  storedLeft: number;
  /** Code tables of the block under way: 2^15 entries of symbol × 16 + length of its code; 0 for no code. */
  literals: Uint16Array;
  distances: Uint16Array;
  /** The window and what is gathered behind it. */
  readonly out: Uint8Array;
  /** Where the next byte goes. */
  outAt: number;
  /** Bytes before here were given out. */
  givenTo: number;
  /** Bytes given or gathered so far. */
  outBytes: number;
}

/** `more-input`: all of it is used. `more-output`: as much as was asked for was given, call again. */
export type Inflated = "more-input" | "more-output" | "ended" | { readonly error: string };

const NO_TABLE = new Uint16Array(0);

export function createInflate(): Inflate {
  return {
    input: new Uint8Array(8),
    inputBytes: 0,
    at: 0,
    stage: "block",
    final: false,
    storedLeft: 0,
    literals: NO_TABLE,
    distances: NO_TABLE,
    out: new Uint8Array(WINDOW_BYTES + GATHERED_BYTES),
    outAt: 0,
    givenTo: 0,
    outBytes: 0,
  };
}

/** Bits are counted in 32-bit numbers. */
const MAX_FED_BYTES = 1 << 27;

/** More input, behind what is left of the earlier: at most 128 MiB that wait at once. */
export function feedInflate(state: Inflate, bytes: Uint8Array): void {
  const used = state.at >>> 3;
  const left = state.inputBytes - used;
  assert(left + bytes.length <= MAX_FED_BYTES, "input is fed in pieces");
  const input = new Uint8Array(left + bytes.length + 8);
  input.set(state.input.subarray(used, state.inputBytes));
  input.set(bytes, left);
  state.input = input;
  state.inputBytes = left + bytes.length;
  state.at &= 7;
}

/** What was fed and is not part of the compressed data, once that has ended. Forgets it. */
export function takeUnused(state: Inflate): Uint8Array {
  const from = (state.at + 7) >>> 3;
  const rest = state.input.slice(from, state.inputBytes);
  state.inputBytes = from;
  state.at = from * 8;
  return rest;
}

/**
 * Decompresses what was fed. Pieces of output go to `give`; each is the receiver's own.
 * @param mostBytes It stops with `more-output` once it has given about so many (one piece more at most).
 */
export function stepInflate(state: Inflate, mostBytes: number, give: (bytes: Uint8Array) => void): Inflated {
  let left = mostBytes;
  for (;;) {
    const result = run(state);
    left -= giveOut(state, give);
    if (result !== "more-output" || left <= 0) return result;
  }
}

/** Gives what was gathered, and keeps the window of it at the front. */
function giveOut(state: Inflate, give: (bytes: Uint8Array) => void): number {
  const { out, outAt, givenTo } = state;
  const count = outAt - givenTo;
  if (count > 0) give(out.slice(givenTo, outAt));
  const keep = Math.min(outAt, WINDOW_BYTES);
  if (outAt > WINDOW_BYTES) out.copyWithin(0, outAt - keep, outAt);
  state.outAt = keep;
  state.givenTo = keep;
  return count;
}

/** Goes on until input or room ends. */
function run(state: Inflate): Inflated {
  for (;;) {
    switch (state.stage) {
      case "block": {
        if (state.final) {
          state.stage = "ended";
          break;
        }
        const begun = beginBlock(state);
        if (begun !== undefined) return begun;
        break;
      }
      case "stored": {
        const copied = copyStored(state);
        if (copied !== undefined) return copied;
        break;
      }
      case "codes": {
        const decoded = decodeCodes(state);
        if (decoded !== undefined) return decoded;
        break;
      }
      case "ended":
        return "ended";
    }
  }
}

/** `count` bits (16 at most) at bit `at`, least first. */
function bitsAt(input: Uint8Array, at: number, count: number): number {
  const byte = at >>> 3;
  const word =
    (input[byte] as number) | ((input[byte + 1] as number) << 8) | ((input[byte + 2] as number) << 16);
  return (word >>> (at & 7)) & ((1 << count) - 1);
}

/** Reads a block's header; nothing of it is used up before it is there whole. */
function beginBlock(state: Inflate): Inflated | undefined {
  const { input } = state;
  const end = state.inputBytes * 8;
  if (state.at + 3 > end) return "more-input";
  const final = bitsAt(input, state.at, 1) === 1;
  const type = bitsAt(input, state.at + 1, 2);
  if (type === 3) return { error: "a block of an unknown type" };
  if (type === 0) {
    const at = (state.at + 3 + 7) & ~7;
    if (at + 32 > end) return "more-input";
    const length = bitsAt(input, at, 16);
    if ((length ^ bitsAt(input, at + 16, 16)) !== 0xffff)
      return { error: "a stored block contradicts its length" };
    state.at = at + 32;
    state.storedLeft = length;
    state.stage = "stored";
  } else if (type === 1) {
    state.at += 3;
    fixed ??= makeFixedTables();
    state.literals = fixed.literals;
    state.distances = fixed.distances;
    state.stage = "codes";
  } else {
    const tables = readTables(input, state.at + 3, end);
    if (tables === "more-input" || "error" in tables) return tables;
    state.at = tables.at;
    state.literals = tables.literals;
    state.distances = tables.distances;
    state.stage = "codes";
  }
  state.final = final;
  return undefined;
}

function copyStored(state: Inflate): Inflated | undefined {
  const from = state.at >>> 3;
  const there = state.inputBytes - from;
  const room = state.out.length - state.outAt;
  const count = Math.min(state.storedLeft, there, room);
  state.out.set(state.input.subarray(from, from + count), state.outAt);
  state.outAt += count;
  state.outBytes += count;
  state.at += count * 8;
  state.storedLeft -= count;
  if (state.storedLeft === 0) {
    state.stage = "block";
    return undefined;
  }
  return count === room ? "more-output" : "more-input";
}

/** The order in which the lengths of the code length codes are sent (§3.2.7). */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

type ReadTables =
  | "more-input"
  | { readonly error: string }
  | { readonly at: number; readonly literals: Uint16Array; readonly distances: Uint16Array };

/** The code tables of a dynamic block (§3.2.7). */
function readTables(input: Uint8Array, start: number, end: number): ReadTables {
  let at = start;
  if (at + 14 > end) return "more-input";
  const literalCount = bitsAt(input, at, 5) + 257;
  const distanceCount = bitsAt(input, at + 5, 5) + 1;
  const lengthCount = bitsAt(input, at + 10, 4) + 4;
  at += 14;
  if (literalCount > 286 || distanceCount > 30) return { error: "a block with too many codes" };
  if (at + 3 * lengthCount > end) return "more-input";
  const codeLengths = new Uint8Array(19);
  for (let k = 0; k < lengthCount; k++, at += 3)
    codeLengths[LENGTH_ORDER[k] as number] = bitsAt(input, at, 3);
  const codes = makeTable(codeLengths, 19);
  if (codes === undefined) return { error: "code lengths that make no code" };
  const lengths = new Uint8Array(286 + 30 + 138);
  for (let k = 0; k < literalCount + distanceCount; ) {
    const entry = codes[bitsAt(input, at, MAX_CODE_BITS)] as number;
    const symbol = entry >>> 4;
    const extra = symbol < 16 ? 0 : symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
    if (at + (entry & 15) + extra > end || (entry === 0 && at + MAX_CODE_BITS > end)) return "more-input";
    if (entry === 0) return { error: "bits that are no code" };
    at += entry & 15;
    if (symbol < 16) {
      lengths[k++] = symbol;
      continue;
    }
    if (symbol === 16 && k === 0) return { error: "a repetition of nothing" };
    const repeated = symbol === 16 ? (lengths[k - 1] as number) : 0;
    const count = bitsAt(input, at, extra) + (symbol === 18 ? 11 : 3);
    at += extra;
    lengths.fill(repeated, k, k + count);
    k += count;
    if (k > literalCount + distanceCount) return { error: "more code lengths than codes" };
  }
  if (lengths[256] === 0) return { error: "a block without an end" };
  const literals = makeTable(lengths, literalCount);
  const distances = makeTable(lengths.subarray(literalCount), distanceCount);
  if (literals === undefined || distances === undefined) return { error: "code lengths that make no code" };
  return { at, literals, distances };
}

/**
 * The look-up table of a canonical code (§3.2.2), indexed by the next 15 bits as they come.
 * @returns undefined where the lengths ask for more codes than there are. Fewer are taken, as of a single distance.
 */
function makeTable(lengths: Uint8Array, count: number): Uint16Array | undefined {
  const perLength = new Uint16Array(MAX_CODE_BITS + 1);
  for (let k = 0; k < count; k++)
    perLength[lengths[k] as number] = (perLength[lengths[k] as number] as number) + 1;
  perLength[0] = 0;
  const next = new Uint16Array(MAX_CODE_BITS + 2);
  for (let bits = 1, code = 0; bits <= MAX_CODE_BITS; bits++) {
    code = (code + (perLength[bits - 1] as number)) << 1;
    if (code + (perLength[bits] as number) > 1 << bits) return undefined;
    next[bits] = code;
  }
  const table = new Uint16Array(1 << MAX_CODE_BITS);
  for (let symbol = 0; symbol < count; symbol++) {
    const length = lengths[symbol] as number;
    if (length === 0) continue;
    const code = next[length] as number;
    next[length] = code + 1;
    const first = reverse(code, length);
    for (let at = first; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
  }
  return table;
}

function reverse(code: number, length: number): number {
  let out = 0;
  for (let k = 0; k < length; k++) out |= ((code >>> k) & 1) << (length - 1 - k);
  return out;
}

interface FixedTables {
  readonly literals: Uint16Array;
  readonly distances: Uint16Array;
}

/** Made when they are first needed: an agent that starts has nothing to decompress. */
let fixed: FixedTables | undefined;

/** §3.2.6. */
function makeFixedTables(): FixedTables {
  return {
    literals: fixedTable((symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8), 288),
    distances: fixedTable(() => 5, 30),
  };
}

function fixedTable(lengthOf: (symbol: number) => number, count: number): Uint16Array {
  return makeTable(
    Uint8Array.from({ length: count }, (_, symbol) => lengthOf(symbol)),
    count,
  ) as Uint16Array;
}

/** Least length and extra bits of the length codes 257…285, least distance and extra bits of the distance codes (§3.2.5). */
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** The longest match. */
const MAX_MATCH = 258;

/** Literals and matches up to the end of the block. A symbol whose bits are not all there is left for later. */
function decodeCodes(state: Inflate): Inflated | undefined {
  const { input, literals, distances, out } = state;
  const end = state.inputBytes * 8;
  const room = out.length - MAX_MATCH;
  let at = state.at;
  let to = state.outAt;
  const stop = (result: Inflated | undefined): Inflated | undefined => {
    state.outBytes += to - state.outAt;
    state.at = at;
    state.outAt = to;
    return result;
  };
  for (;;) {
    if (to > room) return stop("more-output");
    const entry = literals[bitsAt(input, at, MAX_CODE_BITS)] as number;
    const symbol = entry >>> 4;
    let next = at + (entry & 15);
    if (next > end || (entry === 0 && at + MAX_CODE_BITS > end)) return stop("more-input");
    if (entry === 0) return stop({ error: "bits that are no code" });
    if (symbol < 256) {
      out[to++] = symbol;
      at = next;
      continue;
    }
    if (symbol === 256) {
      at = next;
      state.stage = "block";
      return stop(undefined);
    }
    if (symbol > 285) return stop({ error: "a length that there is none of" });
    const lengthExtra = LENGTH_EXTRA[symbol - 257] as number;
    const length = (LENGTH_BASE[symbol - 257] as number) + bitsAt(input, next, lengthExtra);
    next += lengthExtra;
    if (next > end) return stop("more-input");
    const distanceEntry = distances[bitsAt(input, next, MAX_CODE_BITS)] as number;
    const code = distanceEntry >>> 4;
    if (distanceEntry === 0) {
      if (next + MAX_CODE_BITS > end) return stop("more-input");
      return stop({ error: "bits that are no code" });
    }
    next += distanceEntry & 15;
    const extra = DISTANCE_EXTRA[code] as number;
    if (next + extra > end) return stop("more-input");
    const distance = (DISTANCE_BASE[code] as number) + bitsAt(input, next, extra);
    at = next + extra;
    if (distance > to) return stop({ error: "a match from before the beginning" });
    copyMatch(out, to, distance, length);
    to += length;
  }
}

/** A match may overlap what it writes: byte by byte, then. */
function copyMatch(out: Uint8Array, to: number, distance: number, length: number): void {
  for (let k = 0; k < length; k++) out[to + k] = out[to + k - distance] as number;
}
