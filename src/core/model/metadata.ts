// What metadata of nodes and services may be: Consul's limits, in its words.

import { compareStrings, utf8 } from "../lib/bytes.ts";

const MAX_PAIRS = 64;
const MAX_NAME_CHARACTERS = 128;
const MAX_VALUE_BYTES = 512;

/**
 * The first thing that is wrong, in bytewise order of the names; undefined for nothing.
 * @param mayBeConsuls Whether names may be among those that Consul keeps for itself: who looks for them does not set them.
 */
export function metadataFault(
  meta: readonly (readonly [string, string])[],
  mayBeConsuls = false,
): string | undefined {
  if (meta.length > MAX_PAIRS) return `Node metadata cannot contain more than ${MAX_PAIRS} key/value pairs`;
  for (const [name, value] of [...meta].sort(([a], [b]) => compareStrings(a, b))) {
    const fault = pairFault(name, value, mayBeConsuls);
    if (fault !== undefined) return `Couldn't load metadata pair ('${name}', '${value}'): ${fault}`;
  }
  return undefined;
}

function pairFault(name: string, value: string, mayBeConsuls: boolean): string | undefined {
  if (name === "") return "Key cannot be blank";
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) return "Key contains invalid characters";
  if (name.length > MAX_NAME_CHARACTERS) return `Key is too long (limit: ${MAX_NAME_CHARACTERS} characters)`;
  if (!mayBeConsuls && name.startsWith("consul-")) return "Key prefix 'consul-' is reserved for internal use";
  if (utf8(value).length > MAX_VALUE_BYTES) return `Value is too long (limit: ${MAX_VALUE_BYTES} characters)`;
  return undefined;
}
