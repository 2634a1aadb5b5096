// The store's rows on wires and disks: answers, commands and snapshots carry the same ones. Fields are appended, never
// reordered.

import type { AutopilotConfig, AutopilotSettings } from "../model/autopilot.ts";
import type { Labels, Node } from "../model/catalog.ts";
import type { Coordinate, NodeCoordinate } from "../model/coordinate.ts";
import type { KvPair } from "../model/kv.ts";
import type { Session } from "../model/session.ts";
import {
  bool,
  byteString,
  finite,
  int,
  list,
  nullable,
  orElse,
  pair,
  record,
  type Schema,
  text,
  uint,
  uint64,
  word,
} from "./schema.ts";

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

export const coordinate: Schema<Coordinate> = record({
  vec: list(finite),
  error: finite,
  adjustment: finite,
  height: finite,
});
export const coordinateRow: Schema<NodeCoordinate> = record({ node: text, segment: text, coordinate });

/** The first release wrote the id alone. */
export const sessionRow: Schema<Session> = record({
  id: text,
  name: orElse(text, ""),
  node: orElse(text, ""),
  lockDelayNs: orElse(int, 0),
  behavior: orElse(word(["release", "delete"]), "release"),
  ttl: orElse(text, ""),
  nodeChecks: orElse(list(text), []),
  serviceChecks: orElse(list(record({ id: text, namespace: text })), []),
  createIndex: orElse(uint, 0),
  modifyIndex: orElse(uint, 0),
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
