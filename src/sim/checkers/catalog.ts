// The catalog is what gossip says, once there is no more trouble: every agent is registered as itself, alive, as a server if
// it is one; and nobody is there that gossip vouched for once and does not know any more.

import { must } from "../../core/lib/assert.ts";
import { PASSING, SERF_CHECK_ID } from "../../core/model/catalog.ts";
import { nodeKey } from "../../core/store/catalog-keys.ts";
import { checkOf } from "../../core/store/checks.ts";
import { nodeByName } from "../../core/store/nodes.ts";
import { serviceOf } from "../../core/store/services.ts";
import type { Store } from "../../core/store/store.ts";
import { leaders } from "../faults.ts";
import type { SimNode } from "../node.ts";
import type { World } from "../world.ts";

/** What the leader's catalog has wrong; undefined when it agrees with who is there. */
export function whatTheCatalogGetsWrong(world: World): string | undefined {
  const [leader] = leaders(world);
  if (leader === undefined) return "nobody leads";
  const { store } = must(leader.agent?.service.server, "a leader is a server");
  for (const node of world.nodes) {
    const wrong = whatIsWrongOf(store, node);
    if (wrong !== undefined) return `in the catalog ${node.name} ${wrong}`;
  }
  return ghostIn(store, world);
}

function whatIsWrongOf(store: Store, { config }: SimNode): string | undefined {
  const row = nodeByName(store, config.nodeName);
  if (row === undefined) return "is missing";
  if (row.id !== config.nodeId) return `has the id ${row.id}`;
  if (row.address !== config.advertiseIp) return `is at ${row.address}`;
  const health = checkOf(store, config.nodeName, SERF_CHECK_ID)?.status;
  if (health !== PASSING) return `is ${health ?? "not checked"}`;
  const port = serviceOf(store, config.nodeName, "consul")?.port;
  const wanted = config.server ? config.ports.server : undefined;
  return port === wanted ? undefined : `takes RPC at ${port ?? "no port"}`;
}

/** A node with gossip's check whom this world does not have. */
function ghostIn(store: Store, { nodes }: World): string | undefined {
  const known = new Set(nodes.map(({ config }) => nodeKey(config.nodeName)));
  let ghost: string | undefined;
  store.nodes.forEach(({ node }, key) => {
    if (!known.has(key) && checkOf(store, node, SERF_CHECK_ID) !== undefined) ghost ??= node;
  });
  return ghost === undefined ? undefined : `the catalog has ${ghost}, who is nobody`;
}
