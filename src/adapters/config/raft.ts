// What the configuration says of Raft and of the servers that it is kept by: Consul's timings, when snapshots are taken,
// and with what autopilot begins.

import { type AutopilotSettings, DEFAULT_AUTOPILOT } from "../../core/model/autopilot.ts";
import { type RaftConfig, raftConfig } from "../../core/raft/config.ts";
import { devRaftConfig } from "./defaults.ts";
import { boolAt, type ConfigMap, configAt, numberAt, stringAt } from "./values.ts";

/** Reads a duration that is set, in milliseconds. */
type ReadDuration = (key: string) => number;

/** Zero is the default, as in Consul. */
export function raftOf(
  config: ConfigMap,
  multiplier: number,
  dev: boolean,
  duration: ReadDuration,
  faults: string[],
): RaftConfig {
  const base = dev ? devRaftConfig(multiplier) : raftConfig(multiplier);
  const count = (key: string, otherwise: number): number => {
    const given = numberAt(config, key) ?? 0;
    // Consul takes a negative number for a huge one, and keeps its log for ever.
    if (given < 0) faults.push(`${key} cannot be ${given}. Must be greater than or equal to zero`);
    return given > 0 ? given : otherwise;
  };
  const interval =
    stringAt(config, "raft_snapshot_interval") === undefined ? 0 : duration("raft_snapshot_interval");
  return {
    ...base,
    snapshotEntries: count("raft_snapshot_threshold", base.snapshotEntries),
    snapshotIntervalMs: interval > 0 ? Math.max(LEAST_INTERVAL_MS, interval) : base.snapshotIntervalMs,
    trailingEntries: count("raft_trailing_logs", base.trailingEntries),
  };
}

/** As in hashicorp/raft. */
const LEAST_INTERVAL_MS = 5;

/**
 * With what autopilot begins in a cluster where nobody has configured it; undefined when that is Consul's defaults. Those
 * of Consul Enterprise are warned of elsewhere and are left out.
 */
export function autopilotOf(config: ConfigMap, duration: ReadDuration): AutopilotSettings | undefined {
  const { createIndex: _created, modifyIndex: _modified, ...defaults } = DEFAULT_AUTOPILOT;
  const ns = (key: string, otherwise: number): number =>
    configAt(config, key) === undefined ? otherwise : Math.round(duration(key) * 1e6);
  const settings: AutopilotSettings = {
    ...defaults,
    cleanupDeadServers: boolAt(config, "autopilot.cleanup_dead_servers") ?? defaults.cleanupDeadServers,
    lastContactThresholdNs: ns("autopilot.last_contact_threshold", defaults.lastContactThresholdNs),
    maxTrailingLogs: numberAt(config, "autopilot.max_trailing_logs") ?? defaults.maxTrailingLogs,
    minQuorum: numberAt(config, "autopilot.min_quorum") ?? defaults.minQuorum,
    serverStabilizationTimeNs: ns("autopilot.server_stabilization_time", defaults.serverStabilizationTimeNs),
  };
  const differs = (Object.keys(defaults) as (keyof AutopilotSettings)[]).some(
    (key) => settings[key] !== defaults[key],
  );
  return differs ? settings : undefined;
}
