// A described value (model/shape.ts) as Consul's codec writes it into archives.

import { unreachable } from "../lib/assert.ts";
import { compareStrings, utf8 } from "../lib/bytes.ts";
import {
  type Field,
  type JsonObject,
  type JsonTree,
  type Pairs,
  type Shape,
  type ShapeNode,
  zeroOf,
} from "../model/shape.ts";
import {
  failRead,
  type Reader,
  readArrayHeader,
  readBool,
  readFloat,
  readMapHeader,
  readText,
  type Writer,
  writeArrayHeader,
  writeBool,
  writeFloat,
  writeMapHeader,
  writeNil,
  writeText,
} from "../wire/gossip/msgpack.ts";
import { bool, f64, type Kind, list, mapOf, nullable, struct, text } from "../wire/gossip/struct.ts";
import { int, MAX_DEPTH } from "./records.ts";

/** @param more Fields of the record that are not the value's own: its indexes. */
export function shapeKind<T extends object, M extends object = object>(
  { node }: Shape<T>,
  more: { readonly [K in keyof M]: readonly [key: string, kind: Kind<M[K]>] } = {} as never,
): Kind<T & M> {
  const fields = node.is === "struct" ? node.fields : [];
  return struct<T & M>({}, { ...fieldsOf(fields), ...more } as never);
}

function fieldsOf(
  fields: readonly Field[],
): Readonly<Record<string, readonly [key: string, kind: Kind<unknown>]>> {
  return Object.fromEntries(fields.map(({ property, name, node }) => [property, [name, nodeKind(node)]]));
}

function nodeKind(node: ShapeNode): Kind<unknown> {
  return kindOf(node) as Kind<unknown>;
}

function kindOf(node: ShapeNode): Kind<never> | Kind<unknown> {
  switch (node.is) {
    case "text":
      return text as Kind<never>;
    case "bool":
      return bool as Kind<never>;
    case "int":
    case "uint32":
    case "duration":
      return int as Kind<never>;
    case "float32":
      return f64 as Kind<never>;
    case "json-object":
      return jsonObject as Kind<never>;
    case "pointer":
      return nullable(nodeKind(node.item)) as Kind<never>;
    case "list":
      return list(nodeKind(node.item)) as Kind<never>;
    case "map":
      return pairs(nodeKind(node.item)) as Kind<never>;
    case "struct":
      return { ...struct({}, fieldsOf(node.fields) as never), zero: zeroOf(node) } as Kind<never>;
    default:
      return unreachable(node);
  }
}

function pairs(item: Kind<unknown>): Kind<Pairs<unknown> | null> {
  const inner = nullable(mapOf(item));
  return {
    zero: null,
    read(reader) {
      const map = inner.read(reader);
      return map === null ? null : sorted([...map]);
    },
    write: (writer, value) => inner.write(writer, value === null ? null : new Map(value)),
  };
}

function sorted<T>(entries: (readonly [string, T])[]): (readonly [string, T])[] {
  return entries.sort(([a], [b]) => compareStrings(utf8(a), utf8(b)));
}

const jsonObject: Kind<JsonObject | null> = {
  zero: null,
  read(reader) {
    const tree = readTree(reader, 0);
    return tree instanceof Map ? tree : null;
  },
  write: writeTree,
};

function readTree(reader: Reader, depth: number): JsonTree {
  const first = reader.at < reader.end ? (reader.bytes[reader.at] as number) : 0xc0;
  if (depth > MAX_DEPTH) {
    failRead(reader, "nested too deep");
    return null;
  }
  if (first === 0xc0) {
    reader.at++;
    return null;
  }
  if (first === 0xc2 || first === 0xc3) return readBool(reader);
  if ((first & 0xf0) === 0x90 || first === 0xdc || first === 0xdd) {
    const count = readArrayHeader(reader);
    const items: JsonTree[] = [];
    for (let at = 0; at < count && reader.error === undefined; at++) items.push(readTree(reader, depth + 1));
    return items;
  }
  if ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf) return readObject(reader, depth);
  if ((first >= 0xa0 && first < 0xc0) || (first >= 0xc4 && first <= 0xc6) || (first >= 0xd9 && first <= 0xdb))
    return readText(reader);
  return readFloat(reader);
}

function readObject(reader: Reader, depth: number): JsonObject {
  const count = readMapHeader(reader);
  const entries: [string, JsonTree][] = [];
  for (let at = 0; at < count && reader.error === undefined; at++)
    entries.push([readText(reader), readTree(reader, depth + 1)]);
  return new Map(sorted(entries));
}

function writeTree(writer: Writer, value: JsonTree): void {
  if (value === null) return writeNil(writer);
  if (typeof value === "boolean") return writeBool(writer, value);
  if (typeof value === "number") return writeFloat(writer, value);
  if (typeof value === "string") return writeText(writer, value);
  if (isObject(value)) {
    writeMapHeader(writer, value.size);
    for (const [name, its] of value) {
      writeText(writer, name);
      writeTree(writer, its);
    }
    return;
  }
  writeArrayHeader(writer, value.length);
  for (const each of value) writeTree(writer, each);
}

function isObject(value: readonly JsonTree[] | JsonObject): value is JsonObject {
  return value instanceof Map;
}
