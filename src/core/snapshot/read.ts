// Pieces of a snapshot for followers. A piece is cut out of whole regions, each judged by its own checksum: damage is
// found out here, before it has travelled and been written elsewhere.

import { must } from "../lib/assert.ts";
import type { ServerId } from "../raft/messages.ts";
import type { DiskResult } from "../wal/disk.ts";
import { judgeRegion, type Layout, regionAt } from "./layout.ts";
import type { SnapshotChunk, SnapshotEffect } from "./ports.ts";
import { ask, type Snapshots } from "./state.ts";

/** Which bytes of which snapshot are asked for, and for whom. */
export interface ReadRequest {
  readonly to: ServerId;
  /** Of the snapshot; 0 for the newest. */
  readonly index: number;
  /** Behind the last byte an empty piece is given, which says the size. */
  readonly offset: number;
  /** At most; less where the snapshot or `maxChunkBytes` ends sooner. */
  readonly length: number;
}

/** A piece that the disk was asked for. */
export interface PieceRead {
  readonly to: ServerId;
  readonly file: string;
  readonly layout: Layout;
  /** The piece. */
  readonly offset: number;
  readonly end: number;
  /** The regions around it. */
  readonly from: number;
  readonly until: number;
}

export function startReading(s: Snapshots, request: ReadRequest, out: SnapshotEffect[]): void {
  const { to, index, length } = request;
  const found = s.files.find(
    (each) => !each.damaged && (index === 0 ? each.file === s.latest : each.index === index),
  );
  const layout = found?.layout;
  if (found === undefined || layout === undefined) {
    out.push({ type: "read", to, chunk: undefined });
    return;
  }
  found.wanted = true;
  const offset = clamp(request.offset, layout.size);
  const end = Math.min(offset + clamp(length, s.config.maxChunkBytes), layout.size);
  if (end <= offset) {
    out.push({ type: "read", to, chunk: chunkOf(layout, offset, new Uint8Array(0)) });
    return;
  }
  const { from } = regionAt(layout, offset);
  const until = regionAt(layout, end - 1).to;
  const op = ask(s, { kind: "read", file: found.file, offset: from, length: until - from }, out);
  s.reads.set(op, { to, file: found.file, layout, offset, end, from, until });
}

/** A whole number from 0 to `most`: offsets come from followers, who may say anything. */
function clamp(value: number, most: number): number {
  return Math.min(Math.max(Math.floor(value) || 0, 0), most);
}

function chunkOf({ header, size }: Layout, offset: number, data: Uint8Array): SnapshotChunk {
  return { meta: header.meta, size, offset, data };
}

export function onPieceRead(s: Snapshots, op: number, result: DiskResult, out: SnapshotEffect[]): void {
  const piece = must(s.reads.get(op), "a piece was asked for");
  const { to, layout, offset, end, from } = piece;
  s.reads.delete(op);
  const bytes = result.ok ? must(result.bytes, "a read is answered with bytes") : undefined;
  const whole = bytes !== undefined && isWhole(piece, bytes);
  // What could not be read may be readable yet; what was read and is wrong stays so.
  if (bytes !== undefined && !whole) setAside(s, piece);
  const chunk = whole ? chunkOf(layout, offset, bytes.subarray(offset - from, end - from)) : undefined;
  out.push({ type: "read", to, chunk });
}

function isWhole({ layout, from, until }: PieceRead, bytes: Uint8Array): boolean {
  if (bytes.length !== until - from) return false;
  let at = from;
  while (at < until) {
    const region = regionAt(layout, at);
    const part = bytes.subarray(region.from - from, region.to - from);
    if (judgeRegion(layout, region, part) !== undefined) return false;
    at = region.to;
  }
  return true;
}

/** It is not offered again; a newer one has to be taken. An older one is no help: the log begins after this one. */
function setAside(s: Snapshots, { file, layout }: PieceRead): void {
  const found = s.files.find((each) => each.file === file && each.layout === layout);
  if (found === undefined) return;
  found.damaged = true;
  if (s.latest === file) s.latest = "";
}
