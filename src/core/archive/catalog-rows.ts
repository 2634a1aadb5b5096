// Rows of the catalog to records of an archive, and back.

import { compareStrings } from "../lib/bytes.ts";
import { equalPlain } from "../lib/plain.ts";
import type { CatalogService, Check, CheckDefinition, Labels, Node } from "../model/catalog.ts";
import { type ServiceProxy, serviceProxy } from "../model/proxy.ts";
import { zero } from "../model/shape.ts";
import {
  type CheckRecord,
  type DefinitionRecord,
  NO_DEFINITION,
  type RegisterRecord,
  type ServiceRecord,
} from "./register-record.ts";

const NO_PROXY: ServiceProxy = zero(serviceProxy);

/** A node's record; that of a service or a check on it has that besides. */
export function nodeRecord(node: Node): RegisterRecord {
  const { id, address, datacenter, createIndex, modifyIndex } = node;
  return {
    id,
    node: node.node,
    address,
    datacenter,
    taggedAddresses: mapOfLabels(node.taggedAddresses),
    nodeMeta: mapOfLabels(node.meta),
    createIndex,
    modifyIndex,
    service: null,
    check: null,
    checks: null,
    skipNodeUpdate: false,
    token: "",
    peerName: "",
  };
}

export function nodeOf(record: RegisterRecord): Node {
  const { id, node, address, datacenter, createIndex, modifyIndex } = record;
  return {
    id,
    node,
    address,
    datacenter,
    taggedAddresses: labelsOf(record.taggedAddresses),
    meta: labelsOf(record.nodeMeta),
    createIndex,
    modifyIndex,
  };
}

export function serviceRecord(row: CatalogService): ServiceRecord {
  const { node: _node, connectNative, proxy, tags, taggedAddresses, meta, ...same } = row;
  return {
    ...same,
    tags: tags.length === 0 ? null : tags,
    taggedAddresses: taggedAddresses.length === 0 ? null : new Map(taggedAddresses),
    meta: mapOfLabels(meta),
    proxy: proxy ?? NO_PROXY,
    connect: { native: connectNative, sidecarService: null },
    locallyRegisteredAsSidecar: false,
  };
}

export function serviceOf(node: string, record: ServiceRecord): CatalogService {
  const { kind, id, service, address, port, enableTagOverride, createIndex, modifyIndex } = record;
  return {
    node,
    kind,
    id,
    service,
    tags: record.tags ?? [],
    address,
    taggedAddresses: byName(record.taggedAddresses ?? new Map()),
    meta: labelsOf(record.meta),
    port,
    weights: record.weights ?? { passing: 1, warning: 1 },
    enableTagOverride,
    connectNative: record.connect.native,
    proxy: equalPlain(record.proxy, NO_PROXY) ? null : record.proxy,
    createIndex,
    modifyIndex,
  };
}

export function checkRecord(row: Check): CheckRecord {
  const { serviceTags, type: checkType, definition, ...same } = row;
  return {
    ...same,
    checkType,
    serviceTags: serviceTags.length === 0 ? null : serviceTags,
    definition: definition === null ? NO_DEFINITION : definitionRecord(definition),
  };
}

export function checkOf(node: string, record: CheckRecord): Check {
  const { serviceTags, checkType: type, definition, ...same } = record;
  const says = !equalPlain(definition, NO_DEFINITION);
  return {
    ...same,
    node,
    type,
    serviceTags: serviceTags ?? [],
    definition: says ? definitionOf(definition) : null,
  };
}

function definitionRecord(definition: CheckDefinition): DefinitionRecord {
  const { header, scriptArgs, ...same } = definition;
  return {
    ...same,
    header: header.length === 0 ? null : new Map(header),
    scriptArgs: scriptArgs.length === 0 ? null : scriptArgs,
  };
}

function definitionOf(record: DefinitionRecord): CheckDefinition {
  const { header, scriptArgs, ...same } = record;
  const values = byName(header ?? new Map<string, readonly string[] | null>());
  return {
    ...same,
    header: values.map(([name, its]) => [name, its ?? []] as const),
    scriptArgs: scriptArgs ?? [],
  };
}

function byName<T>(map: ReadonlyMap<string, T>): (readonly [name: string, value: T])[] {
  return [...map].sort((a, b) => compareStrings(a[0], b[0]));
}

/** In bytewise order of the names. */
export function labelsOf(map: ReadonlyMap<string, string> | null): Labels {
  return map === null ? null : byName(map);
}

export function mapOfLabels(labels: Labels): ReadonlyMap<string, string> | null {
  return labels === null ? null : new Map(labels);
}
