// What a web interface asks: nodes with all that is on them, all instances with their health, those behind a gateway.
// Consul's agent/consul/internal_endpoint.go, 1.8.

import type { NodeInfo } from "../api/filters.ts";
import type { GatewayDump, HealthRow } from "../api/response.ts";
import { instanceHealth, listHealth } from "./catalog-reads.ts";
import { checksOfNode } from "./checks.ts";
import { listGatewayServices } from "./gateway-services.ts";
import { nodeByName } from "./nodes.ts";
import { servicesOfNode } from "./services.ts";
import type { Store } from "./store.ts";

/** Of all that a dump of the catalog could tell. */
export function catalogIndex({ tableIndexes: { nodes, services, checks } }: Store): number {
  return Math.max(nodes, services, checks);
}

/** All nodes, or the one of this name. */
export function dumpNodes(store: Store, name: string | undefined): NodeInfo[] {
  const one = name === undefined ? undefined : nodeByName(store, name);
  const nodes = name === undefined ? store.nodes.valuesArray() : one === undefined ? [] : [one];
  return nodes.map((node) => ({
    node,
    services: servicesOfNode(store, node.node),
    checks: checksOfNode(store, node.node),
  }));
}

export function dumpServices(store: Store): HealthRow[] {
  return instanceHealth(store, store.services.rows.valuesArray());
}

/** What a gateway serves, each with its instances if there are any. */
export function dumpGateway(
  store: Store,
  gateway: string,
): { readonly rows: readonly GatewayDump[]; readonly index: number } {
  const { rows: served, index } = listGatewayServices(store, gateway);
  let highest = index;
  const rows = served.map((row) => {
    const health = listHealth(store, {
      service: row.service,
      connect: false,
      tags: [],
      nodeMeta: [],
      passing: false,
    });
    highest = Math.max(highest, health.index);
    return { served: row, instances: health.rows };
  });
  return { rows, index: highest };
}
