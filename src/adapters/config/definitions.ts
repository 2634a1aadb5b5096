// Services and checks that a configuration names (`service`, `services`, `check`, `checks`), as they are written down; what
// is wrong with single values is told in Consul's words (agent/config/builder.go, 1.8). What is registered of them is in
// registrations.ts.

import { parseDuration } from "../../core/lib/duration.ts";
import { quoteText } from "../../core/lib/go-quote.ts";
import type { CheckDefinition } from "../../core/model/catalog.ts";
import { checkTypeOf } from "../../core/model/check-type.ts";
import { type CheckRegistration, type CheckSpec, NO_CHECK } from "../../core/model/local.ts";
import { metadataFault } from "../../core/model/metadata.ts";
import { isProxyKind, proxyFault } from "../../core/model/proxy-rules.ts";
import { weightsFault } from "../../core/model/service-rules.ts";
import type { WrittenService } from "../../core/model/written-service.ts";
import { ConfigFault } from "./config-fault.ts";
import { proxyOf } from "./proxy.ts";
import {
  boolAt,
  type ConfigMap,
  type ConfigValue,
  configAt,
  isConfigMap,
  labelsAt,
  numberAt,
  stringAt,
  stringsAt,
} from "./values.ts";

/** What is wrong with single values goes into `faults`. @throws ConfigFault for a proxy that makes no sense. */
export function writtenServices(config: ConfigMap, faults: string[]): WrittenService[] {
  const written = objectsAt(config, "services").map((service) => writtenService(service, faults));
  if (faults.length > 0) return written;
  for (const { name, ...service } of written) {
    const fault = proxyFault(service);
    if (fault !== undefined) throw new ConfigFault(`service ${quoteText(name)}: ${fault}`);
  }
  return written;
}

function writtenService(config: ConfigMap, faults: string[]): WrittenService {
  const text = (key: string): string => stringAt(config, key) ?? "";
  const name = text("name");
  const meta = labelsAt(config, "meta");
  const wrong = metadataFault(meta);
  if (wrong !== undefined) faults.push(`invalid meta for service ${name}: ${wrong}`);
  const weights = {
    passing: numberAt(config, "weights.passing") ?? 1,
    warning: numberAt(config, "weights.warning") ?? 1,
  };
  const weighing = weightsFault(weights);
  if (weighing !== undefined) faults.push(`Invalid weight definition for service ${name}: ${weighing}`);
  const kind = text("kind");
  const single = objectAt(config, "check");
  return {
    // Any other word is that of an ordinary service.
    kind: isProxyKind(kind) ? kind : "",
    id: text("id"),
    name,
    tags: stringsAt(config, "tags"),
    address: text("address"),
    taggedAddresses: taggedAddresses(config),
    meta: configAt(config, "meta") === undefined ? null : meta,
    port: numberAt(config, "port") ?? 0,
    checks: [...objectsAt(config, "checks"), ...(single === undefined ? [] : [single])].map((check) =>
      serviceCheck(check, faults),
    ),
    weights,
    token: text("token"),
    enableTagOverride: boolAt(config, "enable_tag_override") ?? false,
    proxy: proxyOf(objectAt(config, "proxy")),
    connectNative: boolAt(config, "connect.native") ?? false,
    sidecar: sidecar(objectAt(config, "connect.sidecar_service"), faults),
  };
}

function sidecar(config: ConfigMap | undefined, faults: string[]): WrittenService | undefined {
  if (config === undefined) return undefined;
  const written = writtenService(config, faults);
  if (written.id !== "") faults.push("sidecar_service can't specify an ID");
  if (written.sidecar !== undefined) faults.push("sidecar_service can't have a nested sidecar_service");
  return written;
}

function taggedAddresses(config: ConfigMap): WrittenService["taggedAddresses"] {
  const tagged = objectAt(config, "tagged_addresses") ?? new Map<string, ConfigValue>();
  return [...tagged].map(([name, value]) => {
    const its = isConfigMap(value) ? value : new Map<string, ConfigValue>();
    return [name, { address: stringAt(its, "address") ?? "", port: numberAt(its, "port") ?? 0 }] as const;
  });
}

export function writtenChecks(config: ConfigMap, faults: string[]): CheckRegistration[] {
  return objectsAt(config, "checks").map((check) => {
    const { checkId, name, ...rest } = checkOf(check, faults);
    return { ...rest, checkId: checkId === "" ? name : checkId, name };
  });
}

/** One of a service's checks tells how it is made; one of the node does not, as in Consul. */
function serviceCheck(config: ConfigMap, faults: string[]): CheckRegistration {
  const check = checkOf(config, faults);
  return { ...check, type: checkTypeOf(check.spec), serviceId: "", token: "" };
}

function checkOf(config: ConfigMap, faults: string[]): CheckRegistration {
  // The second spelling is that of Consul's first years.
  const text = (key: string, old = key): string => stringAt(config, key) ?? stringAt(config, old) ?? "";
  const count = (key: string): number => numberAt(config, key) ?? 0;
  const yes = (key: string, old = key): boolean => boolAt(config, key) ?? boolAt(config, old) ?? false;
  const checkId = text("id");
  const ns = (key: string, old = key): number =>
    durationNs(text(key, old), `check[${checkId}].${key}`, faults);
  const spec: CheckSpec = {
    http: text("http"),
    tlsSkipVerify: yes("tls_skip_verify", "tlsskipverify"),
    header: headerOf(config),
    method: text("method"),
    body: text("body"),
    tcp: text("tcp"),
    intervalNs: ns("interval"),
    outputMaxSize: count("output_max_size"),
    timeoutNs: ns("timeout"),
    ttlNs: ns("ttl"),
    deregisterCriticalServiceAfterNs: ns(
      "deregister_critical_service_after",
      "deregistercriticalserviceafter",
    ),
    scriptArgs: ["args", "script_args", "scriptargs"]
      .map((key) => stringsAt(config, key))
      .reduce((first, next) => (first.length > 0 ? first : next)),
    dockerContainerId: text("docker_container_id", "dockercontainerid"),
    shell: text("shell"),
    grpc: text("grpc"),
    grpcUseTls: yes("grpc_use_tls"),
    aliasNode: text("alias_node"),
    aliasService: text("alias_service"),
    successBeforePassing: count("success_before_passing"),
    failuresBeforeCritical: count("failures_before_critical"),
    failuresBeforeWarning: count("failures_before_warning"),
    tcpUseTls: yes("tcp_use_tls"),
    udp: text("udp"),
    h2ping: text("h2ping"),
    h2pingUseTls: boolAt(config, "h2ping_use_tls") ?? true,
    osService: text("os_service"),
    disableRedirects: yes("disable_redirects"),
    tlsServerName: text("tls_server_name"),
  };
  return {
    ...NO_CHECK,
    checkId,
    name: text("name"),
    notes: text("notes"),
    serviceId: text("service_id", "serviceid"),
    status: text("status"),
    token: text("token"),
    spec,
  };
}

function headerOf(config: ConfigMap): CheckDefinition["header"] {
  const header = objectAt(config, "header") ?? new Map<string, ConfigValue>();
  return [...header.keys()]
    .sort()
    .map((name) => [name, stringsAt(new Map([["_", header.get(name) ?? []]]), "_")]);
}

function durationNs(given: string, key: string, faults: string[]): number {
  if (given === "") return 0;
  const parsed = parseDuration(given);
  if (parsed.ok) return parsed.ns;
  faults.push(`${key}: invalid duration: ${quoteText(given)}: ${parsed.error}`);
  return 0;
}

function objectsAt(config: ConfigMap, path: string): ConfigMap[] {
  const value = configAt(config, path) ?? [];
  return Array.isArray(value) ? value.filter(isConfigMap) : [];
}

function objectAt(config: ConfigMap, path: string): ConfigMap | undefined {
  const value = configAt(config, path);
  return value !== undefined && isConfigMap(value) ? value : undefined;
}
