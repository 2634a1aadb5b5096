// What a server makes of its disk before its first step (§5, §7): the newest snapshot, the log after it, term and vote.
// Whatever does not fit together is damage, and said so: a log that lost its beginning must not pass for a short one.

import { assert } from "../lib/assert.ts";
import type { SnapshotMeta } from "../snapshot/ports.ts";
import type { EntryBatch, HardState } from "../wal/ports.ts";
import { type Configuration, isOnlyVoter, type ServerRecord } from "./configuration.ts";
import { replaceLog } from "./durability.ts";
import { entryOffsets, entryTerm } from "./entry.ts";
import { appendEncoded, lastTerm, latestConfiguration, type RaftLog, resetLog, termAt } from "./log.ts";
import type { ServerId } from "./messages.ts";
import { noteSnapshot } from "./on-install-snapshot.ts";
import { canCampaign, resetElectionTimer } from "./role.ts";
import type { Raft } from "./state.ts";
import { scheduleSnapshot } from "./take-snapshot.ts";

/** What was found on the disk. */
export interface Remains {
  readonly hardState: HardState;
  /** Consecutive entries. */
  readonly batches: readonly EntryBatch[];
  /** The batches start right after this index; what came before was compacted. */
  readonly compactedTo: number;
  readonly snapshot: SnapshotMeta | undefined;
}

/**
 * Puts what the disk held in place. Committed is what the snapshot covers; the rest is learned anew: from a leader, or by
 * leading.
 * @returns What is wrong, in words, when it does not fit together; nothing was changed then.
 */
export function recoverRaft(raft: Raft, remains: Remains, nowMs: number): string | undefined {
  assert(raft.log.lastIndex === 0 && raft.currentTerm === 0, "only a fresh server recovers");
  const { hardState, batches, snapshot } = remains;
  const wrong = misfit(raft.id, remains);
  if (wrong !== undefined) return wrong;
  scheduleSnapshot(raft, nowMs);
  if (batches.length === 0 && snapshot === undefined && hardState.term === 0) return undefined;
  // A snapshot may have been durable before the log knew of its term: that term was led by somebody, so it has come.
  const ahead = snapshot !== undefined && snapshot.term > hardState.term;
  raft.currentTerm = ahead ? snapshot.term : hardState.term;
  raft.votedFor = ahead ? "" : hardState.votedFor;
  // A snapshot without a log speaks for no promises: whatever the log knew of votes is gone, or was never written. It goes
  // on as another log's, which has to be let in again (identity.ts).
  if (hardState.term > 0) raft.identity = hardState.identity;
  raft.durability.hardStateDirty = ahead;
  readLog(raft.log, remains);
  raft.durability.unaskedFrom = raft.log.lastIndex + 1;
  raft.durability.stableIndex = raft.log.lastIndex;
  if (snapshot !== undefined) {
    // A crash came between the snapshot's arrival and the end of the log that it replaces.
    if (termAt(raft.log, snapshot.index) !== snapshot.term)
      replaceLog(raft, snapshot, snapshot.configuration);
    raft.commitIndex = snapshot.index;
    noteSnapshot(raft, snapshot);
  }
  const alone = isOnlyVoter(latestConfiguration(raft.log), raft.id);
  raft.noVoteBeforeMs = alone ? Number.NEGATIVE_INFINITY : nowMs + raft.config.electionTimeoutMs;
  resetElectionTimer(raft, nowMs);
  // Nobody else could lead: no need to wait for one.
  if (alone && canCampaign(raft)) raft.electionAtMs = nowMs;
  return undefined;
}

function misfit(id: ServerId, { hardState, batches, compactedTo, snapshot }: Remains): string | undefined {
  const covered = snapshot?.index ?? 0;
  // Who is alone led before there was a snapshot, and wrote its term and vote before it led.
  if (snapshot !== undefined && hardState.term === 0 && isOnlyVoter(snapshot.configuration, id))
    return `there is a snapshot up to entry ${covered}, but no log`;
  if (compactedTo > covered)
    return `the log begins after entry ${compactedTo}, but ${snapshot === undefined ? "there is no snapshot" : `the snapshot ends with entry ${covered}`}`;
  for (const { bytes } of batches) {
    const offsets = entryOffsets(bytes);
    if (offsets === undefined) return "the log holds entries of kinds that this version does not know";
    const term = offsets.reduce((highest, offset) => Math.max(highest, entryTerm(bytes, offset)), 0);
    if (term > hardState.term)
      return `the log has an entry of term ${term}, but the term on the disk is ${hardState.term}`;
  }
  return undefined;
}

/**
 * A log that goes on right after the snapshot begins there. One that goes further back begins with its first entry, of
 * which the term alone counts (durability.ts, compactLog).
 */
function readLog(log: RaftLog, { batches, compactedTo, snapshot }: Remains): void {
  let witness = compactedTo > 0 && compactedTo !== snapshot?.index;
  if (snapshot !== undefined && !witness && compactedTo > 0)
    resetLog(log, snapshot, configurationBefore(snapshot, snapshot.index));
  for (const { bytes } of batches)
    for (const offset of entryOffsets(bytes) ?? []) {
      if (witness && snapshot !== undefined) {
        const base = { index: compactedTo + 1, term: entryTerm(bytes, offset) };
        resetLog(log, base, configurationBefore(snapshot, base.index));
        witness = false;
      } else appendEncoded(log, bytes, offset);
    }
}

/** A configuration that came after the base is in the log, where it is found again; which one was before it is forgotten. */
function configurationBefore({ configuration }: SnapshotMeta, index: number): Configuration {
  return configuration.index <= index ? configuration : { index: 0, servers: [] };
}

/**
 * Writes the cluster's members anew, by hand, because a majority of the old ones is gone for good (peers.json). All that
 * is in the log counts as committed from now on. Term and vote stay as they are. To be done with the same list on every
 * server that is left, while none of them runs.
 * @returns What the snapshot says of itself that has to be durable before the server starts; `finishRewrite` follows it.
 */
export function rewriteMembers(
  raft: Raft,
  members: readonly Pick<ServerRecord, "id" | "address" | "voter">[],
): SnapshotMeta {
  const { log } = raft;
  assert(log.lastIndex > 0, "there is a cluster to be recovered");
  raft.commitIndex = log.lastIndex;
  const known = latestConfiguration(log).servers;
  const servers = members.map((member) => ({
    identity:
      member.id === raft.id ? raft.identity : (known.find(({ id }) => id === member.id)?.identity ?? 0),
    ...member,
  }));
  return { index: log.lastIndex, term: lastTerm(log), configuration: { index: log.lastIndex, servers } };
}

/** The snapshot with the new members is durable: the log begins after it. */
export function finishRewrite(raft: Raft, meta: SnapshotMeta, nowMs: number): void {
  replaceLog(raft, meta, meta.configuration);
  noteSnapshot(raft, meta);
  resetElectionTimer(raft, nowMs);
}
