// What is counted as in use: as Consul's own tests of /v1/operator/usage count it.

import { expect, test } from "vitest";
import type { ServiceFields } from "../../../src/core/api/request.ts";
import type { Store } from "../../../src/core/store/store.ts";
import { usageOf } from "../../../src/core/store/usage.ts";
import { apply, registerNode, storeAt } from "./shelf.ts";

function register(store: Store, node: string, service: string, more: Partial<ServiceFields> = {}): void {
  const { kind: _, ...fields } = registerNode(node);
  apply(store, {
    kind: "catalog.register",
    ...fields,
    skipNodeUpdate: false,
    service: {
      ...{ kind: "", id: service, service, tags: [], address: "", taggedAddresses: [], meta: null },
      ...{ port: 80, weights: { passing: 1, warning: 1 }, enableTagOverride: false },
      ...{ connectNative: false, proxy: null },
      ...more,
    },
    checks: [],
  });
}

test("usage counts names, instances and nodes; servers and whatever serves Connect are not billed", () => {
  const store = storeAt(10);
  expect(usageOf(store)).toEqual({
    usage: { nodes: 0, services: 0, instances: 0, connect: [0, 0, 0, 0, 0, 0], billable: 0 },
    index: 0,
  });
  register(store, "s1", "consul");
  register(store, "s1", "web");
  register(store, "n1", "web");
  register(store, "n1", "native", { connectNative: true });
  register(store, "n1", "gateway", { kind: "mesh-gateway" });
  expect(usageOf(store)).toEqual({
    usage: { nodes: 2, services: 4, instances: 5, connect: [0, 1, 0, 0, 1, 0], billable: 3 },
    index: 14,
  });
});
