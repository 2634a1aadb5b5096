// What configuration entries say of all proxies, and of the service that one stands in front of: whom it is asked for, and
// what it makes of a registration, which goes before it (Consul's ServiceConfigResponse and mergeServiceConfig, 1.8).

import { compareStrings } from "../lib/bytes.ts";
import type { ServiceDefinition } from "./local.ts";
import {
  CONNECT_PROXY,
  type Expose,
  expose,
  INGRESS_GATEWAY,
  MESH_GATEWAY,
  type MeshGateway,
  meshGateway,
  type ServiceProxy,
  serviceProxy,
  TERMINATING_GATEWAY,
  type Upstream,
} from "./proxy.ts";
import {
  type JsonObject,
  type JsonTree,
  jsonObject,
  map,
  type Pairs,
  type Shape,
  sortedObject,
  struct,
  zero,
} from "./shape.ts";

/** Whose defaults are asked for: those of a service, for a proxy that connects to these others. */
export interface ServiceConfigQuestion {
  readonly service: string;
  /** Each once, in the order of their names. */
  readonly upstreams: readonly string[];
}

/** What the entries say. */
export interface ServiceConfig {
  readonly proxyConfig: JsonObject | null;
  /** By the upstream's name, as it was asked for; those of which nothing is said are not there. */
  readonly upstreams: Pairs<JsonObject | null> | null;
  readonly meshGateway: MeshGateway;
  readonly expose: Expose;
}
export const serviceConfig: Shape<ServiceConfig> = struct<ServiceConfig>({
  proxyConfig: ["ProxyConfig", jsonObject],
  upstreams: ["UpstreamConfigs", map(jsonObject)],
  meshGateway: ["MeshGateway", meshGateway],
  expose: ["Expose", expose],
});

const GATEWAYS: readonly string[] = [MESH_GATEWAY, TERMINATING_GATEWAY, INGRESS_GATEWAY];

/**
 * What the servers are asked for a registration: for a proxy that stands in front of a certain instance, about its service;
 * for a gateway, about itself. Undefined for all others, which have no defaults.
 */
export function questionFor({ kind, service, proxy }: ServiceDefinition): ServiceConfigQuestion | undefined {
  if (GATEWAYS.includes(kind)) return { service, upstreams: [] };
  if (kind !== CONNECT_PROXY || (proxy?.destinationServiceId ?? "") === "") return undefined;
  const names = (proxy?.upstreams ?? []).filter(isService).map(({ destinationName }) => destinationName);
  return {
    service: proxy?.destinationServiceName ?? "",
    upstreams: [...new Set(names)].sort(compareStrings),
  };
}

/** Prepared queries find what they find: no entry is about them. */
function isService({ destinationType }: Upstream): boolean {
  return destinationType === "" || destinationType === "service";
}

/** The registration with what the entries say where it says nothing itself. */
export function withDefaults(service: ServiceDefinition, defaults: ServiceConfig): ServiceDefinition {
  return { ...service, proxy: mergedProxy(service.proxy ?? zero(serviceProxy), defaults) };
}

function mergedProxy(proxy: ServiceProxy, defaults: ServiceConfig): ServiceProxy {
  const mode = proxy.meshGateway.mode === "" ? defaults.meshGateway.mode : proxy.meshGateway.mode;
  const { checks, paths } = proxy.expose;
  return {
    ...proxy,
    config: filledObject(proxy.config, defaults.proxyConfig),
    meshGateway: { mode },
    expose: {
      checks: checks || defaults.expose.checks,
      paths: (paths ?? []).length === 0 ? defaults.expose.paths : paths,
    },
    upstreams: proxy.upstreams?.map((each) => mergedUpstream(each, mode, defaults)) ?? null,
  };
}

function mergedUpstream(upstream: Upstream, mode: string, { upstreams }: ServiceConfig): Upstream {
  if (!isService(upstream)) return upstream;
  const said = (upstreams ?? []).find(([name]) => name === upstream.destinationName)?.[1] ?? null;
  return {
    ...upstream,
    config: filledObject(upstream.config, said),
    meshGateway: upstream.meshGateway.mode === "" ? { mode } : upstream.meshGateway,
  };
}

/** Null stays null where there is nothing to be put in. */
function filledObject(own: JsonObject | null, defaults: JsonObject | null): JsonObject | null {
  if (defaults === null || defaults.size === 0) return own;
  const names = new Set([...(own?.keys() ?? []), ...defaults.keys()]);
  return sortedObject([...names].map((name) => [name, filled(own?.get(name), defaults.get(name))]));
}

/** What is empty in Go says nothing: zero, false and an empty list, too. */
function filled(own: JsonTree | undefined, byDefault: JsonTree | undefined): JsonTree {
  if (isObject(own) && isObject(byDefault)) return filledObject(own, byDefault);
  return (saysNothing(own) ? byDefault : own) ?? own ?? null;
}

function isObject(value: JsonTree | undefined): value is JsonObject {
  return value instanceof Map;
}

function saysNothing(value: JsonTree | undefined): boolean {
  if (isObject(value)) return value.size === 0;
  return !value || (Array.isArray(value) && value.length === 0);
}
