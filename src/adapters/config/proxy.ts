// The settings of a proxy in a configuration file.

import { isRawList, isRawMap, type RawValue } from "../../core/lib/raw-value.ts";
import { type ServiceProxy, serviceProxy, type Upstream } from "../../core/model/proxy.ts";
import { type JsonObject, jsonObjectOf, zero } from "../../core/model/shape.ts";
import {
  boolAt,
  type ConfigMap,
  type ConfigValue,
  configAt,
  isConfigMap,
  numberAt,
  stringAt,
} from "./values.ts";

const NOTHING: ServiceProxy = zero(serviceProxy);

/** Null for one that is not there. */
export function proxyOf(config: ConfigMap | undefined): ServiceProxy | null {
  if (config === undefined) return null;
  const upstreams = objects(configAt(config, "upstreams")).map(upstreamOf);
  const paths = objects(configAt(config, "expose.paths")).map((path) => ({
    listenerPort: numberAt(path, "listener_port") ?? 0,
    path: stringAt(path, "path") ?? "",
    localPathPort: numberAt(path, "local_path_port") ?? 0,
    protocol: stringAt(path, "protocol") ?? "",
    parsedFromCheck: false,
  }));
  return {
    ...NOTHING,
    destinationServiceName: stringAt(config, "destination_service_name") ?? "",
    destinationServiceId: stringAt(config, "destination_service_id") ?? "",
    localServiceAddress: stringAt(config, "local_service_address") ?? "",
    localServicePort: numberAt(config, "local_service_port") ?? 0,
    config: objectOf(config),
    upstreams: upstreams.length === 0 ? null : upstreams,
    meshGateway: { mode: stringAt(config, "mesh_gateway.mode") ?? "" },
    expose: { checks: boolAt(config, "expose.checks") ?? false, paths: paths.length === 0 ? null : paths },
  };
}

function upstreamOf(config: ConfigMap): Upstream {
  const text = (key: string): string => stringAt(config, key) ?? "";
  return {
    destinationType: text("destination_type") || "service",
    destinationNamespace: text("destination_namespace"),
    destinationName: text("destination_name"),
    datacenter: text("datacenter"),
    localBindAddress: text("local_bind_address"),
    localBindPort: numberAt(config, "local_bind_port") ?? 0,
    config: objectOf(config),
    meshGateway: { mode: text("mesh_gateway.mode") },
  };
}

function objects(value: ConfigValue | undefined): ConfigMap[] {
  return Array.isArray(value) ? value.filter(isConfigMap) : [];
}

/** The user's own object `config`; HCL makes a list of a block. */
function objectOf(config: ConfigMap): JsonObject | null {
  const value = configAt(config, "config");
  if (typeof value !== "object" || !("opaque" in value)) return null;
  const given: RawValue = value.opaque;
  const single = typeof given === "object" && given !== null && isRawList(given) ? given[0] : given;
  return typeof single === "object" && single !== null && isRawMap(single) ? jsonObjectOf(single) : null;
}
