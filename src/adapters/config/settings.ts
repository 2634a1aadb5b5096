// Everything that starting an agent needs to know: the core's configuration and what only the process around it uses
// (where to listen, where to keep files, how to log). Plain data; how it came about is load.ts's business.

import type { AgentConfig } from "../../core/agent/config.ts";
import { memberTags, wanTags } from "../../core/agent/tags.ts";
import type { ConfiguredWatch } from "../watches/handlers.ts";
import type { ConfigMap } from "./values.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface LogSettings {
  readonly level: LogLevel;
  /** One JSON object a line; the banner is then not printed. */
  readonly json: boolean;
  /** The facility of the system's log; undefined where that is not written to. */
  readonly syslogFacility: string | undefined;
  /** As configured: "dir/name.ext" or "dir/"; undefined for none (rotation: Consul's `log_file`). */
  readonly file: string | undefined;
  /** Rotate at this size; 0 for never. */
  readonly rotateBytes: number;
  /** Rotate after this long. 24 h. */
  readonly rotateDurationMs: number;
  /** Archives to keep: 0 for all, -1 for none. */
  readonly rotateMaxFiles: number;
}

/** Addresses of those who gather what is measured, "host:port"; "" for none. */
export interface SinkSettings {
  readonly statsd: string;
  readonly statsite: string;
  readonly dogstatsd: string;
  /** "name:value", or a name alone. */
  readonly dogstatsdTags: readonly string[];
}

/** Where a configuration comes from, as the command line said it: enough to load it again on SIGHUP. */
export interface ConfigSources {
  /** `-dev`. */
  readonly dev: boolean;
  /** `-config-file` and `-config-dir`, in their order; each may be a file or a directory. */
  readonly paths: readonly string[];
  /** `-config-format`, undefined to go by each file's extension. */
  readonly format: string | undefined;
  /** Flags that fill lists: they come first in the lists that files go on with. */
  readonly listFlags: ConfigMap;
  /** All other flags: they override files. */
  readonly scalarFlags: ConfigMap;
  /** `-hcl` fragments, which override everything. */
  readonly fragments: readonly string[];
  /** What relative paths start from. */
  readonly cwd: string;
}

/** Of gossip, as configured: storage/keyring-files.ts makes the pools' keyrings of it. */
export interface EncryptionSettings {
  /** `encrypt`, valid base64; "" for none. */
  readonly key: string;
  /** Whether keyrings are kept in the data directory: not with `disable_keyring_file`. */
  readonly keepsFiles: boolean;
  readonly verifyIncoming: boolean;
  readonly verifyOutgoing: boolean;
}

/** One place where HTTP is listened for, in the clear or over TLS. */
export type HttpListen =
  | { readonly secure: boolean; readonly host: string; readonly port: number }
  /** A unix socket; the path may be relative to where the agent was started. */
  | { readonly secure: boolean; readonly path: string };

/** What unix sockets get; "" for what the system gives them. */
export interface UnixSocketSettings {
  /** Name or number. */
  readonly user: string;
  /** Number. */
  readonly group: string;
  /** Octal. */
  readonly mode: string;
}

/** TLS of HTTPS: paths as configured, "" for none. */
export interface HttpsSettings {
  readonly caFile: string;
  readonly caPath: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients need a certificate of one of the authorities. */
  readonly verifyIncoming: boolean;
  /** "tls10" to "tls13". */
  readonly minVersion: string;
  /** Go's names, separated by commas. */
  readonly cipherSuites: string;
  readonly handshakeTimeoutMs: number;
}

/** The agent's HTTP interface, as far as it is sockets. */
export interface HttpSettings {
  readonly listen: readonly HttpListen[];
  /** Open connections of one client; 0 for no limit. */
  readonly maxConnectionsPerClient: number;
  readonly unixSockets: UnixSocketSettings;
  readonly https: HttpsSettings;
}

export interface AgentSettings {
  /** `nodeId` is "" and the gossip tags are empty until `finishSettings`, unless the configuration names the id. */
  readonly agent: AgentConfig;
  readonly watches: readonly ConfiguredWatch[];
  /** Where RPC listens: an IP, 0.0.0.0 and :: included. */
  readonly bindIp: string;
  /** Where gossip does: `serf_lan` and `serf_wan`, or else where RPC does. */
  readonly serfLanIp: string;
  readonly serfWanIp: string;
  /** `client_addr`: where HTTP and DNS listen, unless `addresses` says otherwise. */
  readonly clientIps: readonly string[];
  /** Where DNS listens; none where it is off. */
  readonly dnsIps: readonly string[];
  readonly http: HttpSettings;
  /** `enable_agent_tls_for_checks`: checks speak TLS with the agent's certificates. */
  readonly agentTlsForChecks: boolean;
  /** What strangers may do on the port of RPC. */
  readonly rpcLimits: { readonly handshakeTimeoutMs: number; readonly maxConnectionsPerClient: number };
  /** -1: off. */
  readonly ports: {
    readonly dns: number;
    readonly grpc: number;
    readonly http: number;
    readonly https: number;
    readonly serfLan: number;
    readonly serfWan: number;
    readonly server: number;
  };
  /** Absolute; undefined only in dev mode. Not created yet. */
  readonly dataDir: string | undefined;
  /** A new node id is made of the machine's own, so that the machine is known again without its data directory. */
  readonly usesHostId: boolean;
  readonly log: LogSettings;
  readonly sinks: SinkSettings;
  readonly encryption: EncryptionSettings;
  /** `auto_reload_config`: the configuration is read again whenever its files have changed. */
  readonly autoReload: boolean;
  /** Absolute; undefined for none. */
  readonly pidFile: string | undefined;
  /** Consul protocol version for tag `vsn`: 2 or 3. */
  readonly protocol: number;
  /** For the log, once it runs. */
  readonly warnings: readonly string[];
  readonly sources: ConfigSources;
}

/** The settings of the agent whose id (given, kept in data_dir or drawn) is now known. */
export function finishSettings(settings: AgentSettings, nodeId: string): AgentSettings {
  const { agent, protocol } = settings;
  const tags = memberTags(agent, nodeId, protocol);
  const gossipLan = { ...agent.gossipLan, tags };
  const gossipWan = agent.gossipWan && { ...agent.gossipWan, tags: wanTags(tags) };
  return { ...settings, agent: { ...agent, nodeId, gossipLan, gossipWan } };
}
