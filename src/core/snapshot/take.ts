// Our own snapshots: a store that will not change any more is encoded and written a block at a time, the next when the
// disk has the one before; then the file gets its name. So no step takes long, little is held, and until the last moment
// a crash leaves the older snapshot as it was.

import { assert, must } from "../lib/assert.ts";
import { crc32 } from "../lib/crc.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { createRowEncoder, encodeRows, isEncoded, type RowEncoder } from "../store/snapshot-codec.ts";
import type { Store } from "../store/store.ts";
import type { DiskResult } from "../wal/disk.ts";
import {
  BLOCK_HEADER_BYTES,
  decodeHeader,
  encodeFooter,
  encodeHeader,
  FOOTER_BYTES,
  type SnapshotHeader,
  sealBlock,
} from "./format.ts";
import { layoutOf } from "./layout.ts";
import type { SnapshotEffect, SnapshotMeta } from "./ports.ts";
import { discard, removeOld } from "./retention.ts";
import {
  addFile,
  ask,
  compareAge,
  latestFile,
  type Snapshots,
  snapshotPath,
  temporaryPath,
} from "./state.ts";

export interface Taking {
  readonly meta: SnapshotMeta;
  /** Ours alone: nobody changes it. */
  readonly store: Store;
  readonly encoder: RowEncoder;
  /** Where it is written, under a temporary name. */
  readonly file: string;
  readonly header: SnapshotHeader;
  step: "create" | "write" | "rename";
  /** What the disk was asked last. */
  op: number;
  /** Bytes that were handed to the disk. */
  size: number;
  blockCount: number;
  /** Of everything handed to the disk. */
  crc: number;
}

/**
 * Begins to write a snapshot; `taken` or `take-failed` will come.
 * @param store A clone that is given away.
 * @returns False when it comes to nothing: one is being taken, a newer one is there, or the folder was never read.
 * @throws InvariantError when the store is not what `meta` says.
 */
export function startTaking(s: Snapshots, meta: SnapshotMeta, store: Store, out: SnapshotEffect[]): boolean {
  assert(store.lastApplied === meta.index, "a snapshot holds the state after the entry that it names");
  const latest = latestFile(s);
  if (s.phase !== "open" || s.taking !== undefined) return false;
  if (latest !== undefined && compareAge(meta, latest) < 0) return false;
  const header = decodeHeader(encodeHeader(meta, s.config.blockBytes));
  assert(header.ok, "what cannot be read is not written");
  if (PLANTED && planted(s.config, "snapshot-removes-old-first"))
    for (const { file } of s.files) discard(s, file, undefined, out);
  const file = temporaryPath(s, meta, "tmp");
  s.taking = {
    meta,
    store,
    encoder: createRowEncoder(),
    file,
    header: header.value,
    step: "create",
    op: ask(s, { kind: "create", file, size: 0 }, out),
    size: 0,
    blockCount: 0,
    crc: 0,
  };
  return true;
}

export function onTakingAnswer(s: Snapshots, result: DiskResult, out: SnapshotEffect[]): void {
  const taking = must(s.taking, "a snapshot is taken");
  if (!result.ok) {
    const { detail, code } = result.error;
    s.taking = undefined;
    discard(s, taking.file, undefined, out);
    out.push({ type: "take-failed", meta: taking.meta, reason: `${detail} (${code})` });
  } else if (taking.step === "rename") finish(s, taking, out);
  else if (isEncoded(taking.encoder)) rename(s, taking, out);
  else writeBlock(s, taking, out);
}

/** One write: a block, with the header before the first and the footer behind the last. */
function writeBlock(s: Snapshots, taking: Taking, out: SnapshotEffect[]): void {
  const { encoder, store, size, file } = taking;
  const { id, meta, blockBytes } = taking.header;
  const room = new Uint8Array(BLOCK_HEADER_BYTES + blockBytes);
  const bytes = encodeRows(encoder, store, room.subarray(BLOCK_HEADER_BYTES), s.config);
  const block = room.subarray(0, BLOCK_HEADER_BYTES + bytes);
  sealBlock(block, taking.blockCount, id);
  taking.blockCount++;
  const parts = size === 0 ? [encodeHeader(meta, blockBytes), block] : [block];
  for (const part of parts) {
    taking.size += part.length;
    taking.crc = crc32(part, 0, part.length, taking.crc);
  }
  if (isEncoded(encoder)) {
    taking.size += FOOTER_BYTES;
    parts.push(
      encodeFooter({ size: taking.size, blockCount: taking.blockCount, contentCrc: taking.crc }, id),
    );
  }
  taking.step = "write";
  taking.op = ask(s, { kind: "write", file, offset: size, parts }, out);
  if (PLANTED && planted(s.config, "snapshot-renamed-before-written") && isEncoded(encoder))
    rename(s, taking, out);
}

function rename(s: Snapshots, taking: Taking, out: SnapshotEffect[]): void {
  taking.step = "rename";
  const to = snapshotPath(s.config, taking.meta);
  taking.op = ask(s, { kind: "rename", file: taking.file, to }, out);
}

function finish(s: Snapshots, taking: Taking, out: SnapshotEffect[]): void {
  const { meta, header, size } = taking;
  s.taking = undefined;
  addFile(s, snapshotPath(s.config, meta), must(layoutOf(header, size), "what was written has its parts"));
  out.push({ type: "taken", meta, bytes: size });
  removeOld(s, out);
}
