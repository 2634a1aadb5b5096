// Registrations: a node, a service on it and checks, all of it or nothing; and what takes them out again. Whatever can be
// wrong with a registration is found before anything is changed. Consul's agent/consul/state/catalog.go, 1.8.

import type { CatalogDeregister, CatalogRegister } from "../api/request.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { serviceKey } from "./catalog-keys.ts";
import { applyCheckRegister, checkOf, checksOfInstance, removeCheck } from "./checks.ts";
import { applyNodeDeregister, applyNodeRegister, nodeById, nodeByName, nodeConflict } from "./nodes.ts";
import { applyServiceRegister, removeService, serviceOf } from "./services.ts";
import { APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

export function applyRegister(
  store: Store,
  index: number,
  request: CatalogRegister,
  config: { readonly datacenter: string; readonly planted?: string | undefined },
  touched: Touched[],
): Outcome {
  const { service, checks } = request;
  const keeps = request.skipNodeUpdate && nodeByName(store, request.node) !== undefined;
  const fault = (keeps ? undefined : nodeFault(store, request)) ?? checksFault(store, request, keeps);
  if (fault !== undefined) return { ok: false, error: fault };
  if (!keeps) applyNodeRegister(store, index, request, config.datacenter, touched);
  // Services and checks bear the node's name as it was registered.
  const node = nodeByName(store, request.node)?.node ?? request.node;
  if (service !== undefined) applyServiceRegister(store, index, node, service, touched);
  for (const check of checks) {
    if (PLANTED && planted(config, "catalog-check-update-lost") && checkOf(store, node, check.checkId))
      continue;
    applyCheckRegister(store, index, { ...check, node }, touched);
  }
  return APPLIED;
}

function nodeFault(store: Store, request: CatalogRegister): string | undefined {
  const conflict = nodeConflict(store, request);
  return conflict === undefined ? undefined : `failed inserting node: ${conflict}`;
}

/** A check of a service needs that service: the one that comes with it, or one that stays on the node. */
function checksFault(store: Store, request: CatalogRegister, keeps: boolean): string | undefined {
  const { node, service } = request;
  const renames = !keeps && isRenamed(store, request);
  const stays = (id: string): boolean => !renames && serviceOf(store, node, id) !== undefined;
  const comes = (id: string): boolean => service !== undefined && serviceKey(service.id) === serviceKey(id);
  for (const { node: its, checkId, serviceId } of request.checks) {
    if (its !== node) return `check node ${JSON.stringify(its)} does not match node ${JSON.stringify(node)}`;
    const where = `on node ${JSON.stringify(node)}`;
    if (serviceId !== "" && !comes(serviceId) && !stays(serviceId))
      return `failed inserting check: Missing service registration ${where}`;
    if (checkId === "")
      return `failed inserting check: failed inserting check: object missing primary index ${where}`;
  }
  return undefined;
}

/** A node that is renamed loses its services: one whose name differs by case alone keeps its key, but not them. */
function isRenamed(store: Store, { id, node }: CatalogRegister): boolean {
  const before = id === "" ? undefined : nodeById(store, id);
  return before !== undefined && before.node !== node && before === nodeByName(store, node);
}

export function applyDeregister(
  store: Store,
  index: number,
  { node, serviceId, checkId }: CatalogDeregister,
  touched: Touched[],
): Outcome {
  if (serviceId !== "") {
    const service = serviceOf(store, node, serviceId);
    if (service === undefined) return APPLIED;
    for (const check of checksOfInstance(store, node, serviceId)) removeCheck(store, index, check, touched);
    removeService(store, index, service, touched);
  } else if (checkId !== "") {
    const check = checkOf(store, node, checkId);
    if (check !== undefined) removeCheck(store, index, check, touched);
  } else applyNodeDeregister(store, index, { node }, touched);
  return APPLIED;
}
