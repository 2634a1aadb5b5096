// The bodies of the records that we have tables for, as Consul's codec writes them (old MessagePack, sorted keys: see
// wire/gossip/struct.ts). What we do not keep is read over, and what we do not know is written as Consul's zero value,
// so that a real Consul finds every field that it wrote itself.

import { type ByteString, byteStringOf, bytesOf } from "../lib/bytes.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { Uint64 } from "../model/kv.ts";
import { coordinateKind } from "../wire/gossip/coordinate.ts";
import { failRead, readRawHeader, skipValue, writeBytes, writeNil } from "../wire/gossip/msgpack.ts";
import {
  bool,
  i64,
  type Kind,
  list,
  mapOf,
  nullable,
  size,
  struct,
  text,
  u64,
} from "../wire/gossip/struct.ts";

/** Bytes that need be no UTF-8. Empty ones are written as nil, as Consul stores an empty value. */
const value: Kind<ByteString> = {
  zero: "" as ByteString,
  read(reader) {
    const length = readRawHeader(reader);
    if (length <= 0) return "" as ByteString;
    const start = reader.at;
    reader.at += length;
    return byteStringOf(reader.bytes.subarray(start, reader.at));
  },
  write: (writer, each) => (each === "" ? writeNil(writer) : writeBytes(writer, bytesOf(each))),
};
/** The same where "" is the empty string. */
const raw: Kind<ByteString> = { ...value, write: (writer, each) => writeBytes(writer, bytesOf(each)) };

/** Whatever is there is read over; always written as nil. */
const ignored: Kind<null> = {
  zero: null,
  read(reader) {
    skipValue(reader, 0, MAX_DEPTH);
    return null;
  },
  write: writeNil,
};

/** Whether a pointer points to anything; what it points to is read over. Never written but as nil. */
const present: Kind<boolean> = {
  zero: false,
  read(reader) {
    const is = reader.bytes[reader.at] !== 0xc0;
    skipValue(reader, 0, MAX_DEPTH);
    return is;
  },
  write: writeNil,
};

/** Values of a proxy's configuration are users' own JSON: deeper than that we follow nobody. */
export const MAX_DEPTH = 100;

/** Go's duration: nanoseconds, to the nearest that a double holds. */
const durationNs: Kind<number> = {
  zero: 0,
  read: (reader) => Number(i64.read(reader)),
  write: (writer, ns) => i64.write(writer, Number.isSafeInteger(ns) ? ns : BigInt(Math.trunc(ns))),
};

const labels: Kind<ReadonlyMap<string, string> | null> = nullable(mapOf(text));

export interface HeaderRecord {
  readonly lastIndex: number;
}
export const header: Kind<HeaderRecord> = struct<HeaderRecord>({}, { lastIndex: ["LastIndex", size] });

export interface KvRecord {
  readonly key: ByteString;
  readonly value: ByteString;
  readonly flags: Uint64;
  readonly session: string;
  readonly lockIndex: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
/** Also the body of a tombstone, of which only key and ModifyIndex mean anything. */
export const kv: Kind<KvRecord> = struct<KvRecord>(
  {},
  {
    key: ["Key", raw],
    value: ["Value", value],
    flags: ["Flags", u64],
    session: ["Session", text],
    lockIndex: ["LockIndex", size],
    createIndex: ["CreateIndex", size],
    modifyIndex: ["ModifyIndex", size],
  },
);

export interface SessionRecord {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly lockDelayNs: number;
  readonly behavior: string;
  readonly ttl: string;
  readonly nodeChecks: readonly string[] | null;
  readonly serviceChecks: readonly ServiceCheck[] | null;
  /** Ids of both kinds, from before 1.7. */
  readonly checks: readonly string[] | null;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
interface ServiceCheck {
  readonly id: string;
  readonly namespace: string;
}
const serviceCheck: Kind<ServiceCheck> = struct<ServiceCheck>(
  {},
  { id: ["ID", text], namespace: ["Namespace", text] },
);
export const session: Kind<SessionRecord> = struct<SessionRecord>(
  {},
  {
    id: ["ID", text],
    name: ["Name", text],
    node: ["Node", text],
    lockDelayNs: ["LockDelay", durationNs],
    behavior: ["Behavior", text],
    ttl: ["TTL", text],
    nodeChecks: ["NodeChecks", list(text)],
    serviceChecks: ["ServiceChecks", list(serviceCheck)],
    checks: ["Checks", list(text)],
    createIndex: ["CreateIndex", size],
    modifyIndex: ["ModifyIndex", size],
  },
);

export interface AutopilotRecord {
  readonly cleanupDeadServers: boolean;
  readonly lastContactThresholdNs: number;
  readonly maxTrailingLogs: Uint64;
  readonly minQuorum: Uint64;
  readonly serverStabilizationTimeNs: number;
  readonly redundancyZoneTag: string;
  readonly disableUpgradeMigration: boolean;
  readonly upgradeVersionTag: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
export const autopilot: Kind<AutopilotRecord> = struct<AutopilotRecord>(
  {},
  {
    cleanupDeadServers: ["CleanupDeadServers", bool],
    lastContactThresholdNs: ["LastContactThreshold", durationNs],
    maxTrailingLogs: ["MaxTrailingLogs", u64],
    minQuorum: ["MinQuorum", u64],
    serverStabilizationTimeNs: ["ServerStabilizationTime", durationNs],
    redundancyZoneTag: ["RedundancyZoneTag", text],
    disableUpgradeMigration: ["DisableUpgradeMigration", bool],
    upgradeVersionTag: ["UpgradeVersionTag", text],
    createIndex: ["CreateIndex", size],
    modifyIndex: ["ModifyIndex", size],
  },
);

/** As many nodes' as there are; Consul writes a record for each. */
export const coordinates: Kind<readonly NodeCoordinate[] | null> = list(
  struct<NodeCoordinate>(
    {},
    { node: ["Node", text], segment: ["Segment", text], coordinate: ["Coord", coordinateKind] },
  ),
);

export interface IndexRecord {
  readonly key: string;
  readonly value: number;
}
export const index: Kind<IndexRecord> = struct<IndexRecord>(
  {},
  { key: ["Key", text], value: ["Value", size] },
);

export const chunking: Kind<{ readonly chunkMap: ReadonlyMap<string, null> }> = struct(
  {},
  { chunkMap: ["ChunkMap", mapOf(ignored)] },
);

/** A node, or one of its services or checks: the node's fields are repeated with each. */
interface RegisterBase {
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly datacenter: string;
  readonly taggedAddresses: ReadonlyMap<string, string> | null;
  readonly nodeMeta: ReadonlyMap<string, string> | null;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
const registerBase = {
  id: ["ID", text],
  node: ["Node", text],
  address: ["Address", text],
  datacenter: ["Datacenter", text],
  taggedAddresses: ["TaggedAddresses", labels],
  nodeMeta: ["NodeMeta", labels],
  createIndex: ["CreateIndex", size],
  modifyIndex: ["ModifyIndex", size],
} as const;

/** As we read it. */
export interface RegisterRecord extends RegisterBase {
  readonly hasService: boolean;
  readonly hasCheck: boolean;
  readonly hasChecks: boolean;
  /** Of nodes that were imported from a peered cluster (1.13 on). */
  readonly peerName: string;
}
export const register: Kind<RegisterRecord> = struct<RegisterRecord>(
  {},
  {
    ...registerBase,
    hasService: ["Service", present],
    hasCheck: ["Check", present],
    hasChecks: ["Checks", present],
    peerName: ["PeerName", text],
  },
);

/** As we write it: what gossip will say of a member again, in Consul's form. */
export interface RegisterWritten extends RegisterBase {
  readonly service: ServiceWritten | null;
  readonly check: CheckWritten | null;
  readonly checks: null;
  readonly skipNodeUpdate: boolean;
  readonly token: string;
}

/** The service `consul` of a server. */
export interface ServiceWritten {
  readonly port: number;
  readonly meta: ReadonlyMap<string, string>;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** The check `serfHealth` of a member. */
export interface CheckWritten {
  readonly node: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** A field that is always the same. */
function constant<T>(kind: Kind<T>, always: T): Kind<null> {
  return {
    zero: null,
    read(reader) {
      failRead(reader, "not read");
      return null;
    },
    write: (writer) => kind.write(writer, always),
  };
}

/** A struct of fields that are always the same. */
function constants(fields: Readonly<Record<string, Kind<null>>>): Kind<null> {
  const all = Object.fromEntries(Object.entries(fields).map(([key, kind]) => [key, [key, kind] as const]));
  return constant(struct<Record<string, null>>({}, all as never), {});
}

const no = constant(bool, false);
const empty = constant(text, "");
const zero = constant(size, 0);

const proxy = constants({
  Config: ignored,
  DestinationServiceID: empty,
  DestinationServiceName: empty,
  Expose: constants({ Checks: no, Paths: ignored }),
  LocalServiceAddress: empty,
  LocalServicePort: zero,
  MeshGateway: constants({ Mode: empty }),
  Upstreams: ignored,
});

function fixed(fields: Readonly<Record<string, Kind<null>>>): Record<string, readonly [string, Kind<null>]> {
  return Object.fromEntries(Object.entries(fields).map(([key, kind]) => [key, [key, kind]]));
}

const service: Kind<ServiceWritten> = struct<ServiceWritten>({}, {
  port: ["Port", size],
  meta: ["Meta", mapOf(text)],
  createIndex: ["CreateIndex", size],
  modifyIndex: ["ModifyIndex", size],
  ...fixed({
    Address: empty,
    Connect: constants({ Native: no, SidecarService: ignored }),
    EnableTagOverride: no,
    ID: constant(text, "consul"),
    Kind: empty,
    LocallyRegisteredAsSidecar: no,
    Proxy: proxy,
    Service: constant(text, "consul"),
    TaggedAddresses: ignored,
    Tags: ignored,
    Weights: constants({ Passing: constant(size, 1), Warning: constant(size, 1) }),
  }),
} as never);

const definition = constants({
  AliasNode: empty,
  AliasService: empty,
  Body: empty,
  DeregisterCriticalServiceAfter: zero,
  DockerContainerID: empty,
  GRPC: empty,
  GRPCUseTLS: no,
  HTTP: empty,
  Header: ignored,
  Interval: zero,
  Method: empty,
  OutputMaxSize: zero,
  ScriptArgs: ignored,
  Shell: empty,
  TCP: empty,
  TLSSkipVerify: no,
  TTL: zero,
  Timeout: zero,
});

const check: Kind<CheckWritten> = struct<CheckWritten>({}, {
  node: ["Node", text],
  createIndex: ["CreateIndex", size],
  modifyIndex: ["ModifyIndex", size],
  ...fixed({
    CheckID: constant(text, "serfHealth"),
    Definition: definition,
    Name: constant(text, "Serf Health Status"),
    Notes: empty,
    Output: constant(text, "Agent alive and reachable"),
    ServiceID: empty,
    ServiceName: empty,
    ServiceTags: ignored,
    Status: constant(text, "passing"),
    Type: empty,
  }),
} as never);

export const registerWritten: Kind<RegisterWritten> = struct<RegisterWritten>(
  {},
  {
    ...registerBase,
    service: ["Service", nullable(service)],
    check: ["Check", nullable(check)],
    checks: ["Checks", ignored],
    skipNodeUpdate: ["SkipNodeUpdate", bool],
    token: ["Token", text],
  },
);
