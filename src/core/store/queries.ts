// Prepared queries in the replicated state: made, replaced, removed, found by a name. What the query itself must be is
// judged before it comes here (service/query-rules.ts); here only what depends on the other rows. Consul's
// agent/consul/state/prepared_query.go, 1.8.

import type { QueryDelete, QuerySet } from "../api/prepared-query.ts";
import { textOf, utf8 } from "../lib/bytes.ts";
import { quote } from "../lib/go-quote.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { isTemplate, looksLikeQueryId, type PreparedQuery } from "../model/prepared-query.ts";
import { uuidFault } from "../model/uuid.ts";
import type { ApplyConfig } from "./apply.ts";
import {
  putQuery,
  queriesOfSession,
  queryById,
  queryByName,
  takeQuery,
  templateFor,
  templateOf,
} from "./query-tables.ts";
import { sessionOf } from "./session-tables.ts";
import { APPLIED, type Outcome, type Store, type Touched } from "./store.ts";

/** @param request Its id has been drawn by the leader if it is to be made. */
export function applyQuerySet(
  store: Store,
  index: number,
  request: QuerySet,
  config: ApplyConfig,
  touched: Touched[],
): Outcome {
  const { query, create } = request;
  const known = queryById(store.queries, query.id);
  // It may have gone since the leader looked: it does not come back.
  const returns = PLANTED && planted(config, "query-comes-back");
  if (known === undefined && !create && !returns) return { ok: false, error: nothingToModify(query.id) };
  const fault = conflict(store, request);
  if (fault !== undefined) return { ok: false, error: fault };
  putQuery(store.queries, { createIndex: known?.createIndex ?? index, modifyIndex: index, ...query });
  noteChange(store, index, query.id, touched);
  return { ok: true, applied: true, query: query.id };
}

export function nothingToModify(id: string): string {
  return `Cannot modify non-existent prepared query: '${id}'`;
}

function noteChange(store: Store, index: number, id: string, touched: Touched[]): void {
  store.tableIndexes.preparedQueries = index;
  touched.push({ table: "queries", query: id });
}

/** What the query can't be beside those that there are; in the original's words and order. */
export function conflict(store: Store, { query, create }: QuerySet): string | undefined {
  const { queries, sessions } = store;
  const own = create ? undefined : queryById(queries, query.id);
  const isOther = (row: PreparedQuery | undefined): boolean => row !== undefined && row !== own;
  const { name, session } = query;
  if (name !== "") {
    if (isOther(queryByName(queries, name))) return `name '${name}' aliases an existing query name`;
  } else if (isTemplate(query) && isOther(templateOf(queries, name)))
    return "a query template with an empty name already exists";
  if (looksLikeQueryId(name) && queryById(queries, name) !== undefined)
    return `name '${name}' aliases an existing query ID`;
  if (session === "") return undefined;
  const fault = uuidFault(session);
  if (fault !== undefined) return `invalid session: index error: ${fault}`;
  return sessionOf(sessions, session) === undefined
    ? `invalid session ${textOf(quote(utf8(session)))}`
    : undefined;
}

/** One that is gone already is no error. */
export function applyQueryDelete(
  store: Store,
  index: number,
  { id }: QueryDelete,
  touched: Touched[],
): Outcome {
  if (queryById(store.queries, id) !== undefined) removeQuery(store, index, id, touched);
  return APPLIED;
}

function removeQuery(store: Store, index: number, id: string, touched: Touched[]): void {
  takeQuery(store.queries, id);
  noteChange(store, index, id, touched);
}

/** The session is over. */
export function endQueries(store: Store, index: number, session: string, touched: Touched[]): void {
  for (const { id } of queriesOfSession(store.queries, session)) removeQuery(store, index, id, touched);
}

/** The one of this id, or by id all of them. Any change of any of them moves their index. */
export function listQueries(
  { queries, tableIndexes }: Store,
  id?: string,
): { readonly queries: readonly PreparedQuery[]; readonly index: number } {
  const index = tableIndexes.preparedQueries;
  if (id === undefined) return { queries: queries.rows.valuesArray(), index };
  const query = queryById(queries, id);
  return { queries: query === undefined ? [] : [query], index };
}

/** What a name stands for: a query's id, a query's name, the beginning of which a template is for; in this order. */
export function resolveQuery(
  { queries }: Store,
  name: string,
  config: Pick<ApplyConfig, "planted">,
): { readonly query: PreparedQuery; readonly by: "id" | "name" } | undefined {
  const byId = looksLikeQueryId(name) ? queryById(queries, name) : undefined;
  if (byId !== undefined) return { query: byId, by: "id" };
  const query = queryByName(queries, name) ?? templateFor(queries, name, config);
  return query === undefined ? undefined : { query, by: "name" };
}
