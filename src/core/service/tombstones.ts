// The leader ends the life of tombstones: after a quarter of an hour nobody waits for an index so old any more. The
// leader's clock decides, the log says it to everyone.

import { taskMetric } from "../lib/metrics.ts";
import { isLeader } from "../raft/role.ts";
import { propose } from "../raft/step.ts";
import { encodeCommand } from "../wire/command.ts";
import type { Server, Service } from "./state.ts";

/** Consul's tombstone_ttl and its granularity. */
const LIFE_MS = 15 * 60_000;
const MARK_INTERVAL_MS = 30_000;

/** Notes how far the indexes are now, and reaps what was buried before the mark of a life ago. To be called when due. */
export function reapTombstones(service: Service, server: Server, nowMs: number): void {
  const { duties } = service;
  const { tombstoneMarks } = duties;
  if (!isLeader(server.raft)) {
    duties.reapTombstonesAtMs = Number.POSITIVE_INFINITY;
    tombstoneMarks.length = 0;
    return;
  }
  duties.reapTombstonesAtMs = nowMs + MARK_INTERVAL_MS;
  tombstoneMarks.push({ index: server.store.lastApplied + server.store.indexShift, atMs: nowMs });
  let upToIndex = 0;
  while ((tombstoneMarks[0]?.atMs ?? Number.POSITIVE_INFINITY) + LIFE_MS <= nowMs)
    upToIndex = tombstoneMarks.shift()?.index ?? upToIndex;
  if (upToIndex === 0 || !hasTombstoneUpTo(server, upToIndex)) return;
  taskMetric(service.telemetry, "leader.reapTombstones");
  propose(server.raft, encodeCommand({ kind: "kv.reap-tombstones", upToIndex }));
}

function hasTombstoneUpTo(server: Server, index: number): boolean {
  let found = false;
  server.store.tombstones.forEach((buriedAt) => {
    found ||= buriedAt <= index;
  });
  return found;
}
