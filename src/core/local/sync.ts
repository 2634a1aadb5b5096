// Keeps the catalog as this agent says: what changes here is told at once, and every now and then all that the catalog has
// of this node is read and compared. One thing is told at a time of each service and check, so that what was said last
// arrives last. Consul's agent/ae and agent/local, 1.8.

import { type NoticeFields, notice } from "../api/notice.ts";
import type { CatalogRegister, CheckFields } from "../api/request.ts";
import type { Response } from "../api/response.ts";
import { chooseMs } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { type Check, SERF_CHECK_ID } from "../model/catalog.ts";
import { ownNode } from "../model/own-node.ts";
import { onAliasAnswer } from "./alias.ts";
import { touch } from "./checks.ts";
import { compareWithCatalog, isNodeInSync } from "./compare.ts";
import { checkSyncKey, type SyncKey, serviceSyncKey, syncKeyOf } from "./keys.ts";
import type { Flight, Local, LocalCheck, LocalEffect } from "./state.ts";

/** Consul's: between comparisons, after a failed one, and after a server was seen; each with as much again by chance. */
const FULL_MS = 60_000;
const RETRY_MS = 15_000;
const SERVER_UP_MS = 3_000;
/** Up to so many agents the chance is not stretched; with each doubling it is by one more. */
const SCALE_THRESHOLD = 128;
/** Questions to the servers at a time. */
const MAX_FLIGHTS = 128;

/** How far agents spread their comparisons, by how many they are. */
export function scaleOf(members: number): number {
  return members <= SCALE_THRESHOLD ? 1 : Math.ceil(Math.log2(members) - Math.log2(SCALE_THRESHOLD)) + 1;
}

function stagger(local: Local, ms: number, members: number): number {
  return chooseMs(local.chance, "local.sync-stagger", 0, ms * scaleOf(members));
}

/** A server has come: what could not be told may be told now. */
export function onServerUp(local: Local, members: number, nowMs: number): void {
  const atMs = nowMs + stagger(local, SERVER_UP_MS, members);
  local.sync.fullAtMs = Math.min(local.sync.fullAtMs, atMs);
}

/** Reads what the catalog has of this node, and tells again what could not be told; to be called when due. */
export function startFullSync(local: Local, out: LocalEffect[]): void {
  const { sync, config } = local;
  for (const key of sync.stuck) sync.dirty.add(key);
  sync.stuck.clear();
  sync.fullAtMs = Number.POSITIVE_INFINITY;
  if (sync.reading !== undefined) return;
  const touched = new Set([...sync.dirty, ...sync.busy]);
  const id = sync.nextFlight;
  sync.reading = { id, services: undefined, checks: undefined, touched };
  // Consul asks any server that is not far behind. The leader knows best, and two small answers a minute are no load.
  const options = { consistency: "default", minIndex: 0, waitMs: 0 } as const;
  const node = config.nodeName;
  fly(local, { does: "read", half: "services", reading: id }, { kind: "catalog.node", node, options }, out);
  fly(local, { does: "read", half: "checks", reading: id }, { kind: "health.node", node, options }, out);
}

function fly(
  { sync }: Local,
  flight: Flight,
  request: Extract<LocalEffect, { type: "ask" }>["request"],
  out: LocalEffect[],
): void {
  const id = sync.nextFlight++;
  sync.flights.set(id, flight);
  out.push({ type: "ask", flight: id, request });
}

/** Tells the servers what they have to be told, as far as nothing is under way about it already. */
export function push(local: Local, out: LocalEffect[]): void {
  const { sync } = local;
  for (const key of sync.dirty) {
    if (sync.flights.size >= MAX_FLIGHTS) return;
    if (!sync.busy.has(key)) pushOne(local, key, out);
  }
}

function pushOne(local: Local, key: SyncKey, out: LocalEffect[]): void {
  const { of, id } = syncKeyOf(key);
  const node = local.config.nodeName;
  if (of === "service") {
    const service = local.services.get(id)?.definition;
    if (service === undefined)
      return take(local, [key], { kind: "catalog.deregister", node, serviceId: id, checkId: "" }, out);
    const checks = itsDirtyChecks(local, id);
    const keys = [key, ...checks.map(({ registration }) => checkSyncKey(registration.checkId))];
    const { token: _token, sidecarOf: _of, ...fields } = service;
    return take(local, keys, { service: fields, ...registration(local, checks) }, out);
  }
  const check = local.checks.get(id);
  if (check === undefined)
    return take(local, [key], { kind: "catalog.deregister", node, serviceId: "", checkId: id }, out);
  const its = serviceSyncKey(check.registration.serviceId);
  // It goes with its service, or behind it.
  if (local.sync.dirty.has(its) || local.sync.busy.has(its)) return;
  take(local, [key], registration(local, [check]), out);
}

function itsDirtyChecks({ sync, checks, checksOfService }: Local, serviceId: string): LocalCheck[] {
  const found: LocalCheck[] = [];
  for (const id of checksOfService.get(serviceId) ?? []) {
    const check = checks.get(id);
    const key = checkSyncKey(id);
    if (check !== undefined && sync.dirty.has(key) && !sync.busy.has(key)) found.push(check);
  }
  return found;
}

/** The node is told along, for a catalog that does not have it; one that does keeps its own record. */
function registration({ config }: Local, checks: readonly LocalCheck[]): CatalogRegister {
  const { kind: _kind, ...node } = ownNode(config);
  const fields = checks.map((check) => catalogCheck(config.nodeName, check));
  return { kind: "catalog.register", ...node, skipNodeUpdate: true, checks: fields };
}

/** A check as the catalog is to have it. */
export function catalogCheck(
  node: string,
  { registration: its, status, output, serviceName, serviceTags }: LocalCheck,
): CheckFields {
  const { checkId, name, notes, serviceId, type } = its;
  return {
    node,
    checkId,
    name,
    status,
    notes,
    output,
    serviceId,
    serviceName,
    serviceTags,
    type,
    definition: null,
  };
}

function take(
  local: Local,
  keys: readonly SyncKey[],
  request: Extract<LocalEffect, { type: "ask" }>["request"],
  out: LocalEffect[],
): void {
  for (const key of keys) {
    local.sync.dirty.delete(key);
    local.sync.busy.add(key);
  }
  fly(local, { does: "write", keys }, request, out);
}

/** What the servers answered. */
export function onSyncAnswer(
  local: Local,
  flightId: number,
  response: Response,
  members: number,
  nowMs: number,
  out: LocalEffect[],
): void {
  const { sync } = local;
  const flight = sync.flights.get(flightId);
  if (flight === undefined) return;
  sync.flights.delete(flightId);
  switch (flight.does) {
    case "alias":
      onAliasAnswer(local, flight, response, nowMs, out);
      break;
    case "read":
      onRead(local, flight, response, members, nowMs, out);
      break;
    case "write":
      for (const key of flight.keys) sync.busy.delete(key);
      if (response.ok) for (const key of flight.keys) out.push(synced(local, key));
      else onRefused(local, flight.keys, response.error.detail, members, nowMs, out);
  }
}

function onRefused(
  local: Local,
  keys: readonly SyncKey[],
  error: string,
  members: number,
  nowMs: number,
  out: LocalEffect[],
): void {
  const { sync } = local;
  if (PLANTED && planted(local.config, "local-failed-push-forgotten")) return;
  sync.fullAtMs = Math.min(sync.fullAtMs, nowMs + RETRY_MS + stagger(local, RETRY_MS, members));
  for (const key of keys) {
    if (!sync.dirty.has(key)) sync.stuck.add(key);
    sync.reading?.touched.add(key);
    const { of, id } = syncKeyOf(key);
    out.push(notice("warn", "", `Syncing ${of} failed.`, { [of]: id, error }));
    const serviceId = of === "check" ? local.checks.get(id)?.registration.serviceId : undefined;
    // Somebody took its service out of the catalog: both are told again.
    if (error.includes("Missing service registration") && serviceId !== undefined && serviceId !== "")
      for (const each of [key, serviceSyncKey(serviceId)]) touch(local, each);
  }
}

function synced(local: Local, key: SyncKey): LocalEffect {
  const { of, id } = syncKeyOf(key);
  const isHere = of === "service" ? local.services.has(id) : local.checks.has(id);
  return notice("info", "", `${isHere ? "Synced" : "Deregistered"} ${of}`, { [of]: id });
}

function onRead(
  local: Local,
  { half, reading: id }: Extract<Flight, { does: "read" }>,
  response: Response,
  members: number,
  nowMs: number,
  out: LocalEffect[],
): void {
  const { sync } = local;
  const { reading } = sync;
  // Another half of it had failed.
  if (reading?.id !== id) return;
  if (!response.ok) {
    sync.reading = undefined;
    sync.fullAtMs = Math.min(sync.fullAtMs, nowMs + RETRY_MS + stagger(local, RETRY_MS, members));
    out.push(
      notice("error", "anti_entropy", "failed to sync remote state", { error: response.error.detail }),
    );
    return;
  }
  reading[half] = response.body;
  const { services, checks, touched } = reading;
  if (services?.kind !== "node-services" || checks?.kind !== "checks") return;
  sync.reading = undefined;
  sync.compared = true;
  sync.fullAtMs = Math.min(sync.fullAtMs, nowMs + FULL_MS + stagger(local, FULL_MS, members));
  const isNodeRight = isNodeInSync(local, services.node);
  if (!isNodeRight) out.push({ type: "sync-node" });
  compareWithCatalog(
    local,
    { node: services.node, services: services.services, checks: checks.checks },
    touched,
  );
  tellOfCompared(local, checks.checks, isNodeRight, out);
}

/** All that the catalog has as it is here, once a comparison is over. */
function tellOfCompared(
  { services, checks, sync }: Local,
  catalogs: readonly Check[],
  isNodeRight: boolean,
  out: LocalEffect[],
): void {
  const say = (message: string, fields: NoticeFields): void =>
    void out.push(notice("debug", "", message, fields));
  if (catalogs.some(({ checkId }) => checkId === SERF_CHECK_ID))
    say("Skipping remote check since it is managed automatically", { check: SERF_CHECK_ID });
  for (const service of services.keys())
    if (!sync.dirty.has(serviceSyncKey(service))) say("Service in sync", { service });
  for (const check of checks.keys())
    if (!sync.dirty.has(checkSyncKey(check))) say("Check in sync", { check });
  if (isNodeRight) say("Node info in sync", {});
}
