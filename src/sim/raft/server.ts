// One server of a Raft-only world: its Raft, its disk, and what the user's state machine has made of the log. A life begins
// with what the disk holds and ends with a power cut.

import type { Chance } from "../../core/lib/chance.ts";
import type { RaftConfig } from "../../core/raft/config.ts";
import type { ServerRecord } from "../../core/raft/configuration.ts";
import { recoverRaft } from "../../core/raft/recovery.ts";
import { createRaft, type Raft } from "../../core/raft/state.ts";
import { bootstrapRaft, isBlank } from "../../core/raft/step.ts";
import { demand } from "../violation.ts";
import { createRaftDisk, type RaftDisk } from "./disk.ts";
import type { StateMachine } from "./state-machine.ts";
import type { Witness } from "./turn.ts";

/** A server as it is named before it has a log. */
export type FirstServer = Omit<ServerRecord, "identity">;

export interface RaftServer<S> {
  readonly index: number;
  readonly id: string;
  readonly disk: RaftDisk;
  /** Undefined while it is down. */
  raft: Raft | undefined;
  /** What the commands up to `applied` have made of the user's state, in this life. */
  state: S;
  applied: number;
}

/** The servers' ids and how many there are: "a", "b", "c", … */
export function serverNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => String.fromCharCode(97 + at));
}

/** The first configuration, the same for everyone: all are voters. */
export function serverRecords(ids: readonly string[]): FirstServer[] {
  return ids.map((id, at) => ({ id, address: `10.0.0.${at + 1}:8300`, voter: true }));
}

export function createServer<S>(index: number, id: string, machine: StateMachine<S>): RaftServer<S> {
  return { index, id, disk: createRaftDisk(), raft: undefined, state: machine.create(), applied: 0 };
}

/** A new Raft with what the disk holds; a blank one is told who the servers are. */
export function raise(
  id: string,
  disk: RaftDisk,
  servers: readonly FirstServer[],
  config: RaftConfig,
  chance: Chance,
  nowMs: number,
  witness: Witness,
): Raft {
  const raft = createRaft(id, config, chance);
  const wrong = recoverRaft(
    raft,
    {
      hardState: disk.hardState,
      batches: disk.batches,
      compactedTo: disk.compactedTo,
      snapshot: disk.snapshot?.meta,
    },
    nowMs,
  );
  demand(wrong === undefined, "disk-misfit", () => `${id} cannot make sense of its own disk: ${wrong}`);
  witness.recovered(id, raft.currentTerm, raft.votedFor, raft.log.lastIndex);
  if (isBlank(raft)) bootstrapRaft(raft, servers, nowMs);
  return raft;
}
