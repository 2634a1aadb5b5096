// A described value (model/shape.ts) on wires and in logs: its fields by their place, like those of every record.

import { unreachable } from "../lib/assert.ts";
import type { JsonTree, Shape, ShapeNode } from "../model/shape.ts";
import { bool, finite, int64, list, nullable, pair, record, type Schema, text, uintUpTo } from "./schema.ts";

/** What a list and an object of JSON begin with. */
const LIST = 0;
const OBJECT = 1;

/** An object's names and values follow each other, so that no name of a user's becomes one of an object of ours. */
const jsonTree: Schema<JsonTree> = {
  pack(value) {
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Map)
      return [OBJECT, ...[...value].flatMap(([name, its]) => [name, jsonTree.pack(its)])];
    return [LIST, ...(value as readonly JsonTree[]).map(jsonTree.pack)];
  },
  unpack(packed, path) {
    if (packed === null || typeof packed === "boolean" || typeof packed === "string") return packed;
    if (!Array.isArray(packed)) return finite.unpack(packed, path);
    const [kind, ...items] = packed as unknown[];
    if (kind === LIST) return items.map((each) => jsonTree.unpack(each, path));
    const object = new Map<string, JsonTree>();
    for (let at = 0; at < items.length; at += 2)
      object.set(text.unpack(items[at], path), jsonTree.unpack(items[at + 1], path));
    return object;
  },
};

export function shapeSchema<T>(shape: Shape<T>): Schema<T> {
  return nodeSchema(shape.node) as Schema<T>;
}

function nodeSchema(node: ShapeNode): Schema<unknown> {
  return schemaOf(node) as Schema<unknown>;
}

function schemaOf(node: ShapeNode): Schema<never> | Schema<unknown> {
  switch (node.is) {
    case "text":
      return text as Schema<never>;
    case "bool":
      return bool as Schema<never>;
    case "int":
    case "duration":
      return int64 as Schema<never>;
    case "uint32":
      return uintUpTo(0xffffffff) as Schema<never>;
    case "float32":
      return finite as Schema<never>;
    case "json-object":
      return nullable(jsonTree) as Schema<never>;
    case "list":
      return nullable(list(nodeSchema(node.item))) as Schema<never>;
    case "map":
      return nullable(list(pair(text, nodeSchema(node.item)))) as Schema<never>;
    case "pointer":
      return nullable(nodeSchema(node.item)) as Schema<never>;
    case "struct":
      return record(Object.fromEntries(node.fields.map((field) => [field.property, nodeSchema(field.node)])));
    default:
      return unreachable(node);
  }
}
