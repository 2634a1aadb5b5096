// Descriptions of typed values that can be written as MessagePack and read back. Reading trusts nothing: what does not
// fit the description is an error value with the path of the first misfit, never a half-read record or an exception.
// Records are written as arrays in the order of their fields, unions as [number, fields…]; so the bytes do not depend on
// the order in which an object was built, and both grow only at their ends.

import { assert } from "../lib/assert.ts";
import type { ByteString } from "../lib/bytes.ts";
import type { Uint64 } from "../model/kv.ts";
import { type Writer, writeArrayHeader, writeBool, writeNil } from "./gossip/msgpack.ts";
import {
  isAtEnd,
  isMissing,
  isNil,
  Misfit,
  misfit,
  nothing,
  readBool,
  readByteString,
  readBytes,
  readCount,
  readNumber,
  readText,
  type Source,
  skip,
  within,
  writeByteString,
  writeBytes,
  writeNumber,
  writeText,
} from "./packed.ts";

/** How a value of type T is written as MessagePack and read again. */
export interface Schema<T> {
  write(out: Writer, value: T): void;
  /** @throws Misfit; only `decode` catches it, and nobody else needs to know. */
  read(from: Source): T;
  /** Whether a value takes up no place in its record. Never, where this is missing. */
  isAbsent?(value: T): boolean;
}

/** The T of a Schema<T>. */
export type Described<S> = S extends Schema<infer T> ? T : never;

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** Values are written one behind the other: most are short, and memory of its own for each would cost more than writing it. */
const POOL_BYTES = 8192;
/** With less room than this another pool is begun. */
const LEAST_ROOM = 512;
let pool = new Uint8Array(POOL_BYTES);
let poolAt = 0;

/** The value as MessagePack. Never write to the bytes: they may share memory with others. */
export function encode<T>(schema: Schema<T>, value: T): Uint8Array {
  if (pool.length - poolAt < LEAST_ROOM) {
    pool = new Uint8Array(POOL_BYTES);
    poolAt = 0;
  }
  const start = poolAt;
  const writer: Writer = { bytes: pool, at: start };
  schema.write(writer, value);
  const { bytes, at } = writer;
  // What had no room has memory of its own.
  if (bytes === pool) poolAt = at;
  return bytes.subarray(start, at);
}

/** The value, or what is wrong with the bytes. Byte fields are views of `bytes`. */
export function decode<T>(schema: Schema<T>, bytes: Uint8Array): Decoded<T> {
  const from: Source = { bytes, at: 0 };
  try {
    const value = schema.read(from);
    return isAtEnd(from) ? { ok: true, value } : { ok: false, error: "more than one value" };
  } catch (error) {
    if (error instanceof Misfit) return { ok: false, error: error.message };
    // Nested deeper than there is stack for; any other is a mistake of ours.
    if (error instanceof RangeError) return { ok: false, error: "nested too deep" };
    throw error;
  }
}

/** A whole number from 0 to 2^53 - 1. */
export const uint: Schema<number> = {
  write: writeNumber,
  read(from) {
    const value = readNumber(from);
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : misfit("a whole number");
  },
};

/** A whole number of either sign that a double holds exactly. */
export const int: Schema<number> = {
  write: writeNumber,
  read(from) {
    const value = readNumber(from);
    return typeof value === "number" && Number.isSafeInteger(value) ? value : misfit("a whole number");
  },
};

/** Go's int64, to the nearest that a double holds: what clients write may be beyond 2^53. */
export const int64: Schema<number> = {
  write: writeNumber,
  read(from) {
    const read = readNumber(from);
    const value = typeof read === "bigint" ? Number(read) : read;
    const fits = value !== undefined && Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
    return fits ? value : misfit("a 64-bit whole number");
  },
};

/** A whole number from 0 to `most`. */
export function uintUpTo(most: number): Schema<number> {
  return {
    write: writeNumber,
    read(from) {
      const value = uint.read(from);
      return value <= most ? value : misfit(`at most ${most}`);
    },
  };
}

/** Any finite number from 0 up. */
export const amount: Schema<number> = {
  write: writeNumber,
  read(from) {
    const value = readNumber(from);
    return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : misfit("an amount");
  },
};

/** Any finite number. */
export const finite: Schema<number> = {
  write: writeNumber,
  read(from) {
    const value = readNumber(from);
    return typeof value === "number" && Number.isFinite(value) ? value : misfit("a finite number");
  },
};

/** An unsigned 64-bit number. */
export const uint64: Schema<Uint64> = {
  write: writeNumber,
  read(from) {
    const value = readNumber(from);
    if (typeof value === "bigint") return value >= 0n ? value : misfit("a 64-bit number");
    return value !== undefined && Number.isSafeInteger(value) && value >= 0
      ? value
      : misfit("a whole number");
  },
};

export const bool: Schema<boolean> = {
  write: writeBool,
  read: (from) => readBool(from) ?? misfit("a boolean"),
};

export const text: Schema<string> = {
  write: writeText,
  read: (from) => readText(from) ?? misfit("text"),
};

/** Text of `least` to `most` UTF-16 code units. */
export function textOf(least: number, most: number): Schema<string> {
  return {
    write: writeText,
    read(from) {
      const value = text.read(from);
      const fits = value.length >= least && value.length <= most;
      return fits ? value : misfit(`text of ${least} to ${most} characters`);
    },
  };
}

export const bytes: Schema<Uint8Array> = {
  write: writeBytes,
  read: (from) => readBytes(from) ?? misfit("bytes"),
};

export const byteString: Schema<ByteString> = {
  write: writeByteString,
  read: (from) => readByteString(from) ?? misfit("bytes"),
};

/** One of a fixed set of words, written as its place in the list: append to the list, never reorder it. */
export function word<const W extends readonly string[]>(words: W): Schema<W[number]> {
  return {
    write: (out, value) => writeNumber(out, words.indexOf(value)),
    read(from) {
      const place = readNumber(from);
      return words[typeof place === "number" ? place : -1] ?? misfit(`one of ${words.join(", ")}`);
    },
  };
}

export function list<T>(item: Schema<T>): Schema<readonly T[]> {
  return {
    write(out, value) {
      writeArrayHeader(out, value.length);
      for (let at = 0; at < value.length; at++) item.write(out, value[at] as T);
    },
    read(from) {
      const count = readCount(from);
      return count < 0 ? misfit("a list") : readItems(item, from, count);
    },
  };
}

function readItems<T>(item: Schema<T>, from: Source, count: number): T[] {
  const items: T[] = [];
  try {
    while (items.length < count) items.push(item.read(from));
  } catch (error) {
    throw within(`[${items.length}]`, error);
  }
  return items;
}

export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    write(out, value) {
      if (value === null) writeNil(out);
      else inner.write(out, value);
    },
    read: (from) => (isNil(from) ? null : inner.read(from)),
  };
}

/** A field that may be absent from its record. */
export function optional<T>(inner: Schema<T>): Schema<T | undefined> {
  return {
    write(out, value) {
      if (value === undefined) writeNil(out);
      else inner.write(out, value);
    },
    read: (from) => (isMissing(from) ? undefined : inner.read(from)),
  };
}

/** A field that came later to its record: from a sender that does not know it yet it reads as `value`. */
export function orElse<T>(inner: Schema<T>, value: T): Schema<T> {
  return {
    write: inner.write,
    read: (from) => (isMissing(from) ? value : inner.read(from)),
  };
}

/** A last field that came later to its record and is mostly absent: it takes no byte then. */
export function added<T>(inner: Schema<T>): Schema<T | undefined> {
  return { isAbsent: (value) => value === undefined, ...optional(inner) };
}

/** The same of one that is null where it is absent. Behind it no other field can be added. */
export function addedNullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    isAbsent: (value) => value === null,
    write: nullable(inner).write,
    read: (from) => (isMissing(from) ? null : inner.read(from)),
  };
}

export function pair<A, B>(first: Schema<A>, second: Schema<B>): Schema<readonly [A, B]> {
  return {
    write(out, both) {
      writeArrayHeader(out, 2);
      first.write(out, both[0]);
      second.write(out, both[1]);
    },
    read(from) {
      if (readCount(from) !== 2) return misfit("a pair");
      return [readPart(first, from, "[0]"), readPart(second, from, "[1]")];
    },
  };
}

/** A part that has a place of its own: what is wrong with it is told with its name. */
export function readPart<T>(schema: Schema<T>, from: Source, name: string): T {
  try {
    return schema.read(from);
  } catch (error) {
    throw within(name, error);
  }
}

type Fields = Readonly<Record<string, Schema<unknown>>>;
type OptionalKeys<F> = { [K in keyof F]: undefined extends Described<F[K]> ? K : never }[keyof F];
type RecordOf<F> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Described<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: Exclude<Described<F[K]>, undefined>;
};

/** The fields of a record in their order. */
interface Columns {
  readonly names: readonly string[];
  readonly schemas: readonly Schema<unknown>[];
  /** Whether there are any that take up no place at times. */
  readonly mayLack: boolean;
}

function columnsOf(fields: Readonly<Record<string, unknown>>): Columns {
  const schemas = Object.values(fields as Fields);
  return {
    names: Object.keys(fields),
    schemas,
    mayLack: schemas.some(({ isAbsent }) => isAbsent !== undefined),
  };
}

/** A record, written as the array of its fields in the order of the description. */
export function record<const F extends Readonly<Record<string, unknown>>>(fields: F): Schema<RecordOf<F>> {
  const columns = columnsOf(fields);
  return {
    write(out, value) {
      writeArrayHeader(out, present(columns, value));
      writeFields(columns, out, value);
    },
    read(from) {
      const count = readCount(from);
      return (count < 0 ? misfit("a record") : readFields(columns, from, count, {})) as RecordOf<F>;
    },
  };
}

/** How many of the fields take up a place. */
function present({ names, schemas, mayLack }: Columns, value: object): number {
  let count = names.length;
  if (mayLack)
    for (let at = 0; at < names.length; at++)
      if (schemas[at]?.isAbsent?.(fieldOf(value, names[at] as string)) === true) count--;
  return count;
}

function fieldOf(value: object, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name];
}

function writeFields({ names, schemas, mayLack }: Columns, out: Writer, value: object): void {
  for (let at = 0; at < names.length; at++) {
    const schema = schemas[at] as Schema<unknown>;
    const field = fieldOf(value, names[at] as string);
    if (!mayLack || schema.isAbsent?.(field) !== true) schema.write(out, field);
  }
}

/** @param count How many fields there are: an older release has written fewer, a later one more. */
function readFields(
  { names, schemas }: Columns,
  from: Source,
  count: number,
  into: Record<string, unknown>,
): Record<string, unknown> {
  let at = 0;
  try {
    for (; at < names.length; at++) {
      const field = (schemas[at] as Schema<unknown>).read(at < count ? from : nothing());
      if (field !== undefined) into[names[at] as string] = field;
    }
  } catch (error) {
    throw within(names[at] as string, error);
  }
  skip(from, count - at);
  return into;
}

interface Variant {
  readonly name: string;
  readonly code: number;
  readonly columns: Columns;
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
  const byCode = new Map<number, Variant>();
  for (const [name, [code, fields]] of Object.entries(variants)) {
    const variant: Variant = { name, code, columns: columnsOf(fields) };
    byName.set(name, variant);
    assert(!byCode.has(code), `${name} has a number of its own, and no other's (${code})`);
    byCode.set(code, variant);
  }
  return {
    write(out, value) {
      const { code, columns } = byName.get(fieldOf(value, tag) as string) as Variant;
      writeArrayHeader(out, 1 + present(columns, value));
      writeNumber(out, code);
      writeFields(columns, out, value);
    },
    read(from) {
      const count = readCount(from);
      const code = count > 0 ? readNumber(from) : undefined;
      const variant = typeof code === "number" ? byCode.get(code) : undefined;
      if (variant === undefined) return misfit(`a known ${tag}`);
      const into: Record<string, unknown> = {};
      into[tag] = variant.name;
      return readFields(variant.columns, from, count - 1, into) as T;
    },
  };
}
