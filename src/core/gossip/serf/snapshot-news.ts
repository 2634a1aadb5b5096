// What Serf's snapshot of the pool is to say: who is there and how late the clocks are, what of that the file has, and the
// lines that it lacks. The talk with the disk is in snapshot.ts.

import { PLANTED, planted } from "../../lib/planted.ts";
import type { Address } from "../../model/address.ts";
import type { SnapshotConfig } from "../config.ts";
import type { Gossip } from "../state.ts";
import { aliveLine, clockLine, goneLine, isWritable, LEAVE_LINE } from "./snapshot-text.ts";
import type { LamportClocks } from "./state.ts";

/** What is new waits this long for more, so that a burst of news is one write. */
const FLUSH_MS = 500;
/** A file is written anew when it is longer than this, and than twice what it needs. */
const LEAST_LIMIT_BYTES = 128 << 10;
/** What Serf counts for each member. */
const BYTES_PER_MEMBER = 128;

export interface Snapshot {
  readonly config: SnapshotConfig;
  /** `idle`: nothing is under way at the disk. `rewrite-…`: a new file is made beside the old one, then takes its name. */
  step:
    | "new"
    | "look"
    | "read"
    | "idle"
    | "append"
    | "rewrite-create"
    | "rewrite-fill"
    | "rewrite-move"
    | "closed";
  /** Of the question that the disk has. */
  op: number | undefined;
  nextOp: number;
  /** Who was there last, ourselves too: what the file says once all is written. */
  readonly known: Map<string, Address>;
  /** Those of whom the file says something else. */
  readonly changed: Set<string>;
  /** The latest times that the file has seen. */
  readonly written: LamportClocks;
  /** Length of the file; what is written next goes there. */
  bytes: number;
  /** From this length on it is written anew. */
  limitBytes: number;
  mustRewrite: boolean;
  /** We leave: the last that is written, and then the file is closed. */
  isLeaving: boolean;
  /** When what is new is written; Infinity while nothing is. */
  flushAtMs: number;
  /** When the pool starts without having read the file; Infinity once it has started. */
  startAtMs: number;
}

export function createSnapshot(config: SnapshotConfig): Snapshot {
  return {
    config,
    step: "new",
    op: undefined,
    nextOp: config.firstOp,
    known: new Map(),
    changed: new Set(),
    written: { member: 0, event: 0, query: 0 },
    bytes: 0,
    limitBytes: LEAST_LIMIT_BYTES,
    mustRewrite: false,
    isLeaving: false,
    flushAtMs: Number.POSITIVE_INFINITY,
    startAtMs: Number.POSITIVE_INFINITY,
  };
}

/** From which length on the file is written anew, when it can be as short as `leastBytes`. */
export function limitFor({ known }: Snapshot, leastBytes: number): number {
  return Math.max(LEAST_LIMIT_BYTES, 2 * BYTES_PER_MEMBER * known.size, 2 * leastBytes);
}

export function noteAlive(snapshot: Snapshot, name: string, address: Address): void {
  if (!isWritable(name) || snapshot.known.get(name) === address) return;
  snapshot.known.set(name, address);
  snapshot.changed.add(name);
}

export function noteGone(snapshot: Snapshot, name: string): void {
  if (snapshot.known.delete(name) || snapshot.step === "look" || snapshot.step === "read")
    snapshot.changed.add(name);
}

/** What is not in the file yet is to be written soon. */
export function noteNews({ serf }: Gossip, snapshot: Snapshot, nowMs: number): void {
  if (snapshot.flushAtMs !== Number.POSITIVE_INFINITY) return;
  const { changed, written, mustRewrite } = snapshot;
  const isLater =
    serf.clocks.member - 1 > written.member ||
    serf.clocks.event - 1 > written.event ||
    serf.clocks.query - 1 > written.query;
  if (mustRewrite || isLater || changed.size > 0) snapshot.flushAtMs = nowMs + FLUSH_MS;
}

/** The lines that the file lacks; it counts as having them. */
export function takeNews(gossip: Gossip, snapshot: Snapshot): string {
  const { known, changed } = snapshot;
  const lines: string[] = [];
  for (const name of changed) {
    const address = known.get(name);
    lines.push(address === undefined ? goneLine(name) : aliveLine(name, address));
  }
  changed.clear();
  return lines.join("") + takeClocks(gossip, snapshot, false) + lastLine(gossip, snapshot);
}

/** @param all Those too that the file has. */
function takeClocks({ serf }: Gossip, { written }: Snapshot, all: boolean): string {
  let lines = "";
  for (const clock of ["member", "event", "query"] as const) {
    // A clock is one above what it saw.
    const seen = serf.clocks[clock] - 1;
    if (!all && seen <= written[clock]) continue;
    written[clock] = seen;
    lines += clockLine(clock, seen);
  }
  return lines;
}

function lastLine(gossip: Gossip, { isLeaving, config }: Snapshot): string {
  if (PLANTED && planted(gossip.config, "gossip-leave-unrecorded")) return "";
  return isLeaving && !config.rejoinAfterLeave ? LEAVE_LINE : "";
}

/** All lines that a new file needs; it counts as having them. */
export function takeAll(gossip: Gossip, snapshot: Snapshot): string {
  snapshot.changed.clear();
  const members = [...snapshot.known].map(([name, address]) => aliveLine(name, address)).join("");
  return members + takeClocks(gossip, snapshot, true) + lastLine(gossip, snapshot);
}
