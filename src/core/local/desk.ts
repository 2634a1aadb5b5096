// The agent's own services and checks as one machine: what callers ask, what the disk and the servers answer, what time
// brings. Each step ends alike: what changed is told to the servers, and whoever waited for something that is done is
// answered.

import type { RequestId } from "../agent/ports.ts";
import { apiError, TOO_MANY_OPEN } from "../api/error.ts";
import type { LocalChange, LocalRequest } from "../api/local.ts";
import { notice } from "../api/notice.ts";
import { failed, type Response } from "../api/response.ts";
import { clearDeadline, earliest, setDeadline, takeDue } from "../lib/deadline-heap.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { CheckRegistration, LocalDefinitions } from "../model/local.ts";
import type { DiskInput } from "../wal/disk.ts";
import { askAlias, reviewAliases } from "./alias.ts";
import { answerLocal, describeService } from "./answers.ts";
import { askForDefaults, dropQuestions, onDefaults } from "./central-config.ts";
import { expireCheck, tell, tellCheck } from "./checks.ts";
import {
  dropCheck,
  dropService,
  maintain,
  mayReap,
  nameChecks,
  putCheck,
  REAP_INTERVAL_MS,
  reapNotice,
  tooLongCritical,
} from "./definitions.ts";
import { dnsNotices } from "./dns-names.ts";
import { exposureNotices } from "./exposed.ts";
import { keepChange, openJournal, stepJournal, wakeJournal } from "./journal.ts";
import { type Change, NO_CHANGE } from "./journal-format.ts";
import { everythingKept, replaceDefinitions, takeUp, toldTo } from "./kept.ts";
import { checkSyncKey, type SyncKey, serviceSyncKey } from "./keys.ts";
import {
  intervalNotice,
  onProbed,
  onProbeEnded,
  type Probed,
  type ProbeEnded,
  probe,
  stopAbandoned,
} from "./probes.ts";
import {
  goesBehind,
  heldCount,
  holdRegistration,
  onHeldAnswer,
  type Released,
} from "./registrations-held.ts";
import { registerService, sidecarFault } from "./sidecars.ts";
import type { Local, LocalEffect } from "./state.ts";
import { onServerUp, onSyncAnswer, push, startFullSync } from "./sync.ts";
import { timerOf } from "./timers.ts";

/** What the rest of the agent knows. */
export interface Around {
  /** How many the LAN has. */
  readonly members: () => number;
  /** There is somebody whom the catalog can be asked of. */
  readonly reachable: boolean;
  /** The agent is on its way out: the catalog is told nothing any more, lest the node come back into it. */
  readonly leaving: boolean;
}

/** Who wait at a time. */
const MAX_WAITING = 1 << 16;

export function startLocal(local: Local, around: Around, nowMs: number, out: LocalEffect[]): void {
  if (local.journal !== undefined) return openJournal(local.journal, out);
  onKeptRead(local, [], nowMs, out);
  finish(local, around, nowMs, out);
}

/** The disk answered somebody: this agent's journal, perhaps. */
export function onLocalDisk(
  local: Local,
  input: DiskInput,
  around: Around,
  nowMs: number,
  out: LocalEffect[],
): void {
  const { journal, waiters } = local;
  if (journal === undefined) return;
  const news = stepJournal(journal, input, nowMs, () => everythingKept(local), out);
  if (news === undefined) return;
  switch (news.type) {
    case "unreadable":
      out.push({ type: "unreadable", reason: news.reason });
      return;
    case "read":
      if (news.torn)
        out.push(notice("warn", "", "cut off a registration that was interrupted; nobody was told of it"));
      onKeptRead(local, news.changes, nowMs, out);
      break;
    case "taken-over":
      for (const file of news.passedOver)
        out.push(
          notice("warn", "", "could not take over what Consul has kept of a service or check", { file }),
        );
      onKeptRead(local, news.changes, nowMs, out);
      // The first write makes our own file, of all that there is.
      keep(local, everythingKept(local)[0] ?? NO_CHANGE, out);
      break;
    case "kept":
      for (const waiter of waiters.values()) if (waiter.change <= news.upTo) waiter.change = 0;
      break;
    case "refused":
      out.push(notice("error", "", "failed to keep registrations", { error: news.reason }));
      for (const [id, waiter] of waiters)
        if (waiter.change !== 0 && waiter.change <= news.upTo)
          answer(
            local,
            id,
            failed(apiError("refused", `failed to keep the registration: ${news.reason}`)),
            out,
          );
  }
  finish(local, around, nowMs, out);
}

function onKeptRead(local: Local, changes: readonly Change[], nowMs: number, out: LocalEffect[]): void {
  keep(local, takeUp(local, changes, nowMs, out), out);
  out.push(...definitionNotices(local.definitions));
  local.ready = true;
  local.sync.fullAtMs = nowMs;
  for (const { id, request } of local.early.splice(0)) take(local, id, request, nowMs, out);
}

/** Somebody asks over HTTP. */
export function onLocalRequest(
  local: Local,
  id: RequestId,
  request: LocalRequest,
  around: Around,
  nowMs: number,
  out: LocalEffect[],
): void {
  const { waiters, hashWaiters, early } = local;
  if (waiters.size + hashWaiters.size + early.length + heldCount(local) >= MAX_WAITING)
    return answer(local, id, failed(TOO_MANY_OPEN), out);
  if (!local.ready) {
    early.push({ id, request });
    return;
  }
  take(local, id, request, nowMs, out);
  finish(local, around, nowMs, out);
}

function take(local: Local, id: RequestId, request: LocalRequest, nowMs: number, out: LocalEffect[]): void {
  switch (request.kind) {
    case "agent.service":
      if (request.hash !== "" && describeService(local, request.serviceId).hash === request.hash) {
        local.hashWaiters.set(id, request);
        return setDeadline(local.hashDeadlines, id, nowMs + request.waitMs);
      }
      return answer(local, id, answerLocal(local, request), out);
    case "agent.services":
    case "agent.checks":
    case "agent.service-health":
      return answer(local, id, answerLocal(local, request), out);
    default:
      return takeChange(local, id, request, nowMs, out);
  }
}

function takeChange(
  local: Local,
  id: RequestId,
  request: LocalChange,
  nowMs: number,
  out: LocalEffect[],
): void {
  if (goesBehind(local, id, request)) return;
  const fault = faultOf(local, request);
  if (fault !== undefined) return answer(local, id, fault, out);
  if (request.kind === "agent.register-service" && holdRegistration(local, id, request, out)) return;
  carryOut(local, id, request, nowMs, out);
}

function carryOut(
  local: Local,
  id: RequestId,
  request: LocalChange,
  nowMs: number,
  out: LocalEffect[],
): void {
  if (request.kind === "agent.register-service") out.push(...dnsNotices(request.service));
  const change = perform(local, request, nowMs);
  keep(local, change, out);
  out.push(
    ...checkNotices(change.checks),
    ...exposureNotices(local, change),
    ...changeNotices(request, change),
  );
  const early = PLANTED && planted(local.config, "local-acknowledged-before-kept");
  // What a TTL check was told is kept as well, but nobody need wait for that: it is told again soon.
  const waitsForDisk = request.kind !== "agent.update-check" && !early;
  local.waiters.set(id, { keys: new Set(keysOf(change)), change: waitsForDisk ? lastUnkept(local) : 0 });
}

/** What callers changed, where it is not told when the catalog has it. */
function changeNotices(request: LocalChange, { checks, goneChecks, goneServices }: Change): LocalEffect[] {
  const notices = [
    ...goneChecks.map((check) => notice("debug", "", "removed check", { check })),
    ...goneServices.map((service) => notice("debug", "", "removed service", { service })),
  ];
  const { kind } = request;
  if (kind === "agent.update-check") {
    const { checkId: check, status } = request;
    return [notice("debug", "", "Check status updated", { check, status })];
  }
  if (kind !== "agent.maintain-node" && kind !== "agent.maintain-service") return notices;
  if (checks.length + goneChecks.length === 0) return notices;
  const verb = request.enable ? "entered" : "left";
  return kind === "agent.maintain-node"
    ? [...notices, notice("info", "", `Node ${verb} maintenance mode`)]
    : [...notices, notice("info", "", `Service ${verb} maintenance mode`, { service: request.serviceId })];
}

/** What of new checks is not as they say. */
function checkNotices(checks: readonly CheckRegistration[]): LocalEffect[] {
  return checks.flatMap((check) =>
    [intervalNotice(check), reapNotice(check)].filter((each) => each !== undefined),
  );
}

/** The same of what the configuration names. */
function definitionNotices({ services, checks }: LocalDefinitions): LocalEffect[] {
  const named = services.flatMap(({ service, checks: its }) => nameChecks(service.id, service.service, its));
  return checkNotices([...named, ...checks]);
}

function faultOf(local: Local, request: LocalChange): Response | undefined {
  const quote = (text: string): string => JSON.stringify(text);
  switch (request.kind) {
    case "agent.register-service": {
      const fault = sidecarFault(local, request);
      return fault === undefined ? undefined : failed(apiError("refused", fault));
    }
    case "agent.register-check": {
      const { serviceId } = request.check;
      if (serviceId === "" || local.services.has(serviceId)) return undefined;
      return failed(apiError("refused", `ServiceID ${quote(serviceId)} does not exist`));
    }
    case "agent.update-check": {
      const ttlNs = local.checks.get(request.checkId)?.registration.spec.ttlNs ?? 0;
      if (ttlNs > 0) return undefined;
      return failed(apiError("refused", `CheckID ${quote(request.checkId)} does not have associated TTL`));
    }
    case "agent.maintain-service":
      if (local.services.has(request.serviceId)) return undefined;
      return failed(apiError("not-found", `No service registered with ID ${quote(request.serviceId)}`));
    default:
      return undefined;
  }
}

function perform(local: Local, request: LocalChange, nowMs: number): Change {
  switch (request.kind) {
    case "agent.register-service":
      return registerService(local, request, "api", nowMs);
    case "agent.deregister-service":
      return dropService(local, request.serviceId);
    case "agent.register-check":
      return putCheck(local, request.check, "api", nowMs);
    case "agent.deregister-check":
      return dropCheck(local, request.checkId);
    case "agent.maintain-node":
      return maintain(local, "", request.enable, request.reason, nowMs);
    case "agent.maintain-service":
      return maintain(local, request.serviceId, request.enable, request.reason, nowMs);
    case "agent.update-check": {
      const check = local.checks.get(request.checkId);
      if (check !== undefined) tellCheck(local, check, request.status, request.output, nowMs);
      return { ...NO_CHANGE, told: toldTo(local, request.checkId) };
    }
  }
}

function keep(local: Local, change: Change, out: LocalEffect[]): void {
  const { journal } = local;
  const says = Object.values(change).some((list: readonly unknown[]) => list.length > 0);
  if (journal !== undefined && says) keepChange(journal, change, () => everythingKept(local), out);
}

/**
 * The last change that is not on the disk yet; 0 for none. Who asks for what is so already waits for it too: what made it
 * so may be lost still.
 */
function lastUnkept({ journal }: Local): number {
  return journal === undefined || journal.asked === journal.kept ? 0 : journal.asked;
}

function keysOf({ services, checks, goneServices, goneChecks, told }: Change): SyncKey[] {
  return [
    ...services.map(({ id }) => serviceSyncKey(id)),
    ...goneServices.map(serviceSyncKey),
    ...[...checks, ...told].map(({ checkId }) => checkSyncKey(checkId)),
    ...goneChecks.map(checkSyncKey),
  ];
}

/** The servers answered a question of ours. */
export function onLocalAnswer(
  local: Local,
  flight: number,
  response: Response,
  around: Around,
  nowMs: number,
  out: LocalEffect[],
): void {
  const said = onDefaults(local, flight, response, nowMs, out);
  if (said !== undefined) keep(local, said, out);
  else {
    const released = onHeldAnswer(local, flight, response, nowMs, out);
    if (released === undefined) onSyncAnswer(local, flight, response, around.members(), nowMs, out);
    else if (released !== "held") onReleased(local, released, nowMs, out);
  }
  finish(local, around, nowMs, out);
}

/** A registration need wait no longer: it is carried out, or refused, and then what came after it. */
function onReleased(
  local: Local,
  { id, request, error, behind }: Released,
  nowMs: number,
  out: LocalEffect[],
): void {
  const fault = error === undefined ? faultOf(local, request) : failed(error);
  if (fault === undefined) carryOut(local, id, request, nowMs, out);
  else answer(local, id, fault, out);
  for (const each of behind) take(local, each.id, each.request, nowMs, out);
}

/** Whether the servers have heard the last of it, or refuse to. */
function isTold({ sync }: Local, key: SyncKey): boolean {
  return !sync.dirty.has(key) && !sync.busy.has(key);
}

/** A check was made. */
export function onLocalProbed(
  local: Local,
  probed: Probed,
  around: Around,
  nowMs: number,
  out: LocalEffect[],
): void {
  onProbed(local, probed, nowMs, out);
  finish(local, around, nowMs, out);
}

/** A run of a check is over that had said before what came of it. */
export function onLocalProbeEnded(
  local: Local,
  ended: ProbeEnded,
  around: Around,
  nowMs: number,
  out: LocalEffect[],
): void {
  onProbeEnded(local, ended, nowMs);
  finish(local, around, nowMs, out);
}

/** The configuration was read again. */
export function onLocalReloaded(
  local: Local,
  definitions: LocalDefinitions,
  around: Around,
  nowMs: number,
  out: LocalEffect[],
): void {
  local.definitions = definitions;
  if (!local.ready) return;
  replaceDefinitions(local, nowMs);
  out.push(...definitionNotices(definitions));
  finish(local, around, nowMs, out);
}

/** A server has come into the LAN. */
export function onLocalServerUp(local: Local, { members }: Around, nowMs: number): void {
  if (local.ready) onServerUp(local, members(), nowMs);
}

export function localDeadline(local: Local, { reachable, leaving }: Omit<Around, "members">): number {
  const { timers, hashDeadlines, journal, reapAtMs, sync, central } = local;
  const checksMs = Math.min(earliest(timers), reapAtMs);
  const mayAsk = reachable && !leaving && mayTell(local);
  return Math.min(
    checksMs,
    earliest(hashDeadlines),
    journal?.retryAtMs ?? Number.POSITIVE_INFINITY,
    mayAsk ? Math.min(sync.fullAtMs, earliest(central.deadlines)) : Number.POSITIVE_INFINITY,
  );
}

/** Not before it is known what was kept: all of it would look like strangers. */
function mayTell({ ready, config }: Local): boolean {
  return ready || (PLANTED && planted(config, "local-synced-before-read"));
}

/** What is due by now; to be called when anything is. */
export function wakeLocal(local: Local, around: Around, nowMs: number, out: LocalEffect[]): void {
  for (let key = takeDue(local.timers, nowMs); key !== undefined; key = takeDue(local.timers, nowMs))
    onTimer(local, key, nowMs, out);
  if (nowMs >= local.reapAtMs) reap(local, nowMs, out);
  if (local.journal !== undefined) wakeJournal(local.journal, nowMs, () => everythingKept(local), out);
  const { hashDeadlines } = local;
  for (let id = takeDue(hashDeadlines, nowMs); id !== undefined; id = takeDue(hashDeadlines, nowMs))
    answerHash(local, id, out);
  if (around.reachable && !around.leaving) {
    if (nowMs >= local.sync.fullAtMs) startFullSync(local, out);
    askForDefaults(local, nowMs, out);
  }
  finish(local, around, nowMs, out);
}

function onTimer(local: Local, key: string, nowMs: number, out: LocalEffect[]): void {
  const { kind, checkId } = timerOf(key);
  const check = local.checks.get(checkId);
  if (check === undefined) return;
  if (kind === "expire") expireCheck(local, check, nowMs, out);
  else if (kind === "tell") tell(local, checkId);
  else if (kind === "probe") probe(local, check, nowMs, out);
  else askAlias(local, check, out);
}

/** Services that have been critical for too long go. */
function reap(local: Local, nowMs: number, out: LocalEffect[]): void {
  for (const [service, check] of tooLongCritical(local, nowMs)) {
    keep(local, dropService(local, service), out);
    const message = "Check for service has been critical for too long; deregistered service";
    out.push(notice("info", "", message, { service, check }));
  }
  local.reapAtMs = mayReap(local) ? nowMs + REAP_INTERVAL_MS : Number.POSITIVE_INFINITY;
}

/** Who asked has hung up; what was asked for is done all the same. */
export function forgetLocal({ waiters, hashWaiters, hashDeadlines, early }: Local, id: RequestId): void {
  waiters.delete(id);
  hashWaiters.delete(id);
  clearDeadline(hashDeadlines, id);
  const at = early.findIndex((each) => each.id === id);
  const asked = early[at];
  // A question is of no use to anybody now.
  if (asked?.request.kind === "agent.service") early.splice(at, 1);
}

/** What every step ends with. */
function finish(local: Local, around: Around, nowMs: number, out: LocalEffect[]): void {
  stopAbandoned(local, out);
  dropQuestions(local, out);
  if (!mayTell(local)) return;
  if (local.aliases.size > 0) reviewAliases(local, nowMs);
  for (const id of local.hashWaiters.keys()) answerChanged(local, id, out);
  local.changed.clear();
  if (!around.leaving) push(local, out);
  for (const [id, { keys, change }] of local.waiters) {
    for (const key of keys) if (around.leaving || isTold(local, key)) keys.delete(key);
    if (keys.size === 0 && change === 0) answer(local, id, { ok: true, body: { kind: "done" } }, out);
  }
}

function answerChanged(local: Local, id: RequestId, out: LocalEffect[]): void {
  const waiter = local.hashWaiters.get(id);
  if (waiter === undefined || !local.changed.has(serviceSyncKey(waiter.serviceId))) return;
  if (describeService(local, waiter.serviceId).hash !== waiter.hash) answerHash(local, id, out);
}

function answerHash(local: Local, id: RequestId, out: LocalEffect[]): void {
  const waiter = local.hashWaiters.get(id);
  if (waiter === undefined) return;
  answer(local, id, { ok: true, body: describeService(local, waiter.serviceId) }, out);
}

function answer(local: Local, id: RequestId, response: Response, out: LocalEffect[]): void {
  local.waiters.delete(id);
  local.hashWaiters.delete(id);
  clearDeadline(local.hashDeadlines, id);
  out.push({ type: "answer", to: id, response });
}
