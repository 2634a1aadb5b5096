// The keeper of snapshots on a simulated disk, driven by hand: each test says when an operation of the disk ends and when
// the machine stops.

import { expect } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { equalPlain, printPlain } from "../../../src/core/lib/plain.ts";
import type { SnapshotConfig } from "../../../src/core/snapshot/config.ts";
import { dumpSnapshots, loadSnapshots } from "../../../src/core/snapshot/dump.ts";
import type { SnapshotChunk, SnapshotEffect, SnapshotMeta } from "../../../src/core/snapshot/ports.ts";
import type { ReadRequest } from "../../../src/core/snapshot/read.ts";
import {
  createSnapshots,
  readSnapshot,
  receiveChunk,
  snapshotsDeadline,
  startSnapshots,
  stepSnapshots,
  takeSnapshot,
  wakeSnapshots,
} from "../../../src/core/snapshot/snapshots.ts";
import { type Snapshots, snapshotPath } from "../../../src/core/snapshot/state.ts";
import { cloneStore, dumpStore } from "../../../src/core/store/snapshot.ts";
import type { Store } from "../../../src/core/store/store.ts";
import type { DiskEffect, DiskRequest } from "../../../src/core/wal/disk.ts";
import {
  beginDisk,
  crashDisk,
  createSimDisk,
  finishDisk,
  type SimDisk,
  simFile,
} from "../../../src/sim/disk.ts";
import { apply, kvWrite, registerNode, storeAt } from "../store/shelf.ts";

/** So small that a few keys make several blocks, and a block several pieces. */
export const SMALL: SnapshotConfig = {
  folder: "raft/snapshots",
  durable: true,
  blockBytes: 256,
  maxChunkBytes: 200,
};

export type Said = Exclude<SnapshotEffect, DiskEffect>;
type SaidOf<T extends Said["type"]> = Extract<Said, { readonly type: T }>;

export interface Rig {
  readonly disk: SimDisk;
  s: Snapshots;
  /** Asked and not yet finished, in the order asked. */
  readonly pending: DiskEffect[];
  /** Everything ever asked. */
  readonly asked: DiskRequest[];
  readonly said: Said[];
  /** Goes on from its own dump after every step. */
  readonly reloads: boolean;
}

export function openRig(disk: SimDisk, config: SnapshotConfig = SMALL, reloads: boolean = false): Rig {
  const rig: Rig = { disk, s: createSnapshots(config), pending: [], asked: [], said: [], reloads };
  act(rig, (out) => startSnapshots(rig.s, out));
  return rig;
}

export function act<T>(rig: Rig, step: (out: SnapshotEffect[]) => T): T {
  const out: SnapshotEffect[] = [];
  const result = step(out);
  for (const effect of out) {
    if (effect.type === "disk") {
      expect(effect.op % 4).toBe(1);
      beginDisk(rig.disk, effect.op, effect.request);
      rig.pending.push(effect);
      rig.asked.push(effect.request);
    } else rig.said.push(effect);
  }
  if (rig.reloads) rig.s = loadSnapshots(dumpSnapshots(rig.s));
  return result;
}

/** Ends one operation, the oldest unless said otherwise. */
export function finish(rig: Rig, place: number = 0): void {
  const [effect] = rig.pending.splice(place, 1);
  if (effect === undefined) return;
  const result = finishDisk(rig.disk, effect.op);
  act(rig, (out) => stepSnapshots(rig.s, { type: "disk-done", op: effect.op, result }, out));
}

/** Until there is nothing left to do, on a disk or in memory. */
export function settle(rig: Rig): Rig {
  while (rig.pending.length > 0) finish(rig);
  while (snapshotsDeadline(rig.s) === 0) wake(rig);
  return rig;
}

export function wake(rig: Rig): void {
  act(rig, (out) => wakeSnapshots(rig.s, out));
}

export function step(rig: Rig, op: number, result: Parameters<typeof stepSnapshots>[1]["result"]): void {
  act(rig, (out) => stepSnapshots(rig.s, { type: "disk-done", op, result }, out));
}

export function take(rig: Rig, store: Store, term: number = 1): boolean {
  return act(rig, (out) => takeSnapshot(rig.s, metaOf(store, term), cloneStore(store), out));
}

export function read(rig: Rig, request: Partial<ReadRequest> = {}): void {
  act(rig, (out) => readSnapshot(rig.s, { to: "b", index: 0, offset: 0, length: 1 << 20, ...request }, out));
}

export function receive(rig: Rig, chunk: SnapshotChunk): void {
  act(rig, (out) => receiveChunk(rig.s, chunk, out));
}

/** What was said of this kind since the last time, which is then forgotten. */
export function heard<T extends Said["type"]>(rig: Rig, type: T): SaidOf<T>[] {
  const all = rig.said.filter((each): each is SaidOf<T> => each.type === type);
  rig.said.length = 0;
  return all;
}

/** The machine stops and starts again. */
export function crash(rig: Rig, seed: string): Rig {
  crashDisk(rig.disk, seededChance(seed));
  return openRig(rig.disk, { ...rig.s.config, planted: undefined });
}

/** One that is opened on a disk as it is, and has read what is there. */
export function reopen(disk: SimDisk, config: SnapshotConfig = SMALL): Rig {
  disk.pending.clear();
  return settle(openRig(disk, config));
}

export function metaOf(store: Store, term: number = 1): SnapshotMeta {
  return metaAt(store.lastApplied, term);
}

export function metaAt(index: number, term: number = 1): SnapshotMeta {
  const servers = ["a", "b", "c"].map((id) => ({
    id,
    address: `10.0.0.1:${id}`,
    voter: id !== "c",
    identity: 0,
  }));
  return { index, term, configuration: { index: 1, servers } };
}

/** The store after so many entries of one and the same log: deletions, a node, values that grow past a block now and then. */
export function storeAfter(index: number): Store {
  const store = storeAt(1);
  for (let n = 1; n <= index; n++) {
    if (n % 10 === 7) apply(store, kvWrite("delete", `key/${n - 3}`));
    else if (n % 10 === 9) apply(store, registerNode(`node-${n}`, { meta: [["n", `${n}`]] }));
    else apply(store, kvWrite("set", `key/${n}`, { value: `${n}`.repeat(n % 20 === 1 ? 400 : 9), flags: n }));
  }
  return store;
}

export function shown(store: Store): string {
  return printPlain(dumpStore(store));
}

export function expectSame(store: Store, expected: Store): void {
  if (!equalPlain(dumpStore(store), dumpStore(expected))) expect(shown(store)).toBe(shown(expected));
}

export function pathOf(index: number, term: number = 1): string {
  return snapshotPath(SMALL, { index, term });
}

/** The bytes of a snapshot as this release writes it, on a disk of its own. */
export function fileOf(store: Store, term: number = 1, config: SnapshotConfig = SMALL): Uint8Array {
  const rig = settle(openRig(createSimDisk(), config));
  take(rig, store, term);
  settle(rig);
  return simFile(rig.disk, snapshotPath(config, { index: store.lastApplied, term }));
}

/** A snapshot's pieces as a leader would send them. */
export function chunksOf(meta: SnapshotMeta, bytes: Uint8Array, pieceBytes: number = 200): SnapshotChunk[] {
  const chunks: SnapshotChunk[] = [];
  for (let offset = 0; offset < bytes.length; offset += pieceBytes)
    chunks.push({
      meta,
      size: bytes.length,
      offset,
      data: bytes.slice(offset, Math.min(offset + pieceBytes, bytes.length)),
    });
  return chunks;
}

/** What the start found; it must have ended. */
export function loaded(rig: Rig): SaidOf<"loaded"> {
  return must(
    rig.said.find((each): each is SaidOf<"loaded"> => each.type === "loaded"),
    "the start has ended",
  );
}
