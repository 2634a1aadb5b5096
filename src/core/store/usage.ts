// How much is in the catalog. Consul's agent/consul/state/usage.go, 1.14 and later, which keeps these counts; asked for as
// seldom as they are, they are counted.

import { CONSUL_SERVICE } from "../model/catalog.ts";
import { CONNECT_INSTANCES, type Usage } from "../model/usage.ts";
import type { Store } from "./store.ts";

export function usageOf(store: Store): { readonly usage: Usage; readonly index: number } {
  const connect = new Map<string, number>(CONNECT_INSTANCES.map((kind) => [kind, 0]));
  const count = (kind: string): void => {
    const known = connect.get(kind);
    if (known !== undefined) connect.set(kind, known + 1);
  };
  let billable = 0;
  store.services.rows.forEach(({ kind, service, connectNative }) => {
    count(kind);
    if (connectNative) count("connect-native");
    if (kind === "" && service !== CONSUL_SERVICE) billable++;
  });
  const { nodes, services } = store.tableIndexes;
  const usage: Usage = {
    nodes: store.nodes.size,
    services: store.services.indexes.size,
    instances: store.services.rows.size,
    connect: [...connect.values()],
    billable,
  };
  return { usage, index: Math.max(nodes, services) };
}
