// Checks: what registering and removing one means. One that goes, or turns critical, ends the sessions that rest on it.

import type { CheckFields } from "../api/request.ts";
import { equalPlain } from "../lib/plain.ts";
import { type Check, CRITICAL } from "../model/catalog.ts";
import { rowKey, rowsOf } from "./catalog-keys.ts";
import { putCheck, rowsUnder, takeCheck } from "./catalog-tables.ts";
import { invalidateSessionsOfCheck } from "./end-sessions.ts";
import { noteInstanceChange, noteNodeChange, serviceOf } from "./services.ts";
import type { Store, Touched } from "./store.ts";

export function checkOf(store: Store, node: string, checkId: string): Check | undefined {
  return store.checks.rows.get(rowKey(node, checkId));
}

/** A node's checks, its services' among them, by id. */
export function checksOfNode(store: Store, node: string): Check[] {
  return rowsUnder(store.checks.rows, rowsOf(node));
}

/** The checks of one instance, or, for the id "", those of the node as a whole; by id. */
export function checksOfInstance(store: Store, node: string, serviceId: string): Check[] {
  return rowsUnder(store.checks.byInstance, rowsOf(node, serviceId));
}

/** The checks that name a service, by node and id. */
export function checksOfService(store: Store, service: string): Check[] {
  return rowsUnder(store.checks.byService, rowsOf(service));
}

/** The checks of one status, or of "any", by node and id. */
export function checksInState(store: Store, state: string): Check[] {
  return state === "any" ? store.checks.rows.valuesArray() : rowsUnder(store.checks.byStatus, `${state}\0`);
}

/**
 * Registers a check on a node that is there. One of a service says of it what the catalog says; the same again changes
 * nothing.
 * @param fields Its service, if it names one, is there.
 */
export function applyCheckRegister(
  store: Store,
  index: number,
  fields: CheckFields,
  touched: Touched[],
): void {
  const { node, checkId } = fields;
  const service = fields.serviceId === "" ? undefined : serviceOf(store, node, fields.serviceId);
  const said =
    service === undefined ? fields : { ...fields, serviceName: service.service, serviceTags: service.tags };
  const existing = checkOf(store, node, checkId);
  if (existing !== undefined && isSame(existing, said)) return;
  const row: Check = { createIndex: existing?.createIndex ?? index, modifyIndex: index, ...said };
  putCheck(store.checks, row);
  if (existing !== undefined && existing.serviceId !== row.serviceId)
    noteCheckChange(store, index, existing, touched);
  noteCheckChange(store, index, row, touched);
  if (existing !== undefined && existing.status !== row.status)
    touched.push({ table: "checks", check: existing });
  if (row.status === CRITICAL) invalidateSessionsOfCheck(store, index, row, touched);
}

function isSame(row: Check, fields: CheckFields): boolean {
  const { createIndex: _created, modifyIndex: _modified, ...known } = row;
  return equalPlain(known, fields);
}

export function removeCheck(store: Store, index: number, row: Check, touched: Touched[]): void {
  takeCheck(store.checks, rowKey(row.node, row.checkId));
  // As in Consul; nobody is woken by it.
  if (row.serviceId === "") store.tableIndexes.services = index;
  noteCheckChange(store, index, row, touched);
  invalidateSessionsOfCheck(store, index, row, touched);
}

/** The health of an instance, or of all that is on the node, is part of what readers of these services are told. */
function noteCheckChange(store: Store, index: number, check: Check, touched: Touched[]): void {
  const { node, serviceId, serviceName } = check;
  store.tableIndexes.checks = index;
  touched.push({ table: "checks", check });
  if (serviceId === "") return noteNodeChange(store, index, node, touched);
  const service = serviceOf(store, node, serviceId);
  if (service !== undefined) noteInstanceChange(store, index, service, touched);
  // Of a service that was registered anew under another name, its checks keep the old one until they are written.
  if (serviceName !== "" && service?.service !== serviceName)
    touched.push({ table: "service", service: serviceName });
}
