// The bodies of the records that we have tables for, as Consul's codec writes them (old MessagePack, sorted keys: see
// wire/gossip/struct.ts). What we do not keep is read over, and what we do not know is written as Consul's zero value,
// so that a real Consul finds every field that it wrote itself. Those of the catalog are in register-record.ts.

import { type ByteString, byteStringAt } from "../lib/bytes.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";
import type { Uint64 } from "../model/kv.ts";
import { coordinateKind } from "../wire/gossip/coordinate.ts";
import { readRawHeader, skipValue, writeByteString, writeNil } from "../wire/gossip/msgpack.ts";
import { bool, i64, type Kind, list, mapOf, size, struct, text, u64 } from "../wire/gossip/struct.ts";

/** Bytes that need be no UTF-8. Empty ones are written as nil, as Consul stores an empty value. */
const value: Kind<ByteString> = {
  zero: "" as ByteString,
  read(reader) {
    const length = readRawHeader(reader);
    if (length <= 0) return "" as ByteString;
    const start = reader.at;
    reader.at += length;
    return byteStringAt(reader.bytes, start, reader.at);
  },
  write: (writer, each) => (each === "" ? writeNil(writer) : writeByteString(writer, each)),
};
/** The same where "" is the empty string. */
const raw: Kind<ByteString> = { ...value, write: writeByteString };

/** Whatever is there is read over; always written as nil. */
export const ignored: Kind<null> = {
  zero: null,
  read(reader) {
    skipValue(reader, 0, MAX_DEPTH);
    return null;
  },
  write: writeNil,
};

/** Values of a proxy's configuration are users' own JSON: deeper than that we follow nobody. */
export const MAX_DEPTH = 100;

/** Go's int, and its durations in nanoseconds, to the nearest that a double holds. */
export const int: Kind<number> = {
  zero: 0,
  read: (reader) => Number(i64.read(reader)),
  write: (writer, value) =>
    i64.write(writer, Number.isSafeInteger(value) ? value : BigInt(Math.trunc(value))),
};

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
    lockDelayNs: ["LockDelay", int],
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
    lastContactThresholdNs: ["LastContactThreshold", int],
    maxTrailingLogs: ["MaxTrailingLogs", u64],
    minQuorum: ["MinQuorum", u64],
    serverStabilizationTimeNs: ["ServerStabilizationTime", int],
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
