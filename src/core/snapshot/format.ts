// The bytes of a snapshot, for ever: a header, blocks of the store's rows, a footer (docs/snapshot-format.md). Numbers
// are little-endian. Knows nothing of files, of what rows mean, or of what to do about damage.

import { crc32c } from "../lib/crc.ts";
import { decodeServers, encodeServers } from "../raft/configuration.ts";
import { align, readUint32, readUint64, writeUint32, writeUint64 } from "../wal/format.ts";
import type { SnapshotMeta } from "./ports.ts";

export const SNAPSHOT_FORMAT_VERSION = 1;
const FIXED_HEADER_BYTES = 56;
/** A configuration of two thousand servers; Raft's clusters have three, five or seven. */
export const MAX_HEADER_BYTES: number = 256 << 10;
export const BLOCK_HEADER_BYTES = 16;
/** No file of another release is believed that wants us to hold more at once. */
export const MAX_BLOCK_BYTES: number = 16 << 20;
export const FOOTER_BYTES = 32;

/** "QuorSnp\n" */
const MAGIC: readonly number[] = [0x51, 0x75, 0x6f, 0x72, 0x53, 0x6e, 0x70, 0x0a];
/** "QuorEnd\n" */
const END_MAGIC: readonly number[] = [0x51, 0x75, 0x6f, 0x72, 0x45, 0x6e, 0x64, 0x0a];

export interface SnapshotHeader {
  readonly meta: SnapshotMeta;
  /** Payload of every block but the last, which may have less. */
  readonly blockBytes: number;
  /** Of the header itself: where the first block begins. */
  readonly headerBytes: number;
  /**
   * The header's own checksum. All other checksums of the file start from it, so that a block of another snapshot is
   * found out even where the same block of this one should be.
   */
  readonly id: number;
}

export interface SnapshotFooter {
  /** Of the whole file. */
  readonly size: number;
  readonly blockCount: number;
  /**
   * CRC-32 (IEEE) of everything before the footer: another polynomial than the blocks', so that an error which one of
   * them cannot see does not escape the other.
   */
  readonly contentCrc: number;
}

export type Judged<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string };

function headerCrc(bytes: Uint8Array, headerBytes: number): number {
  return crc32c(bytes, 16, headerBytes, crc32c(bytes, 0, 12));
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

export function encodeHeader(meta: SnapshotMeta, blockBytes: number): Uint8Array {
  const servers = encodeServers(meta.configuration.servers);
  const bytes = new Uint8Array(align(FIXED_HEADER_BYTES + servers.length));
  bytes.set(MAGIC);
  writeUint32(bytes, 8, SNAPSHOT_FORMAT_VERSION);
  writeUint32(bytes, 16, bytes.length);
  writeUint32(bytes, 20, blockBytes);
  writeUint64(bytes, 24, meta.term);
  writeUint64(bytes, 32, meta.index);
  writeUint64(bytes, 40, meta.configuration.index);
  writeUint32(bytes, 48, servers.length);
  bytes.set(servers, FIXED_HEADER_BYTES);
  writeUint32(bytes, 12, headerCrc(bytes, bytes.length));
  return bytes;
}

/** The header that `bytes` begin with; as many as MAX_HEADER_BYTES, or the whole file, must be given. */
export function decodeHeader(bytes: Uint8Array): Judged<SnapshotHeader> {
  if (bytes.length < FIXED_HEADER_BYTES || !startsWith(bytes, MAGIC))
    return { ok: false, why: "this is no snapshot" };
  const headerBytes = readUint32(bytes, 16);
  const fits = headerBytes >= FIXED_HEADER_BYTES && headerBytes <= Math.min(bytes.length, MAX_HEADER_BYTES);
  const id = readUint32(bytes, 12);
  if (!fits || id !== headerCrc(bytes, headerBytes))
    return { ok: false, why: "the header has a wrong checksum" };
  const version = readUint32(bytes, 8);
  if (version !== SNAPSHOT_FORMAT_VERSION)
    return { ok: false, why: `version ${version} of the format is not known to this release` };
  const end = FIXED_HEADER_BYTES + readUint32(bytes, 48);
  const servers = end <= headerBytes ? decodeServers(bytes.subarray(FIXED_HEADER_BYTES, end)) : undefined;
  const blockBytes = readUint32(bytes, 20);
  const [term, index, configurationIndex] = [24, 32, 40].map((at) => readUint64(bytes, at)) as [
    number,
    number,
    number,
  ];
  const numbers = [term, index, configurationIndex].every(Number.isSafeInteger);
  if (servers === undefined || !numbers || blockBytes === 0 || blockBytes > MAX_BLOCK_BYTES)
    return { ok: false, why: "the header says what cannot be" };
  const meta = { index, term, configuration: { index: configurationIndex, servers } };
  return { ok: true, value: { meta, blockBytes, headerBytes, id } };
}

/**
 * Completes a block: its payload stands in `block` from BLOCK_HEADER_BYTES to the end.
 * @param number 0 for the first.
 */
export function sealBlock(block: Uint8Array, number: number, id: number): void {
  writeUint32(block, 0, block.length - BLOCK_HEADER_BYTES);
  writeUint64(block, 8, number);
  writeUint32(block, 4, blockCrc(block, id));
}

function blockCrc(block: Uint8Array, id: number): number {
  return crc32c(block, 8, block.length, crc32c(block, 0, 4, id));
}

/** @returns What is wrong with a whole block, which must have as many bytes as the file has room for in its place. */
export function judgeBlock(block: Uint8Array, number: number, id: number): string | undefined {
  if (readUint32(block, 4) !== blockCrc(block, id)) return `block ${number} has a wrong checksum`;
  if (readUint64(block, 8) !== number) return `block ${number} is missing; another stands in its place`;
  if (readUint32(block, 0) !== block.length - BLOCK_HEADER_BYTES) return `block ${number} has a wrong length`;
  return undefined;
}

export function encodeFooter({ size, blockCount, contentCrc }: SnapshotFooter, id: number): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  bytes.set(END_MAGIC);
  writeUint64(bytes, 8, size);
  writeUint64(bytes, 16, blockCount);
  writeUint32(bytes, 24, contentCrc);
  writeUint32(bytes, 28, crc32c(bytes, 0, 28, id));
  return bytes;
}

/** The last FOOTER_BYTES of a file. */
export function decodeFooter(bytes: Uint8Array, id: number): Judged<SnapshotFooter> {
  if (!startsWith(bytes, END_MAGIC)) return { ok: false, why: "it does not end as a snapshot does" };
  if (readUint32(bytes, 28) !== crc32c(bytes, 0, 28, id))
    return { ok: false, why: "the footer has a wrong checksum" };
  return {
    ok: true,
    value: {
      size: readUint64(bytes, 8),
      blockCount: readUint64(bytes, 16),
      contentCrc: readUint32(bytes, 24),
    },
  };
}
