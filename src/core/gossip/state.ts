// The state of one gossip pool: memberlist's half here, Serf's in `serf`. Plain records and no behaviour beyond looking
// things up. Who may change what: the handlers (on-*.ts), each through the module that owns the part.

import type { Chance } from "../lib/chance.ts";
import type { DeadlineHeap } from "../lib/deadline-heap.ts";
import type { Address } from "../model/address.ts";
import type { NodeStateName } from "../wire/gossip/node-line.ts";
import type { BroadcastQueue } from "./broadcast-queue.ts";
import type { GossipConfig } from "./config.ts";
import type { Drops } from "./drops.ts";
import type { Handoff } from "./handoff.ts";
import type { Keyring } from "./keyring.ts";
import type { NodeRecord } from "./node-record.ts";
import type { JoinError } from "./ports.ts";
import type { Refusals } from "./sealing.ts";
import type { Snapshot } from "./serf/snapshot-news.ts";
import type { SerfState } from "./serf/state.ts";

/** A node as memberlist knows it. Forgotten some time after it died or left; Serf remembers it for longer. */
export interface NodeState {
  readonly name: string;
  record: NodeRecord;
  /** The highest that anybody was heard to say of it. Falls only with its name moving to another address. */
  incarnation: number;
  state: NodeStateName;
  /** In whole milliseconds. */
  stateChangedAtMs: number;
}

/** The protocol period's question: is `target` alive? Absent once the answer was yes. */
export interface Probe {
  readonly target: string;
  readonly seqNo: number;
  readonly sentAtMs: number;
  /** When the period ends, and with it the wait. */
  readonly endsAtMs: number;
  /** When others are asked to try; Infinity once they were. */
  askOthersAtMs: number;
  /** Of how many it may be expected that they say when they get no answer either. */
  expectedNacks: number;
  nacks: number;
  /** It answered over TCP: it lives, and something is wrong with UDP. */
  reachedByStream: boolean;
}

/** A ping that we sent for somebody else. */
export interface RelayedPing {
  readonly to: Address;
  /** The asker's own number for it. */
  readonly seqNo: number;
  readonly nack: boolean;
}

/** Lifeguard's timer for one suspect. Exists exactly while its node is suspect. */
export interface Suspicion {
  readonly startedAtMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Confirmations that bring the time down to `minMs`. */
  readonly expected: number;
  /** Who said so: the first, then each that was counted as a confirmation. */
  readonly accusers: string[];
}

/** Why a stream was opened. */
export type StreamPurpose =
  | { readonly type: "join"; readonly op: number; readonly address: Address }
  | { readonly type: "push-pull"; readonly node: string }
  | { readonly type: "reconnect"; readonly node: string }
  | { readonly type: "rejoin"; readonly node: string; readonly address: Address }
  | { readonly type: "ping"; readonly seqNo: number };

export interface JoinOperation {
  /** Streams that have not come back. */
  waiting: number;
  joined: number;
  readonly errors: JoinError[];
}

/**
 * A graceful leave: the first two stages end when their broadcast was sent often enough, the fourth when the disk has it,
 * each at `untilMs` at last.
 */
export interface Leave {
  stage: "intent" | "dead" | "propagate" | "record" | "done";
  /** The leave intent's id in its queue; undefined when nobody was there to be told. */
  intentId: number | undefined;
  untilMs: number;
}

/** When the recurring tasks are due; Infinity while there is nothing for them to do. */
export interface Timers {
  /** Start of the next protocol period. */
  probeAtMs: number;
  gossipAtMs: number;
  pushPullAtMs: number;
  reapAtMs: number;
  reconnectAtMs: number;
}

export interface Gossip {
  readonly config: GossipConfig;
  readonly chance: Chance;
  /** Everybody that memberlist knows, ourselves too, by name. */
  readonly nodes: Map<string, NodeState>;
  /** Our own record among them, which is asked for at every step. */
  readonly own: NodeState;
  /** How many of `nodes` are in each state. */
  readonly counts: Record<NodeStateName, number>;
  /** Names of the nodes besides ourselves, in an order without meaning: random picks stir it. */
  readonly peers: string[];
  /** The same names in the shuffled order of this round of probes. */
  readonly round: string[];
  /** Next place in `round`. */
  roundAt: number;
  probe: Probe | undefined;
  /** Lifeguard's local health: 0 is well, at most awarenessMaxMultiplier - 1. */
  awareness: number;
  /** Of the next ping. */
  nextSeqNo: number;
  readonly suspicions: Map<string, Suspicion>;
  readonly suspicionTimers: DeadlineHeap<string>;
  readonly relayedPings: Map<number, RelayedPing>;
  readonly relayedPingTimers: DeadlineHeap<number>;
  /** Alive, suspect and dead, named by the node they are about. */
  readonly broadcasts: BroadcastQueue;
  /** Streams that we opened, by id. */
  readonly streams: Map<number, StreamPurpose>;
  nextStream: number;
  readonly joins: Map<number, JoinOperation>;
  readonly timers: Timers;
  /** Within its interval, when gossip ticks: drawn once, so that not all agents tick together. */
  readonly gossipPhaseMs: number;
  leave: Leave | undefined;
  /** Rumours that came faster than they could be taken in. */
  readonly handoff: Handoff;
  /** Packets and streams that could not be read, or not wholly. */
  badMessages: number;
  readonly drops: Drops;
  /** Absent where the pool is not encrypted. */
  readonly keyring: Keyring | undefined;
  readonly refused: Refusals;
  readonly serf: SerfState;
  /** Undefined when the pool is not remembered over restarts. */
  readonly snapshot: Snapshot | undefined;
}

/** Our own record. */
export function ownNode({ own }: Gossip): NodeState {
  return own;
}

export function isSelf(gossip: Gossip, name: string): boolean {
  return name === gossip.config.name;
}

/** A number for a ping, unused for the next four billion. */
export function takeSeqNo(gossip: Gossip): number {
  const seqNo = gossip.nextSeqNo;
  gossip.nextSeqNo = (seqNo + 1) % 0x100000000;
  return seqNo;
}
