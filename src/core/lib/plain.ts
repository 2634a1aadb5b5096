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

/**
 * A deep copy that shares nothing with the original. What the original holds twice the copy holds twice too, as one
 * object. Doors are left out.
 */
export function copyPlain<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value === "function" || typeof value === "symbol") return refuse(value);
  if (typeof value !== "object" || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  // Node's Buffer is a Uint8Array whose slice() is a view: it is copied by hand.
  if (isTypedArray(value))
    return remember(copies, value, value instanceof Uint8Array ? new Uint8Array(value) : value.slice());
  if (Array.isArray(value)) {
    const out = remember(copies, value, [] as unknown[]);
    for (const item of value) out.push(copy(item, copies));
    return out;
  }
  if (value instanceof Map) {
    const out = remember(copies, value, new Map());
    for (const [k, v] of value) out.set(copy(k, copies), copy(v, copies));
    return out;
  }
  if (value instanceof Set) {
    const out = remember(copies, value, new Set());
    for (const item of value) out.add(copy(item, copies));
    return out;
  }
  return copyFields(value, copies);
}

function copyFields(value: object, copies: Map<object, unknown>): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return refuse(value);
  const out = remember(copies, value, {} as Record<string, unknown>);
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key];
    if (typeof field === "object" && field !== null && isDoor(field)) continue;
    out[key] = copy(field, copies);
  }
  return out;
}

function remember<T>(copies: Map<object, unknown>, original: object, copied: T): T {
  copies.set(original, copied);
  return copied;
}

/** Map and Set entries in an order that does not depend on the history of insertions. */
function sortedEntries(map: Map<unknown, unknown>): [string, unknown, unknown][] {
  const entries = [...map].map(([k, v]): [string, unknown, unknown] => [printPlain(k), k, v]);
  return entries.sort((x, y) => compareStrings(x[0], y[0]));
}

/** In place. Records have few fields, often in order: that costs less than `sort`, which copies. */
function sortKeys(keys: string[]): string[] {
  for (let next = 1; next < keys.length; next++) {
    const key = keys[next] as string;
    let at = next;
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
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
    for (const key of sortKeys(Object.keys(value))) {
      const field = (value as Record<string, unknown>)[key];
      if (field === undefined || isDoorField(field)) continue;
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
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (isTypedArray(a) && isTypedArray(b)) return equalArrays(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return equalArrays(a, b);
  if (a instanceof Map && b instanceof Map) return equalMaps(a, b);
  // The members of Sets may be records, which no lookup finds.
  if (a instanceof Set && b instanceof Set) return a.size === b.size && printPlain(a) === printPlain(b);
  return equalFields(a, b);
}

function equalArrays(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!equalPlain(a[at], b[at])) return false;
  return true;
}

function equalMaps(a: Map<unknown, unknown>, b: Map<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !equalPlain(value, b.get(key))) return false;
  return true;
}

function equalFields(a: object, b: object): boolean {
  const fields = (record: object): [string, unknown][] =>
    Object.entries(record).filter(([, field]) => field !== undefined && !isDoorField(field));
  const ours = fields(a);
  const theirs = new Map(fields(b));
  return (
    ours.length === theirs.size &&
    ours.every(([name, field]) => theirs.has(name) && equalPlain(field, theirs.get(name)))
  );
}

function isDoorField(field: unknown): boolean {
  return typeof field === "object" && field !== null && isDoor(field);
}
