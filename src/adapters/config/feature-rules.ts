// What Consul demands of keys whatever becomes of them here: a file that it refuses is refused, in its words, also where
// the feature that it misconfigures is not there yet. Agents that were let start would mislead whoever tries a file here
// before it goes to Consul, and the other way round.

import { parseDuration } from "../../core/lib/duration.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import { ipBytes } from "../../core/model/address.ts";
import { EXPOSED_PORTS, type PortRange, SIDECAR_PORTS } from "../../core/model/port-ranges.ts";
import { ConfigFault } from "./config-fault.ts";
import { CONFIG_KEYS, type ObjectKind } from "./keys.ts";
import { boolAt, type ConfigMap, configAt, isConfigMap, numberAt, stringAt, stringsAt } from "./values.ts";

/** Told of each with its own check or service (definitions.ts). */
const DEFINITIONS: ReadonlySet<string> = new Set(["service", "services", "check", "checks"]);

/** Consul's constants: files may name them, and nobody reads what they say. */
const CONSTANTS: ReadonlySet<string> = new Set([
  ...["ae_interval", "check_deregister_interval_min", "check_reap_interval", "sync_coordinate_interval_min"],
  ...["acl_disabled_ttl", "acl.disabled_ttl"],
]);

/** Every duration that is none, wherever it stands. */
export function durationFaults(config: ConfigMap): string[] {
  return durationsIn(CONFIG_KEYS, config, "").flatMap(([path, given]) => {
    const parsed = parseDuration(given);
    return parsed.ok || CONSTANTS.has(path)
      ? []
      : [`${path}: invalid duration: ${quoteText(given)}: ${parsed.error}`];
  });
}

function durationsIn(kind: ObjectKind, config: ConfigMap, prefix: string): [path: string, given: string][] {
  return [...config].flatMap(([name, value]): [string, string][] => {
    const field = kind.fields[name];
    const path = `${prefix}${name}`;
    if (field === undefined || DEFINITIONS.has(path)) return [];
    if (field === "duration") return [[path, String(value)]];
    if (typeof field !== "object" || !isConfigMap(value)) return [];
    if (field.type === "object") return durationsIn(field, value, `${path}.`);
    if (field.type === "list" || field.of !== "duration") return [];
    return [...value].map(([key, each]) => [`${path}[${quoteText(key)}]`, String(each)]);
  });
}

/** @throws ConfigFault at the first thing that makes no sense; what is merely unwise goes into `warnings`. */
export function checkFeatures(config: ConfigMap, server: boolean, warnings: string[]): void {
  for (const [wrong, why] of rules(config, server)) if (wrong) throw new ConfigFault(why);
  for (const ip of stringsAt(config, "auto_encrypt.ip_san"))
    if (ipBytes(ip) === undefined) warnings.push(`Cannot parse ip ${quoteText(ip)} from AutoEncrypt.IPSAN`);
}

type Rule = readonly [wrong: boolean, why: string];

function rules(config: ConfigMap, server: boolean): readonly Rule[] {
  const isOn = (path: string): boolean => boolAt(config, path) === true;
  const text = (path: string): string => stringAt(config, path) ?? "";
  const provider = text("connect.ca_provider");
  const federates = "connect.enable_mesh_gateway_wan_federation";
  return [
    ...ports(config),
    ...cache(config),
    [!["", "consul", "vault", "aws-pca"].includes(provider), `${provider} is not a valid CA provider`],
    [isOn("auto_encrypt.tls") && server, "auto_encrypt.tls can only be used on a client."],
    [isOn("auto_encrypt.allow_tls") && !server, "auto_encrypt.allow_tls can only be used on a server."],
    [
      isOn("auto_config.authorization.enabled") && !server,
      "auto_config.authorization.enabled cannot be set to true for client agents",
    ],
    ...ui(config),
    ...primary(config, server),
    [isOn(federates) && !isOn("connect.enabled"), `'${federates}=true' requires 'connect.enabled=true'`],
    [isOn(federates) && !server, `'${federates}=true' requires 'server = true'`],
  ];
}

/** Ranges that ports are drawn from, with Consul's defaults of those that nothing draws from here. */
const RANGES: readonly (readonly [name: string, usual: PortRange])[] = [
  ["proxy", { min: 20_000, max: 20_255 }],
  ["sidecar", SIDECAR_PORTS],
  ["expose", EXPOSED_PORTS],
];

function ports(config: ConfigMap): Rule[] {
  return RANGES.map(([name, usual]) => {
    const min = numberAt(config, `ports.${name}_min_port`) ?? usual.min;
    const max = numberAt(config, `ports.${name}_max_port`) ?? usual.max;
    return [min > max, `${name}_min_port must be less than ${name}_max_port. To disable, set both to zero.`];
  });
}

/** Ports that are none, as faults of single values. */
export function portFaults(config: ConfigMap): string[] {
  return RANGES.flatMap(([name]) => [`${name}_min_port`, `${name}_max_port`]).flatMap((key) => {
    const given = numberAt(config, `ports.${key}`) ?? 0;
    return given > 65_535 ? [`ports.${key}: invalid port: ${given}`] : [];
  });
}

function cache(config: ConfigMap): Rule[] {
  return ["entry_fetch_rate", "entry_fetch_max_burst"].map((key) => {
    const given = numberAt(config, `cache.${key}`);
    return [given !== undefined && given <= 0, `cache.${key} must be strictly positive, was: ${given}`];
  });
}

function ui(config: ConfigMap): Rule[] {
  const both = boolAt(config, "ui") === true && (stringAt(config, "ui_dir") ?? "") !== "";
  return [
    [
      both,
      "Both the ui and ui-dir flags were specified, please provide only one.\nIf trying to use your own web UI resources, use the ui-dir flag.\nThe web UI is included in the binary so use ui to enable it",
    ],
  ];
}

/** Under which path the web interface cannot be; undefined if all is well. */
export function contentPathFault(config: ConfigMap): string | undefined {
  const given = stringAt(config, "ui_content_path") ?? stringAt(config, "ui_config.content_path") ?? "";
  // As Consul takes it, whose slashes may be left out.
  const path = `/${given.replace(/^\//, "")}`.replace(/([^/])$/, "$1/");
  if (!/^[\w/-]+$/.test(path))
    return `ui-content-path can only contain alphanumeric, -, _, or /. received: ${path}`;
  return /^\/v\d+\/$/.test(path) ? `ui-content-path cannot have 'v[0-9]'. received: ${path}` : undefined;
}

/** The one that keeps what all datacenters share; it is the agent's own where none is named. */
export function primaryDatacenter(config: ConfigMap, own: string): string {
  return (stringAt(config, "primary_datacenter") || stringAt(config, "acl_datacenter") || own).toLowerCase();
}

/** Consul still calls the primary datacenter by its first name. */
function primary(config: ConfigMap, server: boolean): Rule[] {
  const name = primaryDatacenter(config, "");
  const gateways = configAt(config, "primary_gateways") !== undefined && !server;
  return [
    [
      name !== "" && !/^[a-z0-9_-]+$/.test(name),
      `acl_datacenter cannot be ${quoteText(name)}. Please use only [a-z0-9-_]`,
    ],
    [gateways, "'primary_gateways' requires 'server = true'"],
  ];
}
