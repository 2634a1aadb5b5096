// A decoded configuration: canonical key names, values of the types that keys.ts gives them. One source's, or several
// merged (Consul's rules: scalars replace, lists append, objects and maps merge key by key). Maps rather than records,
// since some keys are the user's own words and `__proto__` is a legal one.

import { InvariantError } from "../../core/lib/assert.ts";
import { compareStrings } from "../../core/lib/bytes.ts";
import type { RawValue } from "../../core/lib/raw-value.ts";

/** What is taken as it came (keys.ts, kind `any`) is wrapped, so that merging does not look inside. */
export interface Opaque {
  readonly opaque: RawValue;
}
export type ConfigValue = boolean | number | string | Opaque | readonly ConfigValue[] | ConfigMap;
export type ConfigMap = ReadonlyMap<string, ConfigValue>;

export function isConfigMap(value: ConfigValue): value is ConfigMap {
  return value instanceof Map;
}

function isConfigList(value: ConfigValue): value is readonly ConfigValue[] {
  return Array.isArray(value);
}

/** `b` over `a`. */
export function mergeConfig(a: ConfigMap, b: ConfigMap): ConfigMap {
  const merged = new Map(a);
  for (const [key, value] of b) {
    const before = merged.get(key);
    merged.set(key, before === undefined ? value : mergeValue(before, value));
  }
  return merged;
}

function mergeValue(before: ConfigValue, value: ConfigValue): ConfigValue {
  if (isConfigMap(before) && isConfigMap(value)) return mergeConfig(before, value);
  return isConfigList(before) && isConfigList(value) ? [...before, ...value] : value;
}

/** What a literal of defaults may hold. */
export interface ConfigLiteral {
  readonly [key: string]: boolean | number | string | readonly string[] | ConfigLiteral;
}

/** A configuration written as an object literal: defaults, flags, tests. */
export function configOf(literal: ConfigLiteral): ConfigMap {
  const entries = Object.entries(literal).map(([key, value]): [string, ConfigValue] => [
    key,
    typeof value === "object" && !Array.isArray(value)
      ? configOf(value as ConfigLiteral)
      : (value as ConfigValue),
  ]);
  return new Map(entries);
}

/** A configuration with the one key set: "ports.http". */
export function configWith(path: string, value: ConfigValue): ConfigMap {
  const [last, ...outer] = path.split(".").reverse() as [string, ...string[]];
  return outer.reduce<ConfigMap>((inner, key) => new Map([[key, inner]]), new Map([[last, value]]));
}

/** The value at "ports.http", or undefined when it was not set. */
export function configAt(config: ConfigMap, path: string): ConfigValue | undefined {
  let value: ConfigValue | undefined = config;
  for (const key of path.split(".")) {
    if (value === undefined || !isConfigMap(value)) return undefined;
    value = value.get(key);
  }
  return value;
}

function mistyped(path: string): never {
  throw new InvariantError(`${path} is read as it was decoded (config/keys.ts)`);
}

export function stringAt(config: ConfigMap, path: string): string | undefined {
  const value = configAt(config, path);
  return value === undefined || typeof value === "string" ? value : mistyped(path);
}

export function boolAt(config: ConfigMap, path: string): boolean | undefined {
  const value = configAt(config, path);
  return value === undefined || typeof value === "boolean" ? value : mistyped(path);
}

export function numberAt(config: ConfigMap, path: string): number | undefined {
  const value = configAt(config, path);
  return value === undefined || typeof value === "number" ? value : mistyped(path);
}

/** A list of strings; empty when it was not set. */
export function stringsAt(config: ConfigMap, path: string): readonly string[] {
  const value = configAt(config, path) ?? [];
  if (!isConfigList(value)) return mistyped(path);
  return value.map((item) => (typeof item === "string" ? item : mistyped(path)));
}

/** A map of strings, in bytewise order of its keys; empty when it was not set. */
export function labelsAt(config: ConfigMap, path: string): readonly (readonly [string, string])[] {
  const value = configAt(config, path) ?? new Map<string, ConfigValue>();
  if (!isConfigMap(value)) return mistyped(path);
  return [...value]
    .map(([name, item]): readonly [string, string] => [
      name,
      typeof item === "string" ? item : mistyped(path),
    ])
    .sort(([a], [b]) => compareStrings(a, b));
}

/** Calls `visit` for each value that is no object, with its dotted path, in the order they were written. */
export function forEachLeaf(
  config: ConfigMap,
  visit: (path: string, value: ConfigValue) => void,
  prefix = "",
): void {
  for (const [key, value] of config)
    if (isConfigMap(value)) forEachLeaf(value, visit, `${prefix}${key}.`);
    else visit(prefix + key, value);
}
