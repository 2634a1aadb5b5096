// What configuration entries say of a service's proxies (ConfigEntry.ResolveServiceConfig of Consul's
// agent/consul/config_endpoint.go, 1.8).

import { type ConfigKind, GLOBAL, type KeptEntry } from "../model/config-entry.ts";
import { type ServiceConfig, type ServiceConfigQuestion, serviceConfig } from "../model/service-config.ts";
import { type JsonTree, type Pairs, sortedObject, zero } from "../model/shape.ts";
import { entryOf } from "./config-tables.ts";
import type { Store } from "./store.ts";

const PROTOCOL = "protocol";
const NOTHING: ServiceConfig = zero(serviceConfig);

/** The defaults of all proxies, with those of the service before them; and what its upstreams speak. */
export function resolveServiceConfig(
  { configEntries }: Store,
  { service, upstreams }: ServiceConfigQuestion,
): ServiceConfig {
  const find = <K extends ConfigKind>(kind: K, name: string): KeptEntry<K> | undefined =>
    entryOf(configEntries, kind, name);
  const all = find("proxy-defaults", GLOBAL) ?? NOTHING_OF_ALL;
  const own = find("service-defaults", service) ?? NOTHING_OF_ONE;
  const pairs = new Map(all.config);
  if (own.protocol !== "") pairs.set(PROTOCOL, own.protocol);
  const spoken = upstreams.flatMap((name): Pairs<JsonTree> => {
    const said = find("service-defaults", name)?.protocol ?? "";
    const protocol = said === "" ? all.config?.get(PROTOCOL) : said;
    return protocol === undefined || protocol === null || protocol === "" ? [] : [[name, protocol]];
  });
  return {
    proxyConfig: pairs.size === 0 ? null : sortedObject([...pairs]),
    upstreams: spoken.map(([name, protocol]) => [name, new Map([[PROTOCOL, protocol]])]),
    meshGateway: own.meshGateway.mode === "" ? all.meshGateway : own.meshGateway,
    expose: {
      checks: own.expose.checks || all.expose.checks,
      paths: (own.expose.paths ?? []).length === 0 ? all.expose.paths : own.expose.paths,
    },
  };
}

const { meshGateway, expose } = NOTHING;
const NOTHING_OF_ALL = { config: null, meshGateway, expose };
const NOTHING_OF_ONE = { protocol: "", meshGateway, expose };
