// Descriptions of typed values that can be written as MessagePack and read back. Reading trusts nothing: what does not
// fit the description is an error value with the path of the first misfit, never a half-read record or an exception.
// Records are written as arrays in the order of their fields, unions as [number, fields…]; so the bytes do not depend on
// the order in which an object was built, and both grow only at their ends.

import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { assert } from "../lib/assert.ts";
import { type ByteString, byteStringOf, bytesOf } from "../lib/bytes.ts";
import type { Uint64 } from "../model/kv.ts";

/** How a value of type T is packed into MessagePack's own kinds and taken from them again. */
export interface Schema<T> {
  pack(value: T): unknown;
  /** @throws Misfit; only `decode` catches it, and nobody else needs to know. */
  unpack(packed: unknown, path: string): T;
}

/** The T of a Schema<T>. */
export type Described<S> = S extends Schema<infer T> ? T : never;

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

class Misfit extends Error {}

function misfit(path: string, wanted: string): never {
  throw new Misfit(`${path === "" ? "value" : path} is not ${wanted}`);
}

// variableMapSize and useRecords keep to standard MessagePack, readable by any tool.
const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false });

/** The value as MessagePack. Never write to the bytes: they may share memory with others. */
export function encode<T>(schema: Schema<T>, value: T): Uint8Array {
  return packr.pack(schema.pack(value));
}

/** The value, or what is wrong with the bytes. Byte fields are views of `bytes`. */
export function decode<T>(schema: Schema<T>, bytes: Uint8Array): Decoded<T> {
  try {
    return { ok: true, value: schema.unpack(unpackr.unpack(bytes), "") };
  } catch (error) {
    // msgpackr throws RangeError and Error on bytes that are no MessagePack.
    return { ok: false, error: error instanceof Error ? error.message : "unreadable" };
  }
}

/** A whole number from 0 to 2^53 - 1. */
export const uint: Schema<number> = {
  pack: (value) => value,
  unpack(packed, path) {
    if (typeof packed === "number" && Number.isSafeInteger(packed) && packed >= 0) return packed;
    return misfit(path, "a whole number");
  },
};

/** A whole number of either sign that a double holds exactly. */
export const int: Schema<number> = {
  pack: (value) => value,
  unpack: (packed, path) =>
    typeof packed === "number" && Number.isSafeInteger(packed) ? packed : misfit(path, "a whole number"),
};

/** Go's int64, to the nearest that a double holds: what clients write may be beyond 2^53. */
export const int64: Schema<number> = {
  pack: (value) => value,
  unpack(packed, path) {
    const value = typeof packed === "bigint" ? Number(packed) : packed;
    const fits =
      typeof value === "number" && Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
    return fits ? value : misfit(path, "a 64-bit whole number");
  },
};

/** A whole number from 0 to `most`. */
export function uintUpTo(most: number): Schema<number> {
  return {
    pack: (value) => value,
    unpack(packed, path) {
      const value = uint.unpack(packed, path);
      return value <= most ? value : misfit(path, `at most ${most}`);
    },
  };
}

/** Any finite number from 0 up. */
export const amount: Schema<number> = {
  pack: (value) => value,
  unpack(packed, path) {
    return typeof packed === "number" && Number.isFinite(packed) && packed >= 0
      ? packed
      : misfit(path, "an amount");
  },
};

/** Any finite number. */
export const finite: Schema<number> = {
  pack: (value) => value,
  unpack: (packed, path) =>
    typeof packed === "number" && Number.isFinite(packed) ? packed : misfit(path, "a finite number"),
};

/** An unsigned 64-bit number. */
export const uint64: Schema<Uint64> = {
  pack: (value) => value,
  unpack(packed, path) {
    if (typeof packed !== "bigint") return uint.unpack(packed, path);
    return packed >= 0n && packed <= 0xffffffffffffffffn ? packed : misfit(path, "a 64-bit number");
  },
};

export const bool: Schema<boolean> = {
  pack: (value) => value,
  unpack: (packed, path) => (typeof packed === "boolean" ? packed : misfit(path, "a boolean")),
};

export const text: Schema<string> = {
  pack: (value) => value,
  unpack: (packed, path) => (typeof packed === "string" ? packed : misfit(path, "text")),
};

/** Text of `least` to `most` UTF-16 code units. */
export function textOf(least: number, most: number): Schema<string> {
  return {
    pack: (value) => value,
    unpack(packed, path) {
      const value = text.unpack(packed, path);
      const fits = value.length >= least && value.length <= most;
      return fits ? value : misfit(path, `text of ${least} to ${most} characters`);
    },
  };
}

export const bytes: Schema<Uint8Array> = {
  pack: (value) => value,
  unpack: (packed, path) => (packed instanceof Uint8Array ? packed : misfit(path, "bytes")),
};

export const byteString: Schema<ByteString> = {
  pack: (value) => bytesOf(value),
  unpack: (packed, path) => byteStringOf(bytes.unpack(packed, path)),
};

/** One of a fixed set of words, written as its place in the list: append to the list, never reorder it. */
export function word<const W extends readonly string[]>(words: W): Schema<W[number]> {
  return {
    pack: (value) => words.indexOf(value),
    unpack: (packed, path) =>
      words[typeof packed === "number" ? packed : -1] ?? misfit(path, `one of ${words.join(", ")}`),
  };
}

export function list<T>(item: Schema<T>): Schema<readonly T[]> {
  return {
    pack: (value) => value.map((each) => item.pack(each)),
    unpack: (packed, path) =>
      Array.isArray(packed)
        ? packed.map((each, at) => item.unpack(each, `${path}[${at}]`))
        : misfit(path, "a list"),
  };
}

export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    pack: (value) => (value === null ? null : inner.pack(value)),
    unpack: (packed, path) => (packed === null ? null : inner.unpack(packed, path)),
  };
}

/** A field that may be absent from its record. */
export function optional<T>(inner: Schema<T>): Schema<T | undefined> {
  return {
    pack: (value) => (value === undefined ? null : inner.pack(value)),
    unpack: (packed, path) =>
      packed === null || packed === undefined ? undefined : inner.unpack(packed, path),
  };
}

/** A field that came later to its record: from a sender that does not know it yet it reads as `value`. */
export function orElse<T>(inner: Schema<T>, value: T): Schema<T> {
  return {
    pack: inner.pack,
    unpack: (packed, path) => (packed === null || packed === undefined ? value : inner.unpack(packed, path)),
  };
}

/** A last field that came later to its record and is mostly absent: it takes no byte then. */
export function added<T>(inner: Schema<T>): Schema<T | undefined> {
  return {
    pack: (value) => (value === undefined ? undefined : inner.pack(value)),
    unpack: optional(inner).unpack,
  };
}

/** The same of one that is null where it is absent. Behind it no other field can be added. */
export function addedNullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    pack: (value) => (value === null ? undefined : inner.pack(value)),
    unpack: (packed, path) => optional(inner).unpack(packed, path) ?? null,
  };
}

export function pair<A, B>(first: Schema<A>, second: Schema<B>): Schema<readonly [A, B]> {
  return {
    pack: ([a, b]) => [first.pack(a), second.pack(b)],
    unpack(packed, path) {
      if (!Array.isArray(packed) || packed.length !== 2) return misfit(path, "a pair");
      return [first.unpack(packed[0], `${path}[0]`), second.unpack(packed[1], `${path}[1]`)];
    },
  };
}

type Fields = Readonly<Record<string, Schema<never>>>;
type OptionalKeys<F> = { [K in keyof F]: undefined extends Described<F[K]> ? K : never }[keyof F];
type RecordOf<F> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Described<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: Exclude<Described<F[K]>, undefined>;
};

/** A record, written as the array of its fields in the order of the description. */
export function record<const F extends Readonly<Record<string, unknown>>>(fields: F): Schema<RecordOf<F>> {
  const entries = Object.entries(fields as unknown as Fields);
  return {
    pack: (value) => packFields(entries, value as Readonly<Record<string, unknown>>, []),
    unpack: (packed, path) =>
      (Array.isArray(packed)
        ? unpackFields(entries, packed, 0, path, {})
        : misfit(path, "a record")) as RecordOf<F>,
  };
}

function packFields(
  entries: readonly (readonly [string, Schema<never>])[],
  value: Readonly<Record<string, unknown>>,
  out: unknown[],
): unknown[] {
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at] as (typeof entries)[number];
    const packed = entry[1].pack(value[entry[0]] as never);
    if (packed !== undefined) out.push(packed);
  }
  return out;
}

function unpackFields(
  entries: readonly (readonly [string, Schema<never>])[],
  packed: readonly unknown[],
  skip: number,
  path: string,
  out: Record<string, unknown>,
): Record<string, unknown> {
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at] as (typeof entries)[number];
    const name = entry[0];
    const value: unknown = entry[1].unpack(packed[at + skip], path === "" ? name : `${path}.${name}`);
    if (value !== undefined) out[name] = value;
  }
  return out;
}

interface Variant {
  readonly code: number;
  readonly entries: readonly (readonly [string, Schema<never>])[];
}

/** The variants of a union by name: each one's number on the wire, for ever, and its fields besides the tag. */
export type Variants<Name extends string = string> = Readonly<
  Record<Name, readonly [code: number, fields: Readonly<Record<string, unknown>>]>
>;

/**
 * A union told apart by the field `tag`. The type is given by the caller, who knows the union:
 * `union<Command>("kind", {…})`.
 */
export function union<T extends object>(tag: string, variants: Variants): Schema<T> {
  const byName = new Map<string, Variant>();
  const byCode = new Map<number, [string, Variant]>();
  for (const [name, [code, fields]] of Object.entries(variants)) {
    const variant: Variant = { code, entries: Object.entries(fields as Fields) };
    byName.set(name, variant);
    assert(!byCode.has(code), `${name} has a number of its own, and no other's (${code})`);
    byCode.set(code, [name, variant]);
  }
  return {
    pack(value) {
      const fields = value as Readonly<Record<string, unknown>>;
      const variant = byName.get(fields[tag] as string) as Variant;
      return packFields(variant.entries, fields, [variant.code]);
    },
    unpack(packed, path) {
      const found =
        Array.isArray(packed) && typeof packed[0] === "number" ? byCode.get(packed[0]) : undefined;
      if (found === undefined) return misfit(path, `a known ${tag}`);
      const name = found[0];
      const variant = found[1];
      return unpackFields(variant.entries, packed as unknown[], 1, path, { [tag]: name }) as T;
    },
  };
}
