// The leader's side of sessions: what one must be before it may enter the log, and the two clocks that no log can have. A
// session whose TTL runs out is ended by the leader, never too early: as in Consul it has twice the TTL, and all of that
// anew after a change of leaders. A key that lost its lock with its session is held off by the clock of whoever leads;
// that it is so is replicated (Store.lockDelays), so every server starts the clock when it learns of it, and neither a
// restart nor a snapshot makes the delay shorter.

import type { AgentConfig } from "../agent/config.ts";
import { notice } from "../api/notice.ts";
import type { SessionCreate } from "../api/request.ts";
import type { ByteString } from "../lib/bytes.ts";
import {
  clearDeadline,
  createDeadlineHeap,
  type DeadlineHeap,
  earliest,
  setDeadline,
  takeDue,
} from "../lib/deadline-heap.ts";
import { parseDuration, printDuration } from "../lib/duration.ts";
import { beginMetric, dropMetric, endMetric } from "../lib/metrics.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { drawUuid } from "../lib/uuid.ts";
import {
  SESSION_BEHAVIORS,
  SESSION_TTL_MAX_NS,
  SESSION_TTL_MIN_NS,
  type Session,
  sessionTtlMs,
} from "../model/session.ts";
import { isLeader } from "../raft/role.ts";
import { propose } from "../raft/step.ts";
import { sessionOf } from "../store/session-tables.ts";
import type { Touched } from "../store/store.ts";
import { encodeCommand } from "../wire/command.ts";
import { isEstablished } from "./established.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

/** A leader's timers of sessions that have a TTL. */
export interface SessionTimers {
  /** By id. */
  readonly due: DeadlineHeap<string>;
  /** The term in which they were set; another one's are another leader's business. */
  term: number;
}

/** How many TTLs a session lives that nobody renews (Consul's structs.SessionTTLMultiplier). */
const TTLS = 2;
/** An end that came to nothing is tried again (Consul's invalidateRetryBase). */
const RETRY_MS = 10_000;

/** How long it takes to end a session whose time is up. */
const INVALIDATE = "session_ttl.invalidate";

export function createSessionTimers(): SessionTimers {
  return { due: createDeadlineHeap(), term: 0 };
}

/** What is wrong with a session that is to be made, as far as the request itself says; in Consul's words and order. */
export function sessionFault(
  { node, behavior, ttl }: SessionCreate,
  { sessionTtlMinNs = SESSION_TTL_MIN_NS }: Pick<AgentConfig, "sessionTtlMinNs">,
): string | undefined {
  if (node === "") return "Must provide Node";
  if (behavior !== "" && !SESSION_BEHAVIORS.some((each) => each === behavior))
    return `Invalid Behavior setting '${behavior}'`;
  if (ttl === "") return undefined;
  const parsed = parseDuration(ttl);
  // Go 1.15 quotes a duration without escaping what is in it.
  if (!parsed.ok)
    return `Session TTL '${ttl}' invalid: ${parsed.error.replace(JSON.stringify(ttl), () => `"${ttl}"`)}`;
  if (parsed.ns === 0 || (parsed.ns >= sessionTtlMinNs && parsed.ns <= SESSION_TTL_MAX_NS)) return undefined;
  const bounds = `[${printDuration(sessionTtlMinNs)}=${printDuration(SESSION_TTL_MAX_NS)}]`;
  return `Invalid Session TTL '${parsed.ns}', must be between ${bounds}`;
}

/** The session with an id that no other has. */
export function withSessionId({ chance }: Service, { store }: Server, request: SessionCreate): SessionCreate {
  for (;;) {
    const id = drawUuid(chance, "service.session-id");
    if (sessionOf(store.sessions, id) === undefined) return { ...request, id };
  }
}

/** Takes note of what entries did to sessions and locks. */
export function noteSessions(
  service: Service,
  server: Server,
  touched: readonly Touched[],
  nowMs: number,
): void {
  for (const each of touched) {
    if (each.table === "sessions") noteSession(service, server, each.session, each.ended, nowMs);
    else if (each.table === "lock-delays") noteLockDelay(server, each.key, nowMs);
    else if (each.table === "everything") onStoreReplaced(service, server, nowMs);
  }
  startTimers(service, server, nowMs);
}

function noteSession(
  service: Service,
  server: Server,
  session: Session,
  ended: boolean,
  nowMs: number,
): void {
  const { due, term } = service.sessionTimers;
  if (ended) {
    clearDeadline(due, session.id);
    endMetric(service.telemetry, INVALIDATE, session.id);
  } else if (term === server.raft.currentTerm || isPlantedTimer(service)) setTimer(service, session, nowMs);
}

/** Timers that run at everybody from the beginning of a session on, whom nobody tells that it was renewed. */
function isPlantedTimer({ config }: Service): boolean {
  return PLANTED && planted(config, "session-timers-not-reset");
}

function noteLockDelay({ store, heldOff }: Server, key: ByteString, nowMs: number): void {
  const delay = store.lockDelays.get(key);
  if (delay === undefined) heldOff.delete(key);
  else heldOff.set(key, nowMs + delay.ms);
}

/**
 * Another state is in the place of all: of its lock-delays nobody here knows when they began, so they begin now; its
 * sessions have their whole time.
 */
export function onStoreReplaced(service: Service, server: Server, nowMs: number): void {
  const { store, heldOff } = server;
  heldOff.clear();
  if (!(PLANTED && planted(service.config, "lock-delay-lost-in-snapshot")))
    for (const key of store.lockDelays.keysArray()) noteLockDelay(server, key, nowMs);
  stopTimers(service);
  startTimers(service, server, nowMs);
}

/** A leader that knows everything there was before it gives every session all of its time. */
function startTimers(service: Service, server: Server, nowMs: number): void {
  const { sessionTimers } = service;
  const { raft, store } = server;
  if (!isEstablished(server) || sessionTimers.term === raft.currentTerm) return;
  sessionTimers.term = raft.currentTerm;
  if (isPlantedTimer(service)) return;
  for (const session of store.sessions.rows.valuesArray()) setTimer(service, session, nowMs);
}

/** It leads no longer. */
export function stopTimers(service: Service): void {
  const { sessionTimers } = service;
  sessionTimers.term = 0;
  if (isPlantedTimer(service)) return;
  for (const id of [...sessionTimers.due.places.keys()]) {
    clearDeadline(sessionTimers.due, id);
    dropMetric(service.telemetry, INVALIDATE, id);
  }
}

function setTimer({ sessionTimers }: Service, session: Session, nowMs: number): void {
  const ttlMs = sessionTtlMs(session);
  if (ttlMs > 0) setDeadline(sessionTimers.due, session.id, nowMs + TTLS * ttlMs);
}

/** Its owner is there: all of its time begins anew. Only whoever leads keeps that time. */
export function renewSession(service: Service, server: Server, id: string, nowMs: number): void {
  if (PLANTED && planted(service.config, "session-renewal-ignored")) return;
  const session = sessionOf(server.store.sessions, id);
  if (session !== undefined && service.sessionTimers.term === server.raft.currentTerm)
    setTimer(service, session, nowMs);
}

export function sessionsDeadline({ sessionTimers, server }: Service): number {
  return server !== undefined && isLeader(server.raft)
    ? earliest(sessionTimers.due)
    : Number.POSITIVE_INFINITY;
}

/** Ends the sessions whose time is up. */
export function wakeSessions(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  const { due } = service.sessionTimers;
  if (!isLeader(server.raft)) return;
  for (let id = takeDue(due, nowMs); id !== undefined; id = takeDue(due, nowMs)) {
    setDeadline(due, id, nowMs + RETRY_MS);
    beginMetric(service.telemetry, INVALIDATE, id);
    const fields = { session: id };
    out.push(notice("debug", "server", "Session TTL expired", fields));
    propose(server.raft, encodeCommand({ kind: "session.destroy", id }));
  }
}

/** Whether nobody may take the lock of this key yet, by this leader's clock. */
export function isHeldOff({ config }: Service, { heldOff }: Server, key: ByteString, nowMs: number): boolean {
  if (PLANTED && planted(config, "lock-delay-ignored")) return false;
  return nowMs < (heldOff.get(key) ?? Number.NEGATIVE_INFINITY);
}

/** The log forgets the delays that are over, now and then: only those of keys that nobody locks any more are left to that. */
export function reapLockDelays({ raft, store, heldOff }: Server, nowMs: number): void {
  if (!isLeader(raft) || store.lockDelays.size === 0) return;
  let upToIndex = store.lastApplied + store.indexShift;
  let over = false;
  store.lockDelays.forEach(({ key, index }) => {
    if (nowMs < (heldOff.get(key) ?? nowMs)) upToIndex = Math.min(upToIndex, index - 1);
    else over = true;
  });
  if (over) propose(raft, encodeCommand({ kind: "kv.reap-lock-delays", upToIndex }));
}
