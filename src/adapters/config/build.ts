// From the merged configuration to the settings of an agent: defaults that depend on other keys, units, the records that
// the core wants. A value that cannot be read is told of here; whether those that can make sense together is validate.ts's
// business.

import { resolve } from "node:path";
import type { AgentConfig } from "../../core/agent/config.ts";
import { wanName } from "../../core/agent/flood-join.ts";
import {
  CONSUL_GOSSIP_VERSIONS,
  DEV_TIMINGS,
  type GossipConfig,
  type GossipTimings,
  gossipTimings,
} from "../../core/gossip/config.ts";
import type { GossipPool } from "../../core/gossip/ports.ts";
import { must } from "../../core/lib/assert.ts";
import { parseDuration } from "../../core/lib/duration.ts";
import { errorList } from "../../core/lib/error-list.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { isBlock } from "../../core/model/network-block.ts";
import { expandTemplate } from "./address-template.ts";
import { type Addresses, resolveAddresses } from "./addresses.ts";
import { configEntriesOf } from "./config-entries.ts";
import { ConfigFault } from "./config-fault.ts";
import { edgeOf } from "./debug-config.ts";
import { writtenChecks, writtenServices } from "./definitions.ts";
import { dnsOf } from "./dns.ts";
import { primaryDatacenter } from "./feature-rules.ts";
import { accessOf, httpOf } from "./http.ts";
import type { InterfaceAddress } from "./interfaces.ts";
import { autopilotOf, raftOf } from "./raft.ts";
import { definitionsOf } from "./registrations.ts";
import type { AgentSettings, ConfigSources, LogLevel } from "./settings.ts";
import { sinksOf, telemetryOf } from "./telemetry.ts";
import { boolAt, type ConfigMap, labelsAt, numberAt, stringAt, stringsAt } from "./values.ts";
import { OWN_VERSION } from "./version.ts";
import { watchesOf } from "./watches.ts";

/** What the machine contributes. */
export interface Host {
  readonly hostname: string;
  readonly interfaces: readonly InterfaceAddress[];
}

export interface Built {
  readonly settings: AgentSettings;
  readonly addresses: Addresses;
}

/**
 * @param config Defaults, files and flags merged.
 * @param faults Takes what is wrong with single values.
 * @throws ConfigFault
 */
export function buildSettings(
  config: ConfigMap,
  sources: ConfigSources,
  host: Host,
  faults: string[],
  warnings: string[],
): Built {
  const addresses = resolveAddresses(config, host.interfaces, faults);
  const ports = buildPorts(config, faults);
  const { bootstrap, bootstrapExpect } = bootstrapOf(config, warnings);
  const server = bool(config, "server");
  const nodeName = text(config, "node_name").trim() || host.hostname;
  const datacenter = text(config, "datacenter").toLowerCase();
  const primary = primaryDatacenter(config, datacenter);
  if (primary !== datacenter)
    warnings.push(
      `primary_datacenter: configuration entries are neither sent to ${quoteText(primary)} nor had from there yet`,
    );
  const translateWanAddrs = bool(config, "translate_wan_addrs");
  const joins = (path: string): string[] => joinAddresses(config, path, host, faults);
  const duration = (path: string): number => durationMs(config, path, faults);
  const multiplier = number(config, "performance.raft_multiplier");
  const agent: AgentConfig = {
    nodeName,
    nodeId: text(config, "node_id").toLowerCase(),
    datacenter,
    server,
    bootstrap,
    bootstrapExpect,
    dev: sources.dev,
    durable: !sources.dev,
    advertiseIp: addresses.advertiseIp,
    advertiseWanIp: addresses.advertiseWanIp,
    taggedAddresses: addresses.tagged,
    ports: {
      server: ports.server,
      serfLan: ports.serfLan,
      serfWan: ports.serfWan,
      http: ports.http,
      dns: ports.dns,
    },
    startJoin: joins("start_join"),
    retryJoin: joins("retry_join"),
    retryIntervalMs: duration("retry_interval"),
    retryMax: Math.max(0, number(config, "retry_max")),
    joinWan: {
      startJoin: joins("start_join_wan"),
      retryJoin: joins("retry_join_wan"),
      retryIntervalMs: duration("retry_interval_wan"),
      retryMax: Math.max(0, number(config, "retry_max_wan")),
    },
    leaveOnTerminate: boolAt(config, "leave_on_terminate") ?? !server,
    skipLeaveOnInterrupt: boolAt(config, "skip_leave_on_interrupt") ?? server,
    rejoinAfterLeave: boolAt(config, "rejoin_after_leave") ?? false,
    ...rpcRateOf(config),
    ...clientLimitsOf(config, faults),
    leaveDrainMs: duration("performance.leave_drain_time"),
    rpcHoldTimeoutMs: duration("performance.rpc_hold_timeout"),
    defaultQueryTimeMs: duration("default_query_time"),
    maxQueryTimeMs: duration("max_query_time"),
    discoveryMaxStaleMs: duration("discovery_max_stale") || undefined,
    kvMaxValueBytes: number(config, "limits.kv_max_value_size"),
    txnMaxRequestBytes: number(config, "limits.txn_max_req_len"),
    useCache: boolAt(config, "http_config.use_cache"),
    dns: dnsOf(config, datacenter, (address) => expanded(address, "recursors", host, faults), faults),
    sessionTtlMinNs: sessionTtlMinNs(config, faults),
    remoteExec: boolAt(config, "disable_remote_exec") === false,
    ...localOf(config, duration, faults),
    nodeMeta: labelsAt(config, "node_meta"),
    responseHeaders: [
      ...labelsAt(config, "http_config.response_headers").flat(),
      ...(translateWanAddrs ? ["X-Consul-Translate-Addresses", "true"] : []),
    ],
    ...accessOf(config, faults),
    telemetry: telemetryOf(config, host.hostname, duration, warnings),
    translateWanAddrs,
    disableCoordinates: boolAt(config, "disable_coordinates") ?? false,
    raft: raftOf(config, multiplier, sources.dev, duration, faults),
    autopilot: autopilotOf(config, duration),
    configEntries: configEntriesOf(config),
    gossipLan: {
      ...gossipKnobs(config, "lan", sources.dev, faults),
      name: nodeName,
      ip: addresses.advertiseIp,
      port: ports.serfLan,
    },
    gossipWan:
      server && ports.serfWan > 0
        ? {
            ...gossipKnobs(config, "wan", sources.dev, faults),
            name: wanName(nodeName, datacenter),
            ip: addresses.advertiseWanIp,
            port: ports.serfWan,
          }
        : undefined,
    version: OWN_VERSION,
  };
  const watches = watchesOf(config);
  const around = {
    // Of those that can't be, who starts an agent is told (startFault).
    watches: watches.ok ? watches.watches : [],
    bindIp: addresses.bindIp,
    serfLanIp: addresses.serfLanIp,
    serfWanIp: addresses.serfWanIp,
    clientIps: addresses.clientIps,
    dnsIps: ports.dns > 0 ? addresses.dns : [],
    http: httpOf(config, addresses, ports, duration, faults),
    agentTlsForChecks: boolAt(config, "enable_agent_tls_for_checks") ?? false,
    ports,
    dataDir: path(config, "data_dir", sources.cwd),
    usesHostId: boolAt(config, "disable_host_node_id") === false,
    log: {
      level: logLevel(text(config, "log_level")) ?? "info",
      json: bool(config, "log_json"),
      syslogFacility: boolAt(config, "enable_syslog") === true ? text(config, "syslog_facility") : undefined,
      file: logFile(config, sources.cwd),
      rotateBytes: number(config, "log_rotate_bytes"),
      rotateDurationMs: duration("log_rotate_duration"),
      rotateMaxFiles: number(config, "log_rotate_max_files"),
    },
    sinks: sinksOf(config),
    rpcLimits: {
      handshakeTimeoutMs: duration("limits.rpc_handshake_timeout"),
      maxConnectionsPerClient: Math.max(0, number(config, "limits.rpc_max_conns_per_client")),
    },
    encryption: {
      key: text(config, "encrypt"),
      keepsFiles: !bool(config, "disable_keyring_file"),
      verifyIncoming: bool(config, "encrypt_verify_incoming"),
      verifyOutgoing: bool(config, "encrypt_verify_outgoing"),
    },
    autoReload: boolAt(config, "auto_reload_config") ?? false,
    pidFile: path(config, "pid_file", sources.cwd),
    protocol: number(config, "protocol"),
    warnings,
    sources,
  };
  const settings = { ...around, agent: { ...agent, edge: edgeOf(around, agent, config) } };
  return { settings, addresses };
}

function bool(config: ConfigMap, key: string): boolean {
  return must(boolAt(config, key), `${key} has a default`);
}

function number(config: ConfigMap, key: string): number {
  return must(numberAt(config, key), `${key} has a default`);
}

/** "" when it was not set. */
function text(config: ConfigMap, key: string): string {
  return stringAt(config, key) ?? "";
}

function path(config: ConfigMap, key: string, cwd: string): string | undefined {
  const given = text(config, key);
  return given === "" ? undefined : resolve(cwd, given);
}

/** A trailing slash is kept: it says that the file's name is for the logger to choose. */
function logFile(config: ConfigMap, cwd: string): string | undefined {
  const absolute = path(config, "log_file", cwd);
  return absolute !== undefined && text(config, "log_file").endsWith("/") ? `${absolute}/` : absolute;
}

/** Durations after which something is done again, which must take some time. */
const INTERVALS: ReadonlySet<string> = new Set([
  "gossip_lan.gossip_interval",
  "gossip_lan.probe_interval",
  "gossip_lan.probe_timeout",
  "gossip_wan.gossip_interval",
  "gossip_wan.probe_interval",
  "gossip_wan.probe_timeout",
  "retry_interval",
  "retry_interval_wan",
]);

function durationMs(config: ConfigMap, key: string, faults: string[]): number {
  const given = must(stringAt(config, key), `${key} has a default`);
  const parsed = parseDuration(given);
  if (!parsed.ok) faults.push(`${key}: invalid duration: ${quoteText(given)}: ${parsed.error}`);
  // Consul takes these too; here an agent would spin, or wait for what lies behind it.
  else if (parsed.ns < 0 || (parsed.ns === 0 && INTERVALS.has(key)))
    faults.push(`${key}: ${quoteText(given)} is too short`);
  return parsed.ok ? parsed.ns / 1e6 : 0;
}

/** Ports in the order in which Consul complains of them. Zero and less is off. */
function buildPorts(config: ConfigMap, faults: string[]): AgentSettings["ports"] {
  const port = (key: string): number => {
    const given = number(config, `ports.${key}`);
    if (given > 65535) faults.push(`ports.${key}: invalid port: ${given}`);
    return given <= 0 ? -1 : given;
  };
  return {
    dns: port("dns"),
    http: port("http"),
    https: port("https"),
    server: port("server"),
    grpc: port("grpc"),
    serfLan: port("serf_lan"),
    serfWan: port("serf_wan"),
  };
}

/** To expect one server is to bootstrap. */
function bootstrapOf(
  config: ConfigMap,
  warnings: string[],
): { readonly bootstrap: boolean; readonly bootstrapExpect: number } {
  const bootstrapExpect = number(config, "bootstrap_expect");
  if (bootstrapExpect !== 1) return { bootstrap: bool(config, "bootstrap"), bootstrapExpect };
  warnings.push("BootstrapExpect is set to 1; this is the same as Bootstrap mode.");
  return { bootstrap: true, bootstrapExpect: 0 };
}

/** A negative rate is none. */
function rpcRateOf(config: ConfigMap): Pick<AgentConfig, "rpcRate" | "rpcMaxBurst"> {
  const rpcRate = number(config, "limits.rpc_rate");
  const rpcMaxBurst = number(config, "limits.rpc_max_burst");
  return rpcRate < 0 ? {} : { rpcRate, rpcMaxBurst };
}

/** Of a client agent and its cache; each absent where nothing is said of it. */
function clientLimitsOf(
  config: ConfigMap,
  faults: string[],
): Pick<AgentConfig, "cacheFetchBurst" | "cacheFetchRate" | "rpcClientTimeoutMs"> {
  const timeout = "limits.rpc_client_timeout";
  return {
    cacheFetchBurst: numberAt(config, "cache.entry_fetch_max_burst"),
    cacheFetchRate: numberAt(config, "cache.entry_fetch_rate"),
    rpcClientTimeoutMs:
      stringAt(config, timeout) === undefined ? undefined : durationMs(config, timeout, faults),
  };
}

/** Addresses to join, templates expanded. We ask no cloud: an agent that relied on one would be alone, and say nothing of it. */
function joinAddresses(config: ConfigMap, key: string, host: Host, faults: string[]): string[] {
  return stringsAt(config, key).flatMap((entry) => {
    const provider = /\bprovider=(\S*)/.exec(entry)?.[1];
    if (provider === undefined) return expanded(entry, key, host, faults);
    // The rest of the entry may hold credentials.
    faults.push(
      `${key}: cloud auto-join (provider=${provider}) is not supported; name the members by address, or by a DNS name that has them all`,
    );
    return [];
  });
}

/** The addresses that an entry with templates stands for. */
function expanded(entry: string, key: string, host: Host, faults: string[]): string[] {
  const found = expandTemplate(entry, host.interfaces);
  if (found.ok) return found.text.split(/\s+/).filter((address) => address !== "");
  faults.push(`${key}: ${found.error}`);
  return [];
}

/** The pool's own defaults, where `gossip_lan` or `gossip_wan` does not say otherwise. Its tags are not known yet. */
function gossipKnobs(
  config: ConfigMap,
  pool: GossipPool,
  dev: boolean,
  faults: string[],
): Omit<GossipConfig, "name" | "ip" | "port"> {
  const base: GossipTimings = { ...gossipTimings(pool), ...(dev ? DEV_TIMINGS : {}) };
  const allowed = networks(config, `serf_${pool}_allowed_cidrs`);
  const duration = (key: string, otherwise: number): number =>
    stringAt(config, key) === undefined ? otherwise : durationMs(config, key, faults);
  const count = (key: string, otherwise: number): number => {
    const given = numberAt(config, key) ?? otherwise;
    if (given < 1) faults.push(`${key} cannot be ${given}. Must be greater than zero`);
    return given;
  };
  return {
    ...base,
    ...(allowed.length > 0 ? { allowedNetworks: allowed } : {}),
    tags: new Map(),
    versions: CONSUL_GOSSIP_VERSIONS,
    gossipIntervalMs: duration(`gossip_${pool}.gossip_interval`, base.gossipIntervalMs),
    gossipNodes: count(`gossip_${pool}.gossip_nodes`, base.gossipNodes),
    probeIntervalMs: duration(`gossip_${pool}.probe_interval`, base.probeIntervalMs),
    probeTimeoutMs: duration(`gossip_${pool}.probe_timeout`, base.probeTimeoutMs),
    suspicionMult: count(`gossip_${pool}.suspicion_mult`, base.suspicionMult),
    retransmitMult: count(`gossip_${pool}.retransmit_mult`, base.retransmitMult),
    reconnectTimeoutMs: duration(
      pool === "lan" ? "reconnect_timeout" : "reconnect_timeout_wan",
      base.reconnectTimeoutMs,
    ),
  };
}

/** @throws ConfigFault */
function networks(config: ConfigMap, key: string): readonly string[] {
  const given = stringsAt(config, key);
  const wrong = given.filter((block) => !isBlock(block)).map((block) => `invalid cidr: ${block}`);
  if (wrong.length > 0) throw new ConfigFault(`${key}: ${errorList(wrong)}`);
  return given;
}

/** Consul's words for levels, in any case; undefined for any other. */
export function logLevel(word: string): LogLevel | undefined {
  switch (word.toUpperCase()) {
    case "TRACE":
      return "trace";
    case "DEBUG":
      return "debug";
    case "INFO":
      return "info";
    case "WARN":
      return "warn";
    case "ERR":
    case "ERROR":
      return "error";
    default:
      return undefined;
  }
}

/** The agent's own services and checks. Consul's words for a size that is none. */
function localOf(
  config: ConfigMap,
  duration: (path: string) => number,
  faults: string[],
): Pick<
  AgentConfig,
  | "local"
  | "sidecarPorts"
  | "exposePorts"
  | "centralServiceConfig"
  | "remoteScriptChecks"
  | "checkUpdateIntervalMs"
  | "checkOutputMaxBytes"
  | "discardCheckOutput"
> {
  const checkOutputMaxBytes = number(config, "check_output_max_size");
  if (checkOutputMaxBytes < 1)
    throw new ConfigFault(
      "check_output_max_size must be positive, to discard check output use the discard_check_output flag",
    );
  const sidecarPorts = {
    min: number(config, "ports.sidecar_min_port"),
    max: number(config, "ports.sidecar_max_port"),
  };
  const services = writtenServices(config, faults);
  return {
    local: definitionsOf(services, writtenChecks(config, faults), sidecarPorts),
    sidecarPorts,
    exposePorts: {
      min: number(config, "ports.expose_min_port"),
      max: number(config, "ports.expose_max_port"),
    },
    centralServiceConfig: boolAt(config, "enable_central_service_config") ?? false,
    remoteScriptChecks: boolAt(config, "enable_script_checks") ?? false,
    checkUpdateIntervalMs: duration("check_update_interval"),
    checkOutputMaxBytes,
    discardCheckOutput: boolAt(config, "discard_check_output") ?? false,
  };
}

/** 0, as no word of it, asks for the default. */
function sessionTtlMinNs(config: ConfigMap, faults: string[]): number | undefined {
  const ms =
    stringAt(config, "session_ttl_min") === undefined ? 0 : durationMs(config, "session_ttl_min", faults);
  return ms === 0 ? undefined : ms * 1e6;
}
