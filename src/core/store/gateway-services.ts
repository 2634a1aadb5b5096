// Which services a gateway serves: rows that follow from the gateways' configuration entries and, where those mean all
// services, from which services there are. Consul's agent/consul/state/catalog.go, 1.8.

import { equalPlain } from "../lib/plain.ts";
import { CONSUL_SERVICE } from "../model/catalog.ts";
import { type ConfigEntry, WILDCARD } from "../model/config-entry.ts";
import type { GatewayService } from "../model/gateway-service.ts";
import { rowsOf, serviceKey } from "./catalog-keys.ts";
import { rowsUnder } from "./catalog-tables.ts";
import { entryOf, gatewayServiceKey } from "./config-tables.ts";
import { protocolOf } from "./discovery-chain.ts";
import type { Store, Touched } from "./store.ts";

type Fields = Omit<GatewayService, "createIndex" | "modifyIndex">;

function rowsOfGateway(store: Store, gateway: string): GatewayService[] {
  return rowsUnder(store.gatewayServices, rowsOf(gateway));
}

/** What a gateway's entry says itself. */
function fieldsOf(entry: ConfigEntry): Fields[] {
  const blank = {
    gateway: entry.name,
    gatewayKind: entry.kind,
    port: 0,
    protocol: "",
    hosts: null,
    caFile: "",
    certFile: "",
    keyFile: "",
    sni: "",
    fromWildcard: false,
  };
  if (entry.kind === "terminating-gateway")
    return (entry.services ?? []).map(({ name, ...its }) => ({ ...blank, ...its, service: name }));
  if (entry.kind !== "ingress-gateway") return [];
  return (entry.listeners ?? []).flatMap(({ port, protocol, services }) =>
    (services ?? []).map(({ name, hosts }) => ({ ...blank, port, protocol, hosts, service: name })),
  );
}

/** A gateway's entry is written: its rows are made anew, unless it says what it said before. */
export function writeGatewayRows(
  store: Store,
  index: number,
  entry: ConfigEntry,
  before: ConfigEntry | undefined,
  touched: Touched[],
): void {
  const fields = fieldsOf(entry);
  if (before !== undefined && equalPlain(fieldsOf(before), fields)) return;
  dropRows(store, entry.name, touched);
  // What is named wins over what is meant along with all others.
  for (const each of fields) if (each.service !== WILDCARD) putRow(store, index, each, touched);
  for (const each of fields) if (each.service === WILDCARD) putWildcard(store, index, each, touched);
  store.tableIndexes.gatewayServices = index;
  touched.push({ table: "gateway-services" });
}

/** The entry is gone, and the rows with it. */
export function removeGatewayRows(store: Store, index: number, gateway: string, touched: Touched[]): void {
  dropRows(store, gateway, touched);
  store.tableIndexes.gatewayServices = index;
  touched.push({ table: "gateway-services" });
}

function dropRows(store: Store, gateway: string, touched: Touched[]): void {
  for (const row of rowsOfGateway(store, gateway)) dropRow(store, row, touched);
}

function dropRow(store: Store, row: GatewayService, touched: Touched[]): void {
  store.gatewayServices.delete(gatewayServiceKey(row));
  touched.push({ table: "service", service: row.service });
}

function putRow(store: Store, index: number, fields: Fields, touched: Touched[]): void {
  const existing = store.gatewayServices.get(gatewayServiceKey(fields));
  const createIndex = existing?.createIndex ?? index;
  store.gatewayServices.set(gatewayServiceKey(fields), { createIndex, modifyIndex: index, ...fields });
  // Who asks for what takes the service's connections is told something else.
  touched.push({ table: "service", service: fields.service });
}

function putWildcard(store: Store, index: number, fields: Fields, touched: Touched[]): void {
  const names = new Map<string, string>();
  store.services.byName.forEach(({ kind, service }) => {
    if (isOrdinary(kind, service) && !names.has(serviceKey(service))) names.set(serviceKey(service), service);
  });
  for (const service of names.values()) putMeant(store, index, fields, service, touched);
  putRow(store, index, fields, touched);
}

/** A service that is meant along with all others, unless it is named too. */
function putMeant(
  store: Store,
  index: number,
  wildcard: Fields,
  service: string,
  touched: Touched[],
): boolean {
  const fields = { ...wildcard, service, fromWildcard: true };
  if (store.gatewayServices.has(gatewayServiceKey(fields))) return false;
  putRow(store, index, fields, touched);
  return true;
}

/** Gateways serve services that are nobody's proxy, and not the servers' own. */
function isOrdinary(kind: string, service: string): boolean {
  return kind === "" && service !== CONSUL_SERVICE;
}

/** An instance was registered: gateways that serve all services serve this one. */
export function noteServiceThere(
  store: Store,
  index: number,
  { kind, service }: { readonly kind: string; readonly service: string },
  touched: Touched[],
): void {
  if (store.gatewayServices.size === 0 || !isOrdinary(kind, service)) return;
  for (const row of gatewaysOf(store, WILDCARD)) {
    const { createIndex: _created, modifyIndex: _modified, ...fields } = row;
    if (!putMeant(store, index, fields, service, touched)) continue;
    store.tableIndexes.gatewayServices = index;
    touched.push({ table: "gateway-services" });
  }
}

/** A service's last instance is gone: it is served no more, unless it is named. */
export function noteServiceNotThere(store: Store, index: number, service: string, touched: Touched[]): void {
  if (store.gatewayServices.size === 0) return;
  for (const row of gatewaysOf(store, service))
    if (row.fromWildcard) {
      dropRow(store, row, touched);
      store.tableIndexes.gatewayServices = index;
      touched.push({ table: "gateway-services" });
    }
}

/** The rows of a service, or of WILDCARD itself, by gateway and port. There are few gateways. */
export function gatewaysOf(store: Store, service: string): GatewayService[] {
  const key = serviceKey(service);
  return store.gatewayServices.valuesArray().filter((row) => serviceKey(row.service) === key);
}

/** The services of a gateway. Of those that are only meant an ingress gateway serves the ones that speak as its listener. */
export function listGatewayServices(
  store: Store,
  gateway: string,
): { readonly rows: readonly GatewayService[]; readonly index: number } {
  const { gatewayServices, configEntries } = store.tableIndexes;
  let index = gatewayServices;
  const rows = rowsOfGateway(store, gateway).filter(({ service, gatewayKind, protocol, fromWildcard }) => {
    if (service === WILDCARD) return false;
    if (!fromWildcard || gatewayKind !== "ingress-gateway") return true;
    index = Math.max(index, configEntries);
    return protocolOf(service, (kind, name) => entryOf(store.configEntries, kind, name)) === protocol;
  });
  return { rows, index };
}
