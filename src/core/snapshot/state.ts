// The keeper of snapshots as a machine's record: which files there are, and what is under way. All of it is plain data
// but for stores (dump.ts turns those into data too).

import { type DiskRequest, OP_CLASSES, OP_STEP } from "../wal/disk.ts";
import type { SnapshotConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import type { Loading } from "./load.ts";
import { createMemoryDisk, type MemoryDisk } from "./memory-disk.ts";
import type { SnapshotEffect, SnapshotMeta } from "./ports.ts";
import type { PieceRead } from "./read.ts";
import type { Receiving } from "./receive.ts";
import type { Discard } from "./retention.ts";
import type { Taking } from "./take.ts";

/** A snapshot that has its final name. */
export interface SnapshotFile {
  readonly file: string;
  readonly index: number;
  readonly term: number;
  /** Undefined for an older one that nobody has looked into since the start. */
  readonly layout: Layout | undefined;
  /** Its bytes are not what was written: it is never read again. */
  damaged: boolean;
  /** Some follower was given a piece of it since older ones were last removed. */
  wanted: boolean;
}

export interface Snapshots {
  readonly config: SnapshotConfig;
  phase: "new" | "loading" | "open" | "failed";
  /** One more than a multiple of four: the log, which asks the same disk, takes the multiples. */
  nextOp: number;
  /** Tells temporary files apart: one that is being removed is never in the way of the next. */
  nextSerial: number;
  loading: Loading | undefined;
  taking: Taking | undefined;
  receiving: Receiving | undefined;
  /** Pieces that were asked for, by the number of the read. */
  readonly reads: Map<number, PieceRead>;
  /** Files that are of no use any more, by the number of what is under way on them. */
  readonly discards: Map<number, Discard>;
  /** Oldest first. */
  files: SnapshotFile[];
  /** Path of the newest that is whole: what followers get; "" for none. */
  latest: string;
  /** Undefined where there is a real disk. */
  readonly memory: MemoryDisk | undefined;
}

export function createState(config: SnapshotConfig): Snapshots {
  return {
    config,
    phase: "new",
    nextOp: OP_CLASSES.snapshots,
    nextSerial: 1,
    loading: undefined,
    taking: undefined,
    receiving: undefined,
    reads: new Map(),
    discards: new Map(),
    files: [],
    latest: "",
    memory: config.durable ? undefined : createMemoryDisk(),
  };
}

/** Asks the disk. @returns The number under which the answer will come. */
export function ask(s: Snapshots, request: DiskRequest, out: SnapshotEffect[]): number {
  const op = s.nextOp;
  s.nextOp += OP_STEP;
  if (s.memory === undefined) out.push({ type: "disk", op, request });
  else s.memory.queue.push({ type: "disk", op, request });
  return op;
}

type Position = Pick<SnapshotMeta, "index" | "term">;

/** Order of age: negative when `a` is the older. */
export function compareAge(a: Position, b: Position): number {
  return a.index - b.index || a.term - b.term;
}

/** The newest whole snapshot. */
export function latestFile(s: Snapshots): SnapshotFile | undefined {
  return s.files.find(({ file }) => file === s.latest);
}

/** A snapshot has got its final name and is durable. One that had the name before is gone. */
export function addFile(s: Snapshots, file: string, layout: Layout): void {
  const { index, term } = layout.header.meta;
  const latest = latestFile(s);
  s.files = s.files.filter((each) => each.file !== file);
  s.files.push({ file, index, term, layout, damaged: false, wanted: false });
  s.files.sort(compareAge);
  if (latest === undefined || compareAge(latest, layout.header.meta) <= 0) s.latest = file;
}

const digits = (value: number): string => String(value).padStart(16, "0");

function stem({ folder }: SnapshotConfig, { term, index }: Position): string {
  return `${folder}/${digits(term)}-${digits(index)}`;
}

/** Path of a snapshot. Sixteen digits each, so that names sort as numbers do. */
export function snapshotPath(config: SnapshotConfig, at: Position): string {
  return `${stem(config, at)}.snap`;
}

/** Path of one that is being written: "tmp" for our own, "part" for one that comes from the leader. */
export function temporaryPath(s: Snapshots, at: Position, kind: "tmp" | "part"): string {
  return `${stem(s.config, at)}.${s.nextSerial++}.${kind}`;
}

/** What a file in the folder is, or undefined for one that is none of ours. */
export function parseName(name: string): "leftover" | Position | undefined {
  const match = /^(\d{16})-(\d{16})\.(?:snap|\d+\.(tmp|part))$/.exec(name);
  if (match === null) return undefined;
  return match[3] === undefined ? { term: Number(match[1]), index: Number(match[2]) } : "leftover";
}
