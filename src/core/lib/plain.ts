// Plain data: numbers, strings, booleans, bigints, undefined, null, arrays, records, Maps, Sets and typed arrays, all
// the way down. Every machine's state is of it (but for its door, see chance.ts), so that one set of functions can copy,
// compare, fingerprint and print any state: checkpoints, the determinism check and failure reports are made of these.

import { InvariantError } from "./assert.ts";
import { compareStrings, hexOf } from "./bytes.ts";
import { DOOR } from "./chance.ts";
import { type Digest, mixBytes, mixNumber, mixString } from "./digest.ts";

type TypedArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

function isTypedArray(value: object): value is TypedArray {
  return ArrayBuffer.isView(value);
}

function isDoor(value: object): boolean {
  return DOOR in value;
}

function refuse(value: unknown): never {
  throw new InvariantError(`not plain data: ${typeof value} ${String(value)}`);
}

/** A deep copy that shares nothing with the original. Doors are left out. */
export function copyPlain<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") return refuse(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (isTypedArray(value)) return value.slice();
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [copy(k), copy(v)]));
  if (value instanceof Set) return new Set([...value].map(copy));
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key];
    if (typeof field === "object" && field !== null && isDoor(field)) continue;
    out[key] = copy(field);
  }
  return out;
}

/** Map and Set entries in an order that does not depend on the history of insertions. */
function sortedEntries(map: Map<unknown, unknown>): [string, unknown, unknown][] {
  const entries = [...map].map(([k, v]): [string, unknown, unknown] => [printPlain(k), k, v]);
  return entries.sort((x, y) => compareStrings(x[0], y[0]));
}

/** Mixes a value into a digest, in key order: two states that compare equal have the same digest. */
export function digestPlain(digest: Digest, value: unknown): void {
  switch (typeof value) {
    case "number":
      return mixNumber(digest, value);
    case "string":
      return mixString(digest, value);
    case "boolean":
      return mixNumber(digest, value ? 1 : 2);
    case "undefined":
      return mixNumber(digest, 3);
    case "bigint":
      return mixString(digest, value.toString());
    case "object":
      break;
    default:
      return refuse(value);
  }
  if (value === null) return mixNumber(digest, 4);
  if (Array.isArray(value)) {
    mixNumber(digest, value.length);
    for (const item of value) digestPlain(digest, item);
  } else if (value instanceof Uint8Array) mixBytes(digest, value);
  else if (isTypedArray(value)) for (const item of value) mixNumber(digest, item);
  else if (value instanceof Map) {
    mixNumber(digest, value.size);
    for (const [printed, , item] of sortedEntries(value)) {
      mixString(digest, printed);
      digestPlain(digest, item);
    }
  } else if (value instanceof Set) digestPlain(digest, [...value].map(printPlain).sort(compareStrings));
  else
    for (const key of Object.keys(value).sort(compareStrings)) {
      const field = (value as Record<string, unknown>)[key];
      if (field === undefined || (typeof field === "object" && field !== null && isDoor(field))) continue;
      mixString(digest, key);
      digestPlain(digest, field);
    }
}

/** One line of text, keys in order, made for reading and for comparing. */
export function printPlain(value: unknown): string {
  if (value === undefined) return "-";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function" || typeof value === "symbol") return refuse(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(printPlain).join(", ")}]`;
  if (value instanceof Uint8Array) return `<${hexOf(value)}>`;
  if (isTypedArray(value)) return `<${[...value].join(" ")}>`;
  if (value instanceof Map)
    return `{${sortedEntries(value)
      .map(([printed, , item]) => `${printed} => ${printPlain(item)}`)
      .join(", ")}}`;
  if (value instanceof Set) return `{${[...value].map(printPlain).sort(compareStrings).join(", ")}}`;
  const fields = Object.keys(value)
    .sort(compareStrings)
    .map((key): [string, unknown] => [key, (value as Record<string, unknown>)[key]])
    .filter(
      ([, field]) => field !== undefined && !(typeof field === "object" && field !== null && isDoor(field)),
    );
  return `{${fields.map(([key, field]) => `${key}: ${printPlain(field)}`).join(", ")}}`;
}

/** Deep equality of plain data; Maps and Sets are compared without regard to order, doors are not compared. */
export function equalPlain(a: unknown, b: unknown): boolean {
  return a === b || printPlain(a) === printPlain(b);
}
