// Flags as Go's package flag reads them, which is how every command of Consul does: `-x` and `--x` are one, a value
// follows `=` or stands next, booleans take theirs only after `=`, and the first word that is no flag ends them. Error
// texts are Go's, or, for the flag types that Consul adds (`consulType`), Consul's.

import { must, unreachable } from "../../core/lib/assert.ts";
import { parseDuration } from "../../core/lib/duration.ts";
import { parseGoBool } from "../../core/lib/go-bool.ts";
import { quoteText } from "../../core/lib/go-quote.ts";

export type FlagKind = "bool" | "string" | "int" | "uint64" | "duration" | "list" | "map";

export interface Flag {
  readonly name: string;
  readonly kind: FlagKind;
  /** A word in back quotes names the value in listings. */
  readonly description: string;
  /** One of Consul's own types: shown as "value", and strict in other words than Go's. */
  readonly consulType?: true;
  /** Used when the flag is not given, and listed. Only for Go's own types. */
  readonly fallback?: string;
  /** Of a map: what parts key from value. With ":" the value may be left out, as in Consul's -node-meta. Default "=". */
  readonly separator?: ":";
  /** The name of another list flag, when both fill one list in the order in which they are given. */
  readonly storedAs?: string;
}

/** A uint64 is a bigint, a duration its nanoseconds. */
export type FlagValue = boolean | string | number | bigint | readonly string[] | ReadonlyMap<string, string>;

/** Flags that were given, and those with a fallback. */
export type FlagValues = ReadonlyMap<string, FlagValue>;

export type ParsedFlags =
  | { readonly ok: true; readonly values: FlagValues; readonly args: readonly string[] }
  | { readonly ok: false; readonly error: string };

type Judged =
  | { readonly ok: true; readonly value: FlagValue }
  | { readonly ok: false; readonly error: string };

export function parseFlags(flags: readonly Flag[], args: readonly string[]): ParsedFlags {
  const values = new Map<string, FlagValue>();
  for (const flag of flags) {
    const parsed = flag.fallback === undefined ? undefined : parseValue(flag, flag.fallback, undefined);
    if (parsed?.ok) values.set(flag.name, parsed.value);
  }
  let at = 0;
  while (at < args.length) {
    const arg = args[at] as string;
    if (arg.length < 2 || !arg.startsWith("-")) break;
    at++;
    if (arg === "--") break;
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(arg);
    if (match === null) return { ok: false, error: `bad flag syntax: ${arg}` };
    const name = match[1] as string;
    const flag = flags.find((each) => each.name === name);
    if (flag === undefined) return { ok: false, error: `flag provided but not defined: -${name}` };
    let text = match[2];
    if (text === undefined && flag.kind === "bool") text = "true";
    if (text === undefined) {
      if (at >= args.length) return { ok: false, error: `flag needs an argument: -${name}` };
      text = args[at++] as string;
    }
    const stored = flag.storedAs ?? name;
    const judged = judge(flag, text, values.get(stored));
    if (!judged.ok) return judged;
    values.set(stored, judged.value);
  }
  return { ok: true, values, args: args.slice(at) };
}

/** A later scalar replaces an earlier one; lists and maps grow. */
function judge(flag: Flag, text: string, before: FlagValue | undefined): Judged {
  const parsed = parseValue(flag, text, before);
  if (parsed.ok) return parsed;
  const what = flag.kind === "bool" ? "boolean value" : "value";
  const where = flag.kind === "bool" ? `-${flag.name}` : `flag -${flag.name}`;
  return { ok: false, error: `invalid ${what} ${quoteText(text)} for ${where}: ${parsed.error}` };
}

function parseValue(flag: Flag, text: string, before: FlagValue | undefined): Judged {
  switch (flag.kind) {
    case "string":
      return { ok: true, value: text };
    case "bool":
      return parseBool(flag, text);
    case "int":
      return parseInteger(flag, text, -(2n ** 63n), 2n ** 63n - 1n);
    case "uint64":
      return parseInteger(flag, text, 0n, 2n ** 64n - 1n);
    case "duration":
      return parseDurationFlag(flag, text);
    case "list":
      return { ok: true, value: [...((before ?? []) as readonly string[]), text] };
    case "map":
      return parsePair(flag, text, (before ?? new Map()) as ReadonlyMap<string, string>);
    default:
      return unreachable(flag.kind);
  }
}

function parseBool(flag: Flag, text: string): Judged {
  const value = parseGoBool(text);
  if (value !== undefined) return { ok: true, value };
  const own = `strconv.ParseBool: parsing ${quoteText(text)}: invalid syntax`;
  return { ok: false, error: flag.consulType ? own : "parse error" };
}

/** Go's own flags take 0x10, 0o7 and 0b1 and a leading 0 as octal; Consul's only decimal. */
function parseInteger(flag: Flag, text: string, min: bigint, max: bigint): Judged {
  const value = flag.consulType ? decimal(text) : anyBase(text);
  const signed = flag.kind === "int";
  const prefix = flag.consulType
    ? `strconv.${signed ? "Atoi" : "ParseUint"}: parsing ${quoteText(text)}: `
    : "";
  if (value === undefined || (!signed && /^[-+]/.test(text)))
    return { ok: false, error: flag.consulType ? `${prefix}invalid syntax` : "parse error" };
  if (value < min || value > max) return { ok: false, error: `${prefix}value out of range` };
  return { ok: true, value: signed ? Number(value) : value };
}

function decimal(text: string): bigint | undefined {
  return /^[-+]?\d+$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
}

function anyBase(text: string): bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9]\d*)$/.exec(text);
  if (match === null) return undefined;
  const digits = match[2] as string;
  const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === "-" ? -size : size;
}

function parseDurationFlag(flag: Flag, text: string): Judged {
  const parsed = parseDuration(text);
  if (parsed.ok) return { ok: true, value: parsed.ns };
  return { ok: false, error: flag.consulType ? parsed.error : "parse error" };
}

function parsePair(flag: Flag, text: string, before: ReadonlyMap<string, string>): Judged {
  const separator = flag.separator ?? "=";
  const at = text.indexOf(separator);
  if (at < 0 && separator === "=") return { ok: false, error: `Missing "=" value in argument: ${text}` };
  const pair: [string, string] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  return { ok: true, value: new Map([...before, pair]) };
}

/** Whether a boolean flag is set. */
export function boolFlag(values: FlagValues, name: string): boolean {
  return values.get(name) === true;
}

/** The text of a string flag, or undefined when it was not given and has no fallback. */
export function stringFlag(values: FlagValues, name: string): string | undefined {
  const value = values.get(name);
  return typeof value === "string" ? value : undefined;
}

/** The text of a string flag that has a fallback. */
export function mustStringFlag(values: FlagValues, name: string): string {
  return must(stringFlag(values, name), `-${name} has a fallback`);
}

/** The value of an int flag, or undefined when it was not given. */
export function numberFlag(values: FlagValues, name: string): number | undefined {
  const value = values.get(name);
  return typeof value === "number" ? value : undefined;
}

/** The texts of a list flag, in the order given. */
export function listFlag(values: FlagValues, name: string): readonly string[] {
  const value = values.get(name);
  return Array.isArray(value) ? value : [];
}

/** The pairs of a map flag. */
export function mapFlag(values: FlagValues, name: string): ReadonlyMap<string, string> {
  const value = values.get(name);
  return value instanceof Map ? value : new Map();
}

/** 0 when it was not given. */
export function uint64Flag(values: FlagValues, name: string): bigint {
  const value = values.get(name);
  return typeof value === "bigint" ? value : 0n;
}
