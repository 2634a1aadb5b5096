// The store's rows on wires and disks: answers, commands and snapshots carry the same ones. Fields are appended, never
// reordered.

import type { QueryFields } from "../api/prepared-query.ts";
import type { CheckFields, ServiceFields } from "../api/request.ts";
import type { TxnOp } from "../api/txn.ts";
import type { AutopilotConfig, AutopilotSettings } from "../model/autopilot.ts";
import type { CatalogService, Check, CheckDefinition, Labels, Node } from "../model/catalog.ts";
import type { Coordinate, NodeCoordinate } from "../model/coordinate.ts";
import type { Intention, IntentionEnd, IntentionFields } from "../model/intention.ts";
import type { KvPair } from "../model/kv.ts";
import type { PreparedQuery } from "../model/prepared-query.ts";
import { serviceProxy } from "../model/proxy.ts";
import { SESSION_BEHAVIORS, type ServiceCheck, type Session } from "../model/session.ts";
import {
  addedNullable,
  bool,
  byteString,
  bytes,
  finite,
  int,
  int64,
  list,
  nullable,
  orElse,
  pair,
  record,
  type Schema,
  text,
  uint,
  uint64,
  union,
  word,
} from "./schema.ts";
import { shapeSchema } from "./shape-schema.ts";

/** Names with values; null for none. */
export const labels: Schema<Labels> = nullable(list(pair(text, text)));

export const kvRow: Schema<KvPair> = record({
  key: byteString,
  value: byteString,
  flags: uint64,
  session: text,
  lockIndex: uint,
  createIndex: uint,
  modifyIndex: uint,
});

export const nodeRow: Schema<Node> = record({
  id: text,
  node: text,
  address: text,
  datacenter: text,
  taggedAddresses: labels,
  meta: labels,
  createIndex: uint,
  modifyIndex: uint,
});

const serviceColumns = {
  kind: text,
  id: text,
  service: text,
  tags: list(text),
  address: text,
  taggedAddresses: list(pair(text, record({ address: text, port: int64 }))),
  meta: labels,
  port: int64,
  weights: record({ passing: int64, warning: int64 }),
  enableTagOverride: bool,
  connectNative: bool,
  proxy: addedNullable(shapeSchema(serviceProxy)),
} as const;
export const serviceFields: Schema<ServiceFields> = record(serviceColumns);
/** Node and indexes come first, so that a service may get more fields. */
export const serviceRow: Schema<CatalogService> = record({
  node: text,
  createIndex: uint,
  modifyIndex: uint,
  ...serviceColumns,
});

export const checkDefinition: Schema<CheckDefinition> = record({
  http: text,
  tlsSkipVerify: bool,
  header: list(pair(text, list(text))),
  method: text,
  body: text,
  tcp: text,
  intervalNs: int64,
  outputMaxSize: int64,
  timeoutNs: int64,
  deregisterCriticalServiceAfterNs: int64,
  scriptArgs: list(text),
  dockerContainerId: text,
  shell: text,
  grpc: text,
  grpcUseTls: bool,
  aliasNode: text,
  aliasService: text,
  ttlNs: int64,
});
const checkColumns = {
  node: text,
  checkId: text,
  name: text,
  status: text,
  notes: text,
  output: text,
  serviceId: text,
  serviceName: text,
  serviceTags: list(text),
  type: text,
  definition: nullable(checkDefinition),
} as const;
export const checkFields: Schema<CheckFields> = record(checkColumns);
export const checkRow: Schema<Check> = record({ createIndex: uint, modifyIndex: uint, ...checkColumns });
export const coordinate: Schema<Coordinate> = record({
  vec: list(finite),
  error: finite,
  adjustment: finite,
  height: finite,
});
export const coordinateRow: Schema<NodeCoordinate> = record({ node: text, segment: text, coordinate });

export const serviceCheck: Schema<ServiceCheck> = record({ id: text, namespace: text });

/** The first release wrote the id alone. */
export const sessionRow: Schema<Session> = record({
  id: text,
  name: orElse(text, ""),
  node: orElse(text, ""),
  lockDelayNs: orElse(int64, 0),
  behavior: orElse(word(SESSION_BEHAVIORS), "release"),
  ttl: orElse(text, ""),
  nodeChecks: orElse(nullable(list(text)), null),
  serviceChecks: orElse(nullable(list(serviceCheck)), null),
  createIndex: orElse(uint, 0),
  modifyIndex: orElse(uint, 0),
  checks: orElse(list(text), []),
});

/** Indexes come first, so that a query may get more fields. */
const queryColumns = {
  id: text,
  name: text,
  session: text,
  token: text,
  template: record({ type: text, regexp: text, removeEmptyTags: bool }),
  service: record({
    service: text,
    failover: record({ nearestN: int64, datacenters: nullable(list(text)) }),
    onlyPassing: bool,
    ignoreCheckIds: nullable(list(text)),
    near: text,
    tags: nullable(list(text)),
    nodeMeta: labels,
    serviceMeta: labels,
    connect: bool,
  }),
  dns: record({ ttl: text }),
} as const;
export const queryFields: Schema<QueryFields> = record(queryColumns);
export const queryRow: Schema<PreparedQuery> = record({
  createIndex: uint,
  modifyIndex: uint,
  ...queryColumns,
});

const intentionColumns = {
  id: text,
  description: text,
  sourceNs: text,
  sourceName: text,
  destinationNs: text,
  destinationName: text,
  sourceType: text,
  action: text,
  defaultAddr: text,
  defaultPort: int64,
  meta: list(pair(text, text)),
  createdAt: text,
  updatedAt: text,
} as const;
export const intentionFields: Schema<IntentionFields> = record(intentionColumns);
export const intentionEnd: Schema<IntentionEnd> = record({ ns: text, name: text });
export const intentionRow: Schema<Intention> = record({
  createIndex: uint,
  modifyIndex: uint,
  ...intentionColumns,
});

/** Numbers and fields of a transaction's operations are for ever, as a command's are. */
export const txnOp: Schema<TxnOp> = union<TxnOp>("on", {
  kv: [1, { verb: text, key: byteString, value: bytes, flags: uint64, index: uint64, session: text }],
  node: [
    2,
    { verb: text, index: uint64, id: text, node: text, address: text, taggedAddresses: labels, meta: labels },
  ],
  service: [3, { verb: text, index: uint64, node: text, service: serviceFields }],
  check: [4, { verb: text, index: uint64, check: checkFields }],
});

/** Fields of autopilot's configuration that an operator sets. */
const settings: { readonly [K in keyof AutopilotSettings]: Schema<AutopilotSettings[K]> } = {
  cleanupDeadServers: bool,
  lastContactThresholdNs: int,
  maxTrailingLogs: uint64,
  minQuorum: uint64,
  serverStabilizationTimeNs: int,
  redundancyZoneTag: text,
  disableUpgradeMigration: bool,
  upgradeVersionTag: text,
};
export const autopilotSettings: Schema<AutopilotSettings> = record(settings);
export const autopilotRow: Schema<AutopilotConfig> = record({
  ...settings,
  createIndex: uint,
  modifyIndex: uint,
});
