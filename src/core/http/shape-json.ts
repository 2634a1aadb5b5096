// A described value (model/shape.ts) as Go's encoding/json prints it.

import { unreachable } from "../lib/assert.ts";
import { printDuration } from "../lib/duration.ts";
import {
  type Field,
  isEmpty,
  type JsonObject,
  type JsonTree,
  type Pairs,
  type Shape,
  type ShapeNode,
} from "../model/shape.ts";
import { jsonList, jsonNumber, jsonObject, jsonText } from "./json.ts";

export function jsonShaped<T>(shape: Shape<T>, value: T): string {
  return jsonNode(shape.node, value);
}

function jsonNode(node: ShapeNode, value: unknown): string {
  if (value === null) return "null";
  switch (node.is) {
    case "text":
      return jsonText(value as string);
    case "bool":
      return String(value);
    case "int":
    case "uint32":
      return String(BigInt(value as number));
    case "float32":
      return jsonFloat32(value as number);
    case "duration":
      return jsonText(printDuration(value as number));
    case "json-object":
      return jsonTree(value as JsonTree);
    case "pointer":
      return jsonNode(node.item, value);
    case "list":
      return jsonList((value as readonly unknown[]).map((each) => jsonNode(node.item, each)));
    case "map":
      return jsonObject((value as Pairs<unknown>).map(([name, its]) => [name, jsonNode(node.item, its)]));
    case "struct":
      return jsonObject(jsonFields(node.fields, value as Readonly<Record<string, unknown>>));
    default:
      return unreachable(node);
  }
}

/** Durations come first. */
function jsonFields(fields: readonly Field[], value: Readonly<Record<string, unknown>>): [string, string][] {
  const isShown = ({ node, omitEmpty, property }: Field): boolean =>
    !omitEmpty || !isEmpty(node, value[property]);
  const first = fields.filter(({ node }) => node.is === "duration");
  const others = fields.filter(({ node }) => node.is !== "duration");
  return [...first, ...others]
    .filter(isShown)
    .map(({ name, node, property }) => [name, jsonNode(node, value[property])]);
}

function jsonTree(value: JsonTree): string {
  if (typeof value === "string") return jsonText(value);
  if (typeof value === "number") return jsonNumber(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (isMap(value)) return jsonObject([...value].map(([name, its]) => [name, jsonTree(its)]));
  return jsonList(value.map(jsonTree));
}

function isMap(value: readonly JsonTree[] | JsonObject): value is JsonObject {
  return value instanceof Map;
}

/** The shortest digits that are this number and no other of 32 bits. */
function jsonFloat32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return jsonNumber(short);
  }
  return jsonNumber(value);
}
