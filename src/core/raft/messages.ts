// The RPCs of the Raft paper (Figure 2) with their fields' names, plus pre-vote (thesis §9.6) and the read round
// (thesis §6.4). All are one-way messages: a reply is matched to its request by term and index, never by order.

/** Ids of servers are node ids (UUIDs). */
export type ServerId = string;

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
}

export interface RequestVote {
  readonly type: "vote";
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

export interface VoteReply {
  readonly type: "vote-reply";
  readonly term: number;
  readonly granted: boolean;
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
}

export type RaftMessage =
  | RequestPreVote
  | PreVoteReply
  | RequestVote
  | VoteReply
  | AppendEntries
  | AppendReply;
