// What users wrote, in JSON or HCL, into a described struct, as Consul reads it with mapstructure: generously. Names match
// without regard to case and in their old writing; texts, numbers and booleans stand in for each other; a list of one stands
// for what is in it. What fits nowhere is told with its path, all of it at once.

import { unreachable } from "../lib/assert.ts";
import { compareStrings, utf8 } from "../lib/bytes.ts";
import { parseDuration } from "../lib/duration.ts";
import { parseGoBool } from "../lib/go-bool.ts";
import { quoteText } from "../lib/go-quote.ts";
import {
  goKindName,
  goTypeName,
  isRawList,
  isRawMap,
  type RawMap,
  type RawNumber,
  type RawValue,
} from "../lib/raw-value.ts";
import {
  type Field,
  type JsonObject,
  type JsonTree,
  jsonTreeOf,
  type Pairs,
  type Shape,
  type ShapeNode,
  zeroOf,
} from "./shape.ts";

export type WeaklyDecoded<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** Paths of names that the struct has not, those of inner structs first. */
      readonly unused: readonly string[];
    }
  | { readonly ok: false; readonly error: string };

interface Reading {
  readonly faults: string[];
  readonly unused: string[];
}

export function weakDecode<T>(shape: Shape<T>, raw: RawValue): WeaklyDecoded<T> {
  const reading: Reading = { faults: [], unused: [] };
  const value = readNode(shape.node, raw, "", reading) as T;
  if (reading.faults.length === 0) return { ok: true, value, unused: reading.unused };
  const faults = reading.faults.sort((a, b) => compareStrings(utf8(a), utf8(b)));
  const bullets = faults.map((fault) => `* ${fault}`).join("\n");
  return { ok: false, error: `${faults.length} error(s) decoding:\n\n${bullets}` };
}

/** A list of one is what is in it, where no list is wanted. */
function unlisted(raw: RawValue): RawValue {
  return typeof raw === "object" && raw !== null && isRawList(raw) && raw.length === 1
    ? (raw[0] ?? null)
    : raw;
}

function readNode(node: ShapeNode, given: RawValue, path: string, reading: Reading): unknown {
  if (given === null) return zeroOf(node);
  if (node.is === "list") return readList(node.item, given, path, reading);
  const raw = unlisted(given);
  if (raw === null) return zeroOf(node);
  switch (node.is) {
    case "text":
      return readText(raw, path, reading);
    case "bool":
      return readBool(raw, path, reading);
    case "int":
      return readInt(raw, path, reading);
    case "uint32":
      return readUint32(raw, path, reading);
    case "float32":
      return readFloat32(raw, path, reading);
    case "duration":
      return readDuration(raw, path, reading);
    case "pointer":
      return readNode(node.item, raw, path, reading);
    case "struct":
      return readStruct(node.fields, raw, path, reading);
    case "map":
      return readMap(node.item, raw, path, reading);
    case "json-object":
      return readObject(raw, path, reading);
    default:
      return unreachable(node.is);
  }
}

function misfit(wanted: string, raw: RawValue, path: string, reading: Reading): undefined {
  reading.faults.push(`'${path}' expected type '${wanted}', got unconvertible type '${goTypeName(raw)}'`);
  return undefined;
}

function isNumber(raw: RawValue): raw is RawNumber {
  return typeof raw === "object" && raw !== null && "goType" in raw;
}

function readText(raw: RawValue, path: string, reading: Reading): string | undefined {
  if (typeof raw === "string") return raw;
  if (typeof raw === "boolean") return raw ? "1" : "0";
  return isNumber(raw) ? decimalText(raw.value) : misfit("string", raw, path, reading);
}

/** All digits of a number, and no exponent. */
function decimalText(value: number): string {
  const match = /^(-?)(\d)(?:\.(\d+))?e([-+]\d+)$/.exec(String(value));
  if (match === null) return String(value);
  const [, sign = "", first = "", rest = "", exponent = "0"] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, "0")}`;
}

function readBool(raw: RawValue, path: string, reading: Reading): boolean | undefined {
  if (typeof raw === "boolean") return raw;
  if (isNumber(raw)) return raw.value !== 0;
  if (typeof raw !== "string") return misfit("bool", raw, path, reading);
  if (raw === "") return false;
  const parsed = parseGoBool(raw);
  if (parsed === undefined) return unparsed("bool", "ParseBool", raw, path, reading);
  return parsed;
}

function unparsed(
  kind: string,
  parser: string,
  raw: string,
  path: string,
  reading: Reading,
  reason = "invalid syntax",
): undefined {
  reading.faults.push(
    `cannot parse '${path}' as ${kind}: strconv.${parser}: parsing ${quoteText(raw)}: ${reason}`,
  );
  return undefined;
}

/** As far as 64 bits hold it, to the nearest that a double holds; towards zero. */
function readInt(raw: RawValue, path: string, reading: Reading): number | undefined {
  if (typeof raw === "boolean") return raw ? 1 : 0;
  if (isNumber(raw)) return wholeOf(raw.value);
  if (typeof raw !== "string") return misfit("int", raw, path, reading);
  const parsed = parseInteger(raw);
  if (parsed === undefined) return unparsed("int", "ParseInt", raw, path, reading);
  if (parsed < -(2n ** 63n) || parsed >= 2n ** 63n)
    return unparsed("int", "ParseInt", raw, path, reading, "value out of range");
  return wholeOf(Number(parsed));
}

const MOST = 2 ** 63 - 1024;

function wholeOf(value: number): number {
  return Math.max(-(2 ** 63), Math.min(MOST, Math.trunc(value))) + 0;
}

/** Decimal, or as its prefix says: 0x, 0o, 0b, or a plain 0 for octal. */
function parseInteger(text: string): bigint | undefined {
  const match = /^([-+]?)(0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/.exec(text);
  if (match === null) return undefined;
  const digits = (match[2] ?? "").replace(/^0(?=[0-7])/, "0o");
  return match[1] === "-" ? -BigInt(digits) : BigInt(digits);
}

/** What does not fit loses its upper bits, as it does there. */
function readUint32(raw: RawValue, path: string, reading: Reading): number | undefined {
  if (typeof raw === "boolean") return raw ? 1 : 0;
  if (isNumber(raw)) return Number(BigInt.asUintN(32, BigInt(wholeOf(raw.value))));
  if (typeof raw !== "string") return misfit("uint32", raw, path, reading);
  const parsed = /^[-+]/.test(raw) ? undefined : parseInteger(raw);
  if (parsed === undefined) return unparsed("uint", "ParseUint", raw, path, reading);
  if (parsed >= 2n ** 32n) return unparsed("uint", "ParseUint", raw, path, reading, "value out of range");
  return Number(parsed);
}

function readFloat32(raw: RawValue, path: string, reading: Reading): number | undefined {
  if (typeof raw === "boolean") return raw ? 1 : 0;
  if (isNumber(raw)) return finite(raw.value);
  if (typeof raw !== "string") return misfit("float32", raw, path, reading);
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(raw))
    return unparsed("float", "ParseFloat", raw, path, reading);
  return finite(Number(raw));
}

const MOST_FLOAT32 = 3.4028234663852886e38;

function finite(value: number): number {
  return Math.fround(Math.max(-MOST_FLOAT32, Math.min(MOST_FLOAT32, value)));
}

function readDuration(raw: RawValue, path: string, reading: Reading): number | undefined {
  if (typeof raw !== "string") return readInt(raw, path, reading);
  const parsed = parseDuration(raw);
  if (parsed.ok) return parsed.ns;
  reading.faults.push(`error decoding '${path}': ${parsed.error}`);
  return undefined;
}

function readList(item: ShapeNode, given: RawValue, path: string, reading: Reading): readonly unknown[] {
  if (typeof given === "object" && given !== null && isRawMap(given) && given.size === 0) return [];
  const items = typeof given === "object" && given !== null && isRawList(given) ? given : [given];
  return items.map((each, at) => readNode(item, each, `${path}[${at}]`, reading));
}

/** Maps in a list are one. */
function asMap(raw: RawValue, path: string, reading: Reading): RawMap | undefined {
  if (typeof raw === "object" && raw !== null && isRawMap(raw)) return raw;
  const parts = typeof raw === "object" && raw !== null && isRawList(raw) ? raw : undefined;
  if (parts === undefined) {
    reading.faults.push(`'${path}' expected a map, got '${goKindName(raw)}'`);
    return undefined;
  }
  const merged = new Map<string, RawValue>();
  for (const [at, part] of parts.entries()) {
    const its = part === null ? undefined : asMap(part, `${path}[${at}]`, reading);
    for (const [name, value] of its ?? []) merged.set(name, value);
  }
  return merged;
}

function readMap(item: ShapeNode, raw: RawValue, path: string, reading: Reading): Pairs<unknown> {
  const map = asMap(raw, path, reading) ?? new Map<string, RawValue>();
  const pairs = [...map].map(
    ([name, its]) => [name, readNode(item, its, `${path}[${name}]`, reading)] as const,
  );
  return pairs.sort(([a], [b]) => compareStrings(utf8(a), utf8(b)));
}

function readObject(raw: RawValue, path: string, reading: Reading): JsonObject {
  const map = asMap(raw, path, reading) ?? new Map<string, RawValue>();
  return sortedObject(map);
}

function sortedObject(map: RawMap): JsonObject {
  const sorted = [...map].sort(([a], [b]) => compareStrings(utf8(a), utf8(b)));
  return new Map(sorted.map(([name, its]) => [name, looseTree(its)]));
}

/** Of an object's own values a list of one, too, is what is in it, and so in the object that it is then; no deeper. */
function looseTree(raw: RawValue): JsonTree {
  const item = unlisted(raw);
  if (item === raw || item === null || typeof item !== "object" || !isRawMap(item)) return jsonTreeOf(item);
  return sortedObject(item);
}

function readStruct(
  fields: readonly Field[],
  raw: RawValue,
  path: string,
  reading: Reading,
): Readonly<Record<string, unknown>> | undefined {
  if (typeof raw !== "object" || raw === null || !isRawMap(raw)) {
    reading.faults.push(`'${path}' expected a map, got '${goKindName(raw)}'`);
    return undefined;
  }
  const given = translated(fields, raw);
  const taken = new Set<string>();
  const out: Record<string, unknown> = {};
  for (const { property, name, node } of fields) {
    const key = keyOf(given, name);
    if (key !== undefined) taken.add(key);
    const its = key === undefined ? null : (given.get(key) ?? null);
    out[property] = readNode(node, its, joined(path, name), reading);
  }
  const unused = [...given.keys()].filter((key) => !taken.has(key));
  reading.unused.push(
    ...unused.sort((a, b) => compareStrings(utf8(a), utf8(b))).map((key) => joined(path, key)),
  );
  return out;
}

function joined(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function keyOf(given: RawMap, name: string): string | undefined {
  if (given.has(name)) return name;
  const lower = name.toLowerCase();
  for (const key of given.keys()) if (key.toLowerCase() === lower) return key;
  return undefined;
}

/** Old writings become the proper name, in lower case, unless that is there too. */
function translated(fields: readonly Field[], raw: RawMap): RawMap {
  const aliases = fields.filter(({ alias }) => alias !== undefined);
  if (aliases.length === 0) return raw;
  const out = new Map(raw);
  for (const [key, value] of raw) {
    const field = aliases.find(({ alias }) => alias === key.toLowerCase());
    if (field === undefined) continue;
    out.delete(key);
    const proper = field.name.toLowerCase();
    if (!out.has(proper)) out.set(proper, value);
  }
  return out;
}
