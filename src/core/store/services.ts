// The instances of services: what registering and removing one means, and the indexes that tell a reader of one service
// that something about it changed.

import type { ServiceFields } from "../api/request.ts";
import { forPrefix } from "../lib/ordered-map.ts";
import { equalPlain } from "../lib/plain.ts";
import type { CatalogService } from "../model/catalog.ts";
import { rowKey, rowsOf, serviceKey } from "./catalog-keys.ts";
import { type ConnectFields, connectTarget, putService, rowsUnder, takeService } from "./catalog-tables.ts";
import { noteServiceNotThere, noteServiceThere } from "./gateway-services.ts";
import type { Store, Touched } from "./store.ts";

export function serviceOf(store: Store, node: string, id: string): CatalogService | undefined {
  return store.services.rows.get(rowKey(node, id));
}

/** A node's services, by id. */
export function servicesOfNode(store: Store, node: string): CatalogService[] {
  return rowsUnder(store.services.rows, rowsOf(node));
}

/** A service's instances, by node and id: its own, or those that take Connect's connections for it. */
export function instancesOf(store: Store, service: string, connect: boolean): CatalogService[] {
  const { byName, byConnect } = store.services;
  return rowsUnder(connect ? byConnect : byName, rowsOf(service));
}

/** Registers a service on a node that is there. The same again changes nothing. */
export function applyServiceRegister(
  store: Store,
  index: number,
  node: string,
  fields: ServiceFields,
  touched: Touched[],
): void {
  const existing = serviceOf(store, node, fields.id);
  if (existing !== undefined && isSame(existing, fields)) return;
  const createIndex = existing?.createIndex ?? index;
  putService(store.services, { node, createIndex, modifyIndex: index, ...fields });
  store.tableIndexes.services = index;
  if (existing !== undefined && serviceKey(existing.service) !== serviceKey(fields.service))
    noteServiceGone(store, index, existing.service, touched);
  if (existing !== undefined) touchConnect(existing, touched);
  noteInstanceChange(store, index, fields, touched);
  noteServiceThere(store, index, fields, touched);
  touched.push({ table: "services" }, { table: "node", node });
}

function isSame(row: CatalogService, fields: ServiceFields): boolean {
  const { node: _node, createIndex: _created, modifyIndex: _modified, ...known } = row;
  return equalPlain(known, fields);
}

/** Removes the row alone; its checks are removed before it (checks.ts). */
export function removeService(store: Store, index: number, row: CatalogService, touched: Touched[]): void {
  takeService(store.services, rowKey(row.node, row.id));
  store.tableIndexes.services = index;
  // Whether it had checks or not: so it is in Consul, and who waits for a check is not woken by it.
  store.tableIndexes.checks = index;
  noteServiceGone(store, index, row.service, touched);
  touchConnect(row, touched);
  touched.push({ table: "services" }, { table: "node", node: row.node });
}

/** Something that a reader of this service is told has changed. */
export function noteServiceChange(store: Store, index: number, service: string, touched: Touched[]): void {
  store.services.indexes.set(serviceKey(service), index);
  touched.push({ table: "service", service });
}

/** The same of one of its instances: who asks for what takes Connect's connections may be told something else, too. */
export function noteInstanceChange(
  store: Store,
  index: number,
  row: ConnectFields,
  touched: Touched[],
): void {
  noteServiceChange(store, index, row.service, touched);
  touchConnect(row, touched);
}

function touchConnect(row: ConnectFields, touched: Touched[]): void {
  const target = connectTarget(row);
  if (target !== undefined && serviceKey(target) !== serviceKey(row.service))
    touched.push({ table: "service", service: target });
}

/** An instance is gone; with the last one goes the service's own index. */
function noteServiceGone(store: Store, index: number, service: string, touched: Touched[]): void {
  let lives = false;
  forPrefix(store.services.byName, rowsOf(service), () => {
    lives = true;
    return false;
  });
  if (lives) return noteServiceChange(store, index, service, touched);
  store.services.indexes.delete(serviceKey(service));
  store.tableIndexes.serviceExtinction = index;
  noteServiceNotThere(store, index, service, touched);
  touched.push({ table: "service", service });
}

/** A node, or a check of the whole node, changed: so did all that its services' readers are told. */
export function noteNodeChange(store: Store, index: number, node: string, touched: Touched[]): void {
  const names = new Map<string, string>();
  for (const row of servicesOfNode(store, node)) {
    names.set(serviceKey(row.service), row.service);
    touchConnect(row, touched);
  }
  for (const service of names.values()) noteServiceChange(store, index, service, touched);
}

/**
 * What a reader of one service waits to be exceeded.
 * @param checks Whether health is part of the answer.
 */
export function serviceIndex(store: Store, service: string, lives: boolean, checks: boolean): number {
  const { tableIndexes: table, services } = store;
  if (!lives && table.serviceExtinction > 0) return table.serviceExtinction;
  const own = services.indexes.get(serviceKey(service));
  return own ?? Math.max(table.nodes, table.services, checks ? table.checks : 0);
}
