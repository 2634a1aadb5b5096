// One server's Raft: the state of Figure 2 under its own names, and what its roles keep besides. Plain data but for the
// door to chance. Who may change what: role.ts the role, durability.ts what is asked of the disk, replication.ts and
// the handlers the rest.

import type { Chance } from "../lib/chance.ts";
import type { StoreRequest } from "../wal/ports.ts";
import type { RaftConfig } from "./config.ts";
import { createLog, type RaftLog } from "./log.ts";
import type { RaftMessage, ServerId } from "./messages.ts";

export type Role = "follower" | "pre-candidate" | "candidate" | "leader";

export interface Raft {
  readonly id: ServerId;
  readonly config: RaftConfig;
  readonly chance: Chance;
  role: Role;

  /** Latest term this server has seen; only grows. Durable before anything that rests on it leaves. */
  currentTerm: number;
  /** Whom it voted for in this term; "" for nobody. Durable with the term. */
  votedFor: ServerId;
  readonly log: RaftLog;
  /** Highest index known committed. Only grows, never above log.lastIndex. */
  commitIndex: number;

  /** Leader of this term as far as known. */
  leader: ServerId | undefined;
  /** When a leader was last heard; -Infinity for never, or when it is known to be gone. */
  leaderContactMs: number;
  /** When this server campaigns unless it hears a leader first; Infinity while it leads or has no vote. */
  electionAtMs: number;
  /**
   * No vote before this: a server that comes back does not know whom it told last that it would not vote, and that
   * leader may still count on it for its lease.
   */
  noVoteBeforeMs: number;
  /** Votes of this campaign, pre-vote or real. */
  readonly votes: Map<ServerId, boolean>;

  readonly durability: Durability;
  /** Only while leading. */
  leading: Leading | undefined;
}

/** What has been asked of the disk, what it has confirmed, and what waits for that. */
export interface Durability {
  /** Token of the latest request. */
  asked: number;
  /** Token up to which everything is durable. */
  stored: number;
  /** Term or vote changed since they were last asked to be stored. */
  hardStateDirty: boolean;
  /** Token of the latest request that held term and vote. */
  hardStateToken: number;
  /** First entry not yet asked to be stored. */
  unaskedFrom: number;
  /** Requests under way that held entries, oldest first, each with the last entry of today's log it makes durable. */
  readonly underWay: { readonly token: number; lastIndex: number }[];
  /** Highest index known durable here. */
  stableIndex: number;
  /** Messages that vouch for something not yet durable, oldest first. */
  readonly heldBack: { token: number; readonly to: ServerId; readonly message: RaftMessage }[];
  /** The disk refused: this server vouches for nothing any more, so it neither votes nor leads. */
  broken: boolean;
}

export interface Leading {
  /** Index of the no-op with which the term began: reads wait until it is committed (thesis §6.4). */
  readonly firstIndex: number;
  readonly progress: Map<ServerId, Progress>;
  /** When followers that have heard nothing else hear a heartbeat. */
  heartbeatAtMs: number;
  /** When followers are told of a commit that no entry has told them of; Infinity for nothing to tell. */
  tellCommitAtMs: number;
  /** Read rounds: a number that every AppendEntries carries and every reply echoes. */
  round: number;
  /** Rounds that no quorum has echoed yet, oldest first, and when each began. */
  readonly openRounds: { readonly round: number; readonly beganMs: number }[];
  /** When the latest round that a quorum echoed began: until then this server surely led. */
  quorumMs: number;
  /** Reads that wait for a round, oldest first. */
  readonly reads: PendingRead[];
  /** A read asked for a round that has not begun. */
  roundWanted: boolean;
}

export interface PendingRead {
  readonly id: number;
  /** What must be applied before the read is served. */
  readonly index: number;
  /** The round whose echo confirms it; 0 until one begins. */
  round: number;
}

/** A follower as its leader sees it (etcd's words). */
export interface Progress {
  /** Highest index known to be on the follower's disk. Only grows within a term. */
  match: number;
  /** Next entry to send. Above match. */
  next: number;
  /** probe: one message at a time, to find where the logs agree. replicate: a window of them. */
  mode: "probe" | "replicate";
  /** probe: one is on its way. Heartbeats ask again. */
  probing: boolean;
  /** replicate: last index and size of each message on its way, oldest first. */
  readonly inflight: { readonly lastIndex: number; readonly bytes: number }[];
  inflightBytes: number;
  /** The highest commit index it was told. */
  toldCommit: number;
  /** The highest round that it echoed. */
  round: number;
}

export type RaftInput =
  | { readonly type: "wake" }
  | { readonly type: "message"; readonly from: ServerId; readonly message: RaftMessage }
  /** Everything up to this token is durable. */
  | { readonly type: "stored"; readonly token: number }
  /** The disk refuses for good. */
  | { readonly type: "storage-failed" }
  /** The server's process is surely gone: its address refuses connections. */
  | { readonly type: "peer-refused"; readonly peer: ServerId };

export type RaftEffect =
  | { readonly type: "send"; readonly to: ServerId; readonly message: RaftMessage }
  | { readonly type: "store"; readonly request: StoreRequest }
  /** Entries up to `index` may be applied. */
  | { readonly type: "committed"; readonly index: number }
  /** The reads may be served once this index is applied. */
  | { readonly type: "readable"; readonly ids: readonly number[]; readonly index: number }
  /** Leadership was lost before these reads were confirmed: ask the next leader. */
  | { readonly type: "unreadable"; readonly ids: readonly number[] }
  /** A peer's entries contradict what is committed here, up to `index`: they were refused. Never between sound servers. */
  | { readonly type: "conflict"; readonly from: ServerId; readonly index: number }
  /** Role, term or leader changed. */
  | {
      readonly type: "role";
      readonly role: Role;
      readonly term: number;
      readonly leader: ServerId | undefined;
    };

/** A server that knows nothing yet: `recoverRaft` (step.ts) tells it what its disk holds. */
export function createRaft(id: ServerId, config: RaftConfig, chance: Chance): Raft {
  return {
    id,
    config,
    chance,
    role: "follower",
    currentTerm: 0,
    votedFor: "",
    log: createLog(),
    commitIndex: 0,
    leader: undefined,
    leaderContactMs: Number.NEGATIVE_INFINITY,
    electionAtMs: Number.POSITIVE_INFINITY,
    noVoteBeforeMs: Number.NEGATIVE_INFINITY,
    votes: new Map(),
    durability: {
      asked: 0,
      stored: 0,
      hardStateDirty: false,
      hardStateToken: 0,
      unaskedFrom: 1,
      underWay: [],
      stableIndex: 0,
      heldBack: [],
      broken: false,
    },
    leading: undefined,
  };
}
