// A text as its parser (JSON, or HCL in configuration files) hands it on: values with the type names that Go's decoder
// would print, nothing yet known of which keys exist.

/** A number and the Go type it was decoded to: JSON has only floats, HCL tells integers from them. */
export interface RawNumber {
  readonly goType: "int" | "float64";
  /** As written, for numbers past 2^53. */
  readonly text: string;
  readonly value: number;
}

export type RawMap = ReadonlyMap<string, RawValue>;
export type RawValue = null | boolean | string | RawNumber | readonly RawValue[] | RawMap;

export type Parsed =
  | { readonly ok: true; readonly value: RawValue }
  | { readonly ok: false; readonly error: string };

export function isRawList(value: RawValue): value is readonly RawValue[] {
  return Array.isArray(value);
}

export function isRawMap(value: RawValue): value is RawMap {
  return value instanceof Map;
}

/** The value's type as Go's reflection prints it, for error texts. */
export function goTypeName(value: RawValue): string {
  if (value === null) return "nil";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (isRawMap(value)) return "map[string]interface {}";
  if (!isRawList(value)) return value.goType;
  return value.length > 0 && value.every(isRawMap) ? "[]map[string]interface {}" : "[]interface {}";
}

/** The value's kind as Go's reflection prints it: "slice" and "map" where the type name would be longer. */
export function goKindName(value: RawValue): string {
  if (value === null) return "invalid";
  if (typeof value === "object" && isRawList(value)) return "slice";
  return typeof value === "object" && isRawMap(value) ? "map" : goTypeName(value);
}

/** What JSON calls the value, for the error texts of Go's decoder. */
export function jsonKind(value: RawValue): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value === "boolean" ? "bool" : "string";
  if (isRawMap(value)) return "object";
  return isRawList(value) ? "array" : "number";
}
