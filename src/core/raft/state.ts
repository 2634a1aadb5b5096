// One server's Raft: the state of Figure 2 under its own names, and what its roles keep besides. Plain data but for the
// door to chance. Who may change what: role.ts the role, durability.ts what is asked of the disk, replication.ts and
// the handlers the rest.

import type { Chance } from "../lib/chance.ts";
import type { SnapshotChunk, SnapshotMeta } from "../snapshot/ports.ts";
import type { StoreRequest } from "../wal/ports.ts";
import type { RaftConfig } from "./config.ts";
import { createFollowerReads } from "./follower-reads.ts";
import { drawIdentity } from "./identity.ts";
import { createLog, type RaftLog } from "./log.ts";
import type { LogIdentity, RaftMessage, ServerId } from "./messages.ts";

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
  /** Of its log; durable with the first thing that is. */
  identity: LogIdentity;
  readonly log: RaftLog;
  /** Highest index known committed. Only grows, never above log.lastIndex. */
  commitIndex: number;

  /** Leader of this term as far as known. */
  leader: ServerId | undefined;
  /** When a leader was last heard, or this server led; -Infinity for never. */
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
  /** The newest durable snapshot of this server, and when it is looked whether the next one is due. */
  readonly snapshot: { index: number; term: number; dueAtMs: number };
  /** A snapshot that is coming in: who sends it, and the read round of the last piece. */
  installing: Installing | undefined;

  readonly durability: Durability;
  /** Only while leading. */
  leading: Leading | undefined;
  /** Only in use while following. */
  readonly followerReads: FollowerReads;
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
  /**
   * Requests under way that hold entries, or begin the log anew behind a snapshot, oldest first, each with the last entry of
   * today's log it makes durable.
   */
  readonly underWay: { readonly token: number; lastIndex: number }[];
  /** Highest index known durable here, in the log or in a snapshot that the log knows of. */
  stableIndex: number;
  /** The disk is yet to be told that the log begins anew after this index; undefined when it knows. */
  restartAfter: number | undefined;
  /** The disk is yet to be told that entries up to this one may go; undefined when it knows. */
  compactTo: number | undefined;
  /** Messages that vouch for something not yet durable, oldest first. */
  readonly heldBack: { token: number; readonly to: ServerId; readonly message: RaftMessage }[];
  /** The disk refused: this server vouches for nothing any more, so it neither votes nor leads. */
  broken: boolean;
}

export interface Installing {
  readonly from: ServerId;
  readonly index: number;
  readonly term: number;
  round: number;
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
  /** Leadership is being handed over: no proposals are taken until that has worked or its time is up. */
  transfer: Transfer | undefined;
  /**
   * A follower was told to campaign in this term. That word may arrive late, and who hears it is elected without regard
   * for us: so this leader has no lease any more, as long as it leads (thesis §6.4.1).
   */
  leaseless: boolean;
}

export interface Transfer {
  readonly target: ServerId;
  /** Given up then: one election timeout after it began. */
  readonly untilMs: number;
  /** The target has the whole log and was told to campaign. */
  told: boolean;
}

export interface PendingRead {
  readonly id: number;
  /** The follower whose reads these are, and whose number that is; undefined for a read of our own. */
  readonly asker?: ServerId;
  /** What must be applied before the read is served. */
  readonly index: number;
  /** The round whose echo confirms it; 0 until one begins. */
  round: number;
}

/** Reads at this server while it follows (follower-reads.ts). */
export interface FollowerReads {
  nextId: number;
  /** Of this turn: no question has been sent for them. */
  readonly wanted: number[];
  /** Questions to the leader, oldest first, each with its reads. */
  readonly questions: { readonly id: number; readonly reads: readonly number[]; askedAtMs: number }[];
}

/** A follower as its leader sees it (etcd's words). */
export interface Progress {
  /** Whose it is: the key under which it is found. (To go over a Map's values makes no garbage, over its pairs it does.) */
  readonly id: ServerId;
  /** Highest index known to be on the follower's disk. Only grows within a term. */
  match: number;
  /** Next entry to send. Above match. */
  next: number;
  /**
   * probe: one message at a time, to find where the logs agree. replicate: a window of them. snapshot: what it needs next
   * is compacted away, and it is sent the snapshot, piece by piece.
   */
  mode: "probe" | "replicate" | "snapshot";
  /** probe: one is on its way. Heartbeats ask again. */
  probing: boolean;
  /**
   * replicate: how many messages may be on their way. Small when it has just been found out where the logs agree, and twice
   * as many with each acknowledgement: a late refusal, of a message that was overtaken, costs few messages sent again, and
   * not a whole window (swarm seed 319).
   */
  window: number;
  /** replicate: last index and size of each message on its way, oldest first. */
  readonly inflight: { readonly lastIndex: number; readonly bytes: number }[];
  inflightBytes: number;
  /** The highest commit index it was told. */
  toldCommit: number;
  /** The highest round that it echoed. */
  round: number;
  /** Of its log, by its last word; undefined before the first. */
  identity: LogIdentity | undefined;
  /** Only in mode snapshot. */
  sending: Sending | undefined;
  /** It is in the configuration no more, and still has to learn so: until then, or until this. Infinity for members. */
  departsAtMs: number;
}

/** A snapshot on its way to a follower. */
export interface Sending {
  /** Which one; 0 before the first piece has been read. */
  index: number;
  /** How much of it the follower has. */
  offset: number;
  /** idle: a piece is to be read. reading: from our disk. sent: it is on its way, or lost. */
  stage: "idle" | "reading" | "sent";
  /** The follower did not even take its beginning, perhaps as it has begun with a newer one: the newest is sent next. */
  unwanted: boolean;
  /** When the piece is sent again unless it was answered. */
  againAtMs: number;
}

export type RaftInput =
  | { readonly type: "wake" }
  | { readonly type: "message"; readonly from: ServerId; readonly message: RaftMessage }
  /** Everything up to this token is durable. */
  | { readonly type: "stored"; readonly token: number }
  /** The disk refuses for good. */
  | { readonly type: "storage-failed" }
  /** A snapshot of our own state is durable: the log may forget what it covers. */
  | { readonly type: "snapshot-taken"; readonly meta: SnapshotMeta }
  /** What effect `read-snapshot` asked for; undefined when there is no snapshot to be had now. */
  | { readonly type: "snapshot-read"; readonly to: ServerId; readonly chunk: SnapshotChunk | undefined }
  /** So much of a snapshot that comes in is kept; 0 when it has to come again from the beginning. */
  | { readonly type: "snapshot-progress"; readonly meta: SnapshotMeta; readonly received: number }
  /** A snapshot that came in is durable and can be restored. */
  | { readonly type: "snapshot-received"; readonly meta: SnapshotMeta }
  /** The server's process is surely gone: its address refuses connections. */
  | { readonly type: "peer-refused"; readonly peer: ServerId };

export type RaftEffect =
  | { readonly type: "send"; readonly to: ServerId; readonly message: RaftMessage }
  | { readonly type: "store"; readonly request: StoreRequest }
  /** Entries up to `index` may be applied. */
  | { readonly type: "committed"; readonly index: number }
  /** It is time for a snapshot of the applied state; `snapshot-taken` says when there is one. */
  | { readonly type: "snapshot-due" }
  /** A follower needs this piece of a snapshot; index 0 for the newest, whichever that is. */
  | {
      readonly type: "read-snapshot";
      readonly to: ServerId;
      readonly index: number;
      readonly offset: number;
      readonly length: number;
    }
  /** A piece of the leader's snapshot came. */
  | { readonly type: "keep-chunk"; readonly chunk: SnapshotChunk }
  /** The received snapshot takes the place of the applied state, now and at once. */
  | { readonly type: "restore"; readonly meta: SnapshotMeta }
  /** The log of this server of the configuration is not the one it was added with (identity.ts). */
  | { readonly type: "stranger"; readonly server: ServerId; readonly identity: LogIdentity }
  /** What came of handing leadership over: somebody else leads, or this server goes on. */
  | { readonly type: "transfer"; readonly target: ServerId; readonly outcome: "done" | "given-up" }
  /** The reads may be served once this index is applied. */
  | { readonly type: "readable"; readonly ids: readonly number[]; readonly index: number }
  /** Leadership was lost before these reads were confirmed: ask the next leader. `refused`: it is not known who that is. */
  | { readonly type: "unreadable"; readonly ids: readonly number[]; readonly refused: boolean }
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
  const identity = drawIdentity(chance);
  return {
    id,
    config,
    chance,
    role: "follower",
    currentTerm: 0,
    votedFor: "",
    identity,
    log: createLog(),
    commitIndex: 0,
    leader: undefined,
    leaderContactMs: Number.NEGATIVE_INFINITY,
    electionAtMs: Number.POSITIVE_INFINITY,
    noVoteBeforeMs: Number.NEGATIVE_INFINITY,
    votes: new Map(),
    snapshot: { index: 0, term: 0, dueAtMs: Number.POSITIVE_INFINITY },
    installing: undefined,
    durability: {
      asked: 0,
      stored: 0,
      hardStateDirty: false,
      hardStateToken: 0,
      unaskedFrom: 1,
      underWay: [],
      stableIndex: 0,
      restartAfter: undefined,
      compactTo: undefined,
      heldBack: [],
      broken: false,
    },
    leading: undefined,
    followerReads: createFollowerReads(identity),
  };
}
