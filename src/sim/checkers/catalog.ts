// The catalog is what gossip says, once there is no more trouble: every agent is registered as itself, alive, as a server if
// it is one; and nobody is there that gossip vouched for once and does not know any more.

import { must } from "../../core/lib/assert.ts";
import { PASSING, SERF_CHECK_ID } from "../../core/model/catalog.ts";
import { nodeKey } from "../../core/store/catalog-keys.ts";
import { checkOf, checksOfNode } from "../../core/store/checks.ts";
import { nodeByName } from "../../core/store/nodes.ts";
import { serviceOf, servicesOfNode } from "../../core/store/services.ts";
import type { Store } from "../../core/store/store.ts";
import { firstWrong, type Population } from "../datacenters.ts";
import { leaders } from "../faults.ts";
import type { SimNode } from "../node.ts";
import type { World } from "../world.ts";

/** What a leader's catalog has wrong; undefined when it agrees with who is there. */
export function whatTheCatalogGetsWrong(world: World): string | undefined {
  return firstWrong(world, whatItGetsWrong);
}

function whatItGetsWrong(cluster: Population): string | undefined {
  const [leader] = leaders(cluster);
  if (leader === undefined) return "nobody leads";
  const { store } = must(leader.agent?.service.server, "a leader is a server");
  for (const node of cluster.nodes) {
    const wrong = whatIsWrongOf(store, node) ?? whatIsUnlikeTheAgent(store, node);
    if (wrong !== undefined) return `in the catalog ${node.name} ${wrong}`;
  }
  return ghostIn(store, cluster);
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

/** What the catalog has of the services and checks of a node, against what its agent has. */
function whatIsUnlikeTheAgent(store: Store, { agent, config: { nodeName } }: SimNode): string | undefined {
  if (agent === undefined) return "is down";
  const { services, checks } = agent.local;
  for (const [id, { definition }] of services) {
    const row = serviceOf(store, nodeName, id);
    if (row?.port !== definition.port)
      return `has ${id} at ${row?.port ?? "no port"}, not ${definition.port}`;
  }
  for (const [id, { status }] of checks) {
    const row = checkOf(store, nodeName, id);
    if (row?.status !== status) return `has the check ${id} ${row?.status ?? "not at all"}, not ${status}`;
  }
  const strange = servicesOfNode(store, nodeName).find(({ id }) => id !== "consul" && !services.has(id));
  if (strange !== undefined) return `has ${strange.id}, which its agent has not`;
  const stray = checksOfNode(store, nodeName).find(
    ({ checkId }) => checkId !== SERF_CHECK_ID && !checks.has(checkId),
  );
  return stray === undefined ? undefined : `has the check ${stray.checkId}, which its agent has not`;
}

/** A node with gossip's check whom this datacenter does not have. */
function ghostIn(store: Store, { nodes }: Population): string | undefined {
  const known = new Set(nodes.map(({ config }) => nodeKey(config.nodeName)));
  let ghost: string | undefined;
  store.nodes.forEach(({ node }, key) => {
    if (!known.has(key) && checkOf(store, node, SERF_CHECK_ID) !== undefined) ghost ??= node;
  });
  return ghost === undefined ? undefined : `the catalog has ${ghost}, who is nobody`;
}
