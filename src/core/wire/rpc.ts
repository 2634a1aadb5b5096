// Our RPC between agents, on the port where Consul's servers take theirs. A connection opens with one byte that picks the
// protocol (Consul uses 0 to 9; ours is 0x51, "Q"); then both sides send frames: the length as 4 bytes, big-endian, and a
// MessagePack value. The dialler's first frame is its hello. All messages are one-way; answers name their question.

import { type ApiError, apiError, ERROR_STATUS } from "../api/error.ts";
import { KEYRING_OPERATIONS, MAX_RELAY_FACTOR } from "../api/keyring.ts";
import type { ServerRequest } from "../api/request.ts";
import { failed, type Response } from "../api/response.ts";
import type { TxnResult } from "../api/txn.ts";
import { CONFIG_KINDS } from "../model/config-entry.ts";
import { catalogOverview } from "../model/overview.ts";
import { serviceConfig } from "../model/service-config.ts";
import type { RaftMessage } from "../raft/messages.ts";
import { COMMAND_VARIANTS } from "./command.ts";
import { configRow, gatewayServiceRow } from "./config-rows.ts";
import { writeArrayHeader } from "./gossip/msgpack.ts";
import { misfit, nothing, readCount, skip } from "./packed.ts";
import {
  autopilotRow,
  checkRow,
  coordinate,
  coordinateRow,
  intentionEnd,
  intentionRow,
  kvRow,
  nodeRow,
  queryFields,
  queryRow,
  serviceRow,
  sessionRow,
  txnOp,
} from "./rows.ts";
import {
  added,
  amount,
  bool,
  byteString,
  bytes,
  type Decoded,
  decode,
  encode,
  int64,
  list,
  nullable,
  optional,
  orElse,
  pair,
  readPart,
  record,
  type Schema,
  text,
  textOf,
  uint,
  uint64,
  uintUpTo,
  union,
  type Variants,
  word,
} from "./schema.ts";
import { shapeSchema } from "./shape-schema.ts";

/** First byte of a connection that speaks this protocol. */
export const RPC_FIRST_BYTE = 0x51;
/** Raised when a peer of the version before could not understand us. */
export const RPC_VERSION = 1;
/** A frame that claims to be longer is refused: a full AppendEntries is 1 MiB, a listing may be larger. */
export const RPC_MAX_FRAME_BYTES: number = 64 << 20;
/** The same before the hello, when nothing is known of who sends it. Ours have some hundred bytes. */
export const RPC_MAX_HELLO_BYTES = 4096;

/** Who dialled. */
export interface RpcHello {
  readonly version: number;
  readonly nodeId: string;
  readonly nodeName: string;
  readonly datacenter: string;
}

export interface ForwardedRequest {
  readonly type: "request";
  /** Chosen by the asker, unique among its open questions to this peer. */
  readonly seq: number;
  readonly request: ServerRequest;
  /** Another datacenter than the receiver's, whose servers it shall ask. */
  readonly dc?: string | undefined;
}

export interface ForwardedResponse {
  readonly type: "response";
  readonly seq: number;
  readonly response: Response;
}

/** The asker no longer wants an answer. */
export interface ForwardedCancel {
  readonly type: "cancel";
  readonly seq: number;
}

export type RpcMessage = RaftMessage | ForwardedRequest | ForwardedResponse | ForwardedCancel;

/** Of the names in a hello. A node id is a UUID; a name that DNS could carry has 253 characters at most. */
const MAX_NAME = 255;
const name = textOf(1, MAX_NAME);
const hello: Schema<RpcHello> = record({ version: uint, nodeId: name, nodeName: name, datacenter: name });

const readOptions = record({
  consistency: word(["default", "consistent", "stale"]),
  minIndex: uint64,
  waitMs: amount,
});

const nodeMeta = list(pair(text, text));
const near = optional(text);
/** Comes last, and mostly not at all. */
const filter = added(byteString);
const selection = { service: text, connect: bool, tags: list(text), nodeMeta } as const;

const requestVariants: Variants<ServerRequest["kind"]> = {
  ...COMMAND_VARIANTS,
  "kv.get": [32, { key: byteString, options: readOptions }],
  "kv.list": [33, { prefix: byteString, options: readOptions }],
  "kv.keys": [34, { prefix: byteString, separator: byteString, options: readOptions }],
  "catalog.nodes": [35, { nodeMeta, options: readOptions, near, filter }],
  "catalog.services": [64, { nodeMeta, options: readOptions }],
  "catalog.service-nodes": [65, { ...selection, options: readOptions, near, filter }],
  "catalog.node": [66, { node: text, options: readOptions, filter }],
  "health.service": [67, { ...selection, passing: bool, options: readOptions, near, filter }],
  "health.ingress": [140, { service: text, nodeMeta, passing: bool, options: readOptions, near, filter }],
  "health.node": [68, { node: text, options: readOptions, filter }],
  "session.info": [84, { id: text, options: readOptions }],
  "session.node": [85, { node: text, options: readOptions }],
  "session.list": [86, { options: readOptions }],
  "session.renew": [87, { id: text, options: readOptions }],
  "query.get": [146, { id: text, options: readOptions }],
  "query.list": [147, { options: readOptions }],
  "query.explain": [148, { name: text, options: readOptions }],
  "query.execute": [
    149,
    { name: text, limit: int64, connect: bool, near: text, ip: text, agent: text, options: readOptions },
  ],
  "query.execute-remote": [150, { query: queryFields, limit: int64, connect: bool, options: readOptions }],
  "health.checks": [69, { service: text, nodeMeta, options: readOptions, near, filter }],
  "health.state": [70, { state: text, nodeMeta, options: readOptions, near, filter }],
  "coordinate.update": [112, { node: text, segment: text, coordinate }],
  "coordinate.nodes": [113, { segment: optional(text), options: readOptions }],
  "coordinate.node": [114, { node: text, options: readOptions }],
  "coordinate.datacenters": [115, {}],
  "status.leader": [36, {}],
  "status.peers": [37, {}],
  "operator.raft-configuration": [38, { stale: bool }],
  "operator.autopilot-configuration": [48, { options: readOptions }],
  "operator.autopilot-health": [49, {}],
  "operator.remove-peer": [50, { by: word(["id", "address"]), value: text }],
  "operator.transfer-leader": [51, { id: text }],
  "snapshot.open": [52, { options: readOptions }],
  "snapshot.read": [53, { id: uint, offset: uint }],
  "restore.open": [54, {}],
  "restore.push": [55, { id: uint, offset: uint, data: bytes }],
  "restore.finish": [56, { id: uint }],
  "operator.keyring": [
    57,
    {
      operation: word(KEYRING_OPERATIONS),
      key: text,
      relayFactor: uintUpTo(MAX_RELAY_FACTOR),
      localOnly: bool,
    },
  ],
  "config.list": [
    138,
    { entryKind: word(["", ...CONFIG_KINDS] as const), name: optional(text), options: readOptions, filter },
  ],
  "config.resolve": [185, { service: text, upstreams: list(text), options: readOptions }],
  "catalog.gateway-services": [139, { gateway: text, options: readOptions }],
  "internal.nodes": [141, { node: optional(text), options: readOptions, filter }],
  "internal.services": [142, { options: readOptions, filter }],
  "internal.overview": [187, { options: readOptions }],
  "internal.gateway-services": [143, { gateway: text, options: readOptions }],
  "intention.list": [178, { options: readOptions, filter }],
  "intention.get": [179, { id: text, options: readOptions }],
  "intention.get-exact": [192, { source: intentionEnd, destination: intentionEnd, options: readOptions }],
  "intention.match": [
    180,
    {
      by: word(["source", "destination"]),
      ends: list(intentionEnd),
      options: readOptions,
    },
  ],
  "catalog.address": [160, { address: text, options: readOptions }],
  "operator.usage": [184, { options: readOptions }],
  "event.fire": [80, { name: text, payload: bytes }],
  "txn.read": [120, { ops: list(txnOp), options: readOptions }],
  "status.raft": [39, {}],
  "catalog.datacenters": [40, {}],
};
const request = union<ServerRequest>("kind", requestVariants);

const raftServer = record({ id: text, node: text, address: text, leader: bool, voter: bool });

/** Milliseconds, or -1 for never; plus one, so that the wire carries no sign. */
const sinceContact: Schema<number> = {
  write: (out, value) => amount.write(out, value + 1),
  read: (from) => amount.read(from) - 1,
};

const raftStatus = record({
  term: uint,
  lastIndex: uint,
  lastTerm: uint,
  lastContactMs: sinceContact,
  identity: uint,
  servers: list(text),
});

const serverHealth = record({
  id: text,
  name: text,
  address: text,
  status: word(["alive", "failed", "left", "none"]),
  version: text,
  leader: bool,
  voter: bool,
  lastContactMs: sinceContact,
  lastTerm: uint,
  lastIndex: uint,
  healthy: bool,
  stableSinceMs: amount,
});
const clusterHealth = record({ healthy: bool, failureTolerance: uint, servers: list(serverHealth) });

const datacenterCoordinates = record({ datacenter: text, area: text, coordinates: list(coordinateRow) });
const counts = list(pair(text, uint));
const keyringResponse = record({
  wan: bool,
  datacenter: text,
  messages: list(pair(text, text)),
  keys: counts,
  primaryKeys: counts,
  nodes: uint,
  error: text,
});

const healthRow = record({ node: nodeRow, service: serviceRow, checks: list(checkRow) });
const txnResult: Schema<TxnResult> = union<TxnResult>("on", {
  kv: [1, { pair: kvRow }],
  node: [2, { node: nodeRow }],
  service: [3, { service: serviceRow }],
  check: [4, { check: checkRow }],
});

/** Answers that only the agent asked over HTTP can give never cross the wire: self, members, archive. */
type ForwardedBody = Extract<Response, { ok: true }>["body"];
const body: Schema<ForwardedBody> = union<ForwardedBody>("kind", {
  "kv.pairs": [1, { pairs: list(kvRow) }],
  "kv.keys": [2, { keys: list(byteString) }],
  applied: [3, { applied: bool }],
  nodes: [4, { nodes: list(nodeRow) }],
  leader: [5, { address: text }],
  peers: [6, { addresses: list(text) }],
  "raft-configuration": [7, { servers: list(raftServer), index: uint }],
  "autopilot-configuration": [16, { config: autopilotRow }],
  "autopilot-health": [17, { health: clusterHealth }],
  "archive-opened": [18, { server: text, id: uint }],
  "archive-piece": [19, { data: bytes, last: bool }],
  "archive-received": [20, { received: uint, busy: bool }],
  "archive-restored": [21, { done: bool }],
  done: [22, {}],
  coordinates: [48, { coordinates: list(coordinateRow) }],
  "coordinate-datacenters": [49, { datacenters: list(datacenterCoordinates) }],
  keyring: [23, { operation: word(KEYRING_OPERATIONS), responses: list(keyringResponse) }],
  "raft-status": [8, { status: raftStatus }],
  datacenters: [9, { names: list(text) }],
  services: [32, { services: list(pair(text, list(text))) }],
  "service-nodes": [33, { rows: list(record({ node: nodeRow, service: serviceRow })) }],
  "node-services": [34, { node: nullable(nodeRow), services: list(serviceRow) }],
  health: [35, { rows: list(healthRow) }],
  "address-owner": [160, { node: text, service: text }],
  checks: [36, { checks: list(checkRow) }],
  sessions: [72, { sessions: list(sessionRow) }],
  "config-entries": [96, { entries: list(configRow) }],
  overview: [188, { overview: shapeSchema(catalogOverview) }],
  "service-config": [186, { config: shapeSchema(serviceConfig) }],
  "gateway-services": [97, { rows: list(gatewayServiceRow) }],
  "node-dump": [
    98,
    { rows: list(record({ node: nodeRow, services: list(serviceRow), checks: list(checkRow) })) },
  ],
  "gateway-dump": [99, { rows: list(record({ served: gatewayServiceRow, instances: list(healthRow) })) }],
  usage: [
    184,
    { usage: record({ nodes: uint, services: uint, instances: uint, connect: list(uint), billable: uint }) },
  ],
  "session-created": [73, { id: text }],
  queries: [144, { queries: list(queryRow) }],
  "query-explained": [145, { query: queryRow }],
  "query-result": [
    146,
    {
      result: record({
        service: text,
        rows: list(healthRow),
        ttl: text,
        datacenter: text,
        failovers: uint,
      }),
    },
  ],
  "query-set": [147, { id: text }],
  intentions: [176, { intentions: list(intentionRow) }],
  "intention-matches": [177, { matches: list(list(intentionRow)) }],
  "intention-set": [178, { id: text }],
  txn: [90, { results: list(txnResult), faults: list(record({ op: uint, what: byteString })) }],
});

const meta = record({ index: uint, knownLeader: bool, lastContactMs: amount });
const error: Schema<ApiError> = record({
  code: word(Object.keys(ERROR_STATUS) as (keyof typeof ERROR_STATUS)[]),
  detail: text,
});

const queryMeta = optional(meta);
const response: Schema<Response> = {
  write(out, value) {
    writeArrayHeader(out, value.ok ? 3 : 2);
    bool.write(out, value.ok);
    if (!value.ok) return error.write(out, value.error);
    body.write(out, value.body);
    queryMeta.write(out, value.meta);
  },
  read(from) {
    const count = readCount(from);
    if (count < 1) return misfit("an answer");
    const ok = bool.read(from);
    const second = count > 1 ? from : nothing();
    if (!ok) {
      const refused = { ok, error: readPart(error, second, "error") } as const;
      skip(from, count - 2);
      return refused;
    }
    const answer = { ok, body: readPart(body, second, "body") } as const;
    const its = readPart(queryMeta, count > 2 ? from : nothing(), "meta");
    skip(from, count - 3);
    return its === undefined ? answer : { meta: its, ...answer };
  },
};

/** A log entry has 6 bytes for its term; a sender past that lies, and would leave no room for another election. */
const term = uintUpTo(2 ** 48 - 2);

/** Of a log; a server that knows of none has the one that it began with. */
const identity = orElse(uintUpTo(2 ** 32 - 1), 0);

const messageVariants: Variants<RpcMessage["type"]> = {
  append: [
    1,
    {
      term,
      prevLogIndex: uint,
      prevLogTerm: term,
      entries: bytes,
      leaderCommit: uint,
      round: uint,
    },
  ],
  "append-reply": [
    2,
    { term, success: bool, index: uint, hintIndex: uint, hintTerm: term, round: uint, identity },
  ],
  vote: [3, { term, lastLogIndex: uint, lastLogTerm: term, transfer: orElse(bool, false) }],
  "vote-reply": [4, { term, granted: bool, identity }],
  "pre-vote": [5, { term, lastLogIndex: uint, lastLogTerm: term }],
  "pre-vote-reply": [6, { term, granted: bool, identity }],
  request: [7, { seq: uint, request, dc: added(name) }],
  response: [8, { seq: uint, response }],
  cancel: [9, { seq: uint }],
  snapshot: [
    10,
    {
      term,
      lastIncludedIndex: uint,
      lastIncludedTerm: term,
      configuration: bytes,
      configurationIndex: uint,
      size: uint,
      offset: uint,
      data: bytes,
      round: uint,
    },
  ],
  "snapshot-reply": [
    11,
    { term, lastIncludedIndex: uint, lastIncludedTerm: term, received: uint, round: uint, identity },
  ],
  "timeout-now": [12, { term }],
  "read-index": [13, { term, id: uint }],
  "read-index-reply": [14, { term, id: uint, index: uint }],
};
const message = union<RpcMessage>("type", messageVariants);

/**
 * The message as MessagePack, without the frame's length. An answer too long for a frame becomes an error that says so:
 * the other side would refuse the frame, and with it the connection and whatever else was under way on it.
 */
export function encodeRpc(value: RpcMessage): Uint8Array {
  const bytes = encode(message, value);
  if (bytes.length <= RPC_MAX_FRAME_BYTES || value.type !== "response") return bytes;
  const detail = `an answer of ${bytes.length} bytes is too long to be passed on: ask for less, or ask the leader`;
  return encode(message, { ...value, response: failed(apiError("refused", detail)) });
}

export function decodeRpc(bytes: Uint8Array): Decoded<RpcMessage> {
  return decode(message, bytes);
}

export function encodeHello(value: RpcHello): Uint8Array {
  return encode(hello, value);
}

export function decodeHello(bytes: Uint8Array): Decoded<RpcHello> {
  return decode(hello, bytes);
}
