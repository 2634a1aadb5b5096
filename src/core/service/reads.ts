// What a read says: the body, the index to wait for more than, and what to watch meanwhile.

import { type ApiError, apiError } from "../api/error.ts";
import type { SnapshotOpen } from "../api/operator.ts";
import type { QueryRun } from "../api/prepared-query.ts";
import type { ReadRequest } from "../api/request.ts";
import type { QueryMeta, Response, ResponseBody } from "../api/response.ts";
import { unreachable } from "../lib/assert.ts";
import type { Intention } from "../model/intention.ts";
import { uuidFault } from "../model/uuid.ts";
import { isLeader } from "../raft/role.ts";
import { ownerOfAddress } from "../store/address-reads.ts";
import { autopilotConfig } from "../store/autopilot.ts";
import {
  type ChecksResult,
  checksAtNode,
  checksByState,
  checksForService,
  findNode,
  gatewaysFor,
  listHealth,
  listServiceNodes,
  listServices,
  readNode,
} from "../store/catalog-reads.ts";
import { listConfigEntries } from "../store/config-entries.ts";
import { coordinatesOf, listCoordinates } from "../store/coordinates.ts";
import { listGatewayServices } from "../store/gateway-services.ts";
import { intentionBetween, intentionById, listIntentions, matchIntentions } from "../store/intentions.ts";
import { getPair, listKeys, listPairs } from "../store/kv.ts";
import { listNodes, type NodeMeta } from "../store/nodes.ts";
import { listQueries } from "../store/queries.ts";
import { queryById } from "../store/query-tables.ts";
import { resolveServiceConfig } from "../store/service-config.ts";
import { listSessions, type SessionList } from "../store/sessions.ts";
import type { Store } from "../store/store.ts";
import { readTxn } from "../store/txn.ts";
import { catalogIndex, dumpGateway, dumpNodes, dumpServices, overviewOf } from "../store/ui-reads.ts";
import { usageOf } from "../store/usage.ts";
import type { WatchKey } from "../store/watch.ts";
import { sortByDistance } from "./near.ts";
import { QUERY_NOT_FOUND } from "./query-run.ts";
import type { Server } from "./state.ts";
import { txnFaults } from "./txn-rules.ts";

export interface ReadResult {
  readonly body: ResponseBody;
  readonly index: number;
}

/** Reads of the tables, as they stand there. */
export type TableRead = Exclude<ReadRequest, SnapshotOpen | QueryRun>;

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
    case "catalog.services": {
      const { services, index } = listServices(store, request.nodeMeta);
      return { body: { kind: "services", services }, index };
    }
    case "catalog.service-nodes": {
      const { rows: all, index } = listServiceNodes(store, request);
      const rows = sortByDistance(store, request.near, all, ({ node }) => node.node);
      return { body: { kind: "service-nodes", rows }, index };
    }
    case "catalog.node": {
      const { node, services, index } = readNode(store, request);
      return { body: { kind: "node-services", node, services }, index };
    }
    case "health.service": {
      const { rows: all, index } = listHealth(store, request);
      const rows = sortByDistance(store, request.near, all, ({ node }) => node.node);
      return { body: { kind: "health", rows }, index };
    }
    case "catalog.address": {
      const { nodes, services } = store.tableIndexes;
      const owner = ownerOfAddress(store, request.address);
      return { body: { kind: "address-owner", ...owner }, index: Math.max(nodes, services) };
    }
    case "health.ingress": {
      const { rows: all, index } = listHealth(store, { ...request, connect: false, tags: [] }, true);
      const rows = sortByDistance(store, request.near, all, ({ node }) => node.node);
      return { body: { kind: "health", rows }, index };
    }
    case "health.node":
      return checksResult(store, checksAtNode(store, request.node), undefined);
    case "health.checks":
      return checksResult(store, checksForService(store, request), request.near);
    case "health.state":
      return checksResult(store, checksByState(store, request), request.near);
    case "session.info":
    case "session.renew":
      return sessionsResult(listSessions(store, { id: request.id }));
    case "session.node":
      return sessionsResult(listSessions(store, { node: request.node }));
    case "session.list":
      return sessionsResult(listSessions(store, "all"));
    case "query.get":
    case "query.list": {
      const { queries, index } = listQueries(store, request.kind === "query.get" ? request.id : undefined);
      return { body: { kind: "queries", queries }, index };
    }
    case "intention.list":
      return intentionsResult(store, listIntentions(store));
    case "intention.get": {
      const intention = intentionById(store, request.id);
      return intentionsResult(store, intention === undefined ? [] : [intention]);
    }
    case "intention.get-exact": {
      const intention = intentionBetween(store, request);
      return intentionsResult(store, intention === undefined ? [] : [intention]);
    }
    case "intention.match": {
      const matches = request.ends.map((end) => matchIntentions(store, request.by, end));
      return { body: { kind: "intention-matches", matches }, index: store.tableIndexes.intentions };
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
    case "config.list": {
      const entries = listConfigEntries(store, request.entryKind, request.name);
      return { body: { kind: "config-entries", entries }, index: store.tableIndexes.configEntries };
    }
    case "config.resolve": {
      const config = resolveServiceConfig(store, request);
      return { body: { kind: "service-config", config }, index: store.tableIndexes.configEntries };
    }
    case "catalog.gateway-services": {
      const { rows, index } = listGatewayServices(store, request.gateway);
      return { body: { kind: "gateway-services", rows }, index };
    }
    case "internal.nodes":
      return {
        body: { kind: "node-dump", rows: dumpNodes(store, request.node) },
        index: catalogIndex(store),
      };
    case "internal.services":
      return { body: { kind: "health", rows: dumpServices(store) }, index: catalogIndex(store) };
    case "internal.overview":
      return { body: { kind: "overview", overview: overviewOf(store) }, index: catalogIndex(store) };
    case "internal.gateway-services": {
      const { rows, index } = dumpGateway(store, request.gateway);
      return { body: { kind: "gateway-dump", rows }, index };
    }
    case "operator.usage": {
      const { usage, index } = usageOf(store);
      return { body: { kind: "usage", usage }, index };
    }
    case "txn.read": {
      const faults = txnFaults(request.ops, () => false);
      const outcome = faults.length > 0 ? { results: [], faults } : readTxn(store, request.ops);
      return { body: { kind: "txn", ...outcome }, index: 0 };
    }
    case "operator.autopilot-configuration": {
      const config = autopilotConfig(store);
      return { body: { kind: "autopilot-configuration", config }, index: config.modifyIndex };
    }
    default:
      return unreachable(request);
  }
}

function checksResult(store: Store, { checks, index }: ChecksResult, near: string | undefined): ReadResult {
  const sorted = sortByDistance(store, near, checks, ({ node }) => node);
  return { body: { kind: "checks", checks: sorted }, index };
}

function intentionsResult(store: Store, intentions: readonly Intention[]): ReadResult {
  return { body: { kind: "intentions", intentions }, index: store.tableIndexes.intentions };
}

function sessionsResult({ sessions, index }: SessionList): ReadResult {
  return { body: { kind: "sessions", sessions }, index };
}

/** Why nothing can be read; undefined if it can. */
export function readFault(store: Store, request: ReadRequest): ApiError | undefined {
  if (request.kind === "intention.get") return intentionFault(store, request.id);
  if (request.kind === "intention.get-exact")
    return intentionBetween(store, request) === undefined ? NO_INTENTION : undefined;
  if (request.kind !== "session.info" && request.kind !== "session.renew" && request.kind !== "query.get")
    return undefined;
  const what = request.kind === "query.get" ? "prepared query" : "session";
  const fault = uuidFault(request.id);
  if (fault !== undefined) return apiError("refused", `failed ${what} lookup: index error: ${fault}`);
  const isMissing = request.kind === "query.get" && queryById(store.queries, request.id) === undefined;
  return isMissing ? QUERY_NOT_FOUND : undefined;
}

const NO_INTENTION = apiError("not-found", "Intention not found");

/** A client's fault is what is no UUID; what is there is another thing. */
function intentionFault(store: Store, id: string): ApiError | undefined {
  const fault = uuidFault(id);
  if (fault === undefined) return intentionById(store, id) === undefined ? NO_INTENTION : undefined;
  const text = `failed intention lookup: index error: ${fault}`;
  return text.includes("UUID") ? apiError("bad-request", `Bad request: ${text}`) : apiError("refused", text);
}

/** What a change must touch, one thing or another, for this read to say something else. */
export function watchKeys(store: Store, request: TableRead): readonly WatchKey[] {
  switch (request.kind) {
    case "kv.get":
      return [{ on: "key", key: request.key }];
    case "kv.list":
    case "kv.keys":
      return [{ on: "prefix", prefix: request.prefix }];
    case "catalog.nodes":
      return [{ on: "nodes" }];
    case "query.get":
      return [{ on: "query", query: request.id }];
    case "query.list":
      return [{ on: "queries" }];
    case "intention.list":
    case "intention.get":
    case "intention.get-exact":
    case "intention.match":
      return [{ on: "intentions" }];
    case "coordinate.nodes":
      return [{ on: "coordinates" }];
    case "coordinate.node":
      return [{ on: "coordinates-of-node", node: request.node }];
    case "catalog.services":
      return byMeta({ on: "services" }, request);
    case "catalog.node": {
      const node = findNode(store, request.node);
      return node === undefined ? [{ on: "nodes" }] : [{ on: "node", node: node.node }];
    }
    case "catalog.service-nodes":
      return onInstances(store, request.service, request.connect, false);
    case "health.service":
      return onInstances(store, request.service, request.connect, false);
    case "catalog.address":
    case "operator.usage":
      return [{ on: "nodes" }, { on: "services" }];
    case "health.ingress":
      return onInstances(store, request.service, false, true);
    case "health.node":
      return [{ on: "checks-of-node", node: request.node }];
    case "health.checks":
      return byMeta({ on: "checks-of-service", service: request.service }, request);
    case "health.state":
      return byMeta(
        request.state === "any" ? { on: "checks" } : { on: "state", state: request.state },
        request,
      );
    case "session.info":
    case "session.renew":
    case "session.node":
    case "session.list":
      return [{ on: "sessions" }];
    case "config.list":
    case "config.resolve":
      return [{ on: "config-entries" }];
    case "catalog.gateway-services":
      return [{ on: "gateway-services" }];
    case "internal.nodes":
    case "internal.services":
    case "internal.overview":
      return [{ on: "nodes" }, { on: "services" }, { on: "checks" }];
    case "internal.gateway-services": {
      const { rows } = listGatewayServices(store, request.gateway);
      const services = rows.map(({ service }): WatchKey => ({ on: "service", service }));
      return [{ on: "gateway-services" }, ...services];
    }
    case "operator.autopilot-configuration":
      return [{ on: "autopilot" }];
    case "txn.read":
      // It never waits.
      return [];
    default:
      return unreachable(request);
  }
}

/** Who asks for what takes a service's connections is told of gateways, too. */
function onInstances(store: Store, service: string, connect: boolean, ingress: boolean): readonly WatchKey[] {
  const gateways = connect || ingress ? gatewaysFor(store, service, ingress) : [];
  return [service, ...gateways].map((name) => ({ on: "service", service: name }));
}

/** Who asks for nodes with certain metadata is told something else also when a node's metadata change. */
function byMeta(on: WatchKey, { nodeMeta }: { readonly nodeMeta: NodeMeta }): readonly WatchKey[] {
  return nodeMeta.length === 0 ? [on] : [on, { on: "nodes" }];
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

export function queryMeta(
  server: Server,
  { options }: Pick<ReadRequest, "options">,
  index: number,
  nowMs: number,
): QueryMeta {
  const { raft } = server;
  // What a leader has vouched for is not old, wherever it is answered.
  const isVouchedFor = options.consistency !== "stale";
  return {
    index: Math.max(1, index),
    knownLeader: raft.leader !== undefined,
    lastContactMs: isVouchedFor ? 0 : lastContactMs(server, nowMs),
  };
}

/** Since this server heard its leader; 0 for one that leads, and for one that never heard any. */
export function lastContactMs({ raft }: Server, nowMs: number): number {
  const silence = nowMs - raft.leaderContactMs;
  return isLeader(raft) || !Number.isFinite(silence) ? 0 : Math.max(0, Math.floor(silence));
}
