// An intention in a file of JSON, read as Consul's client library does: names without regard to case, what it does not know
// is passed over, and nothing after the first value is looked at.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { byteStringOf } from "../../core/lib/bytes.ts";
import { parseBody } from "../../core/lib/go-json.ts";
import { isRawList, isRawMap, type RawMap, type RawValue } from "../../core/lib/raw-value.ts";
import { pathErrorText } from "../config/go-text.ts";
import type { Fetched } from "./client.ts";
import type { NewIntention } from "./intentions.ts";
import type { Io } from "./io.ts";
import { mistyped } from "./mistyped.ts";

/** What a user may say of an intention; the rest is the servers' to say. */
const TEXTS = [
  ["id", "ID"],
  ["description", "Description"],
  ["sourcens", "SourceNS"],
  ["sourcename", "SourceName"],
  ["destinationns", "DestinationNS"],
  ["destinationname", "DestinationName"],
  ["sourcetype", "SourceType"],
  ["action", "Action"],
] as const;

export function readIntentionFile(path: string, io: Io): Fetched<NewIntention> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(resolve(io.cwd, path));
  } catch (error) {
    const doing = error instanceof Error && "code" in error && error.code === "EISDIR" ? "read" : "open";
    return { ok: false, error: pathErrorText(doing, path, error) };
  }
  const parsed = parseBody(byteStringOf(bytes));
  return parsed.ok ? intentionOf(parsed.value) : parsed;
}

function intentionOf(value: RawValue): Fetched<NewIntention> {
  if (value === null) return { ok: true, value: {} };
  if (typeof value !== "object" || isRawList(value) || !isRawMap(value))
    return { ok: false, error: mistyped(value, "value of type api.Intention") };
  const texts: Record<string, string> = {};
  let meta: Readonly<Record<string, string>> | undefined;
  for (const [name, its] of value) {
    const key = name.toLowerCase();
    if (its === null) continue;
    const text = TEXTS.find(([lower]) => lower === key);
    if (text !== undefined) {
      if (typeof its !== "string") return { ok: false, error: mistypedField(its, text[1], "string") };
      texts[text[1]] = its;
    } else if (key === "meta") {
      const pairs = metaOf(its);
      if (!pairs.ok) return pairs;
      meta = pairs.value;
    }
  }
  return { ok: true, value: meta === undefined ? texts : { ...texts, Meta: meta } };
}

function metaOf(value: RawValue): Fetched<Readonly<Record<string, string>>> {
  if (typeof value !== "object" || value === null || isRawList(value) || !isRawMap(value))
    return { ok: false, error: mistypedField(value, "Meta", "map[string]string") };
  return pairsOf(value);
}

function pairsOf(map: RawMap): Fetched<Readonly<Record<string, string>>> {
  const pairs: [string, string][] = [];
  for (const [name, value] of map) {
    if (typeof value !== "string" && value !== null)
      return { ok: false, error: mistypedField(value, "Meta", "string") };
    pairs.push([name, value ?? ""]);
  }
  return { ok: true, value: Object.fromEntries(pairs) };
}

function mistypedField(value: RawValue, name: string, type: string): string {
  return mistyped(value, `struct field Intention.${name} of type ${type}`);
}
