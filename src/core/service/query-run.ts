// Running a prepared query: what a name stands for, which instances that is in this datacenter, in which order, and where
// to look next when there are none. Where it is looked is query-failover.ts's. Consul's
// agent/consul/prepared_query_endpoint.go, 1.8.

import { type ApiError, apiError } from "../api/error.ts";
import type {
  QueryExecute,
  QueryExecuteRemote,
  QueryFields,
  QueryResult,
  QueryRun,
} from "../api/prepared-query.ts";
import type { ReadRequest } from "../api/request.ts";
import type { HealthRow, QueryMeta, ResponseBody } from "../api/response.ts";
import { shuffle } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { CRITICAL, type Labels, PASSING } from "../model/catalog.ts";
import { isTemplate, type PreparedQuery, type ServiceQuery } from "../model/prepared-query.ts";
import { listHealth } from "../store/catalog-reads.ts";
import { resolveQuery } from "../store/queries.ts";
import type { Store } from "../store/store.ts";
import { sortByDistance } from "./near.ts";
import { renderTemplate } from "./query-template.ts";
import { listDatacenters } from "./router.ts";
import type { Server, Service, Stage } from "./state.ts";
import { datacenterDistanceMs } from "./wan-coordinates.ts";

export const QUERY_NOT_FOUND: ApiError = apiError("not-found", "Query not found");

/** For so long other datacenters are asked, one after the other; who passed the question on waits a little longer. */
export const FAILOVER_MS = 50_000;

export type Ran =
  | { readonly kind: "answered"; readonly body: ResponseBody }
  | { readonly kind: "refused"; readonly error: ApiError }
  /** Nothing is here: these are to be asked in turn, with what this datacenter says until one of them says more. */
  | {
      readonly kind: "failover";
      readonly datacenters: readonly string[];
      readonly ask: QueryExecuteRemote;
      readonly result: QueryResult;
    };

/** How far a query that found nothing has come elsewhere. */
export interface Failover {
  readonly ask: QueryExecuteRemote;
  readonly datacenters: readonly string[];
  /** How many of them have been asked. */
  tried: number;
  /** The last of them that answered, or this one, and when it did. */
  result: QueryResult;
  meta: QueryMeta | undefined;
  readonly untilMs: number;
}

/** Where a row stands that begins with that. @param meta Of what this datacenter says. */
export function failoverStage(
  { datacenters, ask, result }: Extract<Ran, { kind: "failover" }>,
  meta: QueryMeta,
  nowMs: number,
): Extract<Stage, { at: "failing-over" }> {
  const untilMs = nowMs + FAILOVER_MS;
  return { at: "failing-over", failover: { ask, datacenters, tried: 0, result, meta, untilMs } };
}

export function isQueryRun(request: ReadRequest): request is QueryRun {
  return (
    request.kind === "query.explain" ||
    request.kind === "query.execute" ||
    request.kind === "query.execute-remote"
  );
}

export function runQuery(service: Service, server: Server, request: QueryRun): Ran {
  if (request.kind === "query.execute-remote") return runForOthers(service, server, request);
  const resolved = resolve(service, server.store, request.name);
  if (!resolved.ok) return { kind: "refused", error: resolved.error };
  const { query } = resolved;
  if (request.kind === "query.explain") return { kind: "answered", body: { kind: "query-explained", query } };
  const rows = arranged(service, server.store, query, request);
  const result = resultOf(service, query, rows);
  const datacenters = rows.length > 0 ? [] : failoverOf(service, query);
  if (datacenters.length === 0) return { kind: "answered", body: { kind: "query-result", result } };
  const { limit, connect, options } = request;
  const { createIndex: _c, modifyIndex: _m, ...fields } = query;
  const ask: QueryExecuteRemote = { kind: "query.execute-remote", query: fields, limit, connect, options };
  return { kind: "failover", datacenters, ask, result };
}

type Resolved =
  | { readonly ok: true; readonly query: PreparedQuery }
  | { readonly ok: false; readonly error: ApiError };

/** The query that a name stands for, rendered for that name. */
function resolve({ config }: Service, store: Store, name: string): Resolved {
  if (name === "") return { ok: false, error: apiError("refused", "Missing Query ID") };
  const resolved = resolveQuery(store, name, config);
  if (resolved === undefined) return { ok: false, error: QUERY_NOT_FOUND };
  const { query, by } = resolved;
  if (!isTemplate(query)) return { ok: true, query };
  if (by === "id") {
    const text = "prepared query templates can only be resolved up by name, not by ID";
    return { ok: false, error: apiError("refused", text) };
  }
  const rendered = renderTemplate(query, name);
  return rendered.ok
    ? { ok: true, query: { ...query, service: rendered.service } }
    : { ok: false, error: apiError("refused", rendered.error) };
}

function resultOf(
  { config }: Service,
  { service, dns }: QueryFields,
  rows: readonly HealthRow[],
): QueryResult {
  const { datacenter } = config;
  return { service: service.service, rows, ttl: dns.ttl, datacenter, failovers: 0 };
}

/** In any order: nobody is near to anybody in another datacenter. */
function runForOthers(
  service: Service,
  { store }: Server,
  { query, connect, limit }: QueryExecuteRemote,
): Ran {
  const rows = shuffle(service.chance, "service.query-shuffle", instances(store, query.service, connect));
  return {
    kind: "answered",
    body: { kind: "query-result", result: resultOf(service, query, cut(rows, limit)) },
  };
}

/** By chance, so that the load is spread; then the nearest first, if there is somebody to be near to. */
function arranged(
  service: Service,
  store: Store,
  query: PreparedQuery,
  request: QueryExecute,
): readonly HealthRow[] {
  const found = instances(store, query.service, request.connect);
  const rows = shuffle(service.chance, "service.query-shuffle", found);
  const near = nearTo(store, query.service, request);
  const sorted = [...sortByDistance(store, near, rows, ({ node }) => node.node)];
  if (near !== "") putFirst(sorted, near);
  return cut(sorted, request.limit);
}

function nearTo(store: Store, { near: its }: ServiceQuery, { near, agent, ip }: QueryExecute): string {
  const wanted = near === "" ? its : near;
  if (wanted === "_agent") return agent;
  return wanted === "_ip" ? nodeAt(store, ip) : wanted;
}

/** The name of the first node with this address; "" for none. */
function nodeAt(store: Store, ip: string): string {
  if (ip === "") return "";
  return store.nodes.valuesArray().find(({ address }) => address === ip)?.node ?? "";
}

/** How far down the original looks for the node itself, which may be as far from itself as a neighbour. */
const LOOKED_AT = 10;

function putFirst(rows: HealthRow[], node: string): void {
  const place = rows.slice(0, LOOKED_AT).findIndex((row) => row.node.node === node);
  const [first, own] = [rows[0], rows[place]];
  if (first === undefined || own === undefined) return;
  rows[0] = own;
  rows[place] = first;
}

function cut(rows: readonly HealthRow[], limit: number): readonly HealthRow[] {
  return limit > 0 ? rows.slice(0, limit) : rows;
}

/** What the query is for, in this datacenter, in the order of the catalog. */
function instances(store: Store, wanted: ServiceQuery, connect: boolean): HealthRow[] {
  const { rows } = listHealth(store, {
    service: wanted.service,
    connect: wanted.connect || connect,
    tags: [],
    nodeMeta: wanted.nodeMeta ?? [],
    passing: false,
  });
  return rows.filter(
    (row) =>
      isHealthy(row, wanted) &&
      hasLabels(row.service.meta, wanted.serviceMeta) &&
      hasTags(row.service.tags, wanted.tags ?? []),
  );
}

function isHealthy({ checks }: HealthRow, { onlyPassing, ignoreCheckIds }: ServiceQuery): boolean {
  return checks.every(
    ({ checkId, status }) =>
      ignoreCheckIds?.includes(checkId) === true ||
      (status !== CRITICAL && (!onlyPassing || status === PASSING)),
  );
}

function hasLabels(labels: Labels, wanted: Labels): boolean {
  return (wanted ?? []).every(([name, value]) => labels?.some(([its, own]) => its === name && own === value));
}

function hasTags(tags: readonly string[], wanted: readonly string[]): boolean {
  const its = new Set(tags.map((tag) => tag.toLowerCase()));
  return wanted.every((tag) => {
    const lower = tag.toLowerCase();
    return lower.startsWith("!") ? !its.has(lower.slice(1)) : its.has(lower);
  });
}

/** Which other datacenters to ask, in turn: some of the nearest, then those that are named, as far as there are any. */
function failoverOf(service: Service, { service: wanted }: PreparedQuery): readonly string[] {
  const { nearestN, datacenters } = wanted.failover;
  if (nearestN <= 0 && (datacenters ?? []).length === 0) return [];
  const own =
    PLANTED && planted(service.config, "query-fails-over-to-itself") ? "" : service.config.datacenter;
  const others = listDatacenters(service, (names) => datacenterDistanceMs(service, names)).filter(
    (datacenter) => datacenter !== own,
  );
  const nearest = others.slice(0, Math.max(0, nearestN));
  const named = (datacenters ?? []).filter((each) => others.includes(each) && !nearest.includes(each));
  return [...nearest, ...named];
}
