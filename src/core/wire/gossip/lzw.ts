// LZW as Go's compress/lzw does it with bits packed from the low end and literals of 8 bits: codes grow from 9 to 12
// bits, 256 clears the table, 257 ends. Byte for byte what memberlist's peers produce (gossip reference: Algo 0).

const CLEAR = 256;
const END = 257;
const FIRST_WIDTH = 9;
const MAX_WIDTH = 12;
/** Codes are of 12 bits at most; the encoder starts over before it would give sink the last one. */
const MAX_CODE = 4095;

interface BitWriter {
  readonly bytes: number[];
  bits: number;
  count: number;
  width: number;
}

function putCode(sink: BitWriter, code: number): void {
  sink.bits |= code << sink.count;
  sink.count += sink.width;
  while (sink.count >= 8) {
    sink.bytes.push(sink.bits & 0xff);
    sink.bits >>>= 8;
    sink.count -= 8;
  }
}

/** The strings seen so far: an open hash of (prefix code, next byte) → code. Slots hold both in one number, 0 is free. */
interface Dictionary {
  readonly slots: Uint32Array;
  /** The code given out last. */
  last: number;
}

/** Slot of the pair, or of the free place where it belongs. */
function findSlot(slots: Uint32Array, key: number): number {
  const mask = slots.length - 1;
  let at = ((key >>> 12) ^ key) & mask;
  while (slots[at] !== 0 && (slots[at] as number) >>> 12 !== key) at = (at + 1) & mask;
  return at;
}

/** Counts one emitted code; widens when the codes outgrow their bits, starts over when the table is full. */
function takeNextCode(sink: BitWriter, dictionary: Dictionary): boolean {
  dictionary.last++;
  if (dictionary.last === 1 << sink.width && sink.width < MAX_WIDTH) sink.width++;
  if (dictionary.last < MAX_CODE) return true;
  putCode(sink, CLEAR);
  sink.width = FIRST_WIDTH;
  dictionary.last = END;
  dictionary.slots.fill(0);
  return false;
}

/**
 * @param plain At least one byte.
 * @param leadingClear Whether to begin with a clear code, as Go does since 1.17; decoders take either.
 */
export function compressLzw(plain: Uint8Array, leadingClear: boolean = false): Uint8Array {
  const sink: BitWriter = { bytes: [], bits: 0, count: 0, width: FIRST_WIDTH };
  const dictionary: Dictionary = { slots: new Uint32Array(tableSize(plain.length)), last: END };
  if (leadingClear) putCode(sink, CLEAR);
  let prefix = plain[0] as number;
  for (let at = 1; at < plain.length; at++) {
    const byte = plain[at] as number;
    const key = (prefix << 8) | byte;
    const slot = findSlot(dictionary.slots, key);
    const found = dictionary.slots[slot] as number;
    if (found !== 0) prefix = found & 0xfff;
    else {
      putCode(sink, prefix);
      if (takeNextCode(sink, dictionary)) dictionary.slots[slot] = (key << 12) | dictionary.last;
      prefix = byte;
    }
  }
  putCode(sink, prefix);
  takeNextCode(sink, dictionary);
  putCode(sink, END);
  if (sink.count > 0) sink.bytes.push(sink.bits & 0xff);
  return Uint8Array.from(sink.bytes);
}

/** A power of two with room for every code that so many bytes can make, at most half full. */
function tableSize(plainBytes: number): number {
  let slots = 512;
  while (slots < 2 * Math.min(plainBytes, MAX_CODE)) slots *= 2;
  return slots;
}

export type Decompressed =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly error: string };

/**
 * The plain bytes. What follows the end code is ignored; a missing end code is an error.
 * @param maxBytes Longer plain bytes are refused: a few kilobytes can stand for megabytes.
 */
export function decompressLzw(packed: Uint8Array, maxBytes: number): Decompressed {
  // Every code stands for bytes that were already put out: those of the code before it and the one that followed them.
  const starts = new Uint32Array(MAX_CODE + 1);
  const lengths = new Uint16Array(MAX_CODE + 1);
  let out = new Uint8Array(Math.min(maxBytes, Math.max(64, 4 * packed.length)));
  let size = 0;
  let width = FIRST_WIDTH;
  let next = END;
  let lastLength = 0; // 0: no code since the last clear, or no room for more entries.
  let bits = 0;
  let count = 0;
  for (let at = 0; ; ) {
    while (count < width) {
      if (at >= packed.length) return { ok: false, error: "lzw: unexpected end" };
      bits |= (packed[at++] as number) << count;
      count += 8;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    count -= width;
    if (code === END) return { ok: true, bytes: out.slice(0, size) };
    if (code === CLEAR) {
      width = FIRST_WIDTH;
      next = END;
      lastLength = 0;
      continue;
    }
    if (lastLength > 0) {
      starts[next] = size - lastLength;
      lengths[next] = lastLength + 1;
    }
    if (code > next || (code === next && lastLength === 0 && next < MAX_CODE))
      return { ok: false, error: "lzw: invalid code" };
    const length = code < CLEAR ? 1 : (lengths[code] as number);
    if (size + length > maxBytes) return { ok: false, error: "lzw: too long when decompressed" };
    if (size + length > out.length) out = grow(out, size + length, maxBytes);
    if (code < CLEAR) out[size] = code;
    // Byte by byte and forwards: the code defined just above ends with the byte that this copy begins with.
    else
      for (let k = 0, from = starts[code] as number; k < length; k++) out[size + k] = out[from + k] as number;
    size += length;
    lastLength = length;
    next++;
    if (next === 1 << width) {
      if (width < MAX_WIDTH) width++;
      else {
        lastLength = 0;
        next--;
      }
    }
  }
}

function grow(bytes: Uint8Array, needed: number, maxBytes: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(Math.min(maxBytes, Math.max(needed, 2 * bytes.length)));
  grown.set(bytes);
  return grown;
}
