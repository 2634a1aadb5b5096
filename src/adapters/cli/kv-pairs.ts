// Pairs of the key/value store as the HTTP interface and the command line's JSON carry them. Flags are 64 bits wide, so
// numbers are kept as the text that they came as.

import { type ByteString, byteStringOf } from "../../core/lib/bytes.ts";
import { parseJson } from "../../core/lib/go-json.ts";
import { isRawList, isRawMap, type RawMap, type RawValue } from "../../core/lib/raw-value.ts";
import { type ApiAnswer, type ApiClient, callApi, expectOk, type Fetched } from "./client.ts";

export interface KvEntry {
  readonly key: string;
  readonly value: ByteString;
  readonly flags: string;
  /** "" for none. */
  readonly session: string;
  readonly lockIndex: string;
  readonly createIndex: string;
  readonly modifyIndex: string;
}

/** A key as the user wrote it, without the slash that a path would begin with and no key does. */
export function trimKey(key: string): string {
  return key.startsWith("/") ? key.slice(1) : key;
}

/** The pairs at a key, or below a prefix; none when there is no such key. */
export async function fetchPairs(
  client: ApiClient,
  key: string,
  recurse: boolean,
): Promise<Fetched<KvEntry[]>> {
  const query = recurse ? { recurse: "" } : {};
  return pairsIn(await callApi(client, { method: "GET", path: `/v1/kv/${key}`, query }));
}

/** Keys below a prefix, folded at the separator unless that is empty. */
export function fetchKeys(client: ApiClient, prefix: string, separator: string): Promise<Fetched<string[]>> {
  const query = { keys: "", ...(separator === "" ? {} : { separator }) };
  return fetchList(client, prefix, query, (item) => (typeof item === "string" ? [item] : []));
}

async function fetchList<T>(
  client: ApiClient,
  key: string,
  query: Readonly<Record<string, string>>,
  read: (item: RawValue) => T[],
): Promise<Fetched<T[]>> {
  return listIn(await callApi(client, { method: "GET", path: `/v1/kv/${key}`, query }), read);
}

/** The pairs of an answer about a key or a prefix; none when there is no such key. */
export function pairsIn(answer: ApiAnswer): Fetched<KvEntry[]> {
  return listIn(answer, (item) => (isObject(item) ? [toEntry(item)] : []));
}

function listIn<T>(answer: ApiAnswer, read: (item: RawValue) => T[]): Fetched<T[]> {
  if (!answer.ok) return answer;
  if (answer.status === 404) return { ok: true, value: [] };
  // Without the body, unlike all other requests: so Consul's client does here.
  if (answer.status !== 200) return { ok: false, error: `Unexpected response code: ${answer.status}` };
  const parsed = parseJson(byteStringOf(answer.body));
  if (!parsed.ok) return parsed;
  const list =
    typeof parsed.value === "object" && parsed.value !== null && isRawList(parsed.value) ? parsed.value : [];
  return { ok: true, value: list.flatMap(read) };
}

function isObject(value: RawValue): value is RawMap {
  return typeof value === "object" && value !== null && isRawMap(value);
}

function toEntry(item: RawMap): KvEntry {
  const text = (name: string): string => {
    const value = item.get(name);
    return typeof value === "string" ? value : "";
  };
  const digits = (name: string): string => {
    const value = item.get(name) ?? null;
    return typeof value === "object" && value !== null && "text" in value ? value.text : "0";
  };
  return {
    key: text("Key"),
    value: byteStringOf(Buffer.from(text("Value"), "base64")),
    flags: digits("Flags"),
    session: text("Session"),
    lockIndex: digits("LockIndex"),
    createIndex: digits("CreateIndex"),
    modifyIndex: digits("ModifyIndex"),
  };
}

/** What a write or delete came to: done, or not because its condition did not hold. */
export type Written = Fetched<boolean>;

/** Writes one pair. `query` holds its flags and condition. Consul's client refuses a leading slash by itself. */
export async function putPair(
  client: ApiClient,
  key: string,
  value: Uint8Array,
  query: Readonly<Record<string, string>>,
): Promise<Written> {
  if (key.startsWith("/")) return { ok: false, error: `Invalid key. Key must not begin with a '/': ${key}` };
  return written(await callApi(client, { method: "PUT", path: `/v1/kv/${key}`, query, body: value }));
}

export async function deletePairs(
  client: ApiClient,
  key: string,
  query: Readonly<Record<string, string>>,
): Promise<Written> {
  return written(await callApi(client, { method: "DELETE", path: `/v1/kv/${key}`, query }));
}

function written(answer: ApiAnswer): Written {
  const expected = expectOk(answer);
  return expected.ok ? { ok: true, value: expected.body.includes("true") } : expected;
}

/** Flags as the query carries them: none when they are 0. */
export function flagsQuery(flags: bigint): Record<string, string> {
  return flags === 0n ? {} : { flags: flags.toString() };
}

/** Text as bytes for output, which may hold any. */
export function outputBytes(...parts: readonly ByteString[]): Uint8Array {
  return Buffer.from(parts.join(""), "latin1");
}
