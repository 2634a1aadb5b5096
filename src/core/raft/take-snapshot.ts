// When a server takes a snapshot of its own state, and what becomes of its log then (§7). Each server decides for itself;
// the state is taken as it is after some applied entry, while later ones go on being applied.

import { assert, must } from "../lib/assert.ts";
import { chooseMs } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { SnapshotMeta } from "../snapshot/ports.ts";
import { compactLog } from "./durability.ts";
import { bytesAfter, configurationAt, latestConfiguration, termAt, trailingFrom } from "./log.ts";
import { noteSnapshot } from "./on-install-snapshot.ts";
import type { Raft, RaftEffect } from "./state.ts";

/** Looks whether enough has been committed since the last snapshot, and sets the time of the next look. */
export function considerSnapshot(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const { config, snapshot, log, commitIndex } = raft;
  if (nowMs < snapshot.dueAtMs) return;
  scheduleSnapshot(raft, nowMs);
  const from = Math.max(snapshot.index, log.base.index);
  const entries = commitIndex - from;
  if (entries <= 0) return;
  if (entries >= config.snapshotEntries || bytesAfter(log, from) >= config.snapshotBytes)
    out.push({ type: "snapshot-due" });
}

/** At random, so that servers do not all write at the same time. */
export function scheduleSnapshot(raft: Raft, nowMs: number): void {
  const { snapshotIntervalMs } = raft.config;
  raft.snapshot.dueAtMs =
    nowMs + chooseMs(raft.chance, "raft.snapshot", snapshotIntervalMs, 2 * snapshotIntervalMs);
}

/**
 * What a snapshot of the state after entry `applied` has to say of itself. Its configuration is a committed one: an
 * uncommitted one could still be taken back.
 */
export function snapshotMeta(raft: Raft, applied: number): SnapshotMeta {
  assert(applied <= raft.commitIndex, "only what is committed is applied");
  const term = must(termAt(raft.log, applied), "what was applied last is in the log, or its base");
  const careless = PLANTED && planted(raft.config, "raft-snapshot-uncommitted-configuration");
  const configuration = careless ? latestConfiguration(raft.log) : configurationAt(raft.log, applied);
  return { index: applied, term, configuration };
}

/** A snapshot is durable: the log before it may go, but for what late followers are likely to need. */
export function onSnapshotTaken(raft: Raft, meta: SnapshotMeta): void {
  if (meta.index <= raft.snapshot.index || meta.index > raft.commitIndex) return;
  noteSnapshot(raft, meta);
  const { trailingEntries, trailingBytes } = raft.config;
  const upTo = trailingFrom(raft.log, meta.index, trailingEntries, trailingBytes);
  compactLog(raft, Math.min(upTo, wantedFrom(raft)));
}

/**
 * A follower that is being sent a snapshot needs the log from there on. Were it compacted meanwhile, the next snapshot
 * would have to follow, and the next, for ever if sending takes longer than taking. Infinity for no such follower, or one
 * for which too much would have to be kept.
 */
function wantedFrom({ leading, log, config }: Raft): number {
  let from = Number.POSITIVE_INFINITY;
  for (const { sending } of leading?.progress.values() ?? [])
    if (sending !== undefined && sending.index > 0) from = Math.min(from, sending.index);
  if (from === Number.POSITIVE_INFINITY || bytesAfter(log, from) > config.maxUncommittedBytes)
    return Number.POSITIVE_INFINITY;
  return Math.max(from, log.base.index);
}
