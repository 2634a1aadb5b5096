// A pool's knobs, with memberlist's and Serf's defaults as Consul 1.8 sets them. Times are milliseconds.

import type { ProtocolVersions } from "../model/member.ts";
import type { KeyringConfig } from "./keyring.ts";
import type { GossipPool } from "./ports.ts";
import type { Sharing } from "./sharing.ts";

export interface GossipConfig {
  /** Unique in the pool. */
  readonly name: string;
  /** What others reach us at, for UDP and TCP. */
  readonly ip: string;
  readonly port: number;
  /** What this agent tells the pool about itself; 512 bytes at most when encoded. */
  readonly tags: ReadonlyMap<string, string>;
  readonly versions: ProtocolVersions;
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly indirectChecks: number;
  readonly gossipIntervalMs: number;
  readonly gossipNodes: number;
  readonly gossipToTheDeadMs: number;
  readonly retransmitMult: number;
  readonly suspicionMult: number;
  readonly suspicionMaxTimeoutMult: number;
  readonly awarenessMaxMultiplier: number;
  readonly pushPullIntervalMs: number;
  readonly streamTimeoutMs: number;
  /** A dead member's name may be taken by another address after this long; 0 for never. Consul: 30 s. */
  readonly deadNodeReclaimMs: number;
  /** How long a leaving agent goes on answering so that its leave spreads. Consul: 3 s. */
  readonly leavePropagateDelayMs: number;
  readonly broadcastTimeoutMs: number;
  readonly reapIntervalMs: number;
  readonly reconnectIntervalMs: number;
  /** A failed member is forgotten after this long. Consul: 72 h. */
  readonly reconnectTimeoutMs: number;
  /** A member that left is forgotten after this long. 24 h. */
  readonly tombstoneTimeoutMs: number;
  readonly recentIntentTimeoutMs: number;
  /** Compress what gets smaller by it (LZW). memberlist does by default; peers understand either. */
  readonly compress: boolean;
  /** Which of Consul's rules keep strangers out (veto.ts). Absent: those of a LAN pool. */
  readonly admission?: GossipPool | undefined;
  /** Networks ("10.0.0.0/8") that members must be in, and packets come from. Absent: everybody. */
  readonly allowedNetworks?: readonly string[] | undefined;
  /** Absent: the pool is not encrypted, and cannot become so while it runs. */
  readonly keyring?: KeyringConfig | undefined;
  /** No network coordinates are told, taken in or computed. */
  readonly disableCoordinates?: boolean | undefined;
  /** Where the pool is remembered over restarts. Absent: nowhere. */
  readonly snapshot?: SnapshotConfig | undefined;
  /**
   * When somebody else has our name the members vote on whom they mean by it, and the loser ends (Serf's
   * EnableNameConflictResolution). Absent: no, as Consul has it.
   */
  readonly resolveNameConflicts?: boolean | undefined;
  /**
   * How long user events that may be coalesced are held back, at most (Serf's UserCoalescePeriod), and when no more come
   * (UserQuiescentPeriod). Absent, or 0: not at all, as Consul has it.
   */
  readonly userCoalesceMs?: number | undefined;
  readonly userQuietMs?: number | undefined;
  /** Which parts of Lifeguard work: all, unless somebody measures what each is worth. No configuration file can say it. */
  readonly lifeguard?: Lifeguard | undefined;
  /** Whether it says what can be measured of it, in effects `measured`. */
  readonly measures?: boolean | undefined;
  readonly planted?: string | undefined;
  /** In a pool of thousands in one process. Absent: each member has its own of all. */
  readonly sharing?: Sharing | undefined;
}

/** The three parts of Lifeguard. Without any of them what is left is SWIM with its suspicion of a fixed length. */
export interface Lifeguard {
  /** LHA-Probe: who hears nobody, doubts itself and probes more slowly. */
  readonly probe: boolean;
  /** LHA-Suspicion: a suspicion is long at first, and gets shorter the more others confirm it. */
  readonly suspicion: boolean;
  /** Buddy System: a suspect hears of it with the next ping. */
  readonly buddy: boolean;
}

/** Serf's snapshot of a pool, and how questions about it are numbered (wal/disk.ts). */
export interface SnapshotConfig {
  /** Below the data directory. */
  readonly folder: string;
  readonly file: string;
  readonly firstOp: number;
  readonly opStep: number;
  /** Comes back to those it knew even if it left them gracefully. */
  readonly rejoinAfterLeave: boolean;
}

/** The knobs that have a default. */
export type GossipTimings = Omit<GossipConfig, "name" | "ip" | "port" | "tags" | "versions">;

/** What Consul 1.8.7 says it speaks: memberlist 1 to 5, now 2; Serf 2 to 5, now 4. */
export const CONSUL_GOSSIP_VERSIONS: ProtocolVersions = {
  min: 1,
  max: 5,
  current: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCurrent: 4,
};

const LAN: GossipTimings = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  indirectChecks: 3,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToTheDeadMs: 30_000,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  awarenessMaxMultiplier: 8,
  pushPullIntervalMs: 30_000,
  streamTimeoutMs: 10_000,
  deadNodeReclaimMs: 30_000,
  leavePropagateDelayMs: 3000,
  broadcastTimeoutMs: 5000,
  reapIntervalMs: 15_000,
  reconnectIntervalMs: 30_000,
  reconnectTimeoutMs: 72 * 3_600_000,
  tombstoneTimeoutMs: 24 * 3_600_000,
  recentIntentTimeoutMs: 300_000,
  compress: true,
  admission: "lan",
};

const WAN: GossipTimings = {
  ...LAN,
  probeIntervalMs: 5000,
  probeTimeoutMs: 3000,
  gossipIntervalMs: 500,
  gossipToTheDeadMs: 60_000,
  suspicionMult: 6,
  pushPullIntervalMs: 60_000,
  streamTimeoutMs: 30_000,
  admission: "wan",
};

/** The defaults of a pool. Consul takes GossipNodes and RetransmitMult of the WAN from the LAN's profile. */
export function gossipTimings(pool: GossipPool): GossipTimings {
  return pool === "lan" ? LAN : WAN;
}

/** What `-dev` changes in both pools: one agent on one machine, which should be quick about everything. */
export const DEV_TIMINGS: Pick<
  GossipTimings,
  "gossipIntervalMs" | "probeIntervalMs" | "probeTimeoutMs" | "suspicionMult"
> = { gossipIntervalMs: 100, probeIntervalMs: 100, probeTimeoutMs: 100, suspicionMult: 3 };
