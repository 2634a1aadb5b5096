// What a read says: the body, the index to wait for more than, and what to watch meanwhile.

import type { SnapshotOpen } from "../api/operator.ts";
import type { ReadRequest } from "../api/request.ts";
import type { QueryMeta, Response, ResponseBody } from "../api/response.ts";
import { unreachable } from "../lib/assert.ts";
import { isLeader } from "../raft/role.ts";
import { autopilotConfig } from "../store/autopilot.ts";
import { getPair, listKeys, listPairs } from "../store/kv.ts";
import { listNodes } from "../store/nodes.ts";
import type { Store } from "../store/store.ts";
import type { WatchKey } from "../store/watch.ts";
import type { Server } from "./state.ts";

export interface ReadResult {
  readonly body: ResponseBody;
  readonly index: number;
}

/** Reads of the tables. */
type TableRead = Exclude<ReadRequest, SnapshotOpen>;

export function evaluateRead(store: Store, request: TableRead): ReadResult {
  switch (request.kind) {
    case "kv.get": {
      const { pairs, index } = getPair(store, request.key);
      return { body: { kind: "kv.pairs", pairs }, index };
    }
    case "kv.list": {
      const { pairs, index } = listPairs(store, request.prefix);
      return { body: { kind: "kv.pairs", pairs }, index };
    }
    case "kv.keys": {
      const { keys, index } = listKeys(store, request.prefix, request.separator);
      return { body: { kind: "kv.keys", keys }, index };
    }
    case "catalog.nodes": {
      const { nodes, index } = listNodes(store, request.nodeMeta);
      return { body: { kind: "nodes", nodes }, index };
    }
    case "operator.autopilot-configuration": {
      const config = autopilotConfig(store);
      return { body: { kind: "autopilot-configuration", config }, index: config.modifyIndex };
    }
    default:
      return unreachable(request);
  }
}

/** What a change must touch for this read to say something else. */
export function watchKey(request: TableRead): WatchKey {
  switch (request.kind) {
    case "kv.get":
      return { on: "key", key: request.key };
    case "kv.list":
    case "kv.keys":
      return { on: "prefix", prefix: request.prefix };
    case "catalog.nodes":
      return { on: "nodes" };
    case "operator.autopilot-configuration":
      return { on: "autopilot" };
    default:
      return unreachable(request);
  }
}

/** The answer as the client gets it: with the index, never 0, and how fresh it is. */
export function readResponse(
  server: Server,
  request: ReadRequest,
  result: ReadResult,
  nowMs: number,
): Response {
  return { ok: true, body: result.body, meta: queryMeta(server, request, result.index, nowMs) };
}

function queryMeta(
  { raft }: Server,
  { options }: Pick<ReadRequest, "options">,
  index: number,
  nowMs: number,
): QueryMeta {
  // What a leader has vouched for is not old, wherever it is answered.
  const leads = isLeader(raft) || options.consistency !== "stale";
  const silence = nowMs - raft.leaderContactMs;
  return {
    index: Math.max(1, index),
    knownLeader: raft.leader !== undefined,
    lastContactMs: leads || !Number.isFinite(silence) ? 0 : Math.max(0, Math.floor(silence)),
  };
}
