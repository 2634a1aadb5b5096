// What a read says: the body, the index to wait for more than, and what to watch meanwhile.

import type { SnapshotOpen } from "../api/operator.ts";
import type { ReadRequest } from "../api/request.ts";
import type { QueryMeta, Response, ResponseBody } from "../api/response.ts";
import { unreachable } from "../lib/assert.ts";
import { nodeKey } from "../model/catalog.ts";
import { isLeader } from "../raft/role.ts";
import { autopilotConfig } from "../store/autopilot.ts";
import { coordinatesOf, listCoordinates } from "../store/coordinates.ts";
import { getPair, listKeys, listPairs } from "../store/kv.ts";
import { listNodes } from "../store/nodes.ts";
import type { Store } from "../store/store.ts";
import type { WatchKey } from "../store/watch.ts";
import { sortByDistance } from "./near.ts";
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
      const { nodes: all, index } = listNodes(store, request.nodeMeta);
      const nodes = sortByDistance(store, request.near, all, ({ node }) => node);
      return { body: { kind: "nodes", nodes }, index };
    }
    case "coordinate.nodes": {
      const { coordinates, index } = listCoordinates(store, request.segment);
      return { body: { kind: "coordinates", coordinates }, index };
    }
    case "coordinate.node": {
      const { node } = request;
      // Under the name that was asked for, in its case.
      const coordinates = coordinatesOf(store, node).map((row) => ({ ...row, node }));
      return { body: { kind: "coordinates", coordinates }, index: store.tableIndexes.coordinates };
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
    case "coordinate.nodes":
      return { on: "coordinates", node: "" };
    case "coordinate.node":
      return { on: "coordinates", node: nodeKey(request.node) };
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
