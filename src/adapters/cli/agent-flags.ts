// The flags of `agent` and the configuration keys that they set. Every flag of Consul's agent is here, so that its command
// lines start this agent too; which keys do something is config/effects.ts's business.

import { asksForNothing, hasEffect } from "../config/effects.ts";
import type { ConfigSources } from "../config/settings.ts";
import { type ConfigMap, type ConfigValue, configWith, mergeConfig } from "../config/values.ts";
import { boolFlag, type Flag, type FlagKind, type FlagValue, type FlagValues, stringFlag } from "./flags.ts";

interface AgentFlag extends Flag {
  /** The configuration key it sets: "ports.http". Undefined for flags about where configuration comes from. */
  readonly key?: string;
}

/** A flag that sets `key`. */
function setting(kind: FlagKind, name: string, key: string, description: string): AgentFlag {
  return { kind, name, key, description, consulType: true };
}

const SOURCE_FLAGS: readonly AgentFlag[] = [
  {
    kind: "list",
    name: "config-file",
    description:
      "Configuration file (.hcl or .json) or a directory of them, to read in its turn. May be repeated.",
  },
  {
    kind: "list",
    name: "config-dir",
    storedAs: "config-file",
    description:
      "Directory of configuration files, of which those ending in .hcl or .json are read in the order of their names. May be repeated.",
  },
  {
    kind: "string",
    name: "config-format",
    description: "Reads every configuration file in this format, 'hcl' or 'json', whatever its extension.",
  },
  {
    kind: "bool",
    name: "dev",
    consulType: true,
    description: "Development mode: a server that is its own cluster and keeps nothing.",
  },
  {
    kind: "list",
    name: "hcl",
    description: "A piece of configuration in HCL, which overrides files and flags. May be repeated.",
  },
];

const IDENTITY_FLAGS: readonly AgentFlag[] = [
  setting(
    "string",
    "node",
    "node_name",
    "Name of this node, unique in the cluster. The default is the host's name.",
  ),
  setting(
    "string",
    "node-id",
    "node_id",
    "A UUID for this node. The default is drawn once and kept in the data directory.",
  ),
  {
    ...setting("map", "node-meta", "node_meta", "Metadata of this node, as `key:value`. May be repeated."),
    separator: ":",
  },
  setting("string", "datacenter", "datacenter", "Datacenter of this agent. The default is dc1."),
  setting("bool", "server", "server", "Makes this agent a server, which holds the cluster's state."),
  setting("bool", "bootstrap", "bootstrap", "Lets this server start a cluster all by itself."),
  setting("int", "bootstrap-expect", "bootstrap_expect", "Starts the cluster once so many servers have met."),
  setting("string", "data-dir", "data_dir", "Directory where the agent keeps its state."),
  setting("string", "pid-file", "pid_file", "File to write the process id to."),
  setting("int", "protocol", "protocol", "Version of Consul's protocol to speak."),
  setting("int", "raft-protocol", "raft_protocol", "Version of Consul's Raft protocol; only 3 is known."),
  setting(
    "bool",
    "disable-host-node-id",
    "disable_host_node_id",
    "Draws a random node id instead of deriving one from the host.",
  ),
  setting("string", "segment", "segment", "Network segment to join, a feature of Consul Enterprise."),
  setting(
    "bool",
    "non-voting-server",
    "non_voting_server",
    "Makes the server one that does not vote, a feature of Consul Enterprise.",
  ),
];

const ADDRESS_FLAGS: readonly AgentFlag[] = [
  setting("string", "bind", "bind_addr", "Address for the talk between agents."),
  setting(
    "string",
    "advertise",
    "advertise_addr",
    "Address that other agents are told, if it is not that of -bind.",
  ),
  setting(
    "string",
    "advertise-wan",
    "advertise_addr_wan",
    "Address that other datacenters are told, if it is not that of -advertise.",
  ),
  setting(
    "string",
    "client",
    "client_addr",
    "Addresses for clients: HTTP, HTTPS, DNS and gRPC. The default is 127.0.0.1.",
  ),
  setting("string", "serf-lan-bind", "serf_lan", "Address for LAN gossip, if it is not that of -bind."),
  setting("string", "serf-wan-bind", "serf_wan", "Address for WAN gossip, if it is not that of -bind."),
  setting(
    "list",
    "serf-lan-allowed-cidrs",
    "serf_lan_allowed_cidrs",
    "Network that LAN gossip is accepted from, such as 192.168.1.0/24. May be repeated.",
  ),
  setting(
    "list",
    "serf-wan-allowed-cidrs",
    "serf_wan_allowed_cidrs",
    "Network that WAN gossip is accepted from. May be repeated.",
  ),
  setting(
    "list",
    "allow-write-http-from",
    "http_config.allow_write_http_from",
    "Network that HTTP writes are accepted from. May be repeated.",
  ),
  setting("int", "http-port", "ports.http", "Port for HTTP."),
  setting("int", "https-port", "ports.https", "Port for HTTPS."),
  setting("int", "dns-port", "ports.dns", "Port for DNS."),
  setting("int", "grpc-port", "ports.grpc", "Port for gRPC, which proxies are configured through."),
  setting("int", "server-port", "ports.server", "Port for the talk with and between servers."),
  setting("int", "serf-lan-port", "ports.serf_lan", "Port for LAN gossip."),
  setting("int", "serf-wan-port", "ports.serf_wan", "Port for WAN gossip."),
];

const CLUSTER_FLAGS: readonly AgentFlag[] = [
  setting(
    "list",
    "join",
    "start_join",
    "Address of a member to join at start; the agent ends if it cannot. May be repeated.",
  ),
  setting(
    "list",
    "join-wan",
    "start_join_wan",
    "Address of a server of another datacenter to join at start. May be repeated.",
  ),
  setting(
    "list",
    "retry-join",
    "retry_join",
    "Address of a member to join at start, tried until it works. May be repeated.",
  ),
  setting(
    "list",
    "retry-join-wan",
    "retry_join_wan",
    "Address of a server of another datacenter to join, tried until it works. May be repeated.",
  ),
  setting("string", "retry-interval", "retry_interval", "Time between two attempts of -retry-join."),
  setting(
    "string",
    "retry-interval-wan",
    "retry_interval_wan",
    "Time between two attempts of -retry-join-wan.",
  ),
  setting(
    "int",
    "retry-max",
    "retry_max",
    "How often to retry -retry-join before the agent ends. The default, 0, is for ever.",
  ),
  setting(
    "int",
    "retry-max-wan",
    "retry_max_wan",
    "How often to retry -retry-join-wan before the agent ends. The default, 0, is for ever.",
  ),
  setting(
    "bool",
    "rejoin",
    "rejoin_after_leave",
    "Joins the cluster again although the agent has left it before.",
  ),
  setting("string", "encrypt", "encrypt", 'Key for the encryption of gossip, as "keygen" prints it.'),
  setting(
    "bool",
    "disable-keyring-file",
    "disable_keyring_file",
    "Keeps no copy of the encryption keys in the data directory.",
  ),
  setting(
    "list",
    "primary-gateway",
    "primary_gateways",
    "Address of a mesh gateway of the primary datacenter. May be repeated.",
  ),
];

const SERVICE_FLAGS: readonly AgentFlag[] = [
  setting(
    "bool",
    "enable-script-checks",
    "enable_script_checks",
    "Lets checks run programs, even those that HTTP requests register.",
  ),
  setting(
    "bool",
    "enable-local-script-checks",
    "enable_local_script_checks",
    "Lets checks of configuration files run programs.",
  ),
  setting(
    "int",
    "check_output_max_size",
    "check_output_max_size",
    "Most bytes of a check's output that are kept.",
  ),
  setting(
    "string",
    "default-query-time",
    "default_query_time",
    "How long a blocking query waits that does not say.",
  ),
  setting("string", "max-query-time", "max_query_time", "How long any blocking query may wait."),
  setting("string", "domain", "domain", "Domain that DNS answers for."),
  setting("string", "alt-domain", "alt_domain", "A second domain that DNS answers for."),
  setting(
    "list",
    "recursor",
    "recursors",
    "Address of a DNS server to pass other names on to. May be repeated.",
  ),
  setting("bool", "ui", "ui", "Serves the web interface."),
  setting("string", "ui-dir", "ui_dir", "Directory of a web interface to serve."),
  setting(
    "string",
    "ui-content-path",
    "ui_content_path",
    "Path that the web interface is served at. The default is /ui/.",
  ),
];

const LOG_FLAGS: readonly AgentFlag[] = [
  setting(
    "string",
    "log-level",
    "log_level",
    "Least level of what is logged: TRACE, DEBUG, INFO, WARN or ERR.",
  ),
  setting("bool", "log-json", "log_json", "Logs in JSON."),
  setting("string", "log-file", "log_file", "File to log to besides standard output."),
  setting("int", "log-rotate-bytes", "log_rotate_bytes", "Begins a new log file at this size."),
  setting("string", "log-rotate-duration", "log_rotate_duration", "Begins a new log file after this long."),
  setting("int", "log-rotate-max-files", "log_rotate_max_files", "How many old log files to keep."),
  setting("bool", "syslog", "enable_syslog", "Logs to syslog."),
];

export const AGENT_FLAGS: readonly AgentFlag[] = [
  ...SOURCE_FLAGS,
  ...IDENTITY_FLAGS,
  ...ADDRESS_FLAGS,
  ...CLUSTER_FLAGS,
  ...SERVICE_FLAGS,
  ...LOG_FLAGS,
];

/** The configuration's sources as the flags name them. */
export function sourcesOf(values: FlagValues, cwd: string): ConfigSources {
  const settings = (wanted: "list" | "other"): ConfigMap =>
    AGENT_FLAGS.filter(({ kind }) => (kind === "list") === (wanted === "list")).reduce<ConfigMap>(
      (config, flag) => {
        const value = values.get(flag.name);
        if (flag.key === undefined || value === undefined) return config;
        return mergeConfig(config, configWith(flag.key, configValue(value)));
      },
      new Map(),
    );
  const format = stringFlag(values, "config-format") ?? "";
  return {
    dev: boolFlag(values, "dev"),
    paths: (values.get("config-file") ?? []) as readonly string[],
    format: format === "" ? undefined : format,
    listFlags: settings("list"),
    scalarFlags: settings("other"),
    fragments: (values.get("hcl") ?? []) as readonly string[],
    cwd,
  };
}

/** Flags of the agent are booleans, texts, small numbers, lists and maps of texts: all of them configuration values. */
function configValue(value: FlagValue): ConfigValue {
  return typeof value === "bigint" ? Number(value) : value;
}

/** The flags that were given and do nothing yet, sorted by name. */
export function idleFlags(values: FlagValues): string[] {
  return AGENT_FLAGS.filter(({ name, key }) => {
    const value = values.get(name);
    if (key === undefined || value === undefined || hasEffect(key)) return false;
    return !asksForNothing(key, configValue(value));
  })
    .map(({ name }) => name)
    .sort();
}
