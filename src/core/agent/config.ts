// What an agent must be told before it starts: already parsed, merged and checked (adapters/config does that), with the
// defaults' origin beside each. Times are milliseconds.

import type { Json } from "../api/response.ts";
import type { TelemetrySettings } from "../api/telemetry.ts";
import type { DnsSettings } from "../dns/settings.ts";
import type { GossipConfig } from "../gossip/config.ts";
import type { ByteString } from "../lib/bytes.ts";
import type { AutopilotSettings } from "../model/autopilot.ts";
import type { Labels } from "../model/catalog.ts";
import type { ConfigEntry } from "../model/config-entry.ts";
import type { LocalDefinitions } from "../model/local.ts";
import type { PortRange } from "../model/port-ranges.ts";
import type { RaftConfig } from "../raft/config.ts";
import type { SnapshotConfig } from "../snapshot/config.ts";
import type { WalConfig } from "../wal/config.ts";

/** Whom an agent joins by itself, in one of its pools. */
export interface JoinSettings {
  /** Tried once at start; failing ends the agent (Consul 1.8's `-join`). Host, host:port, IP, IP:port. */
  readonly startJoin: readonly string[];
  /** Tried until one works. */
  readonly retryJoin: readonly string[];
  /** 30 s. */
  readonly retryIntervalMs: number;
  /** 0: for ever; otherwise the agent ends after so many retries. */
  readonly retryMax: number;
}

/** What it is told to join is in the LAN. */
export interface AgentConfig extends JoinSettings {
  /** Unique in the datacenter; shown by `members`, stored in the catalog. */
  readonly nodeName: string;
  /** UUID, kept in data_dir/node-id. */
  readonly nodeId: string;
  /** Lower case. */
  readonly datacenter: string;
  /** Whether this agent holds the replicated state and votes. */
  readonly server: boolean;
  /** May elect itself alone at first start. */
  readonly bootstrap: boolean;
  /** How many servers must be seen before the first election; 0: wait to be added by a leader. */
  readonly bootstrapExpect: number;
  /** `-dev`: one server, nothing on disk, indented JSON. */
  readonly dev: boolean;
  /** False: log and votes are kept in memory only. */
  readonly durable: boolean;
  /** The IP that others reach us at, for gossip and RPC. */
  readonly advertiseIp: string;
  /** The IP that other datacenters reach us at; absent: the same. */
  readonly advertiseWanIp?: string | undefined;
  /** Further addresses of the node by their names, `lan_ipv6` and the like among them. Absent: none. */
  readonly taggedAddresses?: Labels | undefined;
  readonly ports: {
    readonly server: number;
    readonly serfLan: number;
    /** -1: this server is in no WAN pool. */
    readonly serfWan: number;
    readonly http: number;
    readonly dns: number;
  };
  /** What to join in the WAN; absent for nothing. */
  readonly joinWan?: JoinSettings | undefined;
  /** SIGTERM: leave gracefully first. Default: true for clients, false for servers. */
  readonly leaveOnTerminate: boolean;
  /** SIGINT: do not leave. Default: false for clients, true for servers. */
  readonly skipLeaveOnInterrupt: boolean;
  /** Comes back, when it is started again, to the members that it left gracefully. Default: false. */
  readonly rejoinAfterLeave?: boolean;
  /** How long a leaving server goes on answering after its leave has spread. 5 s. */
  readonly leaveDrainMs: number;
  /** Questions that the agent may put to the servers in a second, and at once. Absent: any number; 1000. */
  readonly rpcRate?: number | undefined;
  readonly rpcMaxBurst?: number | undefined;
  /** How long a request waits for a leader. 7 s. */
  readonly rpcHoldTimeoutMs: number;
  /** How long a client agent waits for a server's answer, beside what the question waits. Absent: twice the time for a leader. */
  readonly rpcClientTimeoutMs?: number | undefined;
  /** How often a second each answer in the cache may be asked for anew, and how often at once. Absent: any; 2. */
  readonly cacheFetchRate?: number | undefined;
  readonly cacheFetchBurst?: number | undefined;
  /** Longest wait of a blocking query that does not say. 300 s. */
  readonly defaultQueryTimeMs: number;
  /** Reads of the catalog that do not say how fresh they must be: any server that had news within this. Absent: the leader. */
  readonly discoveryMaxStaleMs?: number | undefined;
  /** Longest wait of any blocking query. 600 s. */
  readonly maxQueryTimeMs: number;
  /** 524,288 bytes. */
  readonly kvMaxValueBytes: number;
  /** What DNS answers, and how. Absent: as Consul does when it is told nothing. */
  readonly dns?: DnsSettings | undefined;
  /** Whether `?cached` is heeded. Default: true. */
  readonly useCache?: boolean | undefined;
  /** Of a transaction's body; never less than a value may have. Absent: 524,288 bytes. */
  readonly txnMaxRequestBytes?: number | undefined;
  /** Services and checks that the configuration names. Absent: none. */
  readonly local?: LocalDefinitions | undefined;
  /** How long what only a check's output says may wait until the catalog is told; 0: not at all. Absent: 5 min. */
  readonly checkUpdateIntervalMs?: number | undefined;
  /** Checks that run programs may be registered over HTTP too. Default: false. */
  readonly remoteScriptChecks?: boolean | undefined;
  /** Proxies and gateways that are registered here are filled up with what configuration entries say. Default: false. */
  readonly centralServiceConfig?: boolean | undefined;
  /** From which proxies get their port that are registered beside a service. Absent: 21000 to 21255. */
  readonly sidecarPorts?: PortRange | undefined;
  /** From which proxies get ports that checks of their services go to. Absent: 21500 to 21755. */
  readonly exposePorts?: PortRange | undefined;
  /** So many bytes of a check's output are kept. Absent: 4096. */
  readonly checkOutputMaxBytes?: number | undefined;
  /** Checks' outputs are neither kept nor told. */
  readonly discardCheckOutput?: boolean | undefined;
  /** Runs what `exec` asks for. Default: false. */
  readonly remoteExec?: boolean;
  /** The shortest TTL of a session, in nanoseconds. Absent: Consul's 10 s. */
  readonly sessionTtlMinNs?: number | undefined;
  /** Own metadata, sorted by name, without the keys that the agent adds. */
  readonly nodeMeta: Labels;
  /** Headers added to every API answer: name, value, name, value… */
  readonly responseHeaders: readonly string[];
  /** Absent: nothing is measured. */
  readonly telemetry?: TelemetrySettings | undefined;
  /** Prefixes of paths that are not answered over HTTP. Absent: none. */
  readonly blockEndpoints?: readonly ByteString[] | undefined;
  /** Blocks of addresses (CIDR) from which HTTP may change anything; empty or absent: from everywhere. */
  readonly allowWriteHttpFrom?: readonly string[] | undefined;
  /** Paths with characters that can't be printed are taken, rather than refused. Default: false. */
  readonly takesUnprintablePaths?: boolean | undefined;
  /** The agent neither computes nor tells where it is in the network, and its HTTP API refuses to speak of it. */
  readonly disableCoordinates?: boolean | undefined;
  /** In answers of other datacenters a node's address is the one that it tells them. */
  readonly translateWanAddrs?: boolean | undefined;
  readonly raft: RaftConfig;
  /** Absent: the sizes of production. Simulations draw smaller ones, with which little data makes many files and steps. */
  readonly storage?: Partial<StorageSizes> | undefined;
  readonly gossipLan: GossipConfig;
  /** Whether keyrings are remembered in the data directory when they change (keyring-files.ts). Absent: no. */
  readonly keepsKeyrings?: boolean | undefined;
  /** Servers: undefined when `ports.serf_wan` is off. */
  readonly gossipWan?: GossipConfig | undefined;
  /** With what autopilot begins in a new cluster, where that is not Consul's defaults. */
  readonly autopilot?: AutopilotSettings | undefined;
  /** What a leader writes where it is not there yet. */
  readonly configEntries?: readonly ConfigEntry[] | undefined;
  /**
   * What is added to the agent's time to get milliseconds since 1970: for what is only shown, never for a decision.
   * 0 where nobody knows.
   */
  readonly wallOffsetMs?: number;
  /** Settings of the process around the agent, as /v1/agent/self tells them, by Consul's names. */
  readonly edge?: { readonly [name: string]: Json } | undefined;
  /** Our own version, for `Stats.build` and the log. */
  readonly version: string;
  /** Name of a planted bug (lib/planted.ts); only the simulator sets it. */
  readonly planted?: string | undefined;
}

/** Of a server's files, and of what is written and read at once: bytes. The log's first, then the snapshots'. */
export type StorageSizes = Pick<
  WalConfig,
  "firstSegmentBytes" | "segmentBytes" | "maxWriteBytes" | "readBytes"
> &
  Pick<SnapshotConfig, "blockBytes">;

/**
 * What may change while an agent runs: input `reloaded` brings it. All else counts at its next start. docs/tune.md lists the
 * keys; of what is not an agent's alone (Raft, zones of DNS, measurements) these parts do.
 */
export interface ReloadableConfig
  extends Pick<
    AgentConfig,
    | "cacheFetchBurst"
    | "cacheFetchRate"
    | "configEntries"
    | "discardCheckOutput"
    | "nodeMeta"
    | "rpcClientTimeoutMs"
    | "rpcMaxBurst"
    | "rpcRate"
  > {
  /** Absent: Consul's defaults. */
  readonly dns?: Omit<DnsSettings, "domain" | "altDomain"> | undefined;
  /** When servers take snapshots. */
  readonly raft: Pick<RaftConfig, "snapshotEntries" | "snapshotIntervalMs" | "trailingEntries">;
  /** Which measurements are shown. Absent: nothing is measured. */
  readonly telemetry?: Pick<TelemetrySettings, "filters"> | undefined;
}

/**
 * The version of Consul that we tell peers and clients we behave as: the `build` tag that Consul servers parse to decide
 * what a member can do, and `Config.Version` of /v1/agent/self. Our own version is `quorate version`.
 */
export const CONSUL_VERSION = "1.8.7";
/** Consul's own protocol versions: spoken, least, greatest (tags vsn, vsn_min, vsn_max). */
export const CONSUL_PROTOCOL: { readonly current: number; readonly min: number; readonly max: number } = {
  current: 2,
  min: 2,
  max: 3,
};
