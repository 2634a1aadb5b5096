// Bodies as Go's encoding/json reads them into structs (1.15): names match without regard to case, null changes nothing,
// numbers must fit, unknown names are refused; of all that is wrong the first thing is told, with the path of the field
// and the name of the innermost struct.

import { type ByteString, base64Bytes, compareStrings, utf8 } from "../lib/bytes.ts";
import { parseDuration } from "../lib/duration.ts";
import { decodeGoBase64 } from "../lib/go-base64.ts";
import { parseBody } from "../lib/go-json.ts";
import { quote } from "../lib/go-quote.ts";
import { isRawList, isRawMap, jsonKind, type RawNumber, type RawValue } from "../lib/raw-value.ts";
import type { Labels } from "../model/catalog.ts";
import type { Uint64 } from "../model/kv.ts";

/** How far a reading has come: where it is, and what was wrong first. */
interface Reading {
  fault: string | undefined;
  /** Name of the innermost struct. */
  struct: string;
  /** Names of the fields that lead here: one list that grows and shrinks, since a body has thousands of fields. */
  readonly path: string[];
  /** Whether a name that its struct has not is a fault. */
  readonly strict: boolean;
}

/** A Go type: what is made of a value of JSON. `undefined` comes out where Go would leave the field alone. */
export interface GoType<T> {
  readonly name: string;
  read(value: RawValue, reading: Reading): T | undefined;
}

function refuse(reading: Reading, shown: string, name: string): undefined {
  const where =
    reading.path.length === 0
      ? `Go value of type ${name}`
      : `Go struct field ${reading.struct}.${reading.path.join(".")} of type ${name}`;
  reading.fault ??= `json: cannot unmarshal ${shown} into ${where}`;
}

function typed<T>(name: string, take: (value: RawValue) => T | undefined): GoType<T> {
  const type: GoType<T> = {
    name,
    read(value, reading) {
      if (value === null) return undefined;
      const taken = take(value);
      return taken === undefined ? refuse(reading, jsonKind(value), name) : taken;
    },
  };
  return type;
}

/** A string; `name` for a type of its own. */
export function goString(name = "string"): GoType<string> {
  return typed(name, (value) => (typeof value === "string" ? value : undefined));
}

export const goBool: GoType<boolean> = typed("bool", (value) =>
  typeof value === "boolean" ? value : undefined,
);

/** A number without a fraction, as far as 64 bits hold it; beyond 2^53 the nearest double. */
function goInteger(name: string, least: bigint, most: bigint): GoType<number> {
  return {
    name,
    read(value, reading) {
      if (value === null) return undefined;
      if (typeof value !== "object" || isRawList(value) || isRawMap(value))
        return refuse(reading, jsonKind(value), name);
      const whole = /^-?\d+$/.test(value.text) ? BigInt(value.text) : undefined;
      if (whole === undefined || whole < least || whole > most)
        return refuse(reading, `number ${value.text}`, name);
      return Math.min(Number(whole), MOST);
    },
  };
}

/** The greatest double that 64 bits with a sign hold. */
const MOST = 2 ** 63 - 1024;

export const goInt: GoType<number> = goInteger("int", -(2n ** 63n), 2n ** 63n - 1n);
export const goUint: GoType<number> = goInteger("uint", 0n, 2n ** 64n - 1n);
export const goUint64: GoType<number> = goInteger("uint64", 0n, 2n ** 64n - 1n);

/** The same to the last digit, for what is compared or given back. */
export const goExactUint64: GoType<Uint64> = {
  name: "uint64",
  read(value, reading) {
    const read = goUint64.read(value, reading);
    if (read === undefined || Number.isSafeInteger(read)) return read;
    return BigInt((value as RawNumber).text);
  },
};

/** Bytes in base64, or as a list of numbers. */
export const goBytes: GoType<Uint8Array> = {
  name: "[]uint8",
  read(value, reading) {
    if (typeof value === "object") {
      const list = octets.read(value, reading);
      return list === undefined ? undefined : Uint8Array.from(list);
    }
    if (typeof value !== "string") return refuse(reading, jsonKind(value), "[]uint8");
    // Most is base64 as it is: then all of it is ASCII, and each of its characters a byte.
    const plain = base64Bytes(value as ByteString);
    if (plain !== undefined) return plain;
    const decoded = decodeGoBase64(utf8(value));
    if (decoded.ok) return decoded.bytes;
    reading.fault ??= decoded.error;
    return undefined;
  },
};

export function goList<T>(item: GoType<T>, zero: T, name = `[]${item.name}`): GoType<readonly T[]> {
  return {
    name,
    read(value, reading) {
      if (value === null) return undefined;
      if (typeof value !== "object" || !isRawList(value)) return refuse(reading, jsonKind(value), name);
      return value.map((each) => item.read(each, reading) ?? zero);
    },
  };
}

/** One of which null is a value too: Go's nil, where it must be told from what was not mentioned. */
export function goNullable<T>(inner: GoType<T>): GoType<T | null> {
  return {
    name: inner.name,
    read: (value, reading) => (value === null ? null : inner.read(value, reading)),
  };
}

/** A map, in bytewise order of its names. */
export function goMap<T>(item: GoType<T>, zero: T): GoType<readonly (readonly [name: string, value: T])[]> {
  const name = `map[string]${item.name}`;
  return {
    name,
    read(value, reading) {
      if (value === null) return undefined;
      if (typeof value !== "object" || !isRawMap(value)) return refuse(reading, jsonKind(value), name);
      const pairs = [...value].map(([key, its]) => [key, item.read(its, reading) ?? zero] as const);
      return pairs.sort(([a], [b]) => compareStrings(a, b));
    },
  };
}

const octets = goList(goInteger("uint8", 0n, 255n), 0, "[]uint8");

export const goText: GoType<string> = goString();
export const goTexts: GoType<readonly string[]> = goList(goText, "");
export const goLabels: GoType<NonNullable<Labels>> = goMap(goText, "");

/** Read over, whatever it is. */
export const goAny: GoType<RawValue> = { name: "interface {}", read: (value) => value ?? undefined };

type GoFields<T> = { readonly [K in keyof T]-?: GoType<T[K]> };

/**
 * A struct by Go's names of its fields. What a value does not mention is not in the result.
 * @param name With its package: "structs.Node"; what is wrong with a field is told without it.
 */
export function goStruct<T extends object>(name: string, fields: GoFields<T>): GoType<Partial<T>> {
  const own = /^\w+\.(\w+)$/.exec(name)?.[1] ?? "";
  const byName = new Map(Object.entries<GoType<unknown>>(fields));
  return {
    name,
    read(value, reading) {
      if (value === null) return undefined;
      if (typeof value !== "object" || !isRawMap(value)) return refuse(reading, jsonKind(value), name);
      const { struct, path } = reading;
      const out: Record<string, unknown> = {};
      for (const [key, its] of value) {
        const field = fieldNamed(byName, key);
        if (field === undefined) {
          if (reading.strict) reading.fault ??= `json: unknown field ${quote(utf8(key))}`;
          continue;
        }
        reading.struct = own;
        path.push(field);
        const read = byName.get(field)?.read(its, reading);
        path.pop();
        if (read !== undefined) out[field] = read;
      }
      reading.struct = struct;
      return out as Partial<T>;
    },
  };
}

/** The field of this very name, or one that differs in case alone. */
function fieldNamed(fields: ReadonlyMap<string, unknown>, name: string): string | undefined {
  if (fields.has(name)) return name;
  const lower = name.toLowerCase();
  for (const field of fields.keys()) if (field.toLowerCase() === lower) return field;
  return undefined;
}

export type Finished<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: string };

/**
 * A type that reads itself (json.Unmarshaler): what is wrong inside is told with the path that leads to it, not with that
 * within, but for the body's own.
 * @param finish What it makes of what was read.
 * @param strict Whether names that it does not know are a fault.
 */
export function goSelfRead<A extends object, T>(
  inner: GoType<Partial<A>>,
  finish: (read: Partial<A>) => Finished<T>,
  strict = false,
): GoType<T> {
  return {
    name: inner.name,
    read(value, reading) {
      if (value === null) return undefined;
      const { struct, path } = reading;
      const within: Reading = { fault: undefined, struct, path, strict };
      const read = inner.read(value, within);
      if (within.fault !== undefined) return tellFault(reading, within.fault);
      const finished = finish(read ?? {});
      if (finished.ok) return finished.value;
      reading.fault ??= finished.fault;
      return undefined;
    },
  };
}

/** Tells a fault of what read itself as one of what it was read for. */
function tellFault(reading: Reading, fault: string): undefined {
  const [, shown, wanted] = /^json: cannot unmarshal (.*?) into .* of type (.*)$/s.exec(fault) ?? [];
  if (shown !== undefined && wanted !== undefined && reading.path.length > 0)
    return refuse(reading, shown, wanted);
  reading.fault ??= fault;
}

/** A duration that may be a text or a number of nanoseconds; 0 for anything else. */
export function durationOf(value: RawValue | undefined): Finished<number> {
  if (typeof value === "string") {
    const parsed = parseDuration(value);
    // Go 1.15 quotes a duration without escaping what is in it.
    return parsed.ok
      ? { ok: true, value: parsed.ns }
      : { ok: false, fault: parsed.error.replace(JSON.stringify(value), () => `"${value}"`) };
  }
  if (typeof value !== "object" || value === null || isRawList(value) || isRawMap(value))
    return { ok: true, value: 0 };
  return { ok: true, value: Math.max(-(2 ** 63), Math.min(MOST, Math.trunc(value.value) || 0)) };
}

/**
 * Reads a body.
 * @param strict Whether names that the body's struct has not are a fault.
 * @returns The fault's text where Go would find one.
 */
export function readBody<T extends object>(
  type: GoType<T>,
  body: ByteString,
  strict = true,
): { readonly ok: true; readonly value: Partial<T> } | { readonly ok: false; readonly error: string } {
  const parsed = parseBody(body);
  if (!parsed.ok) return parsed;
  const reading: Reading = { fault: undefined, struct: "", path: [], strict };
  const value = type.read(parsed.value, reading) ?? {};
  return reading.fault === undefined ? { ok: true, value } : { ok: false, error: reading.fault };
}
