// What autopilot may do by itself, and what it takes for healthy. The configuration is replicated; its fields are
// Consul's. The last three have an effect in Consul Enterprise only, and are kept for whoever reads them back.

import type { Uint64 } from "./kv.ts";

export interface AutopilotSettings {
  /** Removes failed servers when a new one comes, as long as a majority stays. */
  readonly cleanupDeadServers: boolean;
  /** A server that the leader has not heard for longer is not healthy. Nanoseconds. */
  readonly lastContactThresholdNs: number;
  /** A server more entries behind the leader is not healthy. */
  readonly maxTrailingLogs: Uint64;
  /** Dead servers are not removed below this many. */
  readonly minQuorum: Uint64;
  /** How long a new server must be healthy before it gets its vote. Nanoseconds. */
  readonly serverStabilizationTimeNs: number;
  readonly redundancyZoneTag: string;
  readonly disableUpgradeMigration: boolean;
  readonly upgradeVersionTag: string;
}

export interface AutopilotConfig extends AutopilotSettings {
  /** 0 while nobody has set it. */
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** Consul's defaults, in force until somebody sets others. */
export const DEFAULT_AUTOPILOT: AutopilotConfig = {
  cleanupDeadServers: true,
  lastContactThresholdNs: 200e6,
  maxTrailingLogs: 250,
  minQuorum: 0,
  serverStabilizationTimeNs: 10e9,
  redundancyZoneTag: "",
  disableUpgradeMigration: false,
  upgradeVersionTag: "",
  createIndex: 0,
  modifyIndex: 0,
};
