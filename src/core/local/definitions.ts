// What is registered here, and what becomes of it: put in and taken out in one step each, with all that hangs on it (clocks,
// indexes, what the catalog has to be told). Each step says what of it is to be kept. Consul's agent/agent.go, 1.8.

import { type Notice, notice } from "../api/notice.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { CRITICAL } from "../model/catalog.ts";
import {
  type CheckRegistration,
  NO_SPEC,
  NODE_MAINTENANCE,
  SERVICE_MAINTENANCE_PREFIX,
  type ServiceRegistration,
} from "../model/local.ts";
import { sidecarId } from "../model/written-service.ts";
import { startAlias } from "./alias.ts";
import { adoptDefaults, defaultsOf, stopFollowing } from "./central-config.ts";
import { startTtl, touch } from "./checks.ts";
import { exposeCheck, exposeChecks, forgetExposer } from "./exposed.ts";
import { type Change, NO_CHANGE } from "./journal-format.ts";
import { checkSyncKey, serviceSyncKey } from "./keys.ts";
import { abandonProbe, goOnProbing, isProbed, startProbing } from "./probes.ts";
import type { Local, LocalCheck, Source } from "./state.ts";
import { stopTimer, stopTimers } from "./timers.ts";

/** How often it is looked whether a service has been critical for too long, and for how long it must be (Consul's). */
export const REAP_INTERVAL_MS = 30_000;
const LEAST_REAP_MS = 60_000;

/** Registers a service with its checks, or makes it what it is to be from now on. */
export function putService(
  local: Local,
  { service, checks }: ServiceRegistration,
  source: Source,
  replacesChecks: boolean,
  nowMs: number,
): Change {
  const named = nameChecks(service.id, service.service, checks);
  const before = [...(local.checksOfService.get(service.id) ?? [])];
  const was = local.services.get(service.id)?.definition;
  if (was?.proxy?.destinationServiceId !== service.proxy?.destinationServiceId && was !== undefined)
    forgetExposer(local, was);
  const definition = adoptDefaults(local, service, nowMs);
  local.services.set(service.id, { definition, registered: service, source });
  touch(local, serviceSyncKey(service.id));
  exposeChecks(local, definition);
  for (const check of named) putCheck(local, check, source, nowMs);
  const stay = new Set(named.map(({ checkId }) => checkId));
  const gone = replacesChecks ? before.filter((id) => !stay.has(id)) : [];
  for (const id of gone) dropCheck(local, id);
  const defaults = defaultsOf(local, service.id);
  if (source === "config") return { ...NO_CHANGE, goneChecks: gone, defaults };
  return { ...NO_CHANGE, services: [service], checks: named, goneChecks: gone, defaults };
}

/** Checks that have no name or id take the service's: with a number, if it has more than one. */
export function nameChecks(
  serviceId: string,
  serviceName: string,
  checks: readonly CheckRegistration[],
): CheckRegistration[] {
  return checks.map((check, at) => {
    const own = checks.length === 1 ? `service:${serviceId}` : `service:${serviceId}:${at + 1}`;
    return {
      ...check,
      checkId: check.checkId === "" ? own : check.checkId,
      name: check.name === "" ? `Service '${serviceName}' check` : check.name,
      serviceId,
    };
  });
}

/** Registers a check, whose service is there if it has one. One that was there stays as it is: passing, critical… */
export function putCheck(
  local: Local,
  registration: CheckRegistration,
  source: Source,
  nowMs: number,
): Change {
  const { checkId, serviceId, spec } = registration;
  const service = local.services.get(serviceId)?.definition;
  const before = local.checks.get(checkId);
  if (before !== undefined) unlink(local, before);
  const status = before?.status ?? (registration.status === "" ? CRITICAL : registration.status);
  const check: LocalCheck = {
    registration,
    source,
    serviceName: service?.service ?? "",
    serviceTags: service?.tags ?? [],
    status,
    output: before?.output ?? "",
    criticalSinceMs: status === CRITICAL ? (before?.criticalSinceMs ?? nowMs) : undefined,
    // Full, so that the first result counts.
    successes: spec.successBeforePassing,
    failures: isProbed(spec) ? spec.failuresBeforeCritical : 0,
    run: 0,
    probing: false,
    aliasIndex: 0,
    expiresAtMs: before?.expiresAtMs ?? 0,
  };
  local.checks.set(checkId, check);
  link(local, check);
  exposeCheck(local, registration);
  touch(local, checkSyncKey(checkId));
  if (before !== undefined && goOnProbing(local, before, check)) stopTimer(local, "tell", checkId);
  else {
    if (before !== undefined) abandonProbe(local, before);
    startClocks(local, check, nowMs);
  }
  return source === "api" ? { ...NO_CHANGE, checks: [registration] } : NO_CHANGE;
}

function startClocks(local: Local, check: LocalCheck, nowMs: number): void {
  const { checkId, serviceId, spec } = check.registration;
  stopTimers(local, checkId);
  if (spec.ttlNs > 0) startTtl(local, check, nowMs);
  else if (isProbed(spec)) startProbing(local, check, nowMs);
  else if (spec.aliasNode !== "" || spec.aliasService !== "") startAlias(local, check, nowMs);
  if (serviceId !== "" && spec.deregisterCriticalServiceAfterNs > 0)
    local.reapAtMs = Math.min(local.reapAtMs, nowMs + REAP_INTERVAL_MS);
}

function link({ checksOfService }: Local, { registration }: LocalCheck): void {
  const { checkId, serviceId } = registration;
  if (serviceId === "") return;
  const its = checksOfService.get(serviceId);
  if (its === undefined) checksOfService.set(serviceId, new Set([checkId]));
  else its.add(checkId);
}

function unlink({ checksOfService, aliases }: Local, { registration }: LocalCheck): void {
  const { checkId, serviceId } = registration;
  aliases.delete(checkId);
  const its = checksOfService.get(serviceId);
  if (its?.delete(checkId) === true && its.size === 0) checksOfService.delete(serviceId);
}

/** Takes a check out. One that is not there is no error. */
export function dropCheck(local: Local, checkId: string): Change {
  const check = local.checks.get(checkId);
  if (check === undefined) return NO_CHANGE;
  unlink(local, check);
  abandonProbe(local, check);
  stopTimers(local, checkId);
  local.checks.delete(checkId);
  local.exposedPorts.delete(checkId);
  touch(local, checkSyncKey(checkId));
  return { ...NO_CHANGE, goneChecks: [checkId] };
}

/** Takes a service out, and with it its checks and the proxy that was registered beside it. One that is not there is no error. */
export function dropService(local: Local, serviceId: string): Change {
  const service = local.services.get(serviceId)?.definition;
  if (service === undefined) return NO_CHANGE;
  forgetExposer(local, service);
  const goneChecks = [...(local.checksOfService.get(serviceId) ?? [])];
  for (const id of goneChecks) dropCheck(local, id);
  local.services.delete(serviceId);
  stopFollowing(local, serviceId);
  touch(local, serviceSyncKey(serviceId));
  if (PLANTED && planted(local.config, "local-removal-not-kept")) return NO_CHANGE;
  const sidecar = local.services.get(sidecarId(serviceId))?.definition;
  const beside = sidecar?.sidecarOf === serviceId ? dropService(local, sidecar.id) : NO_CHANGE;
  return {
    ...NO_CHANGE,
    goneServices: [serviceId, ...beside.goneServices],
    goneChecks: [...goneChecks, ...beside.goneChecks],
  };
}

const NO_REASON = {
  node: "Maintenance mode is enabled for this node, but no reason was provided. This is a default message.",
  service:
    "Maintenance mode is enabled for this service, but no reason was provided. This is a default message.",
} as const;

/** Puts the node, or a service of it, into maintenance or takes it out. The first reason stays. */
export function maintain(
  local: Local,
  serviceId: string,
  enable: boolean,
  reason: string,
  nowMs: number,
): Change {
  const checkId = serviceId === "" ? NODE_MAINTENANCE : `${SERVICE_MAINTENANCE_PREFIX}${serviceId}`;
  if (!enable) return dropCheck(local, checkId);
  if (local.checks.has(checkId)) return NO_CHANGE;
  const of = serviceId === "" ? "node" : "service";
  const check: CheckRegistration = {
    checkId,
    name: of === "node" ? "Node Maintenance Mode" : "Service Maintenance Mode",
    notes: reason === "" ? NO_REASON[of] : reason,
    serviceId,
    status: CRITICAL,
    type: "maintenance",
    token: local.services.get(serviceId)?.definition.token ?? "",
    spec: NO_SPEC,
  };
  return putCheck(local, check, "api", nowMs);
}

/** What the log is told of a check whose service is asked to go sooner than any does. */
export function reapNotice({ checkId, serviceId, spec }: CheckRegistration): Notice | undefined {
  const bearsMs = spec.deregisterCriticalServiceAfterNs / 1e6;
  if (serviceId === "" || bearsMs <= 0 || bearsMs >= LEAST_REAP_MS) return undefined;
  const message = "check has deregister interval below minimum";
  const fields = { check: checkId, minimum_interval: "1m0s" };
  return notice("warn", "", message, fields);
}

/** The services that have been critical for longer than one of their checks bears, with that check. */
export function tooLongCritical(local: Local, nowMs: number): Map<string, string> {
  const found = new Map<string, string>();
  for (const [id, { registration, criticalSinceMs }] of local.checks) {
    const { serviceId, spec } = registration;
    const bearsMs = spec.deregisterCriticalServiceAfterNs / 1e6;
    if (serviceId === "" || bearsMs === 0 || criticalSinceMs === undefined || found.has(serviceId)) continue;
    const early = PLANTED && planted(local.config, "reap-forgets-the-floor");
    if (nowMs - criticalSinceMs > (early ? bearsMs : Math.max(LEAST_REAP_MS, bearsMs)))
      found.set(serviceId, id);
  }
  return found;
}

/** Whether any check says that its service is to go when it has been critical for long. */
export function mayReap({ checks }: Local): boolean {
  for (const { registration } of checks.values())
    if (registration.spec.deregisterCriticalServiceAfterNs > 0) return true;
  return false;
}
