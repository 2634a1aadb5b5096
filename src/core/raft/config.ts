// Raft's knobs. Times are milliseconds.

export interface RaftConfig {
  /**
   * Least time without a word from a leader before a follower campaigns; each wait is drawn from [T, 2T).
   * Also how long a follower that heard a leader refuses to vote, and how long a leader goes on without a quorum.
   * Consul: 1 s times raft_multiplier (default 5); 52 ms in dev mode.
   */
  readonly electionTimeoutMs: number;
  /** How often a leader that has nothing to say says so. */
  readonly heartbeatIntervalMs: number;
  /**
   * How long after the sending of a round that a quorum acknowledged the leader answers default reads by itself. Must
   * stay below electionTimeoutMs by more than the clocks' drift (half of it, as Consul does).
   */
  readonly leaseMs: number;
  /** After a commit that no entry carries to the followers, how long until it is told to them (Consul's CommitTimeout: 50). */
  readonly commitIntervalMs: number;
  /** Limits of one AppendEntries. */
  readonly maxAppendBytes: number;
  /** AppendEntries under way to one follower, in messages and in bytes. */
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  /** Uncommitted bytes in the leader's log past which it takes no more proposals. */
  readonly maxUncommittedBytes: number;
  /** A snapshot is due when so many entries, or so many bytes of them, came after the last (Consul: 16384 entries). */
  readonly snapshotEntries: number;
  readonly snapshotBytes: number;
  /** That is looked at every [T, 2T) (Consul: 30 s). */
  readonly snapshotIntervalMs: number;
  /** What is kept of the log behind a snapshot, at most, for those who are a little late (Consul: 10240 entries). */
  readonly trailingEntries: number;
  readonly trailingBytes: number;
  /** Pieces of a snapshot on its way to a follower: one at a time, each at most so long. */
  readonly snapshotPieceBytes: number;
  readonly planted?: string | undefined;
}

/** Consul's timings at `multiplier` (1…10), with limits of our own. */
export function raftConfig(multiplier: number): RaftConfig {
  return {
    electionTimeoutMs: 1000 * multiplier,
    heartbeatIntervalMs: 100 * multiplier,
    leaseMs: 500 * multiplier,
    commitIntervalMs: 50,
    maxAppendBytes: 1 << 20,
    maxInflightMessages: 256,
    maxInflightBytes: 16 << 20,
    maxUncommittedBytes: 256 << 20,
    snapshotEntries: 16_384,
    snapshotBytes: 64 << 20,
    snapshotIntervalMs: 30_000,
    trailingEntries: 10_240,
    trailingBytes: 64 << 20,
    snapshotPieceBytes: 256 << 10,
  };
}
