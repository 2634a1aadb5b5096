// What the table indexes are called in Consul's archives.

import type { TableIndexes } from "../store/store.ts";

/** Consul 1.8 has no index of nodes that went. */
export const CONSUL_INDEXES: readonly (readonly [ours: keyof TableIndexes, theirs: string])[] = [
  ["kv", "kvs"],
  ["nodes", "nodes"],
  ["tombstones", "tombstones"],
  ["coordinates", "coordinates"],
  ["services", "services"],
  ["checks", "checks"],
  ["sessions", "sessions"],
  ["configEntries", "config-entries"],
  ["gatewayServices", "gateway-services"],
  ["preparedQueries", "prepared-queries"],
  ["intentions", "connect-intentions"],
  ["serviceExtinction", "service_last_extinction"],
];

/** Before the name of a service, for the service's own index. */
export const SERVICE_INDEX = "service.";
