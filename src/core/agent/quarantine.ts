// What becomes of a log that turned out damaged on a server that has others beside it. Nothing is thrown away: its files
// are moved aside, and the server begins anew with an empty log, as one that has to be let in again (raft/identity.ts). A
// crash in between must not leave half a log that looks whole; so a mark says that the moving has begun, and it is
// finished at the next start. A small machine over the disk; of the files it knows the names alone.

import { must } from "../lib/assert.ts";
import { decodeServers, type ServerRecord } from "../raft/configuration.ts";
import { ENTRY_HEADER_BYTES, entryDataLength, entryKind, entryOffsets } from "../raft/entry.ts";
import {
  type DiskEffect,
  type DiskInput,
  type DiskRequest,
  type DiskResult,
  OP_CLASSES,
  OP_STEP,
} from "../wal/disk.ts";
import type { EntryBatch } from "../wal/ports.ts";

/** Where damaged files are kept until the operator removes them; relative to the data directory. */
export const DAMAGED_FOLDER = "raft/damaged";
const MARK = "moving";

export interface Quarantine {
  /** Relative to the data directory; oldest part of the log first. */
  readonly folders: readonly string[];
  step: "idle" | "look" | "mark" | "list" | "move" | "unmark";
  op: number;
  nextOp: number;
  /** Folders yet to be listed, files yet to be moved. */
  readonly left: string[];
  readonly files: string[];
  moved: number;
  /** Grows with each time that something is put here: files of different times have different names. */
  incident: number;
}

export type QuarantineEffect =
  | DiskEffect
  /** The answer to `lookIntoQuarantine`. `filled`: something was put there once. */
  | { readonly type: "looked"; readonly filled: boolean }
  /** All files are out of the way. */
  | { readonly type: "moved"; readonly files: number }
  | { readonly type: "quarantine-failed"; readonly reason: string };

export function createQuarantine(folders: readonly string[]): Quarantine {
  return {
    folders,
    step: "idle",
    op: 0,
    nextOp: OP_CLASSES.quarantine,
    left: [],
    files: [],
    moved: 0,
    incident: 1,
  };
}

function ask(q: Quarantine, request: DiskRequest, out: QuarantineEffect[]): void {
  q.op = q.nextOp;
  q.nextOp += OP_STEP;
  out.push({ type: "disk", op: q.op, request });
}

/** Looks whether something is there; a moving that was interrupted goes on, and ends with `moved`. */
export function lookIntoQuarantine(q: Quarantine, out: QuarantineEffect[]): void {
  q.step = "look";
  ask(q, { kind: "list", folder: DAMAGED_FOLDER }, out);
}

/** Begins to move everything out of the folders. */
export function startQuarantine(q: Quarantine, out: QuarantineEffect[]): void {
  q.step = "mark";
  q.moved = 0;
  ask(q, { kind: "create", file: `${DAMAGED_FOLDER}/${MARK}`, size: 0 }, out);
}

export function stepQuarantine(q: Quarantine, { op, result }: DiskInput, out: QuarantineEffect[]): void {
  if (q.step === "idle" || op !== q.op) return;
  if (!result.ok) {
    q.step = "idle";
    const { detail, code } = result.error;
    out.push({ type: "quarantine-failed", reason: `${detail} (${code})` });
    return;
  }
  switch (q.step) {
    case "look":
      return onLooked(q, result, out);
    case "mark":
      q.step = "list";
      q.left.push(...q.folders);
      return listNext(q, out);
    case "list": {
      const folder = must(q.left.shift(), "a folder was listed");
      q.files.push(...namesIn(result).map((name) => `${folder}/${name}`));
      return listNext(q, out);
    }
    case "move":
      return moveNext(q, out);
    case "unmark":
      q.step = "idle";
      out.push({ type: "moved", files: q.moved });
  }
}

function namesIn(result: Extract<DiskResult, { ok: true }>): string[] {
  return (result.files ?? []).map(({ name }) => name);
}

function onLooked(q: Quarantine, result: Extract<DiskResult, { ok: true }>, out: QuarantineEffect[]): void {
  const names = namesIn(result);
  for (const name of names) q.incident = Math.max(q.incident, 1 + Number.parseInt(name, 10) || 1);
  q.step = "idle";
  if (names.includes(MARK)) startQuarantine(q, out);
  else out.push({ type: "looked", filled: names.length > 0 });
}

function listNext(q: Quarantine, out: QuarantineEffect[]): void {
  const folder = q.left[0];
  if (folder !== undefined) return ask(q, { kind: "list", folder }, out);
  q.step = "move";
  moveNext(q, out);
}

function moveNext(q: Quarantine, out: QuarantineEffect[]): void {
  const file = q.files.shift();
  if (file !== undefined) {
    q.moved++;
    const name = must(file.split("/").at(-1), "a path has a last part");
    return ask(q, { kind: "rename", file, to: `${DAMAGED_FOLDER}/${q.incident}-${name}` }, out);
  }
  q.incident++;
  q.step = "unmark";
  ask(q, { kind: "remove", file: `${DAMAGED_FOLDER}/${MARK}` }, out);
}

/**
 * Whether, by the last configuration that can still be read, nobody else could send this server what it lost.
 * @returns undefined when none can be read.
 */
export function wasAlone(
  id: string,
  intact: readonly EntryBatch[],
  snapshot: readonly ServerRecord[] | undefined,
): boolean | undefined {
  const servers = lastServers(intact) ?? snapshot;
  return servers?.every((server) => !server.voter || server.id === id);
}

function lastServers(batches: readonly EntryBatch[]): readonly ServerRecord[] | undefined {
  let servers: readonly ServerRecord[] | undefined;
  for (const { bytes } of batches)
    for (const offset of entryOffsets(bytes) ?? []) {
      if (entryKind(bytes, offset) !== "configuration") continue;
      const start = offset + ENTRY_HEADER_BYTES;
      servers = decodeServers(bytes.subarray(start, start + entryDataLength(bytes, offset))) ?? servers;
    }
  return servers;
}
