// Under which of Consul's names it is measured how long a command took to be applied (agent/consul/fsm, 1.8).

import { KV_VERBS, type KvVerb } from "../api/request.ts";
import { metricKey } from "../lib/metric-key.ts";
import { type Metrics, taskMetric } from "../lib/metrics.ts";
import type { Command } from "../store/commands.ts";

/** By verb, made once: there is one for each write of a key. */
const KV: Readonly<Record<KvVerb, string>> = Object.fromEntries(
  KV_VERBS.map((verb) => [verb, op("kvs", verb)]),
) as Record<KvVerb, string>;

function op(family: string, name: string): string {
  return metricKey(`fsm.${family}`, "op", name);
}

/** A command is about to be applied. */
export function noteApplying(telemetry: Metrics, command: Command): void {
  // Another state takes the place of all.
  if (command.kind === "restore.end") taskMetric(telemetry, "raft.fsm.restore");
  taskMetric(telemetry, "raft.fsm.apply", nameOf(command));
}

/** @returns undefined for what Consul does not know. */
function nameOf(command: Command): string | undefined {
  switch (command.kind) {
    case "kv.write":
      return KV[command.verb];
    case "catalog.register":
    case "catalog.register-node":
      return "fsm.register";
    case "catalog.deregister":
    case "catalog.deregister-node":
      return "fsm.deregister";
    case "session.create":
      return SESSION_CREATE;
    case "session.destroy":
      return SESSION_DESTROY;
    case "txn.apply":
      return "fsm.txn";
    case "kv.reap-tombstones":
      return op("tombstone", "reap");
    case "coordinate.batch-update":
      return "fsm.coordinate.batch-update";
    case "autopilot.set":
      return "fsm.autopilot";
    case "query.set":
      return op("prepared-query", command.create ? "create" : "update");
    case "query.delete":
      return op("prepared-query", "delete");
    case "intention.set":
      return op("intention", command.create ? "create" : "update");
    case "intention.upsert":
      return op("intention", "upsert");
    case "intention.delete":
    case "intention.delete-exact":
      return op("intention", "delete");
    case "config.set":
      return op(`config_entry.${command.entry.kind}`, "upsert");
    case "config.delete":
    case "config.delete-cas":
      return op(`config_entry.${command.entryKind}`, "delete");
    default:
      return undefined;
  }
}

const SESSION_CREATE = op("session", "create");
const SESSION_DESTROY = op("session", "destroy");
