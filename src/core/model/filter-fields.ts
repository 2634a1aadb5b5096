// What filters can ask of the catalog's nouns, by the names that Consul 1.8's filters have for their fields. Indexes, a check's
// definition and a proxy's own configuration cannot be asked for.

import {
  bool,
  type Entries,
  type Field,
  type Fields,
  fields,
  labels,
  number,
  row,
  rows,
  rowsByKey,
  text,
  texts,
} from "../lib/bexpr/fields.ts";
import type { CatalogService, Check, Node, ServiceAddress, ServiceWeights } from "./catalog.ts";
import { CONFIG_SHAPES, type ConfigEntry, type ConfigKind } from "./config-entry.ts";
import { type Intention, precedenceOf } from "./intention.ts";
import { type ServiceProxy, serviceProxy } from "./proxy.ts";
import { type Shape, type ShapeNode, zero } from "./shape.ts";

export const NODE_FIELDS: Fields<Node> = fields({
  ID: text(({ id }) => id),
  Node: text(({ node }) => node),
  Address: text(({ address }) => address),
  Datacenter: text(({ datacenter }) => datacenter),
  TaggedAddresses: labels(({ taggedAddresses }) => taggedAddresses),
  Meta: labels(({ meta }) => meta),
});

export const CHECK_FIELDS: Fields<Check> = fields({
  Node: text(({ node }) => node),
  CheckID: text(({ checkId }) => checkId),
  Name: text(({ name }) => name),
  Status: text(({ status }) => status),
  Notes: text(({ notes }) => notes),
  Output: text(({ output }) => output),
  ServiceID: text(({ serviceId }) => serviceId),
  ServiceName: text(({ serviceName }) => serviceName),
  ServiceTags: texts(({ serviceTags }) => serviceTags),
  Type: text(({ type }) => type),
});

/** Its times and its hash cannot be asked for. */
export const INTENTION_FIELDS: Fields<Intention> = fields({
  ID: text(({ id }) => id),
  Description: text(({ description }) => description),
  SourceNS: text(({ sourceNs }) => sourceNs),
  SourceName: text(({ sourceName }) => sourceName),
  DestinationNS: text(({ destinationNs }) => destinationNs),
  DestinationName: text(({ destinationName }) => destinationName),
  SourceType: text(({ sourceType }) => sourceType),
  Action: text(({ action }) => action),
  DefaultAddr: text(({ defaultAddr }) => defaultAddr),
  DefaultPort: number(({ defaultPort }) => defaultPort),
  Meta: labels(({ meta }) => meta),
  Precedence: number(precedenceOf),
});

/** Entries of all kinds have this in common. */
const CONFIG_FIELDS: Fields<ConfigEntry> = fields({
  Kind: text(({ kind }) => kind),
  Name: text(({ name }) => name),
  Meta: labels(({ meta }) => meta),
});

/** What can be asked of entries of one kind, or of all of them for "". */
export function configFields(kind: ConfigKind | ""): Fields<ConfigEntry> {
  return kind === "" ? CONFIG_FIELDS : shapeFields(CONFIG_SHAPES[kind] as Shape<ConfigEntry>);
}

const ADDRESS: Fields<ServiceAddress> = fields({
  Address: text(({ address }) => address),
  Port: number(({ port }) => port),
});

const WEIGHTS: Fields<ServiceWeights> = fields({
  Passing: number(({ passing }) => passing),
  Warning: number(({ warning }) => warning),
});

const PROXY: Fields<ServiceProxy> = shapeFields(serviceProxy);
/** What is said of all that are no proxies. */
const NO_PROXY: ServiceProxy = zero(serviceProxy);

const CONNECT: Fields<Service> = fields({ Native: bool(({ connectNative }) => connectNative) });

/** One in the catalog, or one that its agent knows. */
type Service = Omit<CatalogService, "node" | "createIndex" | "modifyIndex">;

export const SERVICE_FIELDS: Fields<Service> = fields({
  Kind: text(({ kind }) => kind),
  ID: text(({ id }) => id),
  Service: text(({ service }) => service),
  Tags: texts(({ tags }) => tags),
  Address: text(({ address }) => address),
  TaggedAddresses: rowsByKey(({ taggedAddresses }): Entries<ServiceAddress> => taggedAddresses, ADDRESS),
  Meta: labels(({ meta }) => meta),
  Port: number(({ port }) => port),
  Weights: row(({ weights }) => weights, WEIGHTS),
  EnableTagOverride: bool(({ enableTagOverride }) => enableTagOverride),
  Proxy: row(({ proxy }) => proxy ?? NO_PROXY, PROXY),
  Connect: row((service) => service, CONNECT),
});

type Struct = Readonly<Record<string, unknown>>;

/** The fields of a struct that has a description: all but those that may be anything. */
export function shapeFields<T>({ node }: Shape<T>): Fields<T> {
  return nodeFields(node) as Fields<unknown> as Fields<T>;
}

function nodeFields(node: ShapeNode): Fields<Struct> {
  const all = new Map<string, Field<Struct>>();
  if (node.is !== "struct") return all;
  for (const each of node.fields) {
    const field = fieldOf(each.node, each.property);
    if (field !== undefined) all.set(each.name, field);
  }
  return all;
}

function fieldOf(node: ShapeNode, property: string): Field<Struct> | undefined {
  switch (node.is) {
    case "text":
      return text((struct) => struct[property] as string);
    case "bool":
      return bool((struct) => struct[property] as boolean);
    case "int":
    case "uint32":
      return number((struct) => struct[property] as number);
    case "struct":
      return row((struct) => struct[property] as Struct, nodeFields(node));
    case "list":
      if (node.item.is === "text") return texts((struct) => (struct[property] ?? []) as readonly string[]);
      return rows((struct) => (struct[property] ?? []) as readonly Struct[], nodeFields(node.item));
    case "map":
      if (node.item.is === "text") return labels((struct) => struct[property] as Entries<string> | null);
      return rowsByKey((struct) => (struct[property] ?? []) as Entries<Struct>, nodeFields(node.item));
    default:
      return undefined;
  }
}
