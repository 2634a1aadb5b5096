// The RPCs of the Raft paper (Figures 2 and 13) with their fields' names, plus pre-vote (thesis §9.6), the read round
// and reads at followers (thesis §6.4), leadership transfer (§3.10) and the identity of a log. All are one-way: a reply is matched
// to its request by term and index, never by order.

/** Ids of servers are node ids (UUIDs). */
export type ServerId = string;

/**
 * Which log a server keeps: drawn when a log begins, gone with it. 0 for the log of a server that bootstrapped its
 * cluster. A server whose disk was lost or damaged comes back with another identity, so nobody takes it for the one that
 * voted and acknowledged (identity.ts).
 */
export type LogIdentity = number;

export interface RequestPreVote {
  readonly type: "pre-vote";
  /** The term that the sender would campaign in: its own plus one. Nobody adopts it. */
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

export interface PreVoteReply {
  readonly type: "pre-vote-reply";
  /** The asked term when granted, the responder's own term when refused. */
  readonly term: number;
  readonly granted: boolean;
  /** Of the responder's log. */
  readonly identity: LogIdentity;
}

export interface RequestVote {
  readonly type: "vote";
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
  /** The leader asked for this campaign: its followers may vote though they hear it (thesis §4.2.3). */
  readonly transfer: boolean;
}

export interface VoteReply {
  readonly type: "vote-reply";
  readonly term: number;
  readonly granted: boolean;
  /** Of the responder's log: a vote counts if the candidate's own configuration means that very log. */
  readonly identity: LogIdentity;
}

export interface AppendEntries {
  readonly type: "append";
  readonly term: number;
  readonly prevLogIndex: number;
  readonly prevLogTerm: number;
  /** Entries prevLogIndex + 1…, encoded as in the log (raft/entry.ts); empty for a heartbeat. */
  readonly entries: Uint8Array;
  readonly leaderCommit: number;
  /**
   * Number of the leader's latest read round when this was sent; its echo proves that the leader led after every
   * read that was waiting then (thesis §6.4). Grows within a term.
   */
  readonly round: number;
}

export interface AppendReply {
  readonly type: "append-reply";
  readonly term: number;
  readonly success: boolean;
  /** Success: the highest index known to match the leader's log. Refusal: prevLogIndex of the refused message. */
  readonly index: number;
  /** Refusal: the follower's best guess where the logs agree: the highest index whose term is at most prevLogTerm. */
  readonly hintIndex: number;
  readonly hintTerm: number;
  readonly round: number;
  /** Of the responder's log. */
  readonly identity: LogIdentity;
}

/** A piece of the leader's snapshot, for a follower whose next entries are compacted away (Figure 13). */
export interface InstallSnapshot {
  readonly type: "snapshot";
  readonly term: number;
  readonly lastIncludedIndex: number;
  readonly lastIncludedTerm: number;
  /** The configuration committed by then (raft/configuration.ts has its bytes) and the index of its entry. */
  readonly configuration: Uint8Array;
  readonly configurationIndex: number;
  /** Bytes of the whole snapshot. */
  readonly size: number;
  readonly offset: number;
  readonly data: Uint8Array;
  readonly round: number;
}

/** How much of it is there. When all is installed the answer is an AppendReply for its last entry. */
export interface SnapshotReply {
  readonly type: "snapshot-reply";
  readonly term: number;
  readonly lastIncludedIndex: number;
  readonly lastIncludedTerm: number;
  /** The next piece wanted begins here; 0 after a failure: from the beginning. */
  readonly received: number;
  readonly round: number;
  readonly identity: LogIdentity;
}

/** The leader asks a follower that has its whole log to campaign at once (thesis §3.10). */
export interface TimeoutNow {
  readonly type: "timeout-now";
  readonly term: number;
}

/** A follower asks from which index on it may answer the reads that have come to it (thesis §6.4). */
export interface ReadIndex {
  readonly type: "read-index";
  /** In which it has heard the leader that it asks. */
  readonly term: number;
  /** Chosen by the asker, never twice. */
  readonly id: number;
}

export interface ReadIndexReply {
  readonly type: "read-index-reply";
  readonly term: number;
  readonly id: number;
  /** What must be applied before the reads are answered; 0: not by this server's word. */
  readonly index: number;
}

export type RaftMessage =
  | RequestPreVote
  | PreVoteReply
  | RequestVote
  | VoteReply
  | AppendEntries
  | AppendReply
  | InstallSnapshot
  | SnapshotReply
  | TimeoutNow
  | ReadIndex
  | ReadIndexReply;
