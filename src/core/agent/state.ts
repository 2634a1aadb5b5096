// One whole agent: its machines side by side, and what only the whole knows (who asked over HTTP, which joins are under
// way, whether it is leaving). A client agent is the same record without a server's parts.

import type { GossipPool } from "../gossip/ports.ts";
import type { HttpView } from "../http/plan.ts";
import type { Chance } from "../lib/chance.ts";
import type { Local } from "../local/state.ts";
import type { Address } from "../model/address.ts";
import type { Service } from "../service/state.ts";
import type { SnapshotMeta } from "../snapshot/ports.ts";
import type { Snapshots } from "../snapshot/state.ts";
import type { Store } from "../store/store.ts";
import type { Wal } from "../wal/state.ts";
import type { AgentConfig } from "./config.ts";
import type { Dns } from "./dns-state.ts";
import type { Events } from "./events.ts";
import type { KeyringFiles } from "./keyring-files.ts";
import type { KeyringPolls } from "./keyring-polls.ts";
import type { MetricStreams } from "./metric-streams.ts";
import type { Pools } from "./pools.ts";
import type { RequestId } from "./ports.ts";
import type { Quarantine } from "./quarantine.ts";
import type { PeersRecovery } from "./recover-peers.ts";
import type { RemoteExec } from "./remote-exec.ts";
import type { UsagePoll } from "./usage-everywhere.ts";

export interface Agent {
  readonly config: AgentConfig;
  readonly chance: Chance;
  readonly pools: Pools;
  readonly service: Service;
  /** Servers with a data directory; undefined where the log is kept in memory. */
  wal: Wal | undefined;
  /** Servers. */
  snapshots: Snapshots | undefined;
  /** A snapshot that was read, or came from the leader, and waits for Raft to take it. */
  incoming: { readonly meta: SnapshotMeta; readonly store: Store } | undefined;
  /** Servers with a data directory. */
  readonly quarantine: Quarantine | undefined;
  /** Servers with a data directory. */
  readonly peers: PeersRecovery | undefined;
  /** Open HTTP requests, and how each wants its answer rendered. */
  readonly views: Map<RequestId, HttpView>;
  readonly events: Events;
  readonly metricStreams: MetricStreams;
  /** HTTP requests that wait for all datacenters. */
  readonly usagePolls: Map<RequestId, UsagePoll>;
  /** The services and checks of this agent. */
  readonly local: Local;
  /** Commands that are run here for others. */
  readonly remoteExec: RemoteExec;
  readonly joins: Joins;
  readonly dns: Dns;
  readonly keyringPolls: KeyringPolls;
  /** Absent where keyrings are not kept. */
  readonly keyringFiles: KeyringFiles | undefined;
  readonly life: Life;
  /** HTTP requests to give a member up: how many pools are yet to be told, and what went wrong with another. */
  readonly forcing: Map<RequestId, { waiting: number; error: string | undefined }>;
}

/** A join under way: names are looked up first, then all addresses are contacted. */
export interface JoinAttempt {
  readonly op: number;
  readonly pool: GossipPool;
  readonly purpose: JoinPurpose;
  /** Look-ups not yet answered, by their number: what was to be joined, and the port that goes with the name. */
  readonly lookups: Map<number, { readonly target: string; readonly port: number }>;
  readonly addresses: Address[];
  readonly errors: string[];
}

export type JoinPurpose =
  /** `-join`: once, and failing ends the agent. */
  | { readonly why: "start" }
  /** `-retry-join`: until it works. */
  | { readonly why: "retry" }
  /** It worked with some of them; these are the others. */
  | { readonly why: "missing" }
  /** It worked, and those with whom it did may all have left since. */
  | { readonly why: "lost" }
  | { readonly why: "http"; readonly id: RequestId }
  /** A server of our datacenter is missing in the WAN. */
  | { readonly why: "flood"; readonly server: string; readonly address: Address };

export interface Joins {
  nextOp: number;
  readonly attempts: Map<number, JoinAttempt>;
  readonly retries: Readonly<Record<GossipPool, RetryJoin>>;
  /** When it is looked next whether all servers of the datacenter are in the WAN; Infinity for not. */
  floodAtMs: number;
}

/** `-retry-join`, of one pool. */
export interface RetryJoin {
  /** When it is tried again; Infinity for never. */
  atMs: number;
  tries: number;
  /** Why it is tried then. "retry": it has not worked yet with any of its addresses. */
  why: "retry" | "missing" | "lost";
}

export interface Life {
  stage:
    | "starting"
    | "running"
    /** Leaving begins: leadership is being handed over. */
    | "handing-over"
    /** The WAN is told. */
    | "leaving-wan"
    /** The LAN is told. */
    | "leaving"
    /** They know; whoever still asks is answered. */
    | "draining"
    /** The leader is yet to take this server out of the configuration. */
    | "departing"
    | "ended";
  /** When the stage is over, whatever happens; Infinity for never. */
  untilMs: number;
  /** When it is looked whether the stage is over already; Infinity for not. */
  lookAtMs: number;
  /** The pools must have been told by then; Infinity while nobody leaves. */
  leaveByMs: number;
  /** HTTP requests that asked the agent to leave: answered when it has. */
  readonly leavers: RequestId[];
}
