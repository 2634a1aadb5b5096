// A snapshot that comes from the leader in pieces. They are written to a file as they come, one at a time and in order,
// so that what is held is one piece however large the snapshot is. When all are there the file is read back: only what
// the disk gives back, checks and can be decoded gets the name of a snapshot.

import { must } from "../lib/assert.ts";
import { equalPlain } from "../lib/plain.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { Store } from "../store/store.ts";
import type { DiskError, DiskResult } from "../wal/disk.ts";
import type { Layout } from "./layout.ts";
import type { SnapshotChunk, SnapshotEffect, SnapshotMeta } from "./ports.ts";
import { discard, removeOld } from "./retention.ts";
import { createScan, onScanned, type Scan, scanRequest } from "./scan.ts";
import {
  addFile,
  ask,
  compareAge,
  latestFile,
  type Snapshots,
  snapshotPath,
  temporaryPath,
} from "./state.ts";

/** Files that are on their way out; a leader that begins anew all the time gets no further before some are gone. */
const MAX_DISCARDS = 8;

export interface Receiving {
  readonly meta: SnapshotMeta;
  /** Bytes of the whole. */
  readonly size: number;
  /** Where it is written, under a temporary name. */
  readonly file: string;
  step: "create" | "idle" | "write" | "verify" | "rename";
  /** What the disk was asked; undefined while idle. */
  op: number | undefined;
  /** Bytes from the beginning on that are in the file. */
  received: number;
  /** The piece that waits for the file, or is being written. */
  piece: Uint8Array;
  /** While it is read back. */
  scan: Scan | undefined;
  /** What was read back. */
  verified: { readonly layout: Layout; readonly store: Store } | undefined;
}

/** Takes a piece; it may be any, since it comes from outside. */
export function onChunk(s: Snapshots, chunk: SnapshotChunk, out: SnapshotEffect[]): void {
  const { meta } = chunk;
  if (s.phase !== "open") return progress(meta, 0, out);
  const wrong = faultOf(s, chunk);
  if (wrong !== undefined) {
    out.push({ type: "receive-failed", meta, reason: wrong });
    return;
  }
  const { receiving } = s;
  if (receiving === undefined) begin(s, chunk, out);
  else if (isSame(receiving, chunk)) goOn(s, receiving, chunk, out);
  // The name is being given: in a moment it is received.
  else if (receiving.step === "rename") progress(meta, 0, out);
  else {
    giveUp(s, receiving, out);
    begin(s, chunk, out);
  }
}

function progress(meta: SnapshotMeta, received: number, out: SnapshotEffect[]): void {
  out.push({ type: "progress", meta, received });
}

function faultOf(s: Snapshots, { meta, size, offset, data, newSender }: SnapshotChunk): string | undefined {
  const numbers = [meta.index, meta.term, meta.configuration.index, size, offset];
  if (!numbers.every((each) => Number.isSafeInteger(each) && each >= 0) || meta.index === 0)
    return "its numbers are none of a snapshot";
  if (data.length > s.config.maxChunkBytes) return `a piece of ${data.length} bytes is too large`;
  if (offset + data.length > size) return "the piece reaches past the end of its snapshot";
  const { receiving } = s;
  if (receiving !== undefined && !newSender && compareAge(meta, receiving.meta) < 0)
    return `it is older than that of entry ${receiving.meta.index}, which is coming in`;
  const latest = latestFile(s);
  if (latest !== undefined && compareAge(meta, latest) < 0)
    return `it is older than that of entry ${latest.index}, which is here`;
  return undefined;
}

/** Whether a piece belongs to what is coming in. Of the same state, one with another size has other bytes. */
function isSame({ meta, size }: Receiving, chunk: SnapshotChunk): boolean {
  return size === chunk.size && equalPlain(meta, chunk.meta);
}

function begin(s: Snapshots, { meta, size, offset, data }: SnapshotChunk, out: SnapshotEffect[]): void {
  if (offset > 0 || data.length === 0 || s.discards.size >= MAX_DISCARDS) return progress(meta, 0, out);
  const file = temporaryPath(s, meta, "part");
  s.receiving = {
    meta,
    size,
    file,
    step: "create",
    op: ask(s, { kind: "create", file, size: 0 }, out),
    received: 0,
    piece: data,
    scan: undefined,
    verified: undefined,
  };
}

function goOn(
  s: Snapshots,
  receiving: Receiving,
  { meta, offset, data }: SnapshotChunk,
  out: SnapshotEffect[],
): void {
  const { received, step } = receiving;
  // A piece is being written, and the answer to that one will do for this one as well: were each of two equal pieces
  // answered, the leader would send the next twice, and so on to the end.
  if (step === "create" || step === "write") return;
  if (step !== "idle" || offset !== received || data.length === 0) return progress(meta, received, out);
  receiving.piece = data;
  write(s, receiving, out);
}

function write(s: Snapshots, receiving: Receiving, out: SnapshotEffect[]): void {
  const { file, received, piece } = receiving;
  receiving.step = "write";
  receiving.op = ask(s, { kind: "write", file, offset: received, parts: [piece] }, out);
}

/** Forgets what is coming in, which has no name of a snapshot yet; nothing more will be said of it. */
function giveUp(s: Snapshots, { file, op }: Receiving, out: SnapshotEffect[]): void {
  s.receiving = undefined;
  discard(s, file, op, out);
}

export function onReceivingAnswer(s: Snapshots, result: DiskResult, out: SnapshotEffect[]): void {
  const receiving = must(s.receiving, "a snapshot is coming in");
  if (!result.ok) return failOnDisk(s, receiving, result.error, out);
  switch (receiving.step) {
    case "create":
      return write(s, receiving, out);
    case "write":
      return onWritten(s, receiving, out);
    case "verify":
      return onReadBack(s, receiving, must(result.bytes, "a read is answered with bytes"), out);
    case "rename":
      return finish(s, receiving, out);
    case "idle":
      return;
  }
}

function onWritten(s: Snapshots, receiving: Receiving, out: SnapshotEffect[]): void {
  const { meta, size, file } = receiving;
  receiving.received += receiving.piece.length;
  receiving.piece = new Uint8Array(0);
  receiving.step = "idle";
  receiving.op = undefined;
  progress(meta, receiving.received, out);
  if (receiving.received < size) return;
  receiving.step = "verify";
  receiving.scan = createScan(file, size, PLANTED && planted(s.config, "snapshot-unverified"));
  receiving.op = ask(s, scanRequest(receiving.scan), out);
}

function onReadBack(s: Snapshots, receiving: Receiving, bytes: Uint8Array, out: SnapshotEffect[]): void {
  const scan = must(receiving.scan, "the file is read back");
  const scanned = onScanned(scan, bytes);
  switch (scanned.kind) {
    case "more":
      receiving.op = ask(s, scanRequest(scan), out);
      return;
    case "damaged":
      return fail(s, receiving, scanned.reason, out);
    case "whole": {
      const { meta, layout, store } = scanned;
      if (!equalPlain(meta, receiving.meta))
        return fail(s, receiving, `it is a snapshot of entry ${meta.index}, another than was announced`, out);
      receiving.verified = { layout, store };
      receiving.scan = undefined;
      receiving.step = "rename";
      const to = snapshotPath(s.config, meta);
      receiving.op = ask(s, { kind: "rename", file: receiving.file, to }, out);
    }
  }
}

function finish(s: Snapshots, receiving: Receiving, out: SnapshotEffect[]): void {
  const { meta } = receiving;
  const { layout, store } = must(receiving.verified, "it was read back before it got its name");
  s.receiving = undefined;
  addFile(s, snapshotPath(s.config, meta), layout);
  out.push({ type: "received", meta, store });
  removeOld(s, out);
}

function failOnDisk(
  s: Snapshots,
  receiving: Receiving,
  { detail, code }: DiskError,
  out: SnapshotEffect[],
): void {
  fail(s, receiving, `${detail} (${code})`, out);
}

function fail(s: Snapshots, { meta, file }: Receiving, reason: string, out: SnapshotEffect[]): void {
  s.receiving = undefined;
  discard(s, file, undefined, out);
  out.push({ type: "receive-failed", meta, reason });
}
