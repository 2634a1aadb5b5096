// Whether the settings make sense together, in Consul's order and words, so that a user who mends one fault after the
// other sees the same ones here. The last group is checked by Consul only when the agent starts, not by `validate`.

import { statSync } from "node:fs";
import { CONSUL_PROTOCOL } from "../../core/agent/config.ts";
import { memberTags } from "../../core/agent/tags.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { joinHostPort } from "../../core/model/address.ts";
import { metadataFault } from "../../core/model/metadata.ts";
import { encodeTags, MAX_META_BYTES } from "../../core/wire/gossip/tags.ts";
import { decodeBase64 } from "../cli/base64.ts";
import { facilityNumber } from "../syslog.ts";
import { findClash, type Listener } from "./addresses.ts";
import { type Built, logLevel } from "./build.ts";
import { ConfigFault } from "./config-fault.ts";
import { writtenServices } from "./definitions.ts";
import { NO_SEGMENTS } from "./effects.ts";
import { checkFeatures, contentPathFault } from "./feature-rules.ts";
import { errorCode, pathErrorText } from "./go-text.ts";
import { listenText } from "./http.ts";
import { definitionsFault } from "./registrations.ts";
import type { AgentSettings } from "./settings.ts";
import { sinkFault } from "./telemetry.ts";
import { boolAt, type ConfigMap, labelsAt, numberAt, stringAt } from "./values.ts";
import { watchesOf } from "./watches.ts";

const DEPLOYMENT_TABLE = "See https://www.consul.io/docs/internals/consensus.html#deployment-table";

/** @throws ConfigFault at the first thing that makes no sense; what is merely unwise goes into `warnings`. */
export function validate({ settings, addresses }: Built, config: ConfigMap, warnings: string[]): void {
  checkMultiplier(config);
  checkDatacenter(settings);
  checkDataDir(settings, config);
  const contentPath = contentPathFault(config);
  if (contentPath !== undefined) throw new ConfigFault(contentPath);
  if ((stringAt(config, "segment") ?? "") !== "") throw new ConfigFault(NO_SEGMENTS);
  checkNodeName(settings.agent.nodeName, warnings);
  checkBootstrap(settings, warnings);
  checkAutopilot(config);
  checkNodeMeta(config);
  checkEncrypt(settings);
  checkPorts(settings);
  const clash = findClash(listeners(settings, addresses.advertiseWanIp));
  if (clash !== undefined) throw new ConfigFault(clash);
  checkWanJoins(settings, warnings);
  checkScripts(settings, config, warnings);
  checkFeatures(config, settings.agent.server, warnings);
}

function checkMultiplier(config: ConfigMap): void {
  const multiplier = numberAt(config, "performance.raft_multiplier") ?? 0;
  if (multiplier < 1 || multiplier > 10)
    throw new ConfigFault(`performance.raft_multiplier cannot be ${multiplier}. Must be between 1 and 10`);
}

function checkDatacenter({ agent }: AgentSettings): void {
  if (agent.datacenter === "") throw new ConfigFault("datacenter cannot be empty");
  if (!/^[a-z0-9_-]+$/.test(agent.datacenter))
    throw new ConfigFault(`datacenter cannot be ${quoteText(agent.datacenter)}. Please use only [a-z0-9-_]`);
}

function checkDataDir({ agent, dataDir }: AgentSettings, config: ConfigMap): void {
  if (agent.dev) return;
  if (dataDir === undefined) throw new ConfigFault("data_dir cannot be empty");
  const given = stringAt(config, "data_dir") ?? "";
  if (isDirectory(dataDir, given) === false)
    throw new ConfigFault(`data_dir ${quoteText(given)} is not a directory`);
}

/** Undefined when there is nothing yet. */
function isDirectory(path: string, given: string): boolean | undefined {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new ConfigFault(`Error getting info on data_dir: ${pathErrorText("stat", given, error)}`);
  }
}

function checkNodeName(name: string, warnings: string[]): void {
  if (name === "") throw new ConfigFault("node_name cannot be empty");
  const head = `Node name ${quoteText(name)} will not be discoverable via DNS due to`;
  if (!/^[A-Za-z0-9-]+$/.test(name))
    warnings.push(`${head} invalid characters. Valid characters include all alpha-numerics and dashes.`);
  else if (name.length > 63)
    warnings.push(`${head} it being too long. Valid lengths are between 1 and 63 bytes.`);
}

function checkNodeMeta(config: ConfigMap): void {
  const wrong = metadataFault(labelsAt(config, "node_meta"));
  if (wrong !== undefined) throw new ConfigFault(`node_meta invalid: ${wrong}`);
}

/** Its length is looked at when the agent starts, as Consul does. */
function checkEncrypt({ encryption }: AgentSettings): void {
  const decoded = decodeBase64(encryption.key);
  if (!decoded.ok) throw new ConfigFault(`encrypt has invalid key: ${decoded.error}`);
}

function checkBootstrap({ agent }: AgentSettings, warnings: string[]): void {
  const { server, bootstrap, bootstrapExpect: expect, dev } = agent;
  if (bootstrap && !server) throw new ConfigFault("'bootstrap = true' requires 'server = true'");
  if (expect < 0)
    throw new ConfigFault(`bootstrap_expect cannot be ${expect}. Must be greater than or equal to zero`);
  if (expect > 0 && !server) throw new ConfigFault("'bootstrap_expect > 0' requires 'server = true'");
  if (expect > 0 && dev) throw new ConfigFault("'bootstrap_expect > 0' not allowed in dev mode");
  if (expect > 0 && bootstrap)
    throw new ConfigFault("'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive");
  if (expect === 2)
    warnings.push(
      `bootstrap_expect = 2: A cluster with 2 servers will provide no failure tolerance. ${DEPLOYMENT_TABLE}`,
    );
  else if (expect > 2 && expect % 2 === 0)
    warnings.push(
      `bootstrap_expect is even number: A cluster with an even number of servers does not achieve optimum fault tolerance. ${DEPLOYMENT_TABLE}`,
    );
  if (expect > 0) warnings.push(`bootstrap_expect > 0: expecting ${expect} servers`);
  if (bootstrap) warnings.push("bootstrap = true: do not enable unless necessary");
}

function checkAutopilot(config: ConfigMap): void {
  const logs = numberAt(config, "autopilot.max_trailing_logs") ?? 0;
  if (logs < 0)
    throw new ConfigFault(
      `autopilot.max_trailing_logs cannot be ${logs}. Must be greater than or equal to zero`,
    );
}

/** Without these two nobody could reach the agent; later Consuls refuse them too. */
function checkPorts({ ports, agent }: AgentSettings): void {
  if (agent.server && ports.server <= 0) throw new ConfigFault("server-port must be greater than zero");
  if (ports.serfLan <= 0) throw new ConfigFault("serf-lan-port must be greater than zero");
}

function listeners(settings: AgentSettings, advertiseWanIp: string): Listener[] {
  const { agent, dnsIps, http, ports } = settings;
  const at = (name: string, ips: readonly string[], port: number): Listener[] =>
    ips.map((ip) => ({ name, address: joinHostPort(ip, port) }));
  return [
    ...at("DNS", dnsIps, ports.dns),
    ...http.listen.map((each) => ({ name: each.secure ? "HTTPS" : "HTTP", address: listenText(each) })),
    ...at("RPC Advertise", [agent.advertiseIp], ports.server),
    ...at("Serf Advertise LAN", [agent.advertiseIp], ports.serfLan),
    ...(agent.server ? at("Serf Advertise WAN", [advertiseWanIp], ports.serfWan) : []),
  ];
}

/** Consul tries for ever, and logs every failure. */
function checkWanJoins({ agent }: AgentSettings, warnings: string[]): void {
  if (agent.gossipWan !== undefined || (agent.joinWan?.retryJoin.length ?? 0) === 0) return;
  const why = agent.server ? "ports.serf_wan is off" : "only servers are in the WAN";
  warnings.push(`retry_join_wan has no effect: ${why}`);
}

function checkScripts({ agent }: AgentSettings, config: ConfigMap, warnings: string[]): void {
  if (boolAt(config, "enable_script_checks") !== true) return;
  if ((agent.allowWriteHttpFrom ?? []).length > 0) return;
  warnings.push(
    "using enable-script-checks without ACLs and without allow_write_http_from is DANGEROUS, use enable-local-script-checks instead, see https://www.hashicorp.com/blog/protecting-consul-from-rce-risk-in-specific-configurations/",
  );
}

/** What would stop an agent with these settings from starting although they are well-formed; undefined when nothing. */
export function startFault(
  { agent, log, protocol, sinks }: AgentSettings,
  config: ConfigMap,
  purpose: "start" | "reload",
): string | undefined {
  const level = stringAt(config, "log_level") ?? "";
  if (logLevel(level) === undefined)
    return `Invalid log level: ${level}. Valid log levels are: [TRACE DEBUG INFO WARN ERR ERROR]`;
  const { syslogFacility: facility } = log;
  if (facility !== undefined && facilityNumber(facility) === undefined)
    return `Failed to setup logging: invalid syslog facility: ${facility}`;
  const policies = policyFault(config);
  if (policies !== undefined)
    return `Failed to start Consul ${agent.server ? "server" : "client"}: ${policies}`;
  const sinking = sinkFault(sinks);
  if (sinking !== undefined) return sinking;
  const id = idFault(agent.nodeId);
  if (id !== undefined) return `failed to setup node ID: specified NodeID is invalid: ${id}`;
  const { sidecarPorts = NO_PORTS, local } = agent;
  const what = `Failed to start Consul ${agent.server ? "server" : "client"}`;
  if (agent.gossipWan === undefined && (agent.joinWan?.startJoin.length ?? 0) > 0)
    return agent.server ? "WAN Federation is disabled" : "Must be a server to join WAN cluster";
  const { min, max } = CONSUL_PROTOCOL;
  if (protocol < min || protocol > max) {
    const height = protocol < min ? "low" : "high";
    return `${what}: Protocol version '${protocol}' too ${height}. Must be in range: [${min}, ${max}]`;
  }
  // The node id, if it is still to be drawn, will be as long as any other.
  const tags = memberTags(agent, agent.nodeId || "x".repeat(UUID_LENGTH), protocol);
  if (encodeTags(tags).length > MAX_META_BYTES)
    return `${what}: Failed to start lan serf: Encoded length of tags exceeds limit of ${MAX_META_BYTES} bytes`;
  const raft = numberAt(config, "raft_protocol");
  if (raft !== 3) return `raft_protocol version ${raft} is not supported by this version of Consul`;
  const scripts = boolAt(config, "enable_local_script_checks") ?? boolAt(config, "enable_script_checks");
  const fault = local && definitionsFault(writtenServices(config, []), local, scripts === true, sidecarPorts);
  if (fault !== undefined)
    return reloaded(purpose, fault.startsWith("Failed to register check") ? "checks" : "services", fault);
  const watches = watchesOf(config);
  return watches.ok ? undefined : reloaded(purpose, "watches", watches.error);
}

/** At a reload Consul says what it was about. */
function reloaded(purpose: "start" | "reload", what: string, fault: string): string {
  return purpose === "reload" ? `Failed reloading ${what}: ${fault}` : fault;
}

/** Words of access control, which Consul reads even while it is switched off. */
function policyFault(config: ConfigMap): string | undefined {
  const word = (key: string): string =>
    stringAt(config, `acl.${key}`) ?? stringAt(config, `acl_${key}`) ?? "";
  const standard = word("default_policy");
  if (!["", "allow", "deny"].includes(standard)) return `Unsupported default ACL policy: ${standard}`;
  const down = word("down_policy");
  if (["", "allow", "deny", "extend-cache", "async-cache"].includes(down)) return undefined;
  return `Unsupported down ACL policy: ${down}`;
}

const NO_PORTS = { min: 0, max: 0 } as const;

const UUID_LENGTH = 36;

/** What is wrong with a configured node id; "" is none at all. */
function idFault(id: string): string | undefined {
  if (id === "") return undefined;
  if (id.length !== UUID_LENGTH) return "uuid string is wrong length";
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? undefined : "uuid is improperly formatted";
}
