// Each key that a configuration file may have, tried with values of its kind: what becomes of an agent that has it.

import { CONFIG_KEYS, type Kind, type ObjectKind } from "../../../src/adapters/config/keys.ts";
import { reloadableOf } from "../../../src/adapters/config/reloadable.ts";
import { load } from "./support.ts";

/** Services, checks and watches have tests of their own. */
const ELSEWHERE = /^(?:service|services|check|checks|watches|segments?)(?:\.|$)/;

type Path = readonly string[];

function leaves(kind: ObjectKind, outer: Path = []): [path: Path, kind: Kind][] {
  return Object.entries(kind.fields).flatMap(([name, field]): [Path, Kind][] => {
    const path = [...outer, name];
    if (ELSEWHERE.test(path.join("."))) return [];
    const isObject = typeof field === "object" && field.type === "object";
    return isObject ? leaves(field, path) : [[path, field]];
  });
}

const IP = "10.1.2.3";
const KEY = "pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvwYn6Vlhk=";

/** What keys are tried with that do not take any word of their kind, or have the usual sample for a default. */
const VALUES: Readonly<Record<string, unknown>> = {
  ...{ "addresses.dns": IP, "addresses.grpc": IP, "addresses.http": IP, "addresses.https": IP },
  ...{ advertise_addr: "10.9.9.9", advertise_addr_ipv4: "10.9.9.9", advertise_addr_ipv6: "fd00::9" },
  ...{
    advertise_addr_wan: "10.9.9.9",
    advertise_addr_wan_ipv4: "10.9.9.9",
    advertise_addr_wan_ipv6: "fd00::9",
  },
  ...{ bind_addr: IP, client_addr: IP, serf_lan: IP, serf_wan: IP, recursors: [IP] },
  ...{ serf_lan_allowed_cidrs: ["10.0.0.0/8"], serf_wan_allowed_cidrs: ["10.0.0.0/8"] },
  ...{ "http_config.allow_write_http_from": ["10.0.0.0/8"], "dns_config.recursor_strategy": "random" },
  ...{ "dns_config.udp_answer_limit": 4, "gossip_lan.gossip_nodes": 4, "gossip_wan.gossip_nodes": 4 },
  ...{ node_id: "7fe3df66-5e57-a8f0-6811-292f8db5cd35", encrypt: KEY, log_level: "WARN", protocol: 3 },
  ...{ tls_cipher_suites: "TLS_RSA_WITH_AES_128_CBC_SHA", "telemetry.dogstatsd_addr": "127.0.0.1:8125" },
  "tls.defaults.tls_cipher_suites": "TLS_RSA_WITH_AES_128_CBC_SHA",
  "tls.https.tls_cipher_suites": "TLS_RSA_WITH_AES_128_CBC_SHA",
  ...{ "ports.expose_max_port": 30_000, "ports.sidecar_max_port": 30_000, "ports.proxy_max_port": 30_000 },
  ...{ "telemetry.prefix_filter": ["+x"], "connect.ca_provider": "vault" },
  "acl.tokens.managed_service_provider": [{ x: "y" }],
  "config_entries.bootstrap": [{ Kind: "service-defaults", Name: "web" }],
  "ui_config.metrics_proxy.add_headers": [{ name: "a", value: "b" }],
};

/** Keys that mean something only beside another. */
const BESIDE: Readonly<Record<string, object>> = {
  "addresses.https": { ports: { https: 8501 } },
  "limits.rpc_max_burst": { limits: { rpc_rate: 1 } },
  "telemetry.disable_hostname": { telemetry: { statsd_address: "127.0.0.1:8125" } },
};

/** Values, of the key's kind, that a key is tried with: among them another than its default. */
function samples(path: string, kind: Kind): readonly unknown[] {
  if (path in VALUES) return [VALUES[path]];
  if (kind === "bool") return [true, false];
  if (kind === "duration") return ["17s"];
  if (kind === "int" || kind === "uint") return [3];
  if (kind === "float") return [3.5];
  if (kind === "string") return ["x"];
  if (kind === "any") return [{}];
  return kind.type === "map" ? [{ x: kind.of === "duration" ? "17s" : "x" }] : [["x"]];
}

interface Made {
  /** All of its settings, and those that a reload would bring, as text. */
  readonly shown: string;
  readonly reloadable: string;
  readonly warnings: readonly string[];
}

/** The agent with this key set, or why there is none. */
function agentWith(path: Path, value: unknown): Made | string {
  const whole: Record<string, unknown> = { ...base(path.join(".")) };
  let at = whole;
  for (const name of path.slice(0, -1)) {
    const inner = { ...(at[name] as object | undefined) } as Record<string, unknown>;
    at[name] = inner;
    at = inner;
  }
  at[path.at(-1) ?? ""] = value;
  return made(whole);
}

function base(path: string): object {
  // A client is another agent than a server, in which some keys mean nothing.
  return { data_dir: "/nowhere/data", server: true, ...BESIDE[path] };
}

function made(whole: object): Made | string {
  const loaded = load({ files: { "a.json": JSON.stringify(whole) } });
  if (!loaded.ok) return loaded.error;
  const { warnings, sources: _, ...settings } = loaded.settings;
  const reloadable = JSON.stringify(reloadableOf(loaded.settings));
  return { shown: JSON.stringify(settings), reloadable, warnings };
}

export interface Tried {
  readonly path: string;
  readonly value: unknown;
  readonly agent: Made | string;
}

/** All keys, each with every one of its samples; in a map of the user's names what is in it counts. */
export const TRIED: readonly Tried[] = leaves(CONFIG_KEYS).flatMap(([names, kind]) => {
  const path = names.join(".");
  const shown = typeof kind === "object" && kind.type === "map" ? `${path}.x` : path;
  return samples(path, kind).map((value) => ({ path: shown, value, agent: agentWith(names, value) }));
});

const PLAIN: Made | string = made(base(""));

/** Whether an agent with this key is another one than without it, by what is asked for of it. */
export function changes({ path, agent }: Tried, of: (made: Made) => string): boolean {
  const without = path in BESIDE ? made(base(path)) : PLAIN;
  return typeof agent !== "string" && typeof without !== "string" && of(agent) !== of(without);
}
