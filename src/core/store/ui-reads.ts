// What a web interface asks: nodes with all that is on them, all instances with their health, those behind a gateway.
// Consul's agent/consul/internal_endpoint.go, 1.8; how well all of it is, of later Consuls.

import type { NodeInfo } from "../api/filters.ts";
import type { GatewayDump, HealthRow } from "../api/response.ts";
import { compareStrings, utf8 } from "../lib/bytes.ts";
import { type CatalogOverview, counted, type HealthCounts, worstOf } from "../model/overview.ts";
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

/** How well all nodes, instances and checks are. A node is as well as its own checks, an instance as its own. */
export function overviewOf(store: Store): CatalogOverview {
  const nodes = new Map<string, HealthCounts>();
  const services = new Map<string, HealthCounts>();
  const checks = new Map<string, HealthCounts>();
  for (const { services: its, checks: all } of dumpNodes(store, undefined)) {
    const statusOf = (serviceId: string): string =>
      worstOf(all.filter((check) => check.serviceId === serviceId).map(({ status }) => status));
    count(nodes, "", statusOf(""));
    for (const { id, service } of its) count(services, service, statusOf(id));
    for (const { name, status } of all) count(checks, name, status);
  }
  return { nodes: byName(nodes), services: byName(services), checks: byName(checks) };
}

function count(all: Map<string, HealthCounts>, name: string, status: string): void {
  const before = all.get(name) ?? { name, total: 0, passing: 0, warning: 0, critical: 0 };
  all.set(name, counted(before, status));
}

function byName(all: ReadonlyMap<string, HealthCounts>): HealthCounts[] {
  return [...all.values()].sort((a, b) => compareStrings(utf8(a.name), utf8(b.name)));
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
