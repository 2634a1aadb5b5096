// What the catalog has of this node, against what is here: what differs is to be told again, what is not here is to go.
// Consul's agent/local/state.go (updateSyncState), 1.8.

import { equalPlain } from "../lib/plain.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { type CatalogService, type Check, type Node, SERF_CHECK_ID } from "../model/catalog.ts";
import type { ServiceDefinition } from "../model/local.ts";
import { ownNode } from "../model/own-node.ts";
import { checkSyncKey, type SyncKey, serviceSyncKey } from "./keys.ts";
import type { Local, LocalCheck } from "./state.ts";
import { isTimed } from "./timers.ts";

/** The servers' own service, which the leader writes. */
const CONSUL_SERVICE = "consul";

export interface CatalogView {
  /** Null: the catalog does not have this node. */
  readonly node: Node | null;
  readonly services: readonly CatalogService[];
  readonly checks: readonly Check[];
}

/** Notes what the catalog has to be told. What is `fresh` has changed since the catalog was asked, and is noted already. */
export function compareWithCatalog(local: Local, view: CatalogView, fresh: ReadonlySet<SyncKey>): void {
  const remoteServices = new Map(view.services.map((service) => [service.id, service]));
  const remoteChecks = new Map(view.checks.map((check) => [check.checkId, check]));
  const { dirty } = local.sync;
  const note = (key: SyncKey, inSync: boolean): void => {
    if (!inSync && !fresh.has(key)) dirty.add(key);
  };
  for (const [id, service] of local.services) {
    const remote = remoteServices.get(id);
    takeTags(local, id, remote, fresh);
    const { definition } = local.services.get(id) ?? service;
    note(serviceSyncKey(id), remote !== undefined && isSameService(definition, remote));
  }
  for (const [id, check] of local.checks) {
    const remote = remoteChecks.get(id);
    note(checkSyncKey(id), remote !== undefined && isSameCheck(local, check, remote));
  }
  if (PLANTED && planted(local.config, "local-strangers-stay")) return;
  for (const id of remoteServices.keys())
    if (id !== CONSUL_SERVICE) note(serviceSyncKey(id), local.services.has(id));
  for (const [id, { serviceId }] of remoteChecks) {
    // Checks of a service that goes, go with it.
    const goes = serviceId !== "" && dirty.has(serviceSyncKey(serviceId)) && !local.services.has(serviceId);
    if (id !== SERF_CHECK_ID && !goes) note(checkSyncKey(id), local.checks.has(id));
  }
}

/** Others may write the tags of a service that says so: theirs are its tags then. */
function takeTags(
  { config, services, changed }: Local,
  id: string,
  remote: CatalogService | undefined,
  fresh: ReadonlySet<SyncKey>,
): void {
  const service = services.get(id);
  if (service === undefined || remote === undefined || fresh.has(serviceSyncKey(id))) return;
  if (!service.definition.enableTagOverride || (PLANTED && planted(config, "local-tag-override-ignored")))
    return;
  if (equalPlain(remote.tags, service.definition.tags)) return;
  changed.add(serviceSyncKey(id));
  const { tags } = remote;
  const registered = { ...service.registered, tags };
  services.set(id, { ...service, definition: { ...service.definition, tags }, registered });
}

function isSameService(
  { token: _token, sidecarOf: _of, ...ours }: ServiceDefinition,
  theirs: CatalogService,
): boolean {
  const { node: _node, createIndex: _create, modifyIndex: _modify, ...rest } = theirs;
  return equalPlain({ ...ours, meta: ours.meta ?? [] }, { ...rest, meta: rest.meta ?? [] });
}

/** An output that waits to be told is not compared: it would be told now. */
function isSameCheck(local: Local, check: LocalCheck, remote: Check): boolean {
  const { name, notes, serviceId, type, checkId } = check.registration;
  const its = local.services.get(serviceId)?.definition.service ?? "";
  return (
    remote.name === name &&
    remote.status === check.status &&
    remote.notes === notes &&
    remote.serviceId === serviceId &&
    remote.serviceName === its &&
    remote.type === type &&
    (remote.output === check.output || isTimed(local, "tell", checkId))
  );
}

/** Whether the catalog's record of this node is as it should be. */
export function isNodeInSync(local: Local, node: Node | null): boolean {
  if (node === null) return false;
  const own = ownNode(local.config);
  return (
    node.id === own.id &&
    node.address === own.address &&
    equalPlain(node.taggedAddresses ?? [], own.taggedAddresses ?? []) &&
    equalPlain(node.meta ?? [], own.meta ?? [])
  );
}
