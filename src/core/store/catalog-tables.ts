// The tables of services and checks: each row under its key, and once more under every other key that it is looked for
// by. Rows go in and out here alone, so that no index over them can be forgotten; what else a change brings with it is
// said in services.ts and checks.ts.

import { createOrderedMap, forPrefix, type OrderedMap } from "../lib/ordered-map.ts";
import type { CatalogService, Check } from "../model/catalog.ts";
import { CONNECT_PROXY } from "../model/proxy.ts";
import { rowKey } from "./catalog-keys.ts";

export interface ServiceTables {
  /** By node and service id. */
  readonly rows: OrderedMap<string, CatalogService>;
  /** The same by service name, node and id. */
  readonly byName: OrderedMap<string, CatalogService>;
  /** What takes Connect's connections for a service, by that service's name, node and id. */
  readonly byConnect: OrderedMap<string, CatalogService>;
  /**
   * Service name → index of the last change of any instance, of its checks, its node or its node's checks. There for
   * services with instances; of the others the table index `serviceExtinction` speaks.
   */
  readonly indexes: OrderedMap<string, number>;
}

export function createServiceTables(
  rows: readonly CatalogService[] = [],
  indexes: readonly (readonly [name: string, index: number])[] = [],
): ServiceTables {
  const tables: ServiceTables = {
    rows: createOrderedMap(),
    byName: createOrderedMap(),
    byConnect: createOrderedMap(),
    indexes: createOrderedMap(indexes.map(([name, index]) => [name, index])),
  };
  for (const row of rows) putService(tables, row);
  return tables;
}

/** In O(1), as cloneStore. */
export function cloneServiceTables({ rows, byName, byConnect, indexes }: ServiceTables): ServiceTables {
  return {
    rows: rows.clone(),
    byName: byName.clone(),
    byConnect: byConnect.clone(),
    indexes: indexes.clone(),
  };
}

/** Makes or replaces a row. Its service's index is the caller's business. */
export function putService(tables: ServiceTables, row: CatalogService): void {
  const key = rowKey(row.node, row.id);
  takeService(tables, key);
  tables.rows.set(key, row);
  tables.byName.set(rowKey(row.service, row.node, row.id), row);
  const target = connectTarget(row);
  if (target !== undefined) tables.byConnect.set(rowKey(target, row.node, row.id), row);
}

export function takeService(tables: ServiceTables, key: string): void {
  const row = tables.rows.get(key);
  if (row === undefined) return;
  tables.rows.delete(key);
  tables.byName.delete(rowKey(row.service, row.node, row.id));
  const target = connectTarget(row);
  if (target !== undefined) tables.byConnect.delete(rowKey(target, row.node, row.id));
}

/** What says whose connections an instance takes. */
export type ConnectFields = Pick<CatalogService, "kind" | "service" | "connectNative" | "proxy">;

/** Whose Connect connections the instance takes; undefined for nobody's. */
export function connectTarget({ kind, service, connectNative, proxy }: ConnectFields): string | undefined {
  if (kind === CONNECT_PROXY) return proxy?.destinationServiceName ?? "";
  return connectNative ? service : undefined;
}

export interface CheckTables {
  /** By node and check id. */
  readonly rows: OrderedMap<string, Check>;
  /** The same by node, service id ("" for the whole node's) and check id. */
  readonly byInstance: OrderedMap<string, Check>;
  /** Those that name a service, by its name, node and check id. */
  readonly byService: OrderedMap<string, Check>;
  /** By status, node and check id. */
  readonly byStatus: OrderedMap<string, Check>;
}

export function createCheckTables(rows: readonly Check[] = []): CheckTables {
  const tables: CheckTables = {
    rows: createOrderedMap(),
    byInstance: createOrderedMap(),
    byService: createOrderedMap(),
    byStatus: createOrderedMap(),
  };
  for (const row of rows) putCheck(tables, row);
  return tables;
}

/** In O(1), as cloneStore. */
export function cloneCheckTables({ rows, byInstance, byService, byStatus }: CheckTables): CheckTables {
  return {
    rows: rows.clone(),
    byInstance: byInstance.clone(),
    byService: byService.clone(),
    byStatus: byStatus.clone(),
  };
}

/** Makes or replaces a row. */
export function putCheck(tables: CheckTables, row: Check): void {
  const { node, checkId } = row;
  const key = rowKey(node, checkId);
  takeCheck(tables, key);
  tables.rows.set(key, row);
  tables.byInstance.set(rowKey(node, row.serviceId, checkId), row);
  if (row.serviceName !== "") tables.byService.set(rowKey(row.serviceName, node, checkId), row);
  tables.byStatus.set(statusKey(row), row);
}

export function takeCheck(tables: CheckTables, key: string): void {
  const row = tables.rows.get(key);
  if (row === undefined) return;
  const { node, checkId } = row;
  tables.rows.delete(key);
  tables.byInstance.delete(rowKey(node, row.serviceId, checkId));
  if (row.serviceName !== "") tables.byService.delete(rowKey(row.serviceName, node, checkId));
  tables.byStatus.delete(statusKey(row));
}

/** A status, unlike a name, is what it is letter for letter. */
function statusKey({ status, node, checkId }: Check): string {
  return `${status}\0${rowKey(node, checkId)}`;
}

/** The rows whose keys begin so, in order. */
export function rowsUnder<V>(map: OrderedMap<string, V>, prefix: string): V[] {
  const rows: V[] = [];
  forPrefix(map, prefix, (_key, row) => rows.push(row) > 0);
  return rows;
}
