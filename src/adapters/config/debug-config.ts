// Settings of the process around an agent, by the names and in the forms of Consul's DebugConfig: where it listens, how it
// logs, what it limits. Secrets are hidden.

import type { Json } from "../../core/api/response.ts";
import { printDuration } from "../../core/lib/duration.ts";
import { joinHostPort } from "../../core/model/address.ts";
import { primaryDatacenter } from "./feature-rules.ts";
import { listenText } from "./http.ts";
import type { AgentSettings, HttpListen } from "./settings.ts";
import { boolAt, type ConfigMap, stringAt, stringsAt } from "./values.ts";

const HIDDEN = "hidden";

export function edgeOf(
  settings: Omit<AgentSettings, "agent">,
  agent: AgentSettings["agent"],
  config: ConfigMap,
): { readonly [name: string]: Json } {
  const { bindIp, http, ports, rpcLimits, encryption } = settings;
  const { https, unixSockets } = http;
  const tcp = (ip: string, port: number): string => `tcp://${joinHostPort(ip, port)}`;
  const listens = (secure: boolean): string[] =>
    http.listen.filter((each) => each.secure === secure).map(urlOf);
  const wan: { readonly [name: string]: Json } =
    agent.gossipWan === undefined
      ? {}
      : {
          SerfAdvertiseAddrWAN: tcp(agent.gossipWan.ip, ports.serfWan),
          SerfAllowedCIDRsWAN: stringsAt(config, "serf_wan_allowed_cidrs"),
          SerfBindAddrWAN: tcp(settings.serfWanIp, ports.serfWan),
        };
  return {
    ...wan,
    BindAddr: bindIp,
    CAFile: https.caFile,
    CAPath: https.caPath,
    CertFile: https.certFile,
    ClientAddrs: settings.clientIps,
    DNSAddrs: settings.dnsIps.flatMap((ip) => [tcp(ip, ports.dns), `udp://${joinHostPort(ip, ports.dns)}`]),
    DNSPort: ports.dns,
    DNSRecursors: stringsAt(config, "recursors"),
    DataDir: stringAt(config, "data_dir") ?? "",
    DisableHostNodeID: !settings.usesHostId,
    DisableKeyringFile: !encryption.keepsFiles,
    EnableLocalScriptChecks:
      boolAt(config, "enable_local_script_checks") ?? agent.remoteScriptChecks ?? false,
    EncryptKey: HIDDEN,
    EncryptVerifyIncoming: encryption.verifyIncoming,
    EncryptVerifyOutgoing: encryption.verifyOutgoing,
    HTTPAddrs: listens(false),
    HTTPMaxConnsPerClient: http.maxConnectionsPerClient,
    HTTPPort: ports.http,
    HTTPSAddrs: listens(true),
    HTTPSHandshakeTimeout: duration(https.handshakeTimeoutMs),
    HTTPSPort: ports.https,
    KeyFile: HIDDEN,
    Logging: loggingOf(settings, config),
    PidFile: stringAt(config, "pid_file") ?? "",
    PrimaryDatacenter: primaryDatacenter(config, agent.datacenter),
    RPCAdvertiseAddr: tcp(agent.advertiseIp, ports.server),
    RPCBindAddr: tcp(bindIp, ports.server),
    RPCHandshakeTimeout: duration(rpcLimits.handshakeTimeoutMs),
    RPCMaxConnsPerClient: rpcLimits.maxConnectionsPerClient,
    RPCProtocol: settings.protocol,
    SerfAdvertiseAddrLAN: tcp(agent.advertiseIp, ports.serfLan),
    SerfAllowedCIDRsLAN: stringsAt(config, "serf_lan_allowed_cidrs"),
    SerfBindAddrLAN: tcp(settings.serfLanIp, ports.serfLan),
    TLSMinVersion: https.minVersion || "tls12",
    UnixSocketGroup: unixSockets.group,
    UnixSocketMode: unixSockets.mode,
    UnixSocketUser: unixSockets.user,
    VerifyIncomingHTTPS: https.verifyIncoming,
  };
}

function duration(ms: number): string {
  return printDuration(ms * 1e6);
}

function urlOf(listen: HttpListen): string {
  return `${"path" in listen ? "unix" : "tcp"}://${listenText(listen)}`;
}

/** What is not said is nothing in Consul, too, where it has a default all the same. */
function loggingOf({ log }: Pick<AgentSettings, "log">, config: ConfigMap): Json {
  return {
    EnableSyslog: log.syslogFacility !== undefined,
    LogFilePath: stringAt(config, "log_file") ?? "",
    LogJSON: log.json,
    LogLevel: stringAt(config, "log_level") ?? "",
    LogRotateBytes: log.rotateBytes,
    LogRotateDuration: log.file === undefined ? "0s" : duration(log.rotateDurationMs),
    LogRotateMaxFiles: log.rotateMaxFiles,
    Name: "",
    SyslogFacility: stringAt(config, "syslog_facility") ?? "",
  };
}
