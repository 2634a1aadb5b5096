// JSON as it comes out of Go when it was read into structs and printed again: fields in the struct's order, those that are
// missing with their zero, those that are unknown gone. That is what Consul's client library hands to handlers of watches.

import { compareStrings } from "../../core/lib/bytes.ts";
import { isRawList, isRawMap, type RawValue } from "../../core/lib/raw-value.ts";

export type Shape =
  | "string"
  | "number"
  | "bool"
  /** Base64; none is null. */
  | "bytes"
  /** A string like "5s"; none is "0s". */
  | "duration"
  /** As it came, keys sorted. */
  | "any"
  | { readonly list: Shape }
  /** Of the user's own names. */
  | { readonly map: Shape }
  | Struct;

export interface Struct {
  readonly fields: readonly Field[];
  /** Null where there is none; else one with nothing in it. */
  readonly pointer?: true;
}

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  /** Left out where it is zero. A struct that is no pointer never is. */
  readonly omitEmpty?: true;
}

/** Compact JSON, a single line. */
export function printShaped(shape: Shape, value: RawValue | undefined): string {
  const given = value ?? null;
  if (typeof shape === "string") return printScalar(shape, given);
  if ("fields" in shape) return printStruct(shape, given);
  if (given === null || typeof given !== "object") return "null";
  if ("list" in shape)
    return isRawList(given) ? `[${given.map((item) => printShaped(shape.list, item)).join(",")}]` : "null";
  if (!isRawMap(given)) return "null";
  const entries = [...given].sort(([a], [b]) => compareStrings(a, b));
  return `{${entries.map(([name, item]) => `${printText(name)}:${printShaped(shape.map, item)}`).join(",")}}`;
}

function printScalar(shape: Shape & string, value: RawValue): string {
  switch (shape) {
    case "string":
      return printText(typeof value === "string" ? value : "");
    case "duration":
      return printText(typeof value === "string" && value !== "" ? value : "0s");
    case "bytes":
      return typeof value === "string" ? printText(value) : "null";
    case "bool":
      return value === true ? "true" : "false";
    case "number":
      return isNumber(value) ? value.text : "0";
    default:
      return printAny(value);
  }
}

function isNumber(value: RawValue): value is Extract<RawValue, { readonly goType: string }> {
  return typeof value === "object" && value !== null && !isRawList(value) && !isRawMap(value);
}

function printAny(value: RawValue): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return printText(value);
  if (isRawList(value)) return printShaped({ list: "any" }, value);
  if (isRawMap(value)) return printShaped({ map: "any" }, value);
  return JSON.stringify(value.value);
}

function printStruct({ fields, pointer }: Struct, value: RawValue): string {
  if (value === null && pointer) return "null";
  const given: ReadonlyMap<string, RawValue> =
    typeof value === "object" && value !== null && isRawMap(value) ? value : new Map();
  const printed = fields.flatMap(({ name, shape, omitEmpty }) => {
    const field = printShaped(shape, given.get(name));
    return omitEmpty && isZero(shape, field) ? [] : [`${printText(name)}:${field}`];
  });
  return `{${printed.join(",")}}`;
}

function isZero(shape: Shape, printed: string): boolean {
  if (typeof shape === "object" && "fields" in shape) return printed === "null";
  return ZEROS.has(printed);
}

const ZEROS: ReadonlySet<string> = new Set(["null", '""', "0", "false", "[]", "{}"]);

/** Go's escapes: of control characters only \n, \r and \t have a letter, and what HTML would take for its own is escaped. */
function printText(text: string): string {
  return JSON.stringify(text)
    .replace(/\\([bf])/g, (_whole, letter: string) => (letter === "b" ? "\\u0008" : "\\u000c"))
    .replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

/** The same JSON with each field on a line of its own, as Go indents it. Empty lists and objects stay together. */
export function indentJson(compact: string, indent: string): string {
  let depth = 0;
  const line = (): string => `\n${indent.repeat(depth)}`;
  return compact.replace(/"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{}[\],:]/g, (token) => {
    if (token === "{" || token === "[") {
      depth++;
      return token + line();
    }
    if (token === "}" || token === "]") {
      depth--;
      return line() + token;
    }
    if (token === ",") return token + line();
    return token === ":" ? ": " : token;
  });
}
