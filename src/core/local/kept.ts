// What an agent keeps of its services and checks, and how it takes it up again when it starts. What the configuration names
// goes before what was kept under the same id, as in Consul. A TTL check that was told something whose time is not over is
// as it was told; of what is kept everything else is critical until it is known better.

import { notice } from "../api/notice.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { CRITICAL } from "../model/catalog.ts";
import { isScript } from "../model/check-type.ts";
import type { CheckRegistration, ServiceDefinition } from "../model/local.ts";
import { defaultsOf, follow, stopFollowing } from "./central-config.ts";
import { setStatus } from "./checks.ts";
import { dropCheck, dropService, nameChecks, putCheck, putService } from "./definitions.ts";
import { type Change, type Defaults, NO_CHANGE, type Told } from "./journal-format.ts";
import type { Local, LocalEffect } from "./state.ts";

/** All that is kept, as changes that lead to it: each service with its checks, then the others. */
export function everythingKept(local: Local): Change[] {
  const changes: Change[] = [];
  for (const [id, { registered, source }] of local.services) {
    const defaults = defaultsOf(local, id);
    if (source === "api") {
      const checks = keptChecks(local, [...(local.checksOfService.get(id) ?? [])]);
      changes.push({ ...NO_CHANGE, services: [registered], checks, defaults });
    } else if (defaults.length > 0) changes.push({ ...NO_CHANGE, defaults });
  }
  for (const [id, { registration, source }] of local.checks)
    if (source === "api" && local.services.get(registration.serviceId)?.source !== "api")
      changes.push({ ...NO_CHANGE, checks: keptChecks(local, [id]) });
  const told = [...local.checks.keys()].flatMap((id) => toldTo(local, id));
  for (const each of told) changes.push({ ...NO_CHANGE, told: [each] });
  return changes;
}

function keptChecks({ checks }: Local, ids: readonly string[]): CheckRegistration[] {
  return ids.flatMap((id) => {
    const check = checks.get(id);
    return check?.source === "api" ? [check.registration] : [];
  });
}

/** What a TTL check was told, if it holds still. */
export function toldTo({ checks }: Local, checkId: string): Told[] {
  const check = checks.get(checkId);
  if (check === undefined || check.expiresAtMs === 0) return [];
  const { status, output, expiresAtMs } = check;
  return [{ checkId, status, output, expiresAtMs }];
}

/**
 * Takes up what was kept, and what the configuration names.
 * @returns What need not be kept any more: the configuration names it by now, or forbids it.
 */
export function takeUp(local: Local, changes: readonly Change[], nowMs: number, out: LocalEffect[]): Change {
  const services = new Map<string, ServiceDefinition>();
  const checks = new Map<string, CheckRegistration>();
  const told = new Map<string, Told>();
  const defaults = new Map<string, Defaults>();
  for (const change of changes) {
    for (const id of change.goneServices) {
      services.delete(id);
      defaults.delete(id);
    }
    for (const id of change.goneChecks) {
      checks.delete(id);
      told.delete(id);
    }
    for (const service of change.services) services.set(service.id, service);
    for (const check of change.checks) checks.set(check.checkId, check);
    for (const each of change.told) told.set(each.checkId, each);
    for (const each of change.defaults) defaults.set(each.serviceId, each);
  }
  const forgets = PLANTED && planted(local.config, "central-config-not-kept");
  for (const each of forgets ? [] : defaults.values()) follow(local, each, 0, nowMs);
  putDefinitions(local, nowMs);
  for (const service of services.values())
    if (!local.services.has(service.id)) putService(local, { service, checks: [] }, "api", false, nowMs);
  const forbidden: string[] = [];
  for (const check of checks.values()) {
    const { checkId, spec } = check;
    if (local.checks.has(checkId) || !hasItsService(local, check)) continue;
    // Scripts were let in from remote callers when it was registered, and are not any more.
    if (!isScript(spec) || local.config.remoteScriptChecks === true)
      putCheck(local, doubted(local, check), "api", nowMs);
    else forbidden.push(checkId);
  }
  out.push(...forbidden.map(notRestored));
  for (const each of told.values()) believe(local, each, nowMs);
  for (const id of defaults.keys()) if (!local.services.has(id)) stopFollowing(local, id);
  // The catalog may have all of it: that is known when the two have been compared.
  local.sync.dirty.clear();
  const replaced = [...services.keys()].filter((id) => local.services.get(id)?.source === "config");
  return {
    ...NO_CHANGE,
    goneServices: replaced,
    defaults: replaced.flatMap((id) => defaultsOf(local, id)),
    goneChecks: [
      ...[...checks.keys()].filter((id) => local.checks.get(id)?.source === "config"),
      ...forbidden,
    ],
  };
}

/** How it was to begin was said of another life: whether it still is, somebody has to find out first, as in Consul. */
function doubted({ config }: Local, check: CheckRegistration): CheckRegistration {
  if (PLANTED && planted(config, "local-restart-believes-status")) return check;
  return { ...check, status: CRITICAL };
}

function notRestored(check: string): LocalEffect {
  const error =
    "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true";
  return notice("warn", "", "Failed to restore check", { check, error });
}

function hasItsService({ services }: Local, { serviceId }: CheckRegistration): boolean {
  return serviceId === "" || services.has(serviceId);
}

function believe(local: Local, { checkId, status, output, expiresAtMs }: Told, nowMs: number): void {
  const check = local.checks.get(checkId);
  const over = nowMs + (local.config.wallOffsetMs ?? 0) >= expiresAtMs;
  if (check === undefined || check.registration.spec.ttlNs === 0 || over) return;
  check.expiresAtMs = expiresAtMs;
  setStatus(local, check, status, output, nowMs);
}

function putDefinitions(local: Local, nowMs: number): void {
  const { services, checks } = local.definitions;
  for (const service of services) putService(local, service, "config", false, nowMs);
  for (const check of checks) if (hasItsService(local, check)) putCheck(local, check, "config", nowMs);
}

/** The configuration was read again: what it no longer names goes, the rest is as it says, and how checks are stays. */
export function replaceDefinitions(local: Local, nowMs: number): void {
  const { definitions } = local;
  const named = new Set(definitions.services.map(({ service }) => service.id));
  for (const [id, { source }] of [...local.services])
    if (source === "config" && !named.has(id)) dropService(local, id);
  const before = [...local.checks].filter(([, { source }]) => source === "config").map(([id]) => id);
  putDefinitions(local, nowMs);
  const stay = new Set(definitions.checks.map(({ checkId }) => checkId));
  for (const { service, checks } of definitions.services)
    for (const { checkId } of nameChecks(service.id, service.service, checks)) stay.add(checkId);
  for (const id of before) if (!stay.has(id)) dropCheck(local, id);
}
