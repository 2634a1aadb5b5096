// A store with a log of its own: commands go the whole way, through their bytes, and take the next index.

import type { KvVerb, KvWrite, NodeRegister } from "../../../src/core/api/request.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { type ByteString, bytesOf, utf8 } from "../../../src/core/lib/bytes.ts";
import { parseJson } from "../../../src/core/lib/go-json.ts";
import type { RawMap } from "../../../src/core/lib/raw-value.ts";
import { decodeConfigEntry } from "../../../src/core/model/config-decode.ts";
import type { ConfigEntry } from "../../../src/core/model/config-entry.ts";
import type { KvPair } from "../../../src/core/model/kv.ts";
import type { Session } from "../../../src/core/model/session.ts";
import { applyCommand } from "../../../src/core/store/apply.ts";
import type { Command } from "../../../src/core/store/commands.ts";
import { putSession } from "../../../src/core/store/session-tables.ts";
import { createStore, type Outcome, type Store, type Touched } from "../../../src/core/store/store.ts";
import { encodeCommand } from "../../../src/core/wire/command.ts";

export interface Applied {
  readonly index: number;
  readonly outcome: Outcome;
  readonly touched: readonly Touched[];
}

export function apply(store: Store, command: Command): Applied {
  const index = store.lastApplied + 1;
  const touched: Touched[] = [];
  const outcome = applyCommand(store, index, encodeCommand(command), { datacenter: "dc1" }, touched);
  return { index, outcome, touched };
}

/** A store whose next command has this index, and which knows these sessions. */
export function storeAt(nextIndex: number, sessions: readonly string[] = []): Store {
  const store = createStore();
  store.lastApplied = nextIndex - 1;
  for (const id of sessions) putSession(store.sessions, sessionOf(id));
  return store;
}

/** A session of a node `n`, with nothing special about it. */
export function sessionOf(id: string): Session {
  const fields = {
    name: "",
    node: "n",
    lockDelayNs: 15e9,
    ttl: "",
    nodeChecks: [],
    serviceChecks: [],
    checks: [],
  };
  return { id, behavior: "release", ...fields, createIndex: 1, modifyIndex: 1 };
}

export type WriteFields = Partial<Omit<KvWrite, "kind" | "verb" | "key" | "value">> & {
  readonly value?: string;
};

export function kvWrite(verb: KvVerb, key: string, fields: WriteFields = {}): KvWrite {
  const { value = "", ...rest } = fields;
  const empty = { flags: 0, index: 0, session: "" };
  return { kind: "kv.write", verb, key: utf8(key), value: bytesOf(utf8(value)), ...empty, ...rest };
}

export function registerNode(node: string, fields: Partial<NodeRegister> = {}): NodeRegister {
  const empty = { id: "", address: "10.0.0.1", taggedAddresses: null, meta: null };
  return { kind: "catalog.register-node", node, ...empty, ...fields };
}

export function pairOf(store: Store, key: string): KvPair {
  return must(store.kv.get(utf8(key)), `${key} is there`);
}

export function keysOf(store: Store): ByteString[] {
  return store.kv.keysArray();
}

/** A configuration entry as somebody writes it. */
export function configEntryOf(json: string): ConfigEntry {
  const parsed = parseJson(utf8(json));
  if (!parsed.ok) throw new Error(parsed.error);
  const decoded = decodeConfigEntry(parsed.value as RawMap);
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.entry;
}
