// How a server gets from its disk to its first step: look whether something damaged was put aside, read the newest
// snapshot, read the log, give both to Raft. And what it does when they are damaged: with others beside it, it puts them
// aside and begins anew, to be let in again; alone, it stops and says so, since nobody could send it what is lost.

import { type Notice, notice } from "../api/notice.ts";
import type { Chance } from "../lib/chance.ts";
import { type Remains, recoverRaft } from "../raft/recovery.ts";
import { createRaft } from "../raft/state.ts";
import { isBlank } from "../raft/step.ts";
import { forgetAnswers } from "../service/dns-answers.ts";
import type { Server } from "../service/state.ts";
import { type SnapshotConfig, snapshotConfig } from "../snapshot/config.ts";
import type { SnapshotEffect } from "../snapshot/ports.ts";
import { createSnapshots } from "../snapshot/snapshots.ts";
import type { Snapshots } from "../snapshot/state.ts";
import { createStore } from "../store/store.ts";
import { walConfig } from "../wal/config.ts";
import type { EntryBatch } from "../wal/ports.ts";
import type { Wal } from "../wal/state.ts";
import { createWal } from "../wal/wal.ts";
import type { AgentConfig } from "./config.ts";
import { DAMAGED_FOLDER, wasAlone } from "./quarantine.ts";
import type { Agent } from "./state.ts";

const LOG_FOLDER = "raft/wal";
const SNAPSHOT_FOLDER = "raft/snapshots";
/** What is put aside together, the part first without which the rest can't pass for a whole. */
export const QUARANTINED: readonly string[] = [LOG_FOLDER, SNAPSHOT_FOLDER];

export function freshWal(config: AgentConfig, chance: Chance): Wal {
  return createWal({ planted: config.planted, ...walConfig(LOG_FOLDER), ...config.storage }, chance);
}

export function freshSnapshots(config: AgentConfig): Snapshots {
  const settings: SnapshotConfig = snapshotConfig(SNAPSHOT_FOLDER, config.durable);
  return createSnapshots({ planted: config.planted, ...settings, ...config.storage });
}

/** The folder has been read: what is whole waits for the log. @returns What there is to say. */
export function onSnapshotLoaded(
  agent: Agent,
  effect: Extract<SnapshotEffect, { type: "loaded" }>,
): Notice[] {
  agent.incoming = effect.snapshot;
  const meta = effect.snapshot?.meta;
  const restored =
    meta === undefined
      ? []
      : [notice("info", "server.raft", "restored from snapshot", { id: `${meta.term}-${meta.index}` })];
  const damaged = effect.damaged.map(({ reason }) =>
    notice("warn", "server.snapshot", "a snapshot is damaged and not used", { error: reason }),
  );
  return [...damaged, ...restored];
}

/**
 * The log has been read.
 * @returns What is wrong when it does not fit the snapshot; undefined when all is in place.
 */
export function putInPlace(
  agent: Agent,
  server: Server,
  remains: Omit<Remains, "snapshot">,
  nowMs: number,
): string | undefined {
  const { incoming } = agent;
  const wrong = recoverRaft(server.raft, { snapshot: incoming?.meta, ...remains }, nowMs);
  if (wrong !== undefined) return wrong;
  if (incoming !== undefined) server.store = incoming.store;
  forgetAnswers(server.dnsAnswers);
  agent.incoming = undefined;
  // It belongs to a cluster again.
  if (!isBlank(server.raft)) server.lostLog = false;
  return undefined;
}

/**
 * What to do about damage. By the last configuration that can be read, or by how the agent was started if none can.
 * @param intact The entries before the damage.
 */
export function canBeginAnew(agent: Agent, intact: readonly EntryBatch[]): boolean {
  const { config, incoming } = agent;
  const alone = wasAlone(config.nodeId, intact, incoming?.meta.configuration.servers);
  return !(alone ?? (config.bootstrap || config.dev || config.bootstrapExpect === 1));
}

/** Everything that was on the disk is out of the way: an empty server, which must not found a cluster. */
export function beginAnew(agent: Agent, server: Server): void {
  const { config, chance } = agent;
  agent.wal = freshWal(config, chance);
  agent.snapshots = freshSnapshots(config);
  agent.incoming = undefined;
  server.raft = createRaft(config.nodeId, { planted: config.planted, ...config.raft }, chance);
  server.store = createStore();
  forgetAnswers(server.dnsAnswers);
  server.lostLog = true;
}

export function damageNotice(reason: string): Notice {
  return notice(
    "error",
    "server.raft",
    "the log is damaged; it is put aside, and this server begins anew: it does not vote until a leader has let it in again and the others have sent it everything",
    { error: reason, kept_in: DAMAGED_FOLDER },
  );
}

/** For a server that nobody can help. */
export function hopeless(reason: string): string {
  return `${reason} A crash does not leave this behind: the log is damaged, and there is no other server to send what is lost. Nothing was changed. Restore this server's data directory from a copy, or restore a snapshot into an empty one.`;
}
