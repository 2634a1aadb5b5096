// The node catalog: who is registered, under which name, id and address.

import type { NodeDeregister, NodeRegister } from "../api/request.ts";
import { equalPlain } from "../lib/plain.ts";
import { type Node, nodeKey } from "../model/catalog.ts";
import { removeCoordinates } from "./coordinates.ts";
import { APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

/**
 * Makes or replaces a node. One that comes back under another name keeps the index it was created at; its old name goes.
 * @param datacenter This cluster's own: nodes of others are never stored.
 */
export function applyNodeRegister(
  store: Store,
  index: number,
  request: NodeRegister,
  datacenter: string,
  touched: Touched[],
): Outcome {
  const key = nodeKey(request.node);
  const renamed = request.id === "" ? undefined : nodeById(store, request.id);
  const existing = store.nodes.get(key);
  const before = renamed ?? existing;
  const { id, node, address, taggedAddresses, meta } = request;
  const fields = { id, node, address, datacenter, taggedAddresses, meta };
  if (existing !== undefined && isSame(existing, fields)) return APPLIED;
  if (renamed !== undefined) {
    removeNode(store, renamed);
    if (nodeKey(renamed.node) !== key) removeCoordinates(store, index, renamed.node, touched);
  }
  if (existing !== undefined) removeNode(store, existing);
  store.nodes.set(key, { ...fields, createIndex: before?.createIndex ?? index, modifyIndex: index });
  if (id !== "") store.nodeKeys.set(id, key);
  store.tableIndexes.nodes = index;
  touched.push({ table: "nodes" });
  return APPLIED;
}

function isSame(node: Node, fields: Omit<Node, "createIndex" | "modifyIndex">): boolean {
  const { createIndex: _created, modifyIndex: _modified, ...known } = node;
  return equalPlain(known, fields);
}

export function applyNodeDeregister(
  store: Store,
  index: number,
  request: NodeDeregister,
  touched: Touched[],
): Outcome {
  const node = nodeByName(store, request.node);
  if (node === undefined) return APPLIED;
  removeNode(store, node);
  removeCoordinates(store, index, node.node, touched);
  store.tableIndexes.nodes = index;
  touched.push({ table: "nodes" });
  return APPLIED;
}

function removeNode(store: Store, node: Node): void {
  store.nodes.delete(nodeKey(node.node));
  store.nodeKeys.delete(node.id);
}

export function nodeById(store: Store, id: string): Node | undefined {
  const key = store.nodeKeys.get(id);
  return key === undefined ? undefined : store.nodes.get(key);
}

export function nodeByName(store: Store, name: string): Node | undefined {
  return store.nodes.get(nodeKey(name));
}

/** All nodes that have every one of these metadata pairs, in order of their lower-cased names. */
export function listNodes(
  store: Store,
  nodeMeta: readonly (readonly [string, string])[],
): { readonly nodes: readonly Node[]; readonly index: number } {
  const nodes: Node[] = [];
  store.nodes.forEach((node) => {
    const has = ([name, value]: readonly [string, string]): boolean =>
      (node.meta ?? []).some(([ours, its]) => ours === name && its === value);
    if (nodeMeta.every(has)) nodes.push(node);
  });
  return { nodes, index: store.tableIndexes.nodes };
}
