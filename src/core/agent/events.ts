// Consul's user events at an agent: fired by way of any server, gossiped, judged by the filters at whoever they come to,
// and remembered for those who ask (agent/user_event.go).

import { apiError, TOO_MANY_OPEN } from "../api/error.ts";
import { type NoticeLevel, notice } from "../api/notice.ts";
import type { AgentRequest } from "../api/request.ts";
import { failed, type Response } from "../api/response.ts";
import type { GossipEffect, GossipInput } from "../gossip/ports.ts";
import { userEventFault } from "../gossip/serf/on-user-event.ts";
import { must } from "../lib/assert.ts";
import { textOfBytes } from "../lib/bytes.ts";
import {
  clearDeadline,
  createDeadlineHeap,
  type DeadlineHeap,
  earliest,
  setDeadline,
  takeDue,
} from "../lib/deadline-heap.ts";
import { drawUuid, foldUuid } from "../lib/uuid.ts";
import { localServices } from "../local/answers.ts";
import type { Uint64 } from "../model/kv.ts";
import { passesFilters, USER_EVENT_VERSION, type UserEvent } from "../model/user-event.ts";
import { MAX_OPEN_ASKS } from "../service/asks.ts";
import { ask } from "../service/route.ts";
import type { ServiceEffect } from "../service/state.ts";
import {
  decodeUserEvent,
  encodeUserEvent,
  NEW_LEADER_EVENT,
  userEventName,
} from "../wire/gossip/consul-events.ts";
import { answerHttp } from "./answer-http.ts";
import type { Effect, RequestId } from "./ports.ts";
import { obeysExec } from "./remote-exec.ts";
import type { Agent } from "./state.ts";

/** Those that are remembered. */
const MAX_EVENTS = 256;
/** Told by `exec` to run a command. */
const REMOTE_EXEC = "_rexec";

export interface Events {
  /** Oldest first. */
  readonly recent: UserEvent[];
  /** Who waits for the next. */
  readonly waiting: Map<RequestId, EventWait>;
  readonly deadlines: DeadlineHeap<RequestId>;
}

export interface EventWait {
  readonly name: string;
  /** The index that was not to be answered. */
  readonly index: Uint64;
}

export function createEvents(): Events {
  return { recent: [], waiting: new Map(), deadlines: createDeadlineHeap() };
}

export function eventsDeadline({ events }: Agent): number {
  return earliest(events.deadlines);
}

/** Somebody asks over HTTP to fire an event: it gets an id, and a server is asked to tell it to all. */
export function startFire(
  agent: Agent,
  id: RequestId,
  { event: given }: Extract<AgentRequest, { kind: "agent.fire-event" }>,
  datacenter: string,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const uuid = drawUuid(agent.chance, "agent.event-id");
  const event: UserEvent = { ...given, id: uuid, version: USER_EVENT_VERSION, lTime: 0 };
  // The answer is the event.
  agent.views.set(id, { ...must(agent.views.get(id), "whoever asks waits"), event });
  const request = { kind: "event.fire", name: event.name, payload: encodeUserEvent(event) } as const;
  const response = ask(agent.service, { by: "http", id }, request, nowMs, effects, datacenter);
  if (response !== undefined) answerHttp(agent, id, response, out);
}

/** Has all of the LAN told. @returns The answer for who asked: done, or that it is too long, in Consul's words. */
export function fireEvent(
  agent: Agent,
  { name, payload }: Extract<ServiceEffect, { type: "fire-event" }>,
  toLan: (input: GossipInput) => void,
): Response {
  const fault = userEventFault(agent.pools.lan, name, payload);
  if (fault === undefined) toLan({ type: "user-event", name, payload, coalesce: false });
  // Consul has one error for all its network segments together, of which there is one.
  const errors = `1 error occurred:\n\t* error broadcasting event to segment "": ${fault}\n\n`;
  return fault === undefined ? { ok: true, body: { kind: "done" } } : failed(apiError("refused", errors));
}

/** One of Serf's user events came, ours or another's. @returns The event, if it asks for a command that is to be run. */
export function onSerfEvent(
  agent: Agent,
  { name: serfName, payload, lamportTime }: Extract<GossipEffect, { type: "user-event" }>,
  out: Effect[],
): UserEvent | undefined {
  const log = logger(agent, out);
  const decoded = userEventName(serfName) === undefined ? undefined : decodeUserEvent(payload, lamportTime);
  if (serfName === NEW_LEADER_EVENT)
    log("info", "New leader elected", { payload: textOfBytes(payload) }, "server");
  else if (decoded === undefined) {
    if (serfName.startsWith("consul:")) log("warn", "Unhandled local event", { event: serfName }, "server");
  } else if (!decoded.ok) log("error", "Failed to decode event", { error: decoded.error });
  else {
    const { name } = decoded.value;
    if (agent.config.server) log("debug", "User event", { event: name }, "server");
    else log("debug", "user event", { name }, "server");
    if (isForUs(agent, decoded.value, log)) return take(agent, decoded.value, log, out);
  }
  return undefined;
}

/** @returns The event, if it is to be obeyed rather than remembered. */
function take(agent: Agent, event: UserEvent, log: Log, out: Effect[]): UserEvent | undefined {
  if (event.name !== REMOTE_EXEC) remember(agent, event, log, out);
  else if (obeysExec(agent)) return event;
  else log("info", "ignoring remote exec event, disabled.", { event_name: event.name, event_id: event.id });
  return undefined;
}

type Log = (
  level: NoticeLevel,
  message: string,
  fields: Readonly<Record<string, string | number>>,
  by?: "server",
) => void;

/** Lines of the agent's own, or of its server's half (a client agent's, if it is none). */
function logger({ config }: Agent, out: Effect[]): Log {
  return (level, message, fields, by) => {
    const half = config.server ? "server" : "client";
    out.push(notice(level, by === undefined ? "" : half, message, fields));
  };
}

function isForUs({ config, local }: Agent, event: UserEvent, log: Log): boolean {
  if (event.version > USER_EVENT_VERSION)
    log("warn", "Event version may have unsupported features", { version: event.version, event: event.name });
  const judged = passesFilters(event, config.nodeName, localServices(local));
  if (judged.ok) return judged.passes;
  const { what, error } = judged;
  log("error", `Failed to parse ${what} filter for event`, {
    filter: event[`${what}Filter`],
    event: event.name,
    error,
  });
  return false;
}

function remember(agent: Agent, event: UserEvent, log: Log, out: Effect[]): void {
  const { recent, waiting, deadlines } = agent.events;
  log("debug", "new event", { event_name: event.name, event_id: event.id });
  recent.push(event);
  if (recent.length > MAX_EVENTS) recent.shift();
  for (const [id, wait] of [...waiting]) {
    const { events, index } = listOf(agent, wait.name);
    if (BigInt(index) === BigInt(wait.index)) continue;
    waiting.delete(id);
    clearDeadline(deadlines, id);
    answerHttp(agent, id, listed(events, index), out);
  }
}

/** Somebody asks which events came. */
export function listEvents(
  agent: Agent,
  id: RequestId,
  { name, minIndex, waitMs }: Extract<AgentRequest, { kind: "agent.list-events" }>,
  nowMs: number,
  out: Effect[],
): void {
  const { events, index } = listOf(agent, name);
  const blocks = BigInt(minIndex) === BigInt(index);
  if (!blocks) return answerHttp(agent, id, listed(events, index), out);
  const { waiting, deadlines } = agent.events;
  if (waiting.size >= MAX_OPEN_ASKS) return answerHttp(agent, id, failed(TOO_MANY_OPEN), out);
  waiting.set(id, { name, index });
  setDeadline(deadlines, id, nowMs + waitMs);
}

/** Answers those that have waited for long enough. */
export function wakeEvents(agent: Agent, nowMs: number, out: Effect[]): void {
  const { waiting, deadlines } = agent.events;
  for (let id = takeDue(deadlines, nowMs); id !== undefined; id = takeDue(deadlines, nowMs)) {
    const { name } = must(waiting.get(id), "whoever has a deadline waits");
    waiting.delete(id);
    const { events, index } = listOf(agent, name);
    answerHttp(agent, id, listed(events, index), out);
  }
}

/** Whoever waited has hung up. */
export function forgetWait({ events }: Agent, id: RequestId): void {
  events.waiting.delete(id);
  clearDeadline(events.deadlines, id);
}

/**
 * The events of a name, and the index of that list: the latest one's id, folded, which grows with nothing but tells one
 * from another; 1 of an empty list.
 */
function listOf({ events: { recent } }: Agent, name: string): { events: UserEvent[]; index: Uint64 } {
  const events = recent.filter((event) => name === "" || event.name === name);
  const last = events.at(-1);
  const index = last === undefined ? 1n : (foldUuid(last.id) ?? 1n);
  return { events, index: index === 0n ? 1n : index };
}

function listed(events: readonly UserEvent[], index: Uint64): Response {
  return { ok: true, body: { kind: "events", events, index } };
}
