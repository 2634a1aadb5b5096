// What a struct of Consul's is made of: its fields by our names and by Go's, what each holds, and how JSON prints it. One
// description serves all who have to know it: who reads it from users (weak-decode.ts), who prints it (http/shape-json.ts),
// replicates it (wire/shape-schema.ts) and writes it into archives (archive/shape-kind.ts).

import { compareStrings, utf8 } from "../lib/bytes.ts";
import { isRawList, isRawMap, type RawMap, type RawValue } from "../lib/raw-value.ts";

/** Names with values, in bytewise order of the names. Null is Go's nil, where JSON tells it from an empty one. */
export type Pairs<T> = readonly (readonly [name: string, value: T])[];

/** Any value of JSON. */
export type JsonTree = null | boolean | number | string | readonly JsonTree[] | JsonObject;
/** Any object of JSON, in bytewise order of its names. */
export type JsonObject = ReadonlyMap<string, JsonTree>;

/** A value as JSON or HCL had it; of two equal names the last counts. */
export function jsonTreeOf(value: RawValue): JsonTree {
  if (typeof value !== "object" || value === null) return value;
  if (isRawList(value)) return value.map(jsonTreeOf);
  return isRawMap(value) ? jsonObjectOf(value) : value.value;
}

export function jsonObjectOf(map: RawMap): JsonObject {
  return sortedObject([...map].map(([name, value]) => [name, jsonTreeOf(value)]));
}

/** The object that has these names, each once. */
export function sortedObject(pairs: Pairs<JsonTree>): JsonObject {
  return new Map([...pairs].sort(([a], [b]) => compareStrings(utf8(a), utf8(b))));
}

type LeafKind = "text" | "bool" | "int" | "uint32" | "float32" | "duration" | "json-object";

export type ShapeNode =
  | { readonly is: LeafKind }
  | { readonly is: "list" | "map" | "pointer"; readonly item: ShapeNode }
  | { readonly is: "struct"; readonly fields: readonly Field[] };

export interface Field {
  /** Our name of it. */
  readonly property: string;
  /** Go's, and so that of JSON and of archives. */
  readonly name: string;
  readonly node: ShapeNode;
  /** JSON leaves out a zero value. */
  readonly omitEmpty: boolean;
  /** What it is called besides where users write it. */
  readonly alias: string | undefined;
}

/** The description of a T. */
export interface Shape<T> {
  readonly node: ShapeNode;
  /** Never there: it ties the description to its type. */
  readonly of?: T;
}

function leaf<T>(is: LeafKind): Shape<T> {
  return { node: { is } };
}

export const text: Shape<string> = leaf("text");
export const bool: Shape<boolean> = leaf("bool");
export const int: Shape<number> = leaf("int");
export const uint32: Shape<number> = leaf("uint32");
export const float32: Shape<number> = leaf("float32");
/** Nanoseconds; a text in JSON, and there ahead of all other fields: so Consul's own printers put it. */
export const duration: Shape<number> = leaf("duration");
export const jsonObject: Shape<JsonObject | null> = leaf("json-object");

export function list<T>(item: Shape<T>): Shape<readonly T[] | null> {
  return { node: { is: "list", item: item.node } };
}

export function map<T>(item: Shape<T>): Shape<Pairs<T> | null> {
  return { node: { is: "map", item: item.node } };
}

export function pointer<T>(item: Shape<T>): Shape<T | null> {
  return { node: { is: "pointer", item: item.node } };
}

/** A field: Go's name of it, what it holds, whether JSON leaves out a zero value, and its other name for users. */
type FieldOf<T> = readonly [name: string, shape: Shape<T>, omitEmpty?: "omit", alias?: string];

export function struct<T extends object>(
  fields: {
    readonly [K in keyof T]-?: FieldOf<T[K]>;
  },
): Shape<T> {
  const all = Object.entries(fields as Readonly<Record<string, FieldOf<unknown>>>).map(
    ([property, [name, shape, omit, alias]]) => ({
      property,
      name,
      node: shape.node,
      omitEmpty: omit !== undefined,
      alias,
    }),
  );
  return { node: { is: "struct", fields: all } };
}

/** What a field holds that nobody mentioned. */
export function zeroOf(node: ShapeNode): unknown {
  switch (node.is) {
    case "text":
      return "";
    case "bool":
      return false;
    case "int":
    case "uint32":
    case "float32":
    case "duration":
      return 0;
    case "struct":
      return Object.fromEntries(node.fields.map((field) => [field.property, zeroOf(field.node)]));
    default:
      return null;
  }
}

/** A value whose every field is zero. */
export function zero<T>(shape: Shape<T>): T {
  return zeroOf(shape.node) as T;
}

/** Whether JSON's omitempty leaves it out: structs never are. */
export function isEmpty(node: ShapeNode, value: unknown): boolean {
  if (node.is === "json-object") return value === null || (value as JsonObject).size === 0;
  if (node.is === "list" || node.is === "map")
    return value === null || (value as readonly unknown[]).length === 0;
  return node.is !== "struct" && value === zeroOf(node);
}
