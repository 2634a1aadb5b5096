// What the configuration says of the agent's HTTP interface: where it listens, who may do what, TLS of HTTPS. The
// certificates themselves are read when the agent starts (adapters/http/tls.ts), not when its configuration is judged.

import type { AgentConfig } from "../../core/agent/config.ts";
import { must } from "../../core/lib/assert.ts";
import { utf8 } from "../../core/lib/bytes.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { joinHostPort } from "../../core/model/address.ts";
import { isBlock } from "../../core/model/network-block.ts";
import { type Addresses, isUnixSocket } from "./addresses.ts";
import type { AgentSettings, HttpListen, HttpSettings, HttpsSettings } from "./settings.ts";
import { opensslCiphers } from "./tls-ciphers.ts";
import { boolAt, type ConfigMap, numberAt, stringAt, stringsAt } from "./values.ts";

/** What the core judges requests by. */
export function accessOf(
  config: ConfigMap,
  faults: string[],
): Pick<AgentConfig, "allowWriteHttpFrom" | "blockEndpoints" | "takesUnprintablePaths"> {
  const allowWriteHttpFrom = stringsAt(config, "http_config.allow_write_http_from");
  for (const block of allowWriteHttpFrom)
    if (!isBlock(block)) faults.push(`allow_write_http_from: invalid cidr: ${block}`);
  return {
    allowWriteHttpFrom,
    blockEndpoints: stringsAt(config, "http_config.block_endpoints").map(utf8),
    takesUnprintablePaths: boolAt(config, "disable_http_unprintable_char_filter") ?? false,
  };
}

export function httpOf(
  config: ConfigMap,
  addresses: Addresses,
  ports: AgentSettings["ports"],
  durationMs: (key: string) => number,
  faults: string[],
): HttpSettings {
  const text = (key: string): string => stringAt(config, key) ?? "";
  return {
    listen: [...listenOn(addresses.http, ports.http, false), ...listenOn(addresses.https, ports.https, true)],
    maxConnectionsPerClient: must(numberAt(config, "limits.http_max_conns_per_client"), "it has a default"),
    unixSockets: {
      user: text("unix_sockets.user"),
      group: text("unix_sockets.group"),
      mode: text("unix_sockets.mode"),
    },
    https: httpsOf(config, durationMs("limits.https_handshake_timeout"), faults),
  };
}

/** A port that is off switches the unix sockets beside it off too. */
function listenOn(addresses: readonly string[], port: number, secure: boolean): HttpListen[] {
  if (port <= 0) return [];
  return addresses.map((address) =>
    isUnixSocket(address)
      ? { secure, path: address.replace(/^unix:(?:\/\/)?/, "") }
      : { secure, host: address, port },
  );
}

/** "127.0.0.1:8500", or the path of a unix socket. */
export function listenText(listen: HttpListen): string {
  return "path" in listen ? listen.path : joinHostPort(listen.host, listen.port);
}

/** Consul's keys since 1.12 before those it had all along. */
function httpsOf(config: ConfigMap, handshakeTimeoutMs: number, faults: string[]): HttpsSettings {
  const text = (key: string): string =>
    stringAt(config, `tls.https.${key}`) ??
    stringAt(config, `tls.defaults.${key}`) ??
    stringAt(config, key) ??
    "";
  const cipherSuites = text("tls_cipher_suites");
  const ciphers = opensslCiphers(cipherSuites);
  if (!ciphers.ok)
    faults.push(
      `tls_cipher_suites: invalid tls cipher suites: unsupported cipher ${quoteText(ciphers.unknown)}`,
    );
  return {
    caFile: text("ca_file"),
    caPath: text("ca_path"),
    certFile: text("cert_file"),
    keyFile: text("key_file"),
    verifyIncoming:
      boolAt(config, "tls.https.verify_incoming") ?? boolAt(config, "verify_incoming_https") ?? false,
    minVersion: text("tls_min_version"),
    cipherSuites,
    handshakeTimeoutMs,
  };
}
