// The table of prepared queries, with what they are found by: names, beginnings of names, sessions. Rows go in and out here
// alone.

import { createOrderedMap, type OrderedMap } from "../lib/ordered-map.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { isTemplate, type PreparedQuery } from "../model/prepared-query.ts";
import { canonicalUuid } from "../model/uuid.ts";
import { rowKey, rowsOf } from "./catalog-keys.ts";
import { rowsUnder } from "./catalog-tables.ts";

export interface QueryTables {
  /** By id. */
  readonly rows: OrderedMap<string, PreparedQuery>;
  /** Those that have one by their name, in lower case: templates too. */
  readonly byName: OrderedMap<string, PreparedQuery>;
  /** Templates by what the names begin with, in lower case; one of them may be "". */
  readonly byPrefix: OrderedMap<string, PreparedQuery>;
  /** By session and id. */
  readonly bySession: OrderedMap<string, PreparedQuery>;
}

export function createQueryTables(rows: readonly PreparedQuery[] = []): QueryTables {
  const tables: QueryTables = {
    rows: createOrderedMap(),
    byName: createOrderedMap(),
    byPrefix: createOrderedMap(),
    bySession: createOrderedMap(),
  };
  for (const row of rows) putQuery(tables, row);
  return tables;
}

/** In O(1), as cloneStore. */
export function cloneQueryTables({ rows, byName, byPrefix, bySession }: QueryTables): QueryTables {
  return {
    rows: rows.clone(),
    byName: byName.clone(),
    byPrefix: byPrefix.clone(),
    bySession: bySession.clone(),
  };
}

export function queryKey(id: string): string {
  return canonicalUuid(id);
}

function nameKey(name: string): string {
  return name.toLowerCase();
}

/** Makes or replaces a row. */
export function putQuery(tables: QueryTables, row: PreparedQuery): void {
  takeQuery(tables, row.id);
  tables.rows.set(queryKey(row.id), row);
  if (row.name !== "") tables.byName.set(nameKey(row.name), row);
  if (isTemplate(row)) tables.byPrefix.set(nameKey(row.name), row);
  if (row.session !== "") tables.bySession.set(sessionKey(row), row);
}

export function takeQuery(tables: QueryTables, id: string): void {
  const row = queryById(tables, id);
  if (row === undefined) return;
  tables.rows.delete(queryKey(id));
  // Of an archive two rows may have one name: then it is the other's.
  if (tables.byName.get(nameKey(row.name)) === row) tables.byName.delete(nameKey(row.name));
  if (tables.byPrefix.get(nameKey(row.name)) === row) tables.byPrefix.delete(nameKey(row.name));
  if (row.session !== "") tables.bySession.delete(sessionKey(row));
}

function sessionKey({ session, id }: PreparedQuery): string {
  return rowKey(canonicalUuid(session), queryKey(id));
}

/** By any writing of its id. */
export function queryById({ rows }: QueryTables, id: string): PreparedQuery | undefined {
  return rows.get(queryKey(id));
}

export function queryByName({ byName }: QueryTables, name: string): PreparedQuery | undefined {
  return byName.get(nameKey(name));
}

/** The template whose names begin so and no otherwise. */
export function templateOf({ byPrefix }: QueryTables, prefix: string): PreparedQuery | undefined {
  return byPrefix.get(nameKey(prefix));
}

/** The template with the longest prefix that the name begins with. */
export function templateFor(
  { byPrefix }: QueryTables,
  name: string,
  config: { readonly planted?: string | undefined },
): PreparedQuery | undefined {
  for (let wanted = nameKey(name); ; ) {
    // All that stands between a prefix of the name and the name begins with that prefix: so what comes next below the
    // name either is the one, or has the one's name in common with it.
    const below = byPrefix.getPairOrNextLower(wanted);
    if (below === undefined) return undefined;
    const [prefix, row] = below;
    if (wanted.startsWith(prefix)) return row;
    if (PLANTED && planted(config, "query-template-next-below")) return undefined;
    wanted = commonBeginning(wanted, prefix);
  }
}

function commonBeginning(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/** What ends with a session, by id. */
export function queriesOfSession({ bySession }: QueryTables, session: string): PreparedQuery[] {
  return rowsUnder(bySession, rowsOf(canonicalUuid(session)));
}
