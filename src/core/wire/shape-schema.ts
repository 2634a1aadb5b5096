// A described value (model/shape.ts) on wires and in logs: its fields by their place, like those of every record.

import { unreachable } from "../lib/assert.ts";
import type { JsonTree, Shape, ShapeNode } from "../model/shape.ts";
import { type Writer, writeArrayHeader, writeNil } from "./gossip/msgpack.ts";
import { isNil, misfit, nothing, readBool, readCount, readNumber, readText, type Source } from "./packed.ts";
import {
  bool,
  finite,
  int64,
  list,
  nullable,
  pair,
  record,
  type Schema,
  text,
  uint,
  uintUpTo,
} from "./schema.ts";

/** What a list and an object of JSON begin with. */
const LIST = 0;
const OBJECT = 1;

/** An object's names and values follow each other, so that no name of a user's becomes one of an object of ours. */
const jsonTree: Schema<JsonTree> = {
  write(out, value) {
    if (value === null) writeNil(out);
    else if (typeof value === "boolean") bool.write(out, value);
    else if (typeof value === "string") text.write(out, value);
    else if (typeof value === "number") finite.write(out, value);
    else if (value instanceof Map) writeObject(out, value as ReadonlyMap<string, JsonTree>);
    else writeList(out, value as readonly JsonTree[]);
  },
  read(from) {
    if (isNil(from)) return null;
    const short = readBool(from) ?? readText(from);
    if (short !== undefined) return short;
    const count = readCount(from);
    if (count < 0) return finite.read(from);
    const kind = count === 0 ? OBJECT : readNumber(from);
    if (kind === LIST) return readList(from, count - 1);
    return kind === OBJECT ? readObject(from, count - 1) : misfit("a list or an object");
  },
};

function writeList(out: Writer, items: readonly JsonTree[]): void {
  writeArrayHeader(out, 1 + items.length);
  uint.write(out, LIST);
  for (const item of items) jsonTree.write(out, item);
}

function readList(from: Source, count: number): JsonTree {
  const items: JsonTree[] = [];
  while (items.length < count) items.push(jsonTree.read(from));
  return items;
}

function writeObject(out: Writer, object: ReadonlyMap<string, JsonTree>): void {
  writeArrayHeader(out, 1 + 2 * object.size);
  uint.write(out, OBJECT);
  for (const [name, value] of object) {
    text.write(out, name);
    jsonTree.write(out, value);
  }
}

/** @param count Of names and values together. */
function readObject(from: Source, count: number): JsonTree {
  const object = new Map<string, JsonTree>();
  for (let left = count; left > 0; left -= 2)
    object.set(text.read(from), jsonTree.read(left > 1 ? from : nothing()));
  return object;
}

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
