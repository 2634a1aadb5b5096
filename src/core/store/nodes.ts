// The node catalog: who is registered, under which name, id and address. What stands on a node (services, checks) goes
// with it.

import type { NodeDeregister, NodeRegister } from "../api/request.ts";
import { equalPlain } from "../lib/plain.ts";
import { CRITICAL, type Node, SERF_CHECK_ID } from "../model/catalog.ts";
import { idKey, nodeKey } from "./catalog-keys.ts";
import { checkOf, checksOfNode, removeCheck } from "./checks.ts";
import { removeCoordinates } from "./coordinates.ts";
import { invalidateSessionsOfNode } from "./end-sessions.ts";
import { noteNodeChange, removeService, servicesOfNode } from "./services.ts";
import type { Store, Touched } from "./store.ts";

type NodeFields = Omit<NodeRegister, "kind">;

/**
 * Why the node can't be registered, in Consul's words: its name belongs to another, which gossip says is alive. A node
 * without an id may be given one, and a name whose holder is gone, or was never an agent, is free to be taken.
 */
export function nodeConflict(store: Store, { id, node, address }: NodeFields): string | undefined {
  const holder = nodeByName(store, node);
  if (id === "" || holder === undefined || holder.id === id) return undefined;
  const known = nodeById(store, id);
  if (known?.node === node) return undefined;
  const renamed = known !== undefined;
  if (holder.id === "" && !renamed) return undefined;
  const health = checkOf(store, holder.node, SERF_CHECK_ID);
  if (health === undefined || health.status === CRITICAL) return undefined;
  const whose = renamed ? `"${id}" (${address})` : `"${id}"`;
  const holds = `Node name ${node} is reserved by node ${holder.id} with name ${holder.node} (${holder.address})`;
  return `Error while renaming Node ID: ${whose}: ${holds}`;
}

/**
 * Makes or replaces a node that has no conflict. One that comes back under another name keeps the index it was created
 * at; its old name goes, with all that stood on it.
 * @param datacenter This cluster's own: nodes of others are never stored.
 */
export function applyNodeRegister(
  store: Store,
  index: number,
  request: NodeFields,
  datacenter: string,
  touched: Touched[],
): void {
  const { id, node, address, taggedAddresses, meta } = request;
  const known = id === "" ? undefined : nodeById(store, id);
  const existing = nodeByName(store, node);
  const fields = { id, node, address, datacenter, taggedAddresses, meta };
  if (existing !== undefined && isSame(existing, fields)) return;
  if (known !== undefined && known.node !== node) removeNode(store, index, known, touched);
  if (existing !== undefined) store.nodeKeys.delete(idKey(existing.id));
  const createIndex = (known ?? existing)?.createIndex ?? index;
  store.nodes.set(nodeKey(node), { createIndex, modifyIndex: index, ...fields });
  if (id !== "") store.nodeKeys.set(idKey(id), nodeKey(node));
  store.tableIndexes.nodes = index;
  touched.push({ table: "nodes" }, { table: "node", node });
  noteNodeChange(store, index, node, touched);
}

function isSame(node: Node, fields: Omit<Node, "createIndex" | "modifyIndex">): boolean {
  const { createIndex: _created, modifyIndex: _modified, ...known } = node;
  return equalPlain(known, fields);
}

export function applyNodeDeregister(
  store: Store,
  index: number,
  { node }: Pick<NodeDeregister, "node">,
  touched: Touched[],
): void {
  const known = nodeByName(store, node);
  if (known !== undefined) removeNode(store, index, known, touched);
}

/** Its checks and services go first, as in Consul, so that whoever reads them is told. */
function removeNode(store: Store, index: number, node: Node, touched: Touched[]): void {
  for (const check of checksOfNode(store, node.node)) removeCheck(store, index, check, touched);
  for (const service of servicesOfNode(store, node.node)) removeService(store, index, service, touched);
  removeCoordinates(store, index, node.node, touched);
  store.nodes.delete(nodeKey(node.node));
  store.nodeKeys.delete(idKey(node.id));
  store.tableIndexes.nodes = index;
  store.tableIndexes.nodeExtinction = index;
  touched.push({ table: "nodes" }, { table: "node", node: node.node });
  invalidateSessionsOfNode(store, index, node.node, touched);
}

/** Ids are one without regard to case, as names are. */
export function nodeById(store: Store, id: string): Node | undefined {
  const key = store.nodeKeys.get(idKey(id));
  return key === undefined ? undefined : store.nodes.get(key);
}

export function nodeByName(store: Store, name: string): Node | undefined {
  return store.nodes.get(nodeKey(name));
}

export type NodeMeta = readonly (readonly [name: string, value: string])[];

/** Whether a node has every one of these metadata pairs. */
export function hasMeta({ meta }: Node, wanted: NodeMeta): boolean {
  return wanted.every(([name, value]) => (meta ?? []).some(([ours, its]) => ours === name && its === value));
}

/** All nodes that have every one of these metadata pairs, in order of their lower-cased names. */
export function listNodes(
  store: Store,
  nodeMeta: NodeMeta,
): { readonly nodes: readonly Node[]; readonly index: number } {
  const nodes: Node[] = [];
  store.nodes.forEach((node) => {
    if (hasMeta(node, nodeMeta)) nodes.push(node);
  });
  return { nodes, index: store.tableIndexes.nodes };
}
