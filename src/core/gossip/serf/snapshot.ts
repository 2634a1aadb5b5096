// Serf's snapshot of the pool on disk: who is there and how late the clocks are, so that a restarted agent finds back to
// the others by itself and takes nothing old for new. It is appended to, at most twice a second, and written anew when it
// has grown; a disk that fails costs nothing but this memory. Source: serf/snapshot.go.

import { assert, must, unreachable } from "../../lib/assert.ts";
import { textOfBytes, utf8Bytes } from "../../lib/bytes.ts";
import { PLANTED, planted } from "../../lib/planted.ts";
import { joinHostPort } from "../../model/address.ts";
import type { DiskInput, DiskRequest, DiskResult } from "../../wal/disk.ts";
import { measureSpan } from "../measure.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import { type Gossip, ownNode } from "../state.ts";
import { takeFormerClocks } from "./lamport.ts";
import { forgetAbsent, startRejoin } from "./rejoin.ts";
import {
  limitFor,
  noteAlive,
  noteGone,
  noteNews,
  type Snapshot,
  takeAll,
  takeNews,
} from "./snapshot-news.ts";
import { parseSnapshot } from "./snapshot-text.ts";

/** A disk that hangs does not keep an agent from its pool for longer than this. */
const PATIENCE_MS = 5000;
/** After a failure the file is written anew, but not at once. */
const RETRY_MS = 30_000;
/** A file that is longer has not grown by our doing. */
const MAX_BYTES = 64 << 20;

function pathOf({ config }: Snapshot): string {
  return `${config.folder}/${config.file}`;
}

function newPathOf(snapshot: Snapshot): string {
  return `${pathOf(snapshot)}.compact`;
}

function ask(snapshot: Snapshot, step: Snapshot["step"], request: DiskRequest, out: GossipEffect[]): void {
  snapshot.step = step;
  snapshot.op = snapshot.nextOp;
  snapshot.nextOp += snapshot.config.opStep;
  out.push({ type: "disk", op: snapshot.op, request });
}

/** The agent starts: what is remembered is read first. Ends with effect `started`. */
export function startSnapshot(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { snapshot } = gossip;
  if (snapshot === undefined) return void out.push({ type: "started" });
  if (snapshot.step !== "new") return;
  snapshot.startAtMs = nowMs + PATIENCE_MS;
  ask(snapshot, "look", { kind: "list", folder: snapshot.config.folder }, out);
}

export function onSnapshotDisk(
  gossip: Gossip,
  { op, result }: DiskInput,
  nowMs: number,
  out: GossipEffect[],
): void {
  const { snapshot } = gossip;
  if (snapshot === undefined || op !== snapshot.op) return;
  snapshot.op = undefined;
  if (result.ok) onDone(gossip, snapshot, result, nowMs, out);
  else onFailed(gossip, snapshot, `${result.error.detail} (${result.error.code})`, nowMs, out);
}

function onDone(
  gossip: Gossip,
  snapshot: Snapshot,
  result: Extract<DiskResult, { ok: true }>,
  nowMs: number,
  out: GossipEffect[],
): void {
  const { step } = snapshot;
  switch (step) {
    case "look": {
      const size = result.files?.find(({ name }) => name === snapshot.config.file)?.size;
      if (size === undefined) return begin(gossip, snapshot, undefined, nowMs, out);
      if (size <= MAX_BYTES)
        return ask(snapshot, "read", { kind: "read", file: pathOf(snapshot), offset: 0, length: size }, out);
      return onFailed(gossip, snapshot, `${pathOf(snapshot)} is too long`, nowMs, out);
    }
    case "read":
      return begin(gossip, snapshot, result.bytes ?? new Uint8Array(0), nowMs, out);
    case "append":
      measureSpan(gossip, "end", "serf.snapshot.appendLine", 0, out);
      return settle(gossip, snapshot, nowMs, out);
    case "rewrite-create":
      return fill(gossip, snapshot, out);
    case "rewrite-fill": {
      const move = { kind: "rename", file: newPathOf(snapshot), to: pathOf(snapshot) } as const;
      return ask(snapshot, "rewrite-move", move, out);
    }
    case "rewrite-move":
      measureSpan(gossip, "end", "serf.snapshot.compact", 0, out);
      return settle(gossip, snapshot, nowMs, out);
    case "new":
    case "idle":
    case "closed":
      return;
    default:
      return unreachable(step);
  }
}

/** The memory is read, or there is none: whoever was there is called upon again. */
function begin(
  gossip: Gossip,
  snapshot: Snapshot,
  bytes: Uint8Array | undefined,
  nowMs: number,
  out: GossipEffect[],
): void {
  const remembered = parseSnapshot(textOfBytes(bytes ?? new Uint8Array(0)), snapshot.config.rejoinAfterLeave);
  snapshot.bytes = bytes?.length ?? 0;
  snapshot.mustRewrite = bytes === undefined || !remembered.isSound;
  Object.assign(snapshot.written, remembered.clocks);
  const forgetful = PLANTED && planted(gossip.config, "gossip-restart-forgets-time");
  if (!forgetful) takeFormerClocks(gossip, remembered.clocks);
  const { name, record } = ownNode(gossip);
  const { address } = record;
  const previous = new Map([...remembered.alive].filter(([each]) => each !== name));
  // Who came while it was read is there already, and where it says.
  for (const [each, there] of previous) if (!snapshot.changed.has(each)) snapshot.known.set(each, there);
  if (remembered.alive.get(name) !== address) noteAlive(snapshot, name, address);
  else snapshot.known.set(name, address);
  snapshot.limitBytes = limitFor(snapshot, 0);
  snapshot.step = "idle";
  noteNews(gossip, snapshot, nowMs);
  start(snapshot, out);
  startRejoin(gossip, previous, nowMs, out);
}

function start(snapshot: Snapshot, out: GossipEffect[]): void {
  if (snapshot.startAtMs !== Number.POSITIVE_INFINITY) out.push({ type: "started" });
  snapshot.startAtMs = Number.POSITIVE_INFINITY;
}

/**
 * To be called after every input: takes up who came and went by it, and how late it has become.
 * @param from The first of the effects that are the input's.
 */
export function recordStep(gossip: Gossip, from: number, nowMs: number, out: readonly GossipEffect[]): void {
  const { snapshot } = gossip;
  if (snapshot === undefined || snapshot.step === "closed" || snapshot.isLeaving) return;
  for (let at = from; at < out.length; at++) {
    const effect = must(out[at], "an effect of this input");
    if (effect.type !== "member") continue;
    const { name } = effect.member;
    forgetAbsent(gossip, name);
    if (effect.event === "join")
      noteAlive(snapshot, name, joinHostPort(effect.member.ip, effect.member.port));
    else if (effect.event !== "update") noteGone(snapshot, name);
  }
  noteNews(gossip, snapshot, nowMs);
}

/** We leave gracefully. Nothing that happens from now on is remembered: only whether we want to come back by ourselves. */
export function recordLeave(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { snapshot } = gossip;
  if (snapshot === undefined || snapshot.isLeaving) return;
  snapshot.isLeaving = true;
  snapshot.flushAtMs = nowMs;
  flushSnapshot(gossip, nowMs, out);
}

/** Whether all that is to be remembered of our leave is on the disk, or never will be. */
export function isLeaveRecorded({ snapshot }: Gossip): boolean {
  return snapshot === undefined || snapshot.step === "closed" || snapshot.step === "new";
}

/** Writes what is new, when it is time. */
export function flushSnapshot(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { snapshot } = gossip;
  if (snapshot !== undefined && nowMs >= snapshot.startAtMs) {
    notice(out, "warn", "serf", "Reading the snapshot takes long, going on without it");
    start(snapshot, out);
  }
  if (snapshot === undefined || snapshot.step !== "idle" || nowMs < snapshot.flushAtMs) return;
  snapshot.flushAtMs = Number.POSITIVE_INFINITY;
  if (snapshot.mustRewrite || snapshot.bytes > snapshot.limitBytes) return rewrite(gossip, snapshot, out);
  const news = takeNews(gossip, snapshot);
  if (news === "") return settle(gossip, snapshot, nowMs, out);
  measureSpan(gossip, "begin", "serf.snapshot.appendLine", 0, out);
  write(snapshot, "append", pathOf(snapshot), snapshot.bytes, news, out);
}

function rewrite(gossip: Gossip, snapshot: Snapshot, out: GossipEffect[]): void {
  measureSpan(gossip, "begin", "serf.snapshot.compact", 0, out);
  ask(snapshot, "rewrite-create", { kind: "create", file: newPathOf(snapshot), size: 0 }, out);
}

/** When there is something to write, and the disk is not busy, or it is time to start without it. */
export function snapshotDeadline({ snapshot }: Gossip): number {
  if (snapshot === undefined) return Number.POSITIVE_INFINITY;
  return snapshot.step === "idle" ? snapshot.flushAtMs : snapshot.startAtMs;
}

function fill(gossip: Gossip, snapshot: Snapshot, out: GossipEffect[]): void {
  snapshot.mustRewrite = false;
  write(snapshot, "rewrite-fill", newPathOf(snapshot), 0, takeAll(gossip, snapshot), out);
  snapshot.limitBytes = limitFor(snapshot, snapshot.bytes);
}

function write(
  snapshot: Snapshot,
  step: "append" | "rewrite-fill",
  file: string,
  offset: number,
  text: string,
  out: GossipEffect[],
): void {
  const bytes = utf8Bytes(text);
  snapshot.bytes = offset + bytes.length;
  ask(snapshot, step, { kind: "write", file, offset, parts: [bytes] }, out);
}

/** What was to be written is. */
function settle(gossip: Gossip, snapshot: Snapshot, nowMs: number, out: GossipEffect[]): void {
  snapshot.step = "idle";
  // What was asked for last, in `recordLeave`, is still to be written if something was under way then.
  if (!snapshot.isLeaving) return noteNews(gossip, snapshot, nowMs);
  if (snapshot.flushAtMs !== Number.POSITIVE_INFINITY) flushSnapshot(gossip, nowMs, out);
  else snapshot.step = "closed";
}

/** Nobody is harmed: the pool is found by other means, and the file written anew later, or never if we leave. */
function onFailed(
  gossip: Gossip,
  snapshot: Snapshot,
  reason: string,
  nowMs: number,
  out: GossipEffect[],
): void {
  if (snapshot.step === "look" || snapshot.step === "read") {
    notice(out, "warn", "serf", `Failed to read snapshot: ${reason}`);
    return begin(gossip, snapshot, undefined, nowMs, out);
  }
  assert(snapshot.step !== "idle", "only what was asked can fail");
  notice(out, "error", "serf", `Failed to update snapshot: ${reason}`);
  snapshot.step = snapshot.isLeaving ? "closed" : "idle";
  snapshot.mustRewrite = true;
  snapshot.flushAtMs = nowMs + RETRY_MS;
}
