// What the damage begins with: recorded gossip of Consul and Serf agents, and one RPC message of each kind that there is.

import type { ServerRequest } from "../../../src/core/api/request.ts";
import type { Response } from "../../../src/core/api/response.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { DEFAULT_AUTOPILOT } from "../../../src/core/model/autopilot.ts";
import { encodeServers } from "../../../src/core/raft/configuration.ts";
import { ENTRY_HEADER_BYTES, type EntryKind, writeEntry } from "../../../src/core/raft/entry.ts";
import { encodeCommand } from "../../../src/core/wire/command.ts";
import { decompressMessage } from "../../../src/core/wire/gossip/compress.ts";
import type { RpcMessage } from "../../../src/core/wire/rpc.ts";
import { isStream, plainOf, unhex, vectors } from "../wire/gossip/vectors.ts";

/** Longer streams would spend the time on one message. */
const MAX_STREAM_BYTES = 1200;

/** The recorded bytes, and, as a checksum or compression hides what is inside, their insides. */
function layersOf(vector: (typeof vectors.captured)[number]): Uint8Array[] {
  const plain = plainOf(vector);
  const bare = plain[0] === 12 ? plain.subarray(5) : plain;
  const inner = bare[0] === 9 ? decompressMessage(bare, 1, bare.length, 1 << 20) : undefined;
  return [unhex(vector.hex), plain, bare, ...(inner?.ok === true ? [inner.value] : [])];
}

export const PACKETS: readonly Uint8Array[] = vectors.captured
  .filter((vector) => !isStream(vector))
  .flatMap(layersOf);

export const STREAMS: readonly Uint8Array[] = vectors.captured
  .filter(isStream)
  .flatMap(layersOf)
  .filter((bytes) => bytes.length < MAX_STREAM_BYTES);

const key = (text: string): ByteString => text as ByteString;
const value = utf8Bytes("value");

/** One log entry's bytes. */
export function entryOf(kind: EntryKind, term: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ENTRY_HEADER_BYTES + data.length);
  writeEntry(bytes, 0, kind, term, data);
  return bytes;
}

const options = { consistency: "default", minIndex: 0, waitMs: 0 } as const;
const blocking = { consistency: "stale", minIndex: 5, waitMs: 60_000 } as const;

/** One of every kind of question that agents pass to each other. */
export const REQUESTS: readonly ServerRequest[] = [
  { kind: "kv.get", key: key("a"), options },
  { kind: "kv.get", key: key("a"), options: { ...options, consistency: "consistent" } },
  { kind: "kv.get", key: key("a"), options: blocking },
  { kind: "kv.list", prefix: key("a/"), options },
  { kind: "kv.keys", prefix: key(""), separator: key("/"), options: blocking },
  { kind: "catalog.nodes", nodeMeta: [["rack", "1"]], options },
  { kind: "status.leader" },
  { kind: "status.peers" },
  { kind: "status.raft" },
  { kind: "operator.raft-configuration", stale: false },
  { kind: "operator.raft-configuration", stale: true },
  { kind: "kv.write", verb: "set", key: key("a"), value, flags: 2n ** 64n - 1n, index: 0, session: "" },
  { kind: "kv.write", verb: "cas", key: key("a"), value, flags: 1, index: 7, session: "" },
  { kind: "kv.write", verb: "lock", key: key("a"), value, flags: 0, index: 0, session: "s".repeat(36) },
  { kind: "kv.write", verb: "delete-tree", key: key("a/"), value, flags: 0, index: 0, session: "" },
  {
    kind: "catalog.register-node",
    id: "00000000-0000-4000-8000-00000000000a",
    node: "web",
    address: "10.0.0.9",
    taggedAddresses: [["lan", "10.0.0.9"]],
    meta: null,
  },
  { kind: "catalog.deregister-node", node: "web" },
  { kind: "autopilot.set", settings: DEFAULT_AUTOPILOT, index: 3 },
  { kind: "operator.autopilot-configuration", options: blocking },
  { kind: "operator.autopilot-health" },
  { kind: "operator.remove-peer", by: "id", value: "s2" },
  { kind: "operator.transfer-leader", id: "" },
  { kind: "snapshot.open", options },
  { kind: "snapshot.open", options: { ...options, consistency: "stale" } },
  { kind: "snapshot.read", id: 1, offset: 0 },
  { kind: "restore.open" },
  { kind: "restore.push", id: 2, offset: 0, data: Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 3) },
  { kind: "restore.finish", id: 2 },
];

const indexes = { createIndex: 3, modifyIndex: 9 };

/** One of every kind of answer. */
export const RESPONSES: readonly Response[] = [
  { ok: false, error: { code: "not-leader", detail: "node is not the leader" } },
  { ok: false, error: { code: "refused", detail: "no" } },
  { ok: true, body: { kind: "applied", applied: true } },
  { ok: true, body: { kind: "leader", address: "10.0.0.1:8300" } },
  { ok: true, body: { kind: "peers", addresses: [] } },
  { ok: true, body: { kind: "peers", addresses: ["10.0.0.1:8300"] } },
  {
    ok: true,
    body: {
      kind: "kv.pairs",
      pairs: [{ key: key("a"), value: key("v"), flags: 0, session: "", lockIndex: 0, ...indexes }],
    },
    meta: { index: 9, knownLeader: true, lastContactMs: 3 },
  },
  { ok: true, body: { kind: "kv.keys", keys: [key("a"), key("b/")] } },
  {
    ok: true,
    body: {
      kind: "nodes",
      nodes: [
        {
          id: "",
          node: "web",
          address: "10.0.0.9",
          datacenter: "dc1",
          taggedAddresses: null,
          meta: [["rack", "1"]],
          ...indexes,
        },
      ],
    },
    meta: { index: 9, knownLeader: true, lastContactMs: 0 },
  },
  {
    ok: true,
    body: {
      kind: "raft-configuration",
      servers: [{ id: "s2", node: "s2", address: "10.0.0.2:8300", leader: true, voter: true }],
      index: 1,
    },
  },
  { ok: true, body: { kind: "autopilot-configuration", config: DEFAULT_AUTOPILOT } },
  {
    ok: true,
    body: { kind: "autopilot-health", health: { healthy: true, failureTolerance: 0, servers: [] } },
  },
  { ok: true, body: { kind: "archive-opened", server: "s2", id: 1 } },
  { ok: true, body: { kind: "archive-piece", data: Uint8Array.of(1), last: true } },
  { ok: true, body: { kind: "archive-received", received: 1, busy: false } },
  { ok: true, body: { kind: "archive-restored", done: true } },
  { ok: true, body: { kind: "done" } },
];

const ENTRIES = entryOf(
  "command",
  2,
  encodeCommand({ kind: "kv.write", verb: "set", key: key("a"), value, flags: 0, index: 0, session: "" }),
);
const CONFIGURATION = entryOf(
  "configuration",
  2,
  encodeServers([{ id: "s9", address: "10.0.0.9:8300", voter: true, identity: 0 }]),
);

/** One of every kind of message between agents, with every kind of question and answer. */
export const MESSAGES: readonly RpcMessage[] = [
  { type: "append", term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: ENTRIES, leaderCommit: 2, round: 4 },
  {
    type: "append",
    term: 2,
    prevLogIndex: 1,
    prevLogTerm: 1,
    entries: CONFIGURATION,
    leaderCommit: 2,
    round: 4,
  },
  {
    type: "append",
    term: 2,
    prevLogIndex: 0,
    prevLogTerm: 0,
    entries: new Uint8Array(0),
    leaderCommit: 0,
    round: 1,
  },
  {
    type: "append-reply",
    term: 2,
    success: true,
    index: 3,
    hintIndex: 0,
    hintTerm: 0,
    round: 4,
    identity: 0,
  },
  {
    type: "append-reply",
    term: 2,
    success: false,
    index: 3,
    hintIndex: 1,
    hintTerm: 1,
    round: 4,
    identity: 0,
  },
  { type: "vote", term: 3, lastLogIndex: 9, lastLogTerm: 2, transfer: false },
  { type: "vote-reply", term: 3, granted: true, identity: 0 },
  { type: "pre-vote", term: 3, lastLogIndex: 9, lastLogTerm: 2 },
  { type: "pre-vote-reply", term: 3, granted: true, identity: 0 },
  { type: "cancel", seq: 7 },
  ...REQUESTS.map((request, at): RpcMessage => ({ type: "request", seq: at + 1, request })),
  ...RESPONSES.map((response, at): RpcMessage => ({ type: "response", seq: at + 1, response })),
];
