// From what a file says to what it means: keys matched without regard to case, types checked without mercy ("8080" is no
// number), one-element lists unwrapped where one thing is meant (HCL makes a list of every block). Errors are those of
// mapstructure, the decoder that Consul uses, all of one file at once.

import { unreachable } from "../../core/lib/assert.ts";
import { compareStrings } from "../../core/lib/bytes.ts";
import {
  goKindName,
  goTypeName,
  isRawList,
  isRawMap,
  type RawMap,
  type RawValue,
} from "../../core/lib/raw-value.ts";
import {
  CONFIG_KEYS,
  type Kind,
  type ListKind,
  type MapKind,
  type ObjectKind,
  type ScalarKind,
} from "./keys.ts";
import type { ConfigMap, ConfigValue } from "./values.ts";

export type Decoded =
  | { readonly ok: true; readonly config: ConfigMap }
  /** Either wrong types or, if there are none, unknown keys. */
  | { readonly ok: false; readonly typeErrors: readonly string[]; readonly unknownKeys: readonly string[] };

interface Faults {
  readonly typeErrors: string[];
  readonly unknownKeys: string[];
}

/** A whole file's value as a configuration. Null is an empty one. */
export function decodeConfig(raw: RawValue): Decoded {
  const faults: Faults = { typeErrors: [], unknownKeys: [] };
  const decoded = raw === null ? new Map<string, ConfigValue>() : decode(CONFIG_KEYS, raw, "", faults);
  if (faults.typeErrors.length > 0 || faults.unknownKeys.length > 0)
    return {
      ok: false,
      typeErrors: faults.typeErrors.sort(compareStrings),
      unknownKeys: faults.unknownKeys,
    };
  return { ok: true, config: gatherSingulars((decoded ?? new Map()) as ConfigMap) };
}

/** `service` and `check` are one more entry of `services` and `checks`. */
function gatherSingulars(config: ConfigMap): ConfigMap {
  const gathered = new Map(config);
  for (const singular of ["service", "check"]) {
    const value = gathered.get(singular);
    if (value === undefined) continue;
    const plural = (gathered.get(`${singular}s`) ?? []) as readonly ConfigValue[];
    gathered.delete(singular);
    gathered.set(`${singular}s`, [...plural, value]);
  }
  return gathered;
}

/** Undefined for null and for what is wrong, which is then in `faults`. */
function decode(kind: Kind, raw: RawValue, path: string, faults: Faults): ConfigValue | undefined {
  if (kind === "any") return { opaque: raw };
  if (raw === null) return undefined;
  if (typeof kind === "object" && kind.type === "list") return decodeList(kind, raw, path, faults);
  if (typeof raw === "object" && isRawList(raw) && raw.length === 1)
    return decode(kind, raw[0] as RawValue, path, faults);
  if (typeof kind === "object") return decodeMap(kind, raw, path, faults);
  return decodeScalar(kind, raw, path, faults);
}

function decodeScalar(
  kind: ScalarKind,
  raw: RawValue,
  path: string,
  faults: Faults,
): ConfigValue | undefined {
  switch (kind) {
    case "bool":
      if (typeof raw === "boolean") return raw;
      return mismatch(path, "bool", raw, faults);
    case "string":
    case "duration":
      if (typeof raw === "string") return raw;
      return mismatch(path, "string", raw, faults);
    case "int":
    case "uint":
    case "float":
      return decodeNumber(kind, raw, path, faults);
    case "any":
      return { opaque: raw };
    default:
      return unreachable(kind);
  }
}

/** Numbers lose their fraction where a whole one is meant, as in Consul. */
function decodeNumber(
  kind: "int" | "uint" | "float",
  raw: RawValue,
  path: string,
  faults: Faults,
): ConfigValue | undefined {
  if (raw === null || typeof raw !== "object" || isRawList(raw) || isRawMap(raw))
    return mismatch(path, kind === "float" ? "float64" : kind, raw, faults);
  if (kind === "float") return raw.value;
  if (kind === "uint" && raw.value < 0) {
    const printed = raw.goType === "int" ? raw.text : raw.value.toFixed(6);
    faults.typeErrors.push(`cannot parse '${path}', ${printed} overflows uint`);
    return undefined;
  }
  return Math.trunc(raw.value);
}

function mismatch(path: string, wanted: string, raw: RawValue, faults: Faults): undefined {
  faults.typeErrors.push(`'${path}' expected type '${wanted}', got unconvertible type '${goTypeName(raw)}'`);
  return undefined;
}

function decodeList(kind: ListKind, raw: RawValue, path: string, faults: Faults): ConfigValue | undefined {
  if (raw === null || typeof raw !== "object" || !isRawList(raw)) {
    faults.typeErrors.push(`'${path}': source data must be an array or slice, got ${goKindName(raw)}`);
    return undefined;
  }
  const items: ConfigValue[] = [];
  raw.forEach((item, at) => {
    const decoded = decode(kind.of, item, `${path}[${at}]`, faults);
    if (decoded !== undefined) items.push(decoded);
  });
  return items;
}

function decodeMap(
  kind: MapKind | ObjectKind,
  raw: RawValue,
  path: string,
  faults: Faults,
): ConfigValue | undefined {
  if (raw === null || typeof raw !== "object" || !isRawMap(raw)) {
    faults.typeErrors.push(`'${path}' expected a map, got '${goKindName(raw)}'`);
    return undefined;
  }
  return kind.type === "map" ? decodeLabels(kind, raw, path, faults) : decodeObject(kind, raw, path, faults);
}

function decodeLabels(kind: MapKind, raw: RawMap, path: string, faults: Faults): ConfigMap {
  const labels = new Map<string, ConfigValue>();
  for (const [name, item] of raw) {
    const decoded = decode(kind.of, item, `${path}[${name}]`, faults);
    if (decoded !== undefined) labels.set(name, decoded);
  }
  return labels;
}

/** Keys in alphabetical order, and those inside before those of this object: the order in which Consul lists faults. */
function decodeObject(kind: ObjectKind, raw: RawMap, path: string, faults: Faults): ConfigMap {
  const object = new Map<string, ConfigValue>();
  const unknown: string[] = [];
  const exact = (key: string): boolean => Object.hasOwn(kind.fields, key);
  for (const [key, item] of [...raw].sort(([a], [b]) => compareStrings(a, b))) {
    const name = exact(key) ? key : key.toLowerCase();
    const field = exact(name) ? kind.fields[name] : undefined;
    const where = path === "" ? name : `${path}.${name}`;
    // Of two spellings of one key the exact one counts, and the other is as good as unknown.
    if (field === undefined || (name !== key && raw.has(name))) {
      unknown.push(path === "" ? key : `${path}.${key}`);
      continue;
    }
    const decoded = decode(field, item, where, faults);
    if (decoded !== undefined) object.set(name, decoded);
  }
  faults.unknownKeys.push(...unknown);
  return object;
}
