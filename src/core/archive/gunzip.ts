// Reading gzip (RFC 1952), piece by piece: members one after the other, as Go's reader takes them, with Go's error texts,
// which Consul's clients print.

import { concatBytes } from "../lib/bytes.ts";
import { crc32 } from "../lib/crc.ts";
import { createInflate, feedInflate, type Inflate, stepInflate, takeUnused } from "../lib/inflate.ts";
import { hostCodec } from "./codec.ts";

export interface Gunzip {
  stage: "header" | "body" | "trailer";
  /** Bytes of a header or a trailer that has not come whole. */
  pending: Uint8Array;
  inflate: Inflate;
  /** Checksum and size of the member's data so far. */
  checksum: number;
  size: number;
  /** Members that ended well. */
  members: number;
  /** Bytes that came in. */
  fed: number;
}

export type Gunzipped = "more-input" | "more-output" | { readonly error: string };

/** Names and comments in a header are of no use to us; longer ones are of use to nobody. */
const MAX_HEADER_BYTES = 65_536;
const TRAILER_BYTES = 8;
/** Members that hold more are worked through piece by piece. Our own hold a quarter of this (writer.ts). */
const WHOLE_BYTES: number = 1 << 20;
const NOTHING = new Uint8Array(0);

export function createGunzip(): Gunzip {
  return {
    stage: "header",
    pending: NOTHING,
    inflate: createInflate(),
    checksum: 0,
    size: 0,
    members: 0,
    fed: 0,
  };
}

/** More input; `stepGunzip` works it through. */
export function feedGunzip(gunzip: Gunzip, bytes: Uint8Array): void {
  gunzip.fed += bytes.length;
  if (gunzip.stage === "body") feedInflate(gunzip.inflate, bytes);
  else gunzip.pending = concatBytes([gunzip.pending, bytes]);
}

/** Works through what was fed; stops with `more-output` after about `mostBytes` given to `give`. */
export function stepGunzip(gunzip: Gunzip, mostBytes: number, give: (bytes: Uint8Array) => void): Gunzipped {
  let left = mostBytes;
  for (;;) {
    const result = stepStage(gunzip, left, (bytes) => {
      left -= bytes.length;
      give(bytes);
    });
    if (result !== undefined) return result;
    // Members may be many and small.
    if (left <= 0) return "more-output";
  }
}

function stepStage(
  gunzip: Gunzip,
  mostBytes: number,
  give: (bytes: Uint8Array) => void,
): Gunzipped | undefined {
  switch (gunzip.stage) {
    case "header":
      return readHeader(gunzip) ?? readWhole(gunzip, give);
    case "body": {
      const result = stepInflate(gunzip.inflate, mostBytes, (bytes) => {
        gunzip.checksum = crc32(bytes, 0, bytes.length, gunzip.checksum);
        gunzip.size += bytes.length;
        give(bytes);
      });
      if (result === "ended") {
        gunzip.pending = takeUnused(gunzip.inflate);
        gunzip.stage = "trailer";
        return undefined;
      }
      if (typeof result === "string") return result;
      return { error: `flate: corrupt input before offset ${gunzip.fed}` };
    }
    case "trailer":
      return readTrailer(gunzip);
  }
}

/** ID1 ID2 CM FLG MTIME XFL OS, then what the flags say is there (§2.3). */
function readHeader(gunzip: Gunzip): Gunzipped | undefined {
  const { pending } = gunzip;
  if (pending.length < 10) return "more-input";
  const flags = pending[3] as number;
  if (pending[0] !== 0x1f || pending[1] !== 0x8b || pending[2] !== 8)
    return { error: "gzip: invalid header" };
  let at = 10;
  if (flags & 4) {
    if (pending.length < at + 2) return "more-input";
    at += 2 + ((pending[at] as number) | ((pending[at + 1] as number) << 8));
  }
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = pending.indexOf(0, at);
    if (end < 0) return pending.length > MAX_HEADER_BYTES ? { error: "gzip: invalid header" } : "more-input";
    at = end + 1;
  }
  if (flags & 2) {
    if (pending.length < at + 2) return "more-input";
    const told = (pending[at] as number) | ((pending[at + 1] as number) << 8);
    if ((crc32(pending, 0, at) & 0xffff) !== told) return { error: "gzip: invalid header" };
    at += 2;
  }
  if (pending.length < at) return "more-input";
  gunzip.pending = pending.subarray(at);
  gunzip.checksum = 0;
  gunzip.size = 0;
  gunzip.stage = "body";
  return undefined;
}

/** Takes the data of a member at once where the host can and all of it is there; else it is to come piece by piece. */
function readWhole(gunzip: Gunzip, give: (bytes: Uint8Array) => void): undefined {
  const { pending } = gunzip;
  const codec = hostCodec();
  const whole = codec?.inflate(pending, WHOLE_BYTES);
  if (codec === undefined || whole === undefined) {
    gunzip.inflate = createInflate();
    feedInflate(gunzip.inflate, pending);
    gunzip.pending = NOTHING;
    return;
  }
  const { data, used } = whole;
  gunzip.checksum = codec.crc32(data);
  gunzip.size = data.length;
  gunzip.pending = pending.subarray(used);
  gunzip.stage = "trailer";
  give(data);
}

/** CRC32 ISIZE. */
function readTrailer(gunzip: Gunzip): Gunzipped | undefined {
  const { pending } = gunzip;
  if (pending.length < TRAILER_BYTES) return "more-input";
  const view = new DataView(pending.buffer, pending.byteOffset, TRAILER_BYTES);
  if (view.getUint32(0, true) !== gunzip.checksum || view.getUint32(4, true) !== gunzip.size % 2 ** 32)
    return { error: "gzip: invalid checksum" };
  gunzip.pending = pending.subarray(TRAILER_BYTES);
  gunzip.members++;
  gunzip.stage = "header";
  return undefined;
}

/** No more input will come. @returns What is missing, in Go's words; undefined when all members are whole. */
export function endGunzip(gunzip: Gunzip): "EOF" | "unexpected EOF" | undefined {
  if (gunzip.stage !== "header" || gunzip.pending.length > 0) return "unexpected EOF";
  return gunzip.members === 0 ? "EOF" : undefined;
}
