// What the catalog's readers ask: services with their nodes and their health, and the index that each answer may be
// waited upon with.

import type {
  CatalogNode,
  HealthChecks,
  HealthService,
  HealthState,
  ServiceSelection,
} from "../api/request.ts";
import type { HealthRow, ServiceNodeRow } from "../api/response.ts";
import { compareStrings } from "../lib/bytes.ts";
import { type CatalogService, type Check, type Node, PASSING } from "../model/catalog.ts";
import { serviceKey } from "./catalog-keys.ts";
import { checksInState, checksOfInstance, checksOfNode, checksOfService } from "./checks.ts";
import { gatewaysOf } from "./gateway-services.ts";
import { hasMeta, type NodeMeta, nodeById, nodeByName } from "./nodes.ts";
import { instancesOf, serviceIndex, servicesOfNode } from "./services.ts";
import type { Store } from "./store.ts";

export type ServiceTags = readonly (readonly [service: string, tags: readonly string[]])[];

/** All names of services, in bytewise order, with the tags of all their instances, each once. */
export function listServices(
  store: Store,
  nodeMeta: NodeMeta,
): { readonly services: ServiceTags; readonly index: number } {
  const tags = new Map<string, Set<string>>();
  const isThere = onNodesWith(store, nodeMeta);
  store.services.byName.forEach((instance) => {
    if (!isThere(instance.node)) return;
    const known = tags.get(instance.service);
    if (known === undefined) tags.set(instance.service, new Set(instance.tags));
    else for (const tag of instance.tags) known.add(tag);
  });
  const services = [...tags].map(([name, its]) => [name, [...its]] as const);
  const { services: index, nodes } = store.tableIndexes;
  return {
    services: services.sort(([a], [b]) => compareStrings(a, b)),
    index: nodeMeta.length === 0 ? index : Math.max(index, nodes),
  };
}

/** Whether a node, by name, has all these metadata pairs; asked for each of its rows, and looked up once. */
function onNodesWith(store: Store, nodeMeta: NodeMeta): (node: string) => boolean {
  if (nodeMeta.length === 0) return () => true;
  const known = new Map<string, boolean>();
  return (name) => {
    let has = known.get(name);
    if (has === undefined) {
      const node = nodeByName(store, name);
      has = node !== undefined && hasMeta(node, nodeMeta);
      known.set(name, has);
    }
    return has;
  };
}

export function listServiceNodes(
  store: Store,
  request: ServiceSelection,
): { readonly rows: readonly ServiceNodeRow[]; readonly index: number } {
  const { rows, names } = selectInstances(store, request);
  return { rows, index: indexOf(store, request, names, false) };
}

export function listHealth(
  store: Store,
  request: ServiceSelection & Pick<HealthService, "passing">,
  ingress = false,
): { readonly rows: readonly HealthRow[]; readonly index: number } {
  const { rows: instances, names } = selectInstances(store, request, ingress);
  const all = withChecks(store, instances);
  const rows = request.passing
    ? all.filter(({ checks }) => checks.every(({ status }) => status === PASSING))
    : all;
  const index = ingress ? ingressIndex(store, request.service) : indexOf(store, request, names, true);
  return { rows, index };
}

/** With the checks of their nodes, which are looked up once for each node. */
function withChecks(store: Store, instances: readonly ServiceNodeRow[]): HealthRow[] {
  const ofNodes = new Map<Node, readonly Check[]>();
  return instances.map(({ node, service }) => {
    let ofNode = ofNodes.get(node);
    if (ofNode === undefined) {
      ofNode = checksOfInstance(store, node.node, "");
      ofNodes.set(node, ofNode);
    }
    return { node, service, checks: [...ofNode, ...checksOfInstance(store, node.node, service.id)] };
  });
}

/** Instances with their nodes and checks. */
export function instanceHealth(store: Store, instances: readonly CatalogService[]): HealthRow[] {
  const rows = instances.flatMap((service) => {
    const node = nodeByName(store, service.node);
    return node === undefined ? [] : [{ node, service }];
  });
  return withChecks(store, rows);
}

/** The service's own instances, or what takes connections for it: Connect's, or those from outside. */
function instancesFor(
  store: Store,
  { service, connect }: Pick<ServiceSelection, "service" | "connect">,
  ingress: boolean,
): readonly CatalogService[] {
  const own = ingress ? [] : instancesOf(store, service, connect);
  if (!connect && !ingress) return own;
  return [...own, ...gatewaysFor(store, service, ingress).flatMap((name) => instancesOf(store, name, false))];
}

/** Names of the gateways through which a service is reached: from outside the mesh, or outside of it. */
export function gatewaysFor(store: Store, service: string, ingress: boolean): readonly string[] {
  const kind = ingress ? "ingress-gateway" : "terminating-gateway";
  const rows = gatewaysOf(store, service).filter(({ gatewayKind }) => gatewayKind === kind);
  return [...new Set(rows.map(({ gateway }) => gateway))];
}

/** Of what is told of a service: the highest of all services whose instances were found. */
function indexOf(
  store: Store,
  { service, connect }: ServiceSelection,
  names: ReadonlySet<string>,
  checks: boolean,
): number {
  const indexes = [...names].map((name) => serviceIndex(store, name, true, checks));
  // In the catalog the service itself counts too, whoever takes its connections.
  if (names.size === 0 || (connect && !checks))
    indexes.push(serviceIndex(store, service, names.size > 0, checks));
  return Math.max(...indexes);
}

/** The same of the ingress gateways that serve one: of none there is nothing to tell. */
function ingressIndex(store: Store, service: string): number {
  const indexes = gatewaysFor(store, service, true).map((name) =>
    serviceIndex(store, name, instancesOf(store, name, false).length > 0, true),
  );
  return Math.max(0, ...indexes);
}

/** @returns With the names of all services that instances were found of, selected or not: for Connect there may be several. */
function selectInstances(
  store: Store,
  request: ServiceSelection,
  ingress = false,
): { readonly rows: readonly ServiceNodeRow[]; readonly names: ReadonlySet<string> } {
  const { tags, nodeMeta } = request;
  const instances = instancesFor(store, request, ingress);
  const wanted = tags.map((tag) => tag.toLowerCase());
  const rows: ServiceNodeRow[] = [];
  const names = new Set<string>();
  for (const instance of instances) {
    names.add(serviceKey(instance.service));
    if (!hasTags(instance, wanted)) continue;
    const node = nodeByName(store, instance.node);
    if (node !== undefined && hasMeta(node, nodeMeta)) rows.push({ node, service: instance });
  }
  return { rows, names };
}

/** @param wanted In lower case. */
function hasTags({ tags }: CatalogService, wanted: readonly string[]): boolean {
  return wanted.every((tag) => tags.some((its) => its.toLowerCase() === tag));
}

/**
 * A node with its services, by id; null where there is none. Whoever waits for one that is removed is told, in Consul from
 * 1.13 on; who does not wait yet gets no index but 1, as in 1.8.
 */
export function readNode(
  store: Store,
  { node: asked, options }: Pick<CatalogNode, "node" | "options">,
): { readonly node: Node | null; readonly services: readonly CatalogService[]; readonly index: number } {
  const node = findNode(store, asked);
  if (node === undefined) {
    const index = options.minIndex === 0 ? 0 : store.tableIndexes.nodeExtinction;
    return { node: null, services: [], index };
  }
  const { nodes, services } = store.tableIndexes;
  return { node, services: servicesOfNode(store, node.node), index: Math.max(nodes, services) };
}

/**
 * The node of this name or id, or the only one whose id begins so. Consul looks for whole bytes of an id, and takes one
 * letter for none.
 */
export function findNode(store: Store, asked: string): Node | undefined {
  const named = nodeByName(store, asked);
  if (named !== undefined) return named;
  const exact = nodeById(store, asked);
  if (exact !== undefined) return exact;
  const prefix = wholeBytes(asked.toLowerCase());
  if (prefix === undefined) return undefined;
  const found: Node[] = [];
  store.nodes.forEach((node) => {
    if (node.id.toLowerCase().startsWith(prefix)) found.push(node);
  });
  return found.length === 1 ? found[0] : undefined;
}

/** As much of an id as is whole bytes; undefined for what begins no id. */
function wholeBytes(prefix: string): string | undefined {
  if (!/^[0-9a-f-]{2,36}$/.test(prefix)) return undefined;
  const digits = prefix.replaceAll("-", "").length;
  return digits % 2 === 1 ? prefix.slice(0, -1) : prefix;
}

export interface ChecksResult {
  readonly checks: readonly Check[];
  readonly index: number;
}

export function checksAtNode(store: Store, node: string): ChecksResult {
  return { checks: checksOfNode(store, node), index: store.tableIndexes.checks };
}

export function checksForService(
  store: Store,
  { service, nodeMeta }: Pick<HealthChecks, "service" | "nodeMeta">,
): ChecksResult {
  return onNodes(store, checksOfService(store, service), nodeMeta);
}

export function checksByState(
  store: Store,
  { state, nodeMeta }: Pick<HealthState, "state" | "nodeMeta">,
): ChecksResult {
  return onNodes(store, checksInState(store, state), nodeMeta);
}

/** Those on nodes with such metadata, which may change without any check. */
function onNodes(store: Store, checks: readonly Check[], nodeMeta: NodeMeta): ChecksResult {
  const { checks: index, nodes } = store.tableIndexes;
  if (nodeMeta.length === 0) return { checks, index };
  const isThere = onNodesWith(store, nodeMeta);
  return { checks: checks.filter(({ node }) => isThere(node)), index: Math.max(index, nodes) };
}
