// A gossip machine with a disk: what it asks of the disk is done at once, or when the test says so.

import type { GossipConfig, SnapshotConfig } from "../../../src/core/gossip/config.ts";
import type { GossipEffect } from "../../../src/core/gossip/ports.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import type { Chance } from "../../../src/core/lib/chance.ts";
import type { DiskRequest } from "../../../src/core/wal/disk.ts";
import { beginDisk, crashDisk, createSimDisk, finishDisk, type SimDisk } from "../../../src/sim/disk.ts";
import { createTable, put, type Table, wait } from "./single.ts";

export const SNAPSHOT_FILE = "serf/local.snapshot";

export interface Desk {
  table: Table;
  readonly disk: SimDisk;
  /** Everything that was caused, the disk's questions too. */
  readonly effects: GossipEffect[];
}

export const SNAPSHOT: SnapshotConfig = {
  folder: "serf",
  file: "local.snapshot",
  firstOp: 4,
  opStep: 8,
  rejoinAfterLeave: false,
};

function configWith(rejoinAfterLeave: boolean, overrides: Partial<GossipConfig>): Partial<GossipConfig> {
  const snapshot = { ...SNAPSHOT, rejoinAfterLeave };
  // Nobody here answers a ping: nobody is asked.
  return { snapshot, probeIntervalMs: 1e9, pushPullIntervalMs: 1e9, ...overrides };
}

export interface DeskOptions {
  readonly rejoinAfterLeave?: boolean;
  readonly overrides?: Partial<GossipConfig>;
  /** What the file says before the first start. */
  readonly text?: string;
  readonly disk?: SimDisk;
  readonly seed?: string;
}

/** A machine that has been started and has read its file, if there is one. */
export function createDesk({
  rejoinAfterLeave = false,
  overrides = {},
  text,
  disk = createSimDisk(),
  seed,
}: DeskOptions = {}): Desk {
  if (text !== undefined) disk.files.set(SNAPSHOT_FILE, utf8Bytes(text));
  const table = createTable(configWith(rejoinAfterLeave, overrides), seed);
  const desk: Desk = { table, disk, effects: [] };
  take(desk, put(table, { type: "start" }));
  return desk;
}

/** Keeps the effects and has the disk do what they ask, and what comes of that. @returns All of them. */
export function take(desk: Desk, effects: readonly GossipEffect[]): GossipEffect[] {
  const all: GossipEffect[] = [];
  const left = [...effects];
  for (let effect = left.shift(); effect !== undefined; effect = left.shift()) {
    all.push(effect);
    if (effect.type !== "disk") continue;
    beginDisk(desk.disk, effect.op, effect.request);
    const result = finishDisk(desk.disk, effect.op);
    left.push(...put(desk.table, { type: "disk-done", op: effect.op, result }));
  }
  desk.effects.push(...all);
  return all;
}

export function pass(desk: Desk, ms: number): GossipEffect[] {
  const all: GossipEffect[] = [];
  // In small steps, so that the disk answers soon after it was asked.
  for (let passed = 0; passed < ms; passed += 10) all.push(...take(desk, wait(desk.table, 10)));
  return all;
}

/** The process ends without a word and is started again on the same disk, where it was in the middle of something. */
export function crashInto(desk: Desk, request: { op: number; request: DiskRequest }, chance: Chance): void {
  beginDisk(desk.disk, request.op, request.request);
  crashDisk(desk.disk, chance);
}

export function fileOf({ disk }: Desk): string {
  const bytes = disk.files.get(SNAPSHOT_FILE);
  return bytes === undefined ? "" : new TextDecoder().decode(bytes);
}

/** The kinds of questions that the disk was asked, in order. */
export function asked(effects: readonly GossipEffect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "disk" ? [effect.request.kind] : []));
}
