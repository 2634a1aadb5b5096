// A pool's knobs, with memberlist's and Serf's defaults. Times are milliseconds.

import type { ProtocolVersions } from "../model/member.ts";

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
  readonly planted?: string | undefined;
}
