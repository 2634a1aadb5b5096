// A log on a simulated disk, driven by hand: each test says when an operation of the disk ends and when the machine
// stops. Also the naive model that recovery is compared with.

import { concatBytes, hexOf } from "../../../src/core/lib/bytes.ts";
import { type Chance, seededChance } from "../../../src/core/lib/chance.ts";
import { ENTRY_HEADER_BYTES, entryOffsets, writeEntry } from "../../../src/core/raft/entry.ts";
import type { WalConfig } from "../../../src/core/wal/config.ts";
import type { DiskEffect, DiskRequest } from "../../../src/core/wal/disk.ts";
import type { EntryBatch, HardState, StoreRequest, WalEffect } from "../../../src/core/wal/ports.ts";
import type { Wal } from "../../../src/core/wal/state.ts";
import { createWal, flushWal, startWal, stepWal, storeWal } from "../../../src/core/wal/wal.ts";
import { beginDisk, crashDisk, finishDisk, type SimDisk } from "../../../src/sim/disk.ts";

/** So small that a few requests cross every kind of border. */
export const SMALL: WalConfig = {
  folder: "raft/wal",
  firstSegmentBytes: 1024,
  segmentBytes: 4096,
  maxWriteBytes: 700,
  readBytes: 512,
};

export type Recovered = Extract<WalEffect, { type: "recovered" }>;

export interface Rig {
  readonly disk: SimDisk;
  readonly wal: Wal;
  /** Asked and not yet finished, in the order asked. */
  readonly pending: DiskEffect[];
  /** Everything ever asked. */
  readonly asked: DiskRequest[];
  stored: number;
  recovered: Recovered | undefined;
  failed: string | undefined;
}

export function openRig(disk: SimDisk, config: WalConfig = SMALL, chance: Chance = seededChance("rig")): Rig {
  const wal = createWal(config, chance);
  const rig: Rig = { disk, wal, pending: [], asked: [], stored: 0, recovered: undefined, failed: undefined };
  take(rig, (out) => startWal(wal, out));
  return rig;
}

function take(rig: Rig, act: (out: WalEffect[]) => void): void {
  const out: WalEffect[] = [];
  act(out);
  for (const effect of out) {
    switch (effect.type) {
      case "disk":
        beginDisk(rig.disk, effect.op, effect.request);
        rig.pending.push(effect);
        rig.asked.push(effect.request);
        break;
      case "stored":
        rig.stored = effect.token;
        break;
      case "recovered":
        rig.recovered = effect;
        break;
      case "wal-failed":
        rig.failed = effect.reason;
    }
  }
}

export function flush(rig: Rig): void {
  take(rig, (out) => flushWal(rig.wal, out));
}

/** Ends one operation, the oldest unless said otherwise, and the turn. */
export function finish(rig: Rig, place: number = 0): void {
  const [effect] = rig.pending.splice(place, 1);
  if (effect === undefined) return;
  const result = finishDisk(rig.disk, effect.op);
  take(rig, (out) => stepWal(rig.wal, { type: "disk-done", op: effect.op, result }, out));
  flush(rig);
}

/** Until the disk has nothing left to do. */
export function settle(rig: Rig): Rig {
  flush(rig);
  while (rig.pending.length > 0) finish(rig);
  return rig;
}

/** Stores one request after the other, each in a write of its own. */
export function storeEach(rig: Rig, ...requests: readonly Omit<StoreRequest, "token">[]): Rig {
  settle(rig);
  for (const request of requests) {
    storeWal(rig.wal, { token: rig.wal.asked.token + 1, ...request });
    settle(rig);
  }
  return rig;
}

/** The machine stops and starts again. */
export function crash(rig: Rig, chance: Chance): Rig {
  crashDisk(rig.disk, chance);
  return openRig(rig.disk, rig.wal.config, rig.wal.chance);
}

/** A log that is opened on a disk as it is, and read to the end. */
export function reopen(disk: SimDisk, config: WalConfig = SMALL): Rig {
  disk.pending.clear();
  return settle(openRig(disk, config));
}

export function batch(firstIndex: number, ...texts: readonly string[]): EntryBatch {
  const encoder = new TextEncoder();
  return batchOf(firstIndex, ...texts.map((text) => encoder.encode(text)));
}

export function batchOf(firstIndex: number, ...datas: readonly Uint8Array[]): EntryBatch {
  const entries = datas.map((data) => {
    const bytes = new Uint8Array(ENTRY_HEADER_BYTES + data.length);
    writeEntry(bytes, 0, "command", 1, data);
    return bytes;
  });
  return { firstIndex, count: datas.length, bytes: concatBytes(entries) };
}

/** What a log holds, for comparing: the entries by index, each as its bytes in hexadecimal. */
export interface Content {
  readonly hardState: HardState;
  readonly compactedTo: number;
  readonly entries: readonly (readonly [index: number, hex: string])[];
}

function entriesOf({ firstIndex, bytes }: EntryBatch): [number, string][] {
  const offsets = entryOffsets(bytes) ?? [];
  return offsets.map((start, n) => [firstIndex + n, hexOf(bytes.subarray(start, offsets[n + 1]))]);
}

export function contentOf({ hardState, compactedTo, batches }: Recovered): Content {
  return { hardState, compactedTo, entries: batches.flatMap(entriesOf) };
}

/** What the requests leave when they are applied one after the other, in the dullest way. */
export function modelOf(requests: readonly Omit<StoreRequest, "token">[]): Content {
  let hardState: HardState = { term: 0, votedFor: "", identity: 0 };
  let compactedTo = 0;
  let entries: [number, string][] = [];
  for (const request of requests) {
    hardState = request.hardState ?? hardState;
    compactedTo = request.compactTo ?? compactedTo;
    const added = request.entries;
    if (added !== undefined)
      entries = [...entries.filter(([index]) => index < added.firstIndex), ...entriesOf(added)];
    const from = compactedTo;
    entries = entries.filter(([index]) => index > from);
  }
  return { hardState, compactedTo, entries };
}
