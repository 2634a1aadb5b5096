// One example of everything that is written to logs or sent between agents, and arbitrary ones of each kind.

import fc from "fast-check";
import { ERROR_STATUS, type ErrorCode } from "../../../src/core/api/error.ts";
import { KEYRING_OPERATIONS } from "../../../src/core/api/keyring.ts";
import {
  type CheckFields,
  KV_VERBS,
  type ReadOptions,
  type ServerRequest,
  type ServiceFields,
} from "../../../src/core/api/request.ts";
import type { QueryMeta, Response } from "../../../src/core/api/response.ts";
import type { TxnOp } from "../../../src/core/api/txn.ts";
import { type ByteString, byteStringOf, compareStrings, utf8 } from "../../../src/core/lib/bytes.ts";
import type { AutopilotSettings } from "../../../src/core/model/autopilot.ts";
import type {
  CatalogService,
  Check,
  CheckDefinition,
  Labels,
  Node,
} from "../../../src/core/model/catalog.ts";
import {
  CONFIG_KINDS,
  CONFIG_SHAPES,
  type ConfigEntry,
  type KeptEntry,
} from "../../../src/core/model/config-entry.ts";
import type { Coordinate, NodeCoordinate } from "../../../src/core/model/coordinate.ts";
import { type GatewayService, gatewayService } from "../../../src/core/model/gateway-service.ts";
import type { KvPair, Uint64 } from "../../../src/core/model/kv.ts";
import { type CatalogOverview, catalogOverview } from "../../../src/core/model/overview.ts";
import { serviceProxy } from "../../../src/core/model/proxy.ts";
import { serviceConfig } from "../../../src/core/model/service-config.ts";
import type { Session } from "../../../src/core/model/session.ts";
import type { JsonObject, JsonTree, Shape, ShapeNode } from "../../../src/core/model/shape.ts";
import type { Command } from "../../../src/core/store/commands.ts";
import { encodeRestoreRows } from "../../../src/core/store/restore.ts";
import type { RpcMessage } from "../../../src/core/wire/rpc.ts";
import { anyIntention, anyIntentionFields, INTENTION } from "./intention-examples.ts";
import { anyQuery, anyQueryFields, LEAST_QUERY, QUERY } from "./query-examples.ts";

export function unhex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

const uint = fc.oneof(fc.nat(), fc.maxSafeNat());
const amount = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true, noDefaultInfinity: true })).map(
  // -0 is 0 to everyone who reads it.
  (value) => value + 0,
);
const uint64: fc.Arbitrary<Uint64> = fc.oneof(
  uint,
  fc.bigInt({ min: BigInt(Number.MAX_SAFE_INTEGER) + 1n, max: 0xffffffffffffffffn }),
);
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 60 });
const byteString: fc.Arbitrary<ByteString> = bytes.map(byteStringOf);
const labels: fc.Arbitrary<Labels> = fc.option(fc.array(fc.tuple(text, text), { maxLength: 4 }));

/** Indexes of an archive. */
const index = fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 52 }));
const autopilotFields = {
  cleanupDeadServers: fc.boolean(),
  lastContactThresholdNs: fc.maxSafeInteger(),
  maxTrailingLogs: uint64,
  minQuorum: uint64,
  serverStabilizationTimeNs: fc.maxSafeInteger(),
  redundancyZoneTag: text,
  disableUpgradeMigration: fc.boolean(),
  upgradeVersionTag: text,
};
const sessionColumns = {
  id: text,
  name: text,
  node: text,
  lockDelayNs: fc.integer(),
  ttl: text,
  nodeChecks: fc.option(fc.array(text, { maxLength: 2 }), { nil: null }),
  serviceChecks: fc.option(fc.array(fc.record({ id: text, namespace: text }), { maxLength: 2 }), {
    nil: null,
  }),
  checks: fc.array(text, { maxLength: 2 }),
} as const;

const autopilotSettings = fc.record(autopilotFields);

const int64 = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(2 ** 63 - 1024, -(2 ** 63)));

/** Any value that a description of model/shape.ts allows. */
export function shaped<T>({ node }: Shape<T>): fc.Arbitrary<T> {
  return ofNode(node) as fc.Arbitrary<T>;
}

const jsonTree: fc.Arbitrary<JsonTree> = fc.letrec<{ tree: JsonTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonTree>(null, true, false, 0, -1.5, 1e300, "", "é"),
    fc.array(tie("tree"), { maxLength: 2 }),
    jsonObject(tie("tree")),
  ),
})).tree;

function jsonObject(item: fc.Arbitrary<JsonTree>): fc.Arbitrary<JsonObject> {
  const names = fc.uniqueArray(fc.oneof(text, fc.constant("__proto__")), { maxLength: 2 });
  return names.chain((all) =>
    fc
      .tuple(...all.map(() => item))
      .map((items) => new Map(inOrder(all).map((name, at) => [name, items[at] ?? null]))),
  );
}

function inOrder(names: string[]): string[] {
  return names.sort((a, b) => compareStrings(utf8(a), utf8(b)));
}

function ofNode(node: ShapeNode): fc.Arbitrary<unknown> {
  switch (node.is) {
    case "text":
      return text;
    case "bool":
      return fc.boolean();
    case "int":
    case "duration":
      return int64;
    case "uint32":
      return fc.nat();
    case "float32":
      return fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    case "json-object":
      return fc.option(jsonObject(jsonTree), { nil: null });
    case "pointer":
      return fc.option(ofNode(node.item), { nil: null });
    case "list":
      return fc.option(fc.array(ofNode(node.item), { maxLength: 2 }), { nil: null });
    case "map":
      return fc.option(
        fc
          .uniqueArray(fc.tuple(text, ofNode(node.item)), {
            maxLength: 2,
            selector: ([name]) => name,
          })
          .map((pairs) => pairs.sort(([a], [b]) => compareStrings(utf8(a), utf8(b)))),
        { nil: null },
      );
    case "struct":
      return fc.record(Object.fromEntries(node.fields.map((field) => [field.property, ofNode(field.node)])));
    default:
      throw new Error("no such node");
  }
}

/** Any entry that could be written, sense or none. */
export const configEntry: fc.Arbitrary<ConfigEntry> = fc.oneof(
  ...CONFIG_KINDS.map((kind) =>
    shaped(CONFIG_SHAPES[kind] as Shape<ConfigEntry>).map((entry) => ({ ...entry, kind }) as ConfigEntry),
  ),
);

export const keptEntry: fc.Arbitrary<KeptEntry> = fc
  .tuple(configEntry, fc.nat(), fc.nat())
  .map(([entry, createIndex, modifyIndex]) => ({ ...entry, createIndex, modifyIndex }));

/** Its lists are never nil. */
function withLists({ nodes, services, checks }: CatalogOverview): CatalogOverview {
  return { nodes: nodes ?? [], services: services ?? [], checks: checks ?? [] };
}

export const serviceFields: { readonly [K in keyof ServiceFields]: fc.Arbitrary<ServiceFields[K]> } = {
  kind: fc.constantFrom("", "connect-proxy"),
  id: text,
  service: text,
  tags: fc.array(text, { maxLength: 3 }),
  address: text,
  taggedAddresses: fc.array(fc.tuple(text, fc.record({ address: text, port: int64 })), { maxLength: 2 }),
  meta: labels,
  port: int64,
  weights: fc.record({ passing: int64, warning: int64 }),
  enableTagOverride: fc.boolean(),
  connectNative: fc.boolean(),
  proxy: fc.option(shaped(serviceProxy), { nil: null }),
};
const definition: fc.Arbitrary<CheckDefinition> = fc.record({
  http: text,
  tlsSkipVerify: fc.boolean(),
  header: fc.array(fc.tuple(text, fc.array(text, { maxLength: 2 })), { maxLength: 2 }),
  method: text,
  body: text,
  tcp: text,
  intervalNs: int64,
  outputMaxSize: fc.nat(),
  timeoutNs: int64,
  deregisterCriticalServiceAfterNs: int64,
  scriptArgs: fc.array(text, { maxLength: 2 }),
  dockerContainerId: text,
  shell: text,
  grpc: text,
  grpcUseTls: fc.boolean(),
  aliasNode: text,
  aliasService: text,
  ttlNs: int64,
});
export const checkFields: { readonly [K in keyof CheckFields]: fc.Arbitrary<CheckFields[K]> } = {
  node: text,
  checkId: text,
  name: text,
  status: fc.constantFrom("passing", "warning", "critical", "odd"),
  notes: text,
  output: text,
  serviceId: text,
  serviceName: text,
  serviceTags: fc.array(text, { maxLength: 2 }),
  type: text,
  definition: fc.option(definition, { nil: null }),
};

const txnOp: fc.Arbitrary<TxnOp> = fc.oneof(
  fc.record({
    on: fc.constant("kv" as const),
    verb: text,
    key: byteString,
    value: bytes,
    flags: uint64,
    index: uint64,
    session: text,
  }),
  fc.record({
    on: fc.constant("node" as const),
    verb: text,
    index: uint64,
    id: text,
    node: text,
    address: text,
    taggedAddresses: labels,
    meta: labels,
  }),
  fc.record({
    on: fc.constant("service" as const),
    verb: text,
    index: uint64,
    node: text,
    service: fc.record(serviceFields),
  }),
  fc.record({
    on: fc.constant("check" as const),
    verb: text,
    index: uint64,
    check: fc.record(checkFields),
  }),
);

const end = fc.record({ ns: text, name: text });

const write: fc.Arbitrary<Extract<Command, ServerRequest>> = fc.oneof(
  fc.record({ kind: fc.constant("txn.apply" as const), ops: fc.array(txnOp, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant("kv.write" as const),
    verb: fc.constantFrom(...KV_VERBS),
    key: byteString,
    value: bytes,
    flags: uint64,
    index: uint64,
    session: text,
  }),
  fc.record({
    kind: fc.constant("catalog.register-node" as const),
    id: text,
    node: text,
    address: text,
    taggedAddresses: labels,
    meta: labels,
  }),
  fc.record({ kind: fc.constant("catalog.deregister-node" as const), node: text }),
  fc.record({
    kind: fc.constant("catalog.register" as const),
    id: text,
    node: text,
    address: text,
    taggedAddresses: labels,
    meta: labels,
    skipNodeUpdate: fc.boolean(),
    service: fc.option(fc.record(serviceFields), { nil: undefined }),
    checks: fc.array(fc.record(checkFields), { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant("catalog.deregister" as const),
    node: text,
    serviceId: text,
    checkId: text,
  }),
  fc.record({ kind: fc.constant("session.create" as const), ...sessionColumns, behavior: text }),
  fc.record({ kind: fc.constant("session.destroy" as const), id: text }),
  fc.record({ kind: fc.constant("query.set" as const), create: fc.boolean(), query: anyQueryFields }),
  fc.record({ kind: fc.constant("query.delete" as const), id: text }),
  fc.record({
    kind: fc.constant("intention.set" as const),
    create: fc.boolean(),
    intention: anyIntentionFields,
  }),
  fc.record({ kind: fc.constant("intention.delete" as const), id: text }),
  fc.record({ kind: fc.constant("intention.upsert" as const), intention: anyIntentionFields }),
  fc.record({ kind: fc.constant("intention.delete-exact" as const), source: end, destination: end }),
  fc.record({
    kind: fc.constant("autopilot.set" as const),
    settings: autopilotSettings,
    index: fc.option(uint64, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("config.set" as const),
    entry: configEntry,
    index: fc.option(uint64, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("config.delete" as const),
    entryKind: fc.constantFrom(...CONFIG_KINDS),
    name: text,
  }),
  fc.record({
    kind: fc.constant("config.delete-cas" as const),
    entryKind: fc.constantFrom(...CONFIG_KINDS),
    name: text,
    index: uint64,
  }),
);

// -0 is 0 to everyone who reads it.
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const coordinate: fc.Arbitrary<Coordinate> = fc.record({
  vec: fc.array(finite, { maxLength: 9 }),
  error: finite,
  adjustment: finite,
  height: finite,
});
const nodeCoordinate: fc.Arbitrary<NodeCoordinate> = fc.record({ node: text, segment: text, coordinate });

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  write,
  fc.record({ kind: fc.constant("kv.reap-tombstones" as const), upToIndex: uint }),
  fc.record({ kind: fc.constant("kv.reap-lock-delays" as const), upToIndex: uint }),
  fc.record({
    kind: fc.constant("coordinate.batch-update" as const),
    updates: fc.array(nodeCoordinate, { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("restore.begin" as const), id: text }),
  fc.record({ kind: fc.constant("restore.part" as const), id: text, part: uint, rows: bytes }),
  fc.record({
    kind: fc.constant("restore.end" as const),
    id: text,
    parts: uint,
    lastIndex: index,
    tableIndexes: fc.array(fc.tuple(text, index), { maxLength: 3 }),
  }),
);

const options: fc.Arbitrary<ReadOptions> = fc.record({
  consistency: fc.constantFrom("default" as const, "consistent" as const, "stale" as const),
  minIndex: uint64,
  waitMs: amount,
});

const nodeMeta = fc.array(fc.tuple(text, text), { maxLength: 3 });
const selection = {
  service: text,
  connect: fc.boolean(),
  tags: fc.array(text, { maxLength: 2 }),
  nodeMeta,
} as const;

const request: fc.Arbitrary<ServerRequest> = fc.oneof(
  write,
  fc.record({ kind: fc.constant("kv.get" as const), key: byteString, options }),
  fc.record({ kind: fc.constant("kv.list" as const), prefix: byteString, options }),
  fc.record({ kind: fc.constant("kv.keys" as const), prefix: byteString, separator: byteString, options }),
  fc.record({
    kind: fc.constant("catalog.nodes" as const),
    nodeMeta,
    options,
  }),
  fc.record({ kind: fc.constant("catalog.services" as const), nodeMeta, options }),
  fc.record({ kind: fc.constant("catalog.service-nodes" as const), ...selection, options }),
  fc.record({ kind: fc.constant("catalog.node" as const), node: text, options }),
  fc.record({
    kind: fc.constant("health.service" as const),
    ...selection,
    passing: fc.boolean(),
    options,
  }),
  fc.record({ kind: fc.constant("catalog.nodes" as const), nodeMeta: fc.constant([]), near: text, options }),
  fc.record({ kind: fc.constant("coordinate.update" as const), node: text, segment: text, coordinate }),
  fc.record({ kind: fc.constant("coordinate.nodes" as const), options }),
  fc.record({ kind: fc.constant("coordinate.nodes" as const), segment: text, options }),
  fc.record({ kind: fc.constant("coordinate.node" as const), node: text, options }),
  fc.record({
    kind: fc.constant("config.list" as const),
    entryKind: fc.constantFrom("" as const, ...CONFIG_KINDS),
    options,
  }),
  fc.record({
    kind: fc.constant("config.resolve" as const),
    service: text,
    upstreams: fc.array(text, { maxLength: 3 }),
    options,
  }),
  fc.record({ kind: fc.constant("catalog.gateway-services" as const), gateway: text, options }),
  fc.record({ kind: fc.constant("operator.usage" as const), options }),
  fc.record({ kind: fc.constant("internal.overview" as const), options }),
  fc.constant({ kind: "coordinate.datacenters" as const }),
  fc.record({ kind: fc.constant("health.node" as const), node: text, options }),
  fc.record({ kind: fc.constant("health.checks" as const), service: text, nodeMeta, options }),
  fc.record({ kind: fc.constant("health.state" as const), state: text, nodeMeta, options }),
  fc.record({ kind: fc.constant("session.info" as const), id: text, options }),
  fc.record({ kind: fc.constant("session.node" as const), node: text, options }),
  fc.record({ kind: fc.constant("session.list" as const), options }),
  fc.record({ kind: fc.constant("session.renew" as const), id: text, options }),
  fc.record({ kind: fc.constant("query.get" as const), id: text, options }),
  fc.record({ kind: fc.constant("query.list" as const), options }),
  fc.record({ kind: fc.constant("intention.list" as const), options }),
  fc.record({ kind: fc.constant("intention.get" as const), id: text, options }),
  fc.record({ kind: fc.constant("intention.get-exact" as const), source: end, destination: end, options }),
  fc.record({
    kind: fc.constant("intention.match" as const),
    by: fc.constantFrom("source" as const, "destination" as const),
    ends: fc.array(end, { maxLength: 2 }),
    options,
  }),
  fc.record({ kind: fc.constant("query.explain" as const), name: text, options }),
  fc.record({
    kind: fc.constant("query.execute" as const),
    name: text,
    limit: fc.integer(),
    connect: fc.boolean(),
    near: text,
    ip: text,
    agent: text,
    options,
  }),
  fc.record({
    kind: fc.constant("query.execute-remote" as const),
    query: anyQueryFields,
    limit: fc.integer(),
    connect: fc.boolean(),
    options,
  }),
  fc.record({ kind: fc.constant("txn.read" as const), ops: fc.array(txnOp, { maxLength: 3 }), options }),
  fc.record({ kind: fc.constant("health.state" as const), state: text, nodeMeta, near: text, options }),
  fc.record({ kind: fc.constant("catalog.nodes" as const), nodeMeta, filter: byteString, options }),
  fc.record({ kind: fc.constant("catalog.node" as const), node: text, filter: byteString, options }),
  fc.record({
    kind: fc.constant("catalog.service-nodes" as const),
    ...selection,
    near: text,
    filter: byteString,
    options,
  }),
  fc.record({
    kind: fc.constant("health.service" as const),
    ...selection,
    passing: fc.boolean(),
    filter: byteString,
    options,
  }),
  fc.record({ kind: fc.constant("health.node" as const), node: text, filter: byteString, options }),
  fc.record({
    kind: fc.constant("health.checks" as const),
    service: text,
    nodeMeta,
    filter: byteString,
    options,
  }),
  fc.record({
    kind: fc.constant("health.state" as const),
    state: text,
    nodeMeta,
    filter: byteString,
    options,
  }),
  fc.constant({ kind: "status.leader" as const }),
  fc.constant({ kind: "status.peers" as const }),
  fc.constant({ kind: "catalog.datacenters" as const }),
  fc.constant({ kind: "status.raft" as const }),
  fc.record({ kind: fc.constant("operator.raft-configuration" as const), stale: fc.boolean() }),
  fc.record({ kind: fc.constant("operator.autopilot-configuration" as const), options }),
  fc.constant({ kind: "operator.autopilot-health" as const }),
  fc.record({
    kind: fc.constant("operator.remove-peer" as const),
    by: fc.constantFrom("id" as const, "address" as const),
    value: text,
  }),
  fc.record({ kind: fc.constant("operator.transfer-leader" as const), id: text }),
  fc.record({
    kind: fc.constant("operator.keyring" as const),
    operation: fc.constantFrom(...KEYRING_OPERATIONS),
    key: text,
    relayFactor: fc.nat(5),
    localOnly: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("snapshot.open" as const), options }),
  fc.record({ kind: fc.constant("snapshot.read" as const), id: uint, offset: uint }),
  fc.constant({ kind: "restore.open" as const }),
  fc.record({ kind: fc.constant("restore.push" as const), id: uint, offset: uint, data: bytes }),
  fc.record({ kind: fc.constant("restore.finish" as const), id: uint }),
);

const pair: fc.Arbitrary<KvPair> = fc.record({
  key: byteString,
  value: byteString,
  flags: uint64,
  session: text,
  lockIndex: uint,
  createIndex: uint,
  modifyIndex: uint,
});

const made = { node: text, createIndex: uint, modifyIndex: uint } as const;
const service: fc.Arbitrary<CatalogService> = fc.record({ ...serviceFields, ...made });
const check: fc.Arbitrary<Check> = fc.record({ ...checkFields, ...made });
const node: fc.Arbitrary<Node> = fc.record({
  id: text,
  node: text,
  address: text,
  datacenter: text,
  taggedAddresses: labels,
  meta: labels,
  createIndex: uint,
  modifyIndex: uint,
});

const session: fc.Arbitrary<Session> = fc.record({
  ...sessionColumns,
  behavior: fc.constantFrom("release" as const, "delete" as const),
  createIndex: uint,
  modifyIndex: uint,
});

const raftServer = fc.record({
  id: text,
  node: text,
  address: text,
  leader: fc.boolean(),
  voter: fc.boolean(),
});

const serverHealth = fc.record({
  id: text,
  name: text,
  address: text,
  status: fc.constantFrom("alive" as const, "left" as const, "failed" as const, "none" as const),
  version: text,
  leader: fc.boolean(),
  voter: fc.boolean(),
  lastContactMs: fc.integer({ min: -1, max: 1e9 }),
  lastTerm: uint,
  lastIndex: uint,
  healthy: fc.boolean(),
  stableSinceMs: amount,
});

const counts = fc.array(fc.tuple(text, uint), { maxLength: 3 });
const keyringResponse = fc.record({
  wan: fc.boolean(),
  datacenter: text,
  messages: fc.array(fc.tuple(text, text), { maxLength: 3 }),
  keys: counts,
  primaryKeys: counts,
  nodes: uint,
  error: text,
});

const healthRows = fc.array(fc.record({ node, service, checks: fc.array(check, { maxLength: 2 }) }), {
  maxLength: 2,
});

const body = fc.oneof(
  fc.record({ kind: fc.constant("kv.pairs" as const), pairs: fc.array(pair, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("kv.keys" as const), keys: fc.array(byteString, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("applied" as const), applied: fc.boolean() }),
  fc.record({ kind: fc.constant("nodes" as const), nodes: fc.array(node, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant("coordinates" as const),
    coordinates: fc.array(nodeCoordinate, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("coordinate-datacenters" as const),
    datacenters: fc.array(
      fc.record({ datacenter: text, area: text, coordinates: fc.array(nodeCoordinate, { maxLength: 3 }) }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constant("services" as const),
    services: fc.array(fc.tuple(text, fc.array(text, { maxLength: 2 })), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("service-nodes" as const),
    rows: fc.array(fc.record({ node, service }), { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant("node-services" as const),
    node: fc.option(node, { nil: null }),
    services: fc.array(service, { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant("health" as const), rows: healthRows }),
  fc.record({ kind: fc.constant("queries" as const), queries: fc.array(anyQuery, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant("query-explained" as const), query: anyQuery }),
  fc.record({ kind: fc.constant("query-set" as const), id: text }),
  fc.record({
    kind: fc.constant("intentions" as const),
    intentions: fc.array(anyIntention, { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant("intention-matches" as const),
    matches: fc.array(fc.array(anyIntention, { maxLength: 2 }), { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant("intention-set" as const), id: text }),
  fc.record({
    kind: fc.constant("query-result" as const),
    result: fc.record({
      service: text,
      rows: healthRows,
      ttl: text,
      datacenter: text,
      failovers: fc.nat(),
    }),
  }),
  fc.record({ kind: fc.constant("checks" as const), checks: fc.array(check, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant("sessions" as const), sessions: fc.array(session, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant("session-created" as const), id: text }),
  fc.record({
    kind: fc.constant("usage" as const),
    usage: fc.record({
      nodes: uint,
      services: uint,
      instances: uint,
      connect: fc.array(uint, { maxLength: 3 }),
      billable: uint,
    }),
  }),
  fc.record({ kind: fc.constant("config-entries" as const), entries: fc.array(keptEntry, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant("overview" as const), overview: shaped(catalogOverview).map(withLists) }),
  fc.record({ kind: fc.constant("service-config" as const), config: shaped(serviceConfig) }),
  fc.record({
    kind: fc.constant("gateway-services" as const),
    rows: fc.array(
      shaped(gatewayService).map((row) => ({ ...row, createIndex: 1, modifyIndex: 2 })),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    kind: fc.constant("txn" as const),
    results: fc.array(
      fc.oneof(
        fc.record({ on: fc.constant("kv" as const), pair }),
        fc.record({ on: fc.constant("node" as const), node }),
        fc.record({ on: fc.constant("service" as const), service }),
        fc.record({ on: fc.constant("check" as const), check }),
      ),
      { maxLength: 3 },
    ),
    faults: fc.array(fc.record({ op: uint, what: byteString }), { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant("leader" as const), address: text }),
  fc.record({ kind: fc.constant("datacenters" as const), names: fc.array(text, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("peers" as const), addresses: fc.array(text, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant("raft-status" as const),
    status: fc.record({
      term: uint,
      lastIndex: uint,
      lastTerm: uint,
      lastContactMs: fc.oneof(fc.constant(-1), fc.nat()),
      identity: uint,
      servers: fc.array(text, { maxLength: 3 }),
    }),
  }),
  fc.record({
    kind: fc.constant("raft-configuration" as const),
    servers: fc.array(raftServer, { maxLength: 3 }),
    index: uint,
  }),
  fc.record({
    kind: fc.constant("autopilot-configuration" as const),
    config: fc.record({ ...autopilotFields, createIndex: uint, modifyIndex: uint }),
  }),
  fc.record({
    kind: fc.constant("autopilot-health" as const),
    health: fc.record({
      healthy: fc.boolean(),
      failureTolerance: uint,
      servers: fc.array(serverHealth, { maxLength: 3 }),
    }),
  }),
  fc.record({
    kind: fc.constant("keyring" as const),
    operation: fc.constantFrom(...KEYRING_OPERATIONS),
    responses: fc.array(keyringResponse, { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("archive-opened" as const), server: text, id: uint }),
  fc.record({ kind: fc.constant("archive-piece" as const), data: bytes, last: fc.boolean() }),
  fc.record({ kind: fc.constant("archive-received" as const), received: uint, busy: fc.boolean() }),
  fc.record({ kind: fc.constant("archive-restored" as const), done: fc.boolean() }),
  fc.constant({ kind: "done" as const }),
);

const meta: fc.Arbitrary<QueryMeta> = fc.record({
  index: uint,
  knownLeader: fc.boolean(),
  lastContactMs: amount,
});

const response: fc.Arbitrary<Response> = fc.oneof(
  fc.record({ ok: fc.constant(true as const), body }),
  fc.record({ ok: fc.constant(true as const), body, meta }),
  fc.record({
    ok: fc.constant(false as const),
    error: fc.record({
      code: fc.constantFrom(...(Object.keys(ERROR_STATUS) as ErrorCode[])),
      detail: text,
    }),
  }),
);

const term = fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 48 - 2 }));

const identity = fc.nat({ max: 2 ** 32 - 1 });

export const anyRpc: fc.Arbitrary<RpcMessage> = fc.oneof(
  fc.record({
    type: fc.constant("append" as const),
    term,
    prevLogIndex: uint,
    prevLogTerm: term,
    entries: bytes,
    leaderCommit: uint,
    round: uint,
  }),
  fc.record({
    type: fc.constant("append-reply" as const),
    term,
    success: fc.boolean(),
    index: uint,
    hintIndex: uint,
    hintTerm: term,
    round: uint,
    identity,
  }),
  fc.record({
    type: fc.constant("vote" as const),
    term,
    lastLogIndex: uint,
    lastLogTerm: term,
    transfer: fc.boolean(),
  }),
  fc.record({ type: fc.constant("vote-reply" as const), term, granted: fc.boolean(), identity }),
  fc.record({ type: fc.constant("pre-vote" as const), term, lastLogIndex: uint, lastLogTerm: term }),
  fc.record({ type: fc.constant("pre-vote-reply" as const), term, granted: fc.boolean(), identity }),
  fc.record({ type: fc.constant("request" as const), seq: uint, request }),
  fc.record({ type: fc.constant("request" as const), seq: uint, request, dc: fc.constantFrom("dc2", "x") }),
  fc.record({ type: fc.constant("response" as const), seq: uint, response }),
  fc.record({ type: fc.constant("cancel" as const), seq: uint }),
  fc.record({
    type: fc.constant("snapshot" as const),
    term,
    lastIncludedIndex: uint,
    lastIncludedTerm: term,
    configuration: bytes,
    configurationIndex: uint,
    size: uint,
    offset: uint,
    data: bytes,
    round: uint,
  }),
  fc.record({
    type: fc.constant("snapshot-reply" as const),
    term,
    lastIncludedIndex: uint,
    lastIncludedTerm: term,
    received: uint,
    round: uint,
    identity,
  }),
  fc.record({ type: fc.constant("timeout-now" as const), term }),
  fc.record({ type: fc.constant("read-index" as const), term, id: uint }),
  fc.record({ type: fc.constant("read-index-reply" as const), term, id: uint, index: uint }),
);

const KEY = utf8("web/é");
const READ: ReadOptions = { consistency: "default", minIndex: 0, waitMs: 0 };
const WAIT: ReadOptions = { consistency: "stale", minIndex: 0x1_0000_0000, waitMs: 1500.5 };

const AUTOPILOT: AutopilotSettings = {
  cleanupDeadServers: true,
  lastContactThresholdNs: 200e6,
  maxTrailingLogs: 250,
  minQuorum: 0xffff_ffff_ffff_ffffn,
  serverStabilizationTimeNs: -1,
  redundancyZoneTag: "zone",
  disableUpgradeMigration: false,
  upgradeVersionTag: "",
};

const PLACE: Coordinate = {
  vec: [0.5, -1, 0, 0, 0, 0, 0, 1e-9],
  error: 1.5,
  adjustment: -0.25,
  height: 1e-5,
};
/** As the first release wrote it, before there were services. */
const RESTORED_BEFORE = unhex(
  "959197c4067765622fc3a9c401762aa1730102cd012c9192c404676f6e65099198a169a16ea161a3646331c09192a161a1620102919aa173a46c6f636ba16ecb420bf08eb000000001a331307391aa736572664865616c74689192a163a003049ac3ce0bebc200ccfacfffffffffffffffffffa47a6f6e65c2a00506",
);

const SERVICE: ServiceFields = {
  kind: "",
  id: "web-1",
  service: "web",
  tags: ["v1", "é"],
  address: "10.0.0.7",
  taggedAddresses: [["lan", { address: "10.0.0.8", port: 81 }]],
  meta: [["a", "b"]],
  port: 80,
  weights: { passing: 10, warning: 1 },
  enableTagOverride: true,
  connectNative: false,
  proxy: null,
};
const CHECK: CheckFields = {
  node: "n",
  checkId: "c",
  name: "C",
  status: "passing",
  notes: "",
  output: "fine",
  serviceId: "web-1",
  serviceName: "web",
  serviceTags: ["v1", "é"],
  type: "http",
  definition: {
    http: "http://x",
    tlsSkipVerify: true,
    header: [["a", ["b", "c"]]],
    method: "GET",
    body: "",
    tcp: "",
    intervalNs: 10e9,
    outputMaxSize: 4096,
    timeoutNs: 2 ** 60,
    deregisterCriticalServiceAfterNs: -1,
    scriptArgs: ["sh"],
    dockerContainerId: "",
    shell: "",
    grpc: "",
    grpcUseTls: false,
    aliasNode: "",
    aliasService: "",
    ttlNs: 0,
  },
};
const SESSION = {
  id: "0123abcd-0000-1111-2222-333344445555",
  name: "lock",
  node: "n",
  lockDelayNs: 15e9,
  ttl: "10s",
  nodeChecks: ["serfHealth"],
  serviceChecks: [{ id: "s", namespace: "" }],
  checks: ["c"],
};

const NODE_CHECK: CheckFields = {
  ...CHECK,
  checkId: "serfHealth",
  serviceId: "",
  serviceName: "",
  serviceTags: [],
  type: "",
  definition: null,
};
const MADE = { createIndex: 5, modifyIndex: 6 } as const;
const TXN_OPS: readonly TxnOp[] = [
  { on: "kv", verb: "cas", key: KEY, value: Uint8Array.of(0, 255, 7), flags: 42, index: 7, session: "" },
  {
    on: "node",
    verb: "set",
    index: 0,
    id: "i",
    node: "n",
    address: "10.0.0.1",
    taggedAddresses: null,
    meta: [["rack", "1"]],
  },
  { on: "service", verb: "delete", index: 300, node: "n", service: SERVICE },
  { on: "check", verb: "nonsense", index: 0xffff_ffff_ffff_ffffn, check: CHECK },
];

const SERVICE_ROW: CatalogService = { node: "n", ...SERVICE, ...MADE };
const CHECK_ROW: Check = { ...NODE_CHECK, ...MADE };

const RESOLVER: ConfigEntry = {
  kind: "service-resolver",
  name: "web",
  meta: [["a", "b"]],
  defaultSubset: "v1",
  subsets: [["v1", { filter: "Service.Meta.version == v1", onlyPassing: true }]],
  redirect: null,
  failover: [["*", { service: "", serviceSubset: "", namespace: "", datacenters: ["dc2"] }]],
  connectTimeout: 5e9,
};
const PROXIES: ConfigEntry = {
  kind: "proxy-defaults",
  name: "global",
  meta: null,
  config: new Map<string, JsonTree>([
    ["a", [1.5, null, true]],
    ["b", new Map([["c", "d"]])],
  ]),
  meshGateway: { mode: "local" },
  expose: { checks: true, paths: null },
};
const SERVED: GatewayService = {
  gateway: "gw",
  service: "web",
  gatewayKind: "ingress-gateway",
  port: 80,
  protocol: "http",
  hosts: ["*.example"],
  caFile: "",
  certFile: "",
  keyFile: "",
  sni: "",
  fromWildcard: true,
  ...MADE,
};

/** One row of every table. */
const RESTORED = encodeRestoreRows({
  configEntries: [],
  kv: [
    { key: KEY, value: utf8("v"), flags: 42, session: "s", lockIndex: 1, createIndex: 2, modifyIndex: 300 },
  ],
  tombstones: [[utf8("gone"), 9]],
  nodes: [
    {
      id: "i",
      node: "n",
      address: "a",
      datacenter: "dc1",
      taggedAddresses: null,
      meta: [["a", "b"]],
      createIndex: 1,
      modifyIndex: 2,
    },
  ],
  sessions: [
    {
      id: "s",
      name: "lock",
      node: "n",
      lockDelayNs: 15e9,
      behavior: "delete",
      ttl: "10s",
      nodeChecks: ["serfHealth"],
      serviceChecks: [{ id: "c", namespace: "" }],
      checks: [],
      createIndex: 3,
      modifyIndex: 4,
    },
  ],
  autopilot: { ...AUTOPILOT, createIndex: 5, modifyIndex: 6 },
  services: [SERVICE_ROW],
  serviceIndexes: [["web", 7]],
  checks: [CHECK_ROW],
  coordinates: [{ node: "n", segment: "", coordinate: PLACE }],
  queries: [{ ...QUERY, ...MADE }],
  intentions: [{ ...INTENTION, ...MADE }],
});

const ENDS = { source: { ns: "default", name: "web" }, destination: { ns: "default", name: "*" } };

/** Every kind of command, and every verb. */
export const COMMAND_EXAMPLES: readonly (readonly [name: string, command: Command])[] = [
  ...KV_VERBS.map((verb) => {
    const value = verb.startsWith("delete") ? new Uint8Array(0) : Uint8Array.of(0, 255, 7);
    const write = { kind: "kv.write", verb, key: KEY, value, flags: 42, index: 7, session: "" } as const;
    return [`kv.write ${verb}`, write] as const;
  }),
  [
    "kv.write with 64-bit numbers",
    {
      kind: "kv.write",
      verb: "lock",
      key: KEY,
      value: new Uint8Array(0),
      flags: 0xffff_ffff_ffff_ffffn,
      index: 0x20_0000_0000_0000n,
      session: "11111111-2222-3333-4444-555555555555",
    },
  ],
  [
    "catalog.register-node",
    {
      kind: "catalog.register-node",
      id: "0f0e0d0c-0b0a-4908-8706-050403020100",
      node: "Web-1",
      address: "10.0.0.1",
      taggedAddresses: [
        ["lan", "10.0.0.1"],
        ["wan", "1.2.3.4"],
      ],
      meta: [["é", ""]],
    },
  ],
  [
    "catalog.register-node with next to nothing",
    { kind: "catalog.register-node", id: "", node: "n", address: "::1", taggedAddresses: null, meta: [] },
  ],
  ["catalog.deregister-node", { kind: "catalog.deregister-node", node: "Web-1" }],
  [
    "catalog.register",
    {
      kind: "catalog.register",
      id: "",
      node: "n",
      address: "10.0.0.1",
      taggedAddresses: null,
      meta: null,
      skipNodeUpdate: true,
      service: SERVICE,
      checks: [CHECK, NODE_CHECK],
    },
  ],
  [
    "catalog.register with a node alone",
    {
      kind: "catalog.register",
      id: "i",
      node: "n",
      address: "::1",
      taggedAddresses: [],
      meta: [],
      skipNodeUpdate: false,
      checks: [],
    },
  ],
  ["catalog.deregister", { kind: "catalog.deregister", node: "n", serviceId: "web-1", checkId: "" }],
  ["session.create", { kind: "session.create", ...SESSION, behavior: "delete" }],
  [
    "session.create with next to nothing",
    {
      kind: "session.create",
      ...SESSION,
      lockDelayNs: -3e18,
      nodeChecks: null,
      serviceChecks: null,
      checks: [],
      behavior: "",
    },
  ],
  ["session.destroy", { kind: "session.destroy", id: SESSION.id }],
  ["query.set", { kind: "query.set", create: false, query: QUERY }],
  ["intention.set", { kind: "intention.set", create: false, intention: INTENTION }],
  ["intention.delete", { kind: "intention.delete", id: INTENTION.id }],
  ["intention.upsert", { kind: "intention.upsert", intention: INTENTION }],
  ["intention.delete-exact", { kind: "intention.delete-exact", ...ENDS }],
  ["query.set of next to nothing", { kind: "query.set", create: true, query: LEAST_QUERY }],
  ["query.delete", { kind: "query.delete", id: QUERY.id }],
  ["kv.reap-lock-delays", { kind: "kv.reap-lock-delays", upToIndex: 7 }],
  ["kv.reap-tombstones", { kind: "kv.reap-tombstones", upToIndex: 0x1f_ffff_ffff_ffff }],
  ["txn.apply", { kind: "txn.apply", ops: TXN_OPS }],
  ["txn.apply of nothing", { kind: "txn.apply", ops: [] }],
  ["autopilot.set", { kind: "autopilot.set", settings: AUTOPILOT, index: undefined }],
  ["autopilot.set with cas", { kind: "autopilot.set", settings: AUTOPILOT, index: 7 }],
  ["config.set", { kind: "config.set", entry: RESOLVER, index: undefined }],
  ["config.set with cas", { kind: "config.set", entry: PROXIES, index: 7 }],
  ["config.delete", { kind: "config.delete", entryKind: "service-router", name: "web" }],
  ["config.delete-cas", { kind: "config.delete-cas", entryKind: "service-router", name: "web", index: 7 }],
  [
    "coordinate.batch-update",
    { kind: "coordinate.batch-update", updates: [{ node: "n", segment: "alpha", coordinate: PLACE }] },
  ],
  ["restore.begin", { kind: "restore.begin", id: "3.17.1" }],
  ["restore.part", { kind: "restore.part", id: "3.17.1", part: 2, rows: RESTORED_BEFORE }],
  ["restore.part of today", { kind: "restore.part", id: "3.17.1", part: 2, rows: RESTORED }],
  [
    "restore.end",
    {
      kind: "restore.end",
      id: "3.17.1",
      parts: 3,
      lastIndex: 2 ** 52,
      tableIndexes: [
        ["kv", 300],
        ["nodes", 7],
      ],
    },
  ],
];

const SELECTION = { service: "web", connect: false, tags: ["v1"], nodeMeta: [["rack", "1"]] } as const;
const NODE: Node = {
  id: "i",
  node: "n",
  address: "10.0.0.1",
  datacenter: "dc1",
  taggedAddresses: null,
  meta: null,
  createIndex: 3,
  modifyIndex: 4,
};

const ask = (request: ServerRequest): RpcMessage => ({ type: "request", seq: 300, request });
const tell = (response: Response): RpcMessage => ({ type: "response", seq: 300, response });

/** Every kind of message, request, answer and error. */
export const RPC_EXAMPLES: readonly (readonly [name: string, message: RpcMessage])[] = [
  [
    "append",
    {
      type: "append",
      term: 5,
      prevLogIndex: 1000,
      prevLogTerm: 4,
      entries: Uint8Array.of(1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 9),
      leaderCommit: 999,
      round: 70_000,
    },
  ],
  [
    "append, a heartbeat",
    {
      type: "append",
      term: 2 ** 48 - 2,
      prevLogIndex: 0,
      prevLogTerm: 0,
      entries: new Uint8Array(0),
      leaderCommit: 0,
      round: 0,
    },
  ],
  [
    "append-reply",
    {
      type: "append-reply",
      term: 5,
      success: true,
      index: 1001,
      hintIndex: 0,
      hintTerm: 0,
      round: 70_000,
      identity: 0,
    },
  ],
  [
    "append-reply, a refusal",
    {
      type: "append-reply",
      term: 5,
      success: false,
      index: 1000,
      hintIndex: 17,
      hintTerm: 3,
      round: 1,
      identity: 0,
    },
  ],
  ["vote", { type: "vote", term: 6, lastLogIndex: 2 ** 40, lastLogTerm: 5, transfer: false }],
  ["vote-reply", { type: "vote-reply", term: 6, granted: true, identity: 0 }],
  ["pre-vote", { type: "pre-vote", term: 6, lastLogIndex: 12, lastLogTerm: 5 }],
  ["pre-vote-reply", { type: "pre-vote-reply", term: 5, granted: false, identity: 0 }],
  ...COMMAND_EXAMPLES.filter(([name]) =>
    [
      "kv.write set",
      "catalog.register-node",
      "catalog.deregister-node",
      "catalog.register",
      "catalog.deregister",
      "session.create",
      "session.destroy",
      "query.set",
      "query.delete",
      "intention.set",
      "intention.delete",
      "intention.upsert",
      "intention.delete-exact",
      "txn.apply of nothing",
      "autopilot.set",
      "config.set",
      "config.delete",
      "config.delete-cas",
    ].includes(name),
  ).map(([name, command]) => [`request ${name}`, ask(command as ServerRequest)] as const),
  ["request kv.get", ask({ kind: "kv.get", key: KEY, options: READ })],
  ["request kv.list", ask({ kind: "kv.list", prefix: KEY, options: WAIT })],
  [
    "request kv.keys",
    ask({ kind: "kv.keys", prefix: KEY, separator: byteStringOf(Uint8Array.of(47)), options: READ }),
  ],
  [
    "request catalog.nodes",
    ask({
      kind: "catalog.nodes",
      nodeMeta: [["rack", "1"]],
      options: { consistency: "consistent", minIndex: 5, waitMs: 300_000 },
    }),
  ],
  ["request catalog.nodes near one", ask({ kind: "catalog.nodes", nodeMeta: [], near: "n", options: READ })],
  [
    "request catalog.nodes by a filter",
    ask({
      kind: "catalog.nodes",
      nodeMeta: [],
      filter: byteStringOf(Uint8Array.of(0x4e, 0xff)),
      options: READ,
    }),
  ],
  [
    "request health.node by a filter",
    ask({ kind: "health.node", node: "n", filter: byteStringOf(Uint8Array.of(0x4e, 0xff)), options: READ }),
  ],
  [
    "request coordinate.update",
    ask({ kind: "coordinate.update", node: "n", segment: "", coordinate: PLACE }),
  ],
  ["request coordinate.nodes", ask({ kind: "coordinate.nodes", options: READ })],
  [
    "request coordinate.nodes of a segment",
    ask({ kind: "coordinate.nodes", segment: "alpha", options: READ }),
  ],
  [
    "request config.list",
    ask({ kind: "config.list", entryKind: "service-resolver", name: "web", options: READ }),
  ],
  [
    "request config.resolve",
    ask({ kind: "config.resolve", service: "web", upstreams: ["a", "b"], options: WAIT }),
  ],
  [
    "request config.list with a filter",
    ask({ kind: "config.list", entryKind: "", filter: utf8("Kind != x"), options: READ }),
  ],
  ["request intention.get-exact", ask({ kind: "intention.get-exact", ...ENDS, options: READ })],
  ["request internal.overview", ask({ kind: "internal.overview", options: READ })],
  [
    "request catalog.gateway-services",
    ask({ kind: "catalog.gateway-services", gateway: "gw", options: WAIT }),
  ],
  ["request operator.usage", ask({ kind: "operator.usage", options: READ })],
  [
    "request health.ingress",
    ask({ kind: "health.ingress", service: "web", nodeMeta: [], passing: true, options: READ }),
  ],
  ["request catalog.address", ask({ kind: "catalog.address", address: "10.0.0.1", options: READ })],
  ["request coordinate.node", ask({ kind: "coordinate.node", node: "n", options: READ })],
  ["request coordinate.datacenters", ask({ kind: "coordinate.datacenters" })],
  ["request catalog.services", ask({ kind: "catalog.services", nodeMeta: [], options: READ })],
  ["request catalog.service-nodes", ask({ kind: "catalog.service-nodes", ...SELECTION, options: WAIT })],
  ["request catalog.node", ask({ kind: "catalog.node", node: "n", options: READ })],
  ["request health.service", ask({ kind: "health.service", ...SELECTION, passing: true, options: READ })],
  ["request health.node", ask({ kind: "health.node", node: "n", options: READ })],
  [
    "request health.checks",
    ask({ kind: "health.checks", service: "web", nodeMeta: [["rack", "1"]], options: READ }),
  ],
  ["request health.state", ask({ kind: "health.state", state: "any", nodeMeta: [], options: READ })],
  ["request session.info", ask({ kind: "session.info", id: SESSION.id, options: WAIT })],
  ["request session.node", ask({ kind: "session.node", node: "n", options: READ })],
  ["request session.list", ask({ kind: "session.list", options: READ })],
  ["request query.get", ask({ kind: "query.get", id: QUERY.id, options: WAIT })],
  ["request intention.list", ask({ kind: "intention.list", options: READ })],
  ["request intention.get", ask({ kind: "intention.get", id: INTENTION.id, options: WAIT })],
  [
    "request intention.match",
    ask({ kind: "intention.match", by: "destination", ends: [{ ns: "default", name: "db" }], options: WAIT }),
  ],
  ["request query.list", ask({ kind: "query.list", options: READ })],
  ["request query.explain", ask({ kind: "query.explain", name: "geo-x", options: READ })],
  [
    "request query.execute",
    ask({
      kind: "query.execute",
      name: "geo-x",
      limit: 3,
      connect: false,
      near: "n",
      ip: "10.0.0.1",
      agent: "a",
      options: READ,
    }),
  ],
  [
    "request query.execute-remote",
    ask({ kind: "query.execute-remote", query: QUERY, limit: 3, connect: true, options: READ }),
  ],
  ["request session.renew", ask({ kind: "session.renew", id: SESSION.id, options: READ })],
  ["request event.fire", ask({ kind: "event.fire", name: "deploy", payload: unhex("7b7d") })],
  ["request status.leader", ask({ kind: "status.leader" })],
  ["request status.peers", ask({ kind: "status.peers" })],
  [
    "request of another datacenter",
    { type: "request", seq: 300, request: { kind: "status.peers" }, dc: "dc2" },
  ],
  ["request catalog.datacenters", ask({ kind: "catalog.datacenters" })],
  ["request status.raft", ask({ kind: "status.raft" })],
  ["request operator.raft-configuration", ask({ kind: "operator.raft-configuration", stale: true })],
  [
    "request operator.autopilot-configuration",
    ask({ kind: "operator.autopilot-configuration", options: READ }),
  ],
  ["request operator.autopilot-health", ask({ kind: "operator.autopilot-health" })],
  [
    "request operator.remove-peer",
    ask({ kind: "operator.remove-peer", by: "address", value: "10.0.0.1:8300" }),
  ],
  ["request operator.transfer-leader", ask({ kind: "operator.transfer-leader", id: "i" })],
  ["request snapshot.open", ask({ kind: "snapshot.open", options: READ })],
  ["request snapshot.read", ask({ kind: "snapshot.read", id: 3, offset: 262_144 })],
  ["request restore.open", ask({ kind: "restore.open" })],
  ["request restore.push", ask({ kind: "restore.push", id: 4, offset: 1, data: Uint8Array.of(0x1f, 0x8b) })],
  ["request restore.finish", ask({ kind: "restore.finish", id: 4 })],
  [
    "response kv.pairs",
    tell({
      ok: true,
      body: {
        kind: "kv.pairs",
        pairs: [
          {
            key: KEY,
            value: byteStringOf(Uint8Array.of(0, 255)),
            flags: 0xffff_ffff_ffff_ffffn,
            session: "s",
            lockIndex: 1,
            createIndex: 10,
            modifyIndex: 300,
          },
        ],
      },
      meta: { index: 300, knownLeader: true, lastContactMs: 0 },
    }),
  ],
  [
    "response kv.keys",
    tell({
      ok: true,
      body: { kind: "kv.keys", keys: [KEY] },
      meta: { index: 1, knownLeader: false, lastContactMs: 3048 },
    }),
  ],
  ["response applied", tell({ ok: true, body: { kind: "applied", applied: false } })],
  ["response services", tell({ ok: true, body: { kind: "services", services: [["web", ["v1"]]] } })],
  [
    "response service-nodes",
    tell({ ok: true, body: { kind: "service-nodes", rows: [{ node: NODE, service: SERVICE_ROW }] } }),
  ],
  [
    "response node-services",
    tell({ ok: true, body: { kind: "node-services", node: NODE, services: [SERVICE_ROW] } }),
  ],
  [
    "response node-services of no node",
    tell({ ok: true, body: { kind: "node-services", node: null, services: [] } }),
  ],
  [
    "response health",
    tell({
      ok: true,
      body: { kind: "health", rows: [{ node: NODE, service: SERVICE_ROW, checks: [CHECK_ROW] }] },
    }),
  ],
  ["response address-owner", tell({ ok: true, body: { kind: "address-owner", node: "n", service: "" } })],
  ["response checks", tell({ ok: true, body: { kind: "checks", checks: [CHECK_ROW] } })],
  [
    "response sessions",
    tell({
      ok: true,
      body: {
        kind: "sessions",
        sessions: [{ ...SESSION, behavior: "delete", createIndex: 5, modifyIndex: 6 }],
      },
    }),
  ],
  [
    "response config-entries",
    tell({ ok: true, body: { kind: "config-entries", entries: [{ ...RESOLVER, ...MADE }] } }),
  ],
  [
    "response overview",
    tell({
      ok: true,
      body: {
        kind: "overview",
        overview: {
          nodes: [{ name: "", total: 3, passing: 1, warning: 1, critical: 1 }],
          services: [{ name: "web", total: 2, passing: 2, warning: 0, critical: 0 }],
          checks: [],
        },
      },
    }),
  ],
  [
    "response service-config",
    tell({
      ok: true,
      body: {
        kind: "service-config",
        config: {
          proxyConfig: new Map<string, JsonTree>([
            ["a", 1],
            ["protocol", "http"],
          ]),
          upstreams: [["b", new Map([["protocol", "tcp"]])]],
          meshGateway: { mode: "local" },
          expose: { checks: true, paths: null },
        },
      },
    }),
  ],
  ["response gateway-services", tell({ ok: true, body: { kind: "gateway-services", rows: [SERVED] } })],
  [
    "response usage",
    tell({
      ok: true,
      body: {
        kind: "usage",
        usage: { nodes: 300, services: 2, instances: 3, connect: [0, 1], billable: 1 },
      },
    }),
  ],
  ["request txn.read", ask({ kind: "txn.read", ops: TXN_OPS.slice(0, 1), options: READ })],
  [
    "response txn",
    tell({
      ok: true,
      body: {
        kind: "txn",
        results: [
          {
            on: "kv",
            pair: {
              key: KEY,
              value: KEY,
              flags: 7,
              session: "s",
              lockIndex: 1,
              createIndex: 2,
              modifyIndex: 300,
            },
          },
          { on: "node", node: NODE },
          { on: "service", service: SERVICE_ROW },
          { on: "check", check: CHECK_ROW },
        ],
        faults: [{ op: 3, what: KEY }],
      },
    }),
  ],
  ["response session-created", tell({ ok: true, body: { kind: "session-created", id: SESSION.id } })],
  ["response queries", tell({ ok: true, body: { kind: "queries", queries: [{ ...QUERY, ...MADE }] } })],
  [
    "response query-explained",
    tell({ ok: true, body: { kind: "query-explained", query: { ...QUERY, ...MADE } } }),
  ],
  [
    "response query-result",
    tell({
      ok: true,
      body: {
        kind: "query-result",
        result: { service: "web", rows: [], ttl: "10s", datacenter: "dc2", failovers: 1 },
      },
    }),
  ],
  [
    "response intentions",
    tell({ ok: true, body: { kind: "intentions", intentions: [{ ...INTENTION, ...MADE }] } }),
  ],
  [
    "response intention-matches",
    tell({ ok: true, body: { kind: "intention-matches", matches: [[{ ...INTENTION, ...MADE }], []] } }),
  ],
  ["response intention-set", tell({ ok: true, body: { kind: "intention-set", id: INTENTION.id } })],
  ["response query-set", tell({ ok: true, body: { kind: "query-set", id: QUERY.id } })],
  [
    "response nodes",
    tell({
      ok: true,
      body: {
        kind: "nodes",
        nodes: [
          {
            id: "",
            node: "n",
            address: "10.0.0.2",
            datacenter: "dc1",
            taggedAddresses: null,
            meta: [["a", "b"]],
            createIndex: 8,
            modifyIndex: 9,
          },
        ],
      },
      meta: { index: 9, knownLeader: true, lastContactMs: 12 },
    }),
  ],
  [
    "response coordinates",
    tell({
      ok: true,
      body: { kind: "coordinates", coordinates: [{ node: "n", segment: "", coordinate: PLACE }] },
    }),
  ],
  [
    "response coordinate-datacenters",
    tell({
      ok: true,
      body: {
        kind: "coordinate-datacenters",
        datacenters: [
          {
            datacenter: "dc1",
            area: "wan",
            coordinates: [{ node: "n", segment: "", coordinate: PLACE }],
          },
        ],
      },
    }),
  ],
  ["response leader", tell({ ok: true, body: { kind: "leader", address: "10.0.0.1:8300" } })],
  ["response datacenters", tell({ ok: true, body: { kind: "datacenters", names: ["dc1", "dc2"] } })],
  ["response peers", tell({ ok: true, body: { kind: "peers", addresses: ["10.0.0.1:8300"] } })],
  [
    "response raft-configuration",
    tell({
      ok: true,
      body: {
        kind: "raft-configuration",
        servers: [{ id: "i", node: "s1", address: "10.0.0.1:8300", leader: true, voter: true }],
        index: 1,
      },
    }),
  ],
  [
    "response autopilot-configuration",
    tell({
      ok: true,
      body: { kind: "autopilot-configuration", config: { ...AUTOPILOT, createIndex: 5, modifyIndex: 6 } },
    }),
  ],
  [
    "response autopilot-health",
    tell({
      ok: true,
      body: {
        kind: "autopilot-health",
        health: {
          healthy: true,
          failureTolerance: 1,
          servers: [
            {
              id: "i",
              name: "s1",
              address: "10.0.0.1:8300",
              status: "alive",
              version: "1.8.7",
              leader: true,
              voter: true,
              lastContactMs: 0.5,
              lastTerm: 3,
              lastIndex: 300,
              healthy: true,
              stableSinceMs: 70_000,
            },
          ],
        },
      },
    }),
  ],
  ["response archive-opened", tell({ ok: true, body: { kind: "archive-opened", server: "i", id: 3 } })],
  [
    "response archive-piece",
    tell({ ok: true, body: { kind: "archive-piece", data: Uint8Array.of(0x1f, 0x8b), last: true } }),
  ],
  [
    "response archive-received",
    tell({ ok: true, body: { kind: "archive-received", received: 300, busy: false } }),
  ],
  ["response archive-restored", tell({ ok: true, body: { kind: "archive-restored", done: true } })],
  ["response done", tell({ ok: true, body: { kind: "done" } })],
  [
    "response raft status",
    {
      type: "response",
      seq: 300,
      response: {
        ok: true,
        body: {
          kind: "raft-status",
          status: {
            term: 3,
            lastIndex: 70_000,
            lastTerm: 2,
            lastContactMs: -1,
            identity: 0xffff_fffe,
            servers: ["i"],
          },
        },
      },
    },
  ],
  ...(Object.keys(ERROR_STATUS) as ErrorCode[]).map(
    (code) => [`response error ${code}`, tell({ ok: false, error: { code, detail: "why" } })] as const,
  ),
  ["cancel", { type: "cancel", seq: 300 }],
  [
    "snapshot",
    {
      type: "snapshot",
      term: 5,
      lastIncludedIndex: 1000,
      lastIncludedTerm: 4,
      configuration: Uint8Array.of(0x5b, 0x5d),
      configurationIndex: 7,
      size: 300_000,
      offset: 262_144,
      data: Uint8Array.of(1, 2, 3),
      round: 9,
    },
  ],
  [
    "snapshot-reply",
    {
      type: "snapshot-reply",
      term: 5,
      lastIncludedIndex: 1000,
      lastIncludedTerm: 4,
      received: 262_144,
      round: 9,
      identity: 0xffff_ffff,
    },
  ],
  ["timeout-now", { type: "timeout-now", term: 5 }],
  ["read-index", { type: "read-index", term: 5, id: 1_048_577 }],
  ["read-index-reply", { type: "read-index-reply", term: 5, id: 1_048_577, index: 300 }],
];
