// Proxies and gateways whose registrations are filled up with what configuration entries say of them
// (`enable_central_service_config`): what was said last, which is kept on the disk, and a blocking query for each that brings
// what is said from then on. Consul's agent/service_manager.go, 1.8.

import { notice } from "../api/notice.ts";
import type { Response } from "../api/response.ts";
import { chooseMs } from "../lib/chance.ts";
import {
  clearDeadline,
  createDeadlineHeap,
  type DeadlineHeap,
  setDeadline,
  takeDue,
} from "../lib/deadline-heap.ts";
import { equalPlain } from "../lib/plain.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { ServiceDefinition } from "../model/local.ts";
import {
  questionFor,
  type ServiceConfig,
  type ServiceConfigQuestion,
  withDefaults,
} from "../model/service-config.ts";
import { touch } from "./checks.ts";
import { exposeChecks } from "./exposed.ts";
import { type Change, type Defaults, NO_CHANGE } from "./journal-format.ts";
import { serviceSyncKey } from "./keys.ts";
import type { Local, LocalEffect } from "./state.ts";

/** How long the servers hold a question (Consul's cache), and how long it rests after failures: ever longer, to a minute. */
const WAIT_MS = 600_000;
const PAUSE_MS = 1000;
const MOST_PAUSE_MS = 60_000;

export interface CentralConfig {
  /** By service: what the servers are asked about it, again and again. */
  readonly followed: Map<string, Followed>;
  /** When each is asked about next. */
  readonly deadlines: DeadlineHeap<string>;
  /** Questions under way → the service that they are about. */
  readonly flights: Map<number, string>;
  /** Questions whose answers nobody wants any more, until this step ends. */
  readonly dropped: number[];
}

interface Followed {
  readonly question: ServiceConfigQuestion;
  /** What was said last; undefined before anything was. */
  config: ServiceConfig | undefined;
  /** What the next question waits to be exceeded; 0 before this life's first answer. */
  index: number;
  /** Questions in a row that came to nothing. */
  failures: number;
  /** The question that is under way; undefined for none. */
  flight: number | undefined;
}

export function createCentralConfig(): CentralConfig {
  return { followed: new Map(), deadlines: createDeadlineHeap(), flights: new Map(), dropped: [] };
}

/** Whom the servers are asked about for this registration; undefined where it stays as it is. */
export function centralQuestion(
  { config }: Local,
  service: ServiceDefinition,
): ServiceConfigQuestion | undefined {
  return config.centralServiceConfig === true ? questionFor(service) : undefined;
}

/**
 * The service as it is to be: with what is known of its defaults. From now on they are followed, or no longer.
 * @param service As it was registered.
 */
export function adoptDefaults(local: Local, service: ServiceDefinition, nowMs: number): ServiceDefinition {
  const question = centralQuestion(local, service);
  if (question === undefined) {
    stopFollowing(local, service.id);
    return service;
  }
  const known = local.central.followed.get(service.id);
  if (!equalPlain(known?.question, question)) follow(local, { serviceId: service.id, question }, 0, nowMs);
  const config = local.central.followed.get(service.id)?.config;
  return config === undefined ? service : withDefaults(service, config);
}

/**
 * Begins to follow what is said of a service, whatever was followed before.
 * @param index Of the answer that said it; 0 where it is not known how old that is.
 */
export function follow(
  local: Local,
  { serviceId, question, config }: Omit<Defaults, "config"> & { readonly config?: ServiceConfig },
  index: number,
  nowMs: number,
): void {
  stopFollowing(local, serviceId);
  local.central.followed.set(serviceId, { question, config, index, failures: 0, flight: undefined });
  setDeadline(local.central.deadlines, serviceId, nowMs);
}

export function stopFollowing({ central }: Local, serviceId: string): void {
  const { followed, deadlines, flights, dropped } = central;
  const flight = followed.get(serviceId)?.flight;
  clearDeadline(deadlines, serviceId);
  followed.delete(serviceId);
  if (flight !== undefined && flights.delete(flight)) dropped.push(flight);
}

/** Has the questions dropped that nobody wants to know the answers of. */
export function dropQuestions({ central }: Local, out: LocalEffect[]): void {
  for (const flight of central.dropped.splice(0)) out.push({ type: "drop-ask", flight });
}

/** What was said of a service last, to be kept. */
export function defaultsOf({ central }: Local, serviceId: string): Defaults[] {
  const known = central.followed.get(serviceId);
  return known?.config === undefined ? [] : [{ serviceId, question: known.question, config: known.config }];
}

/** Asks what is due to be asked; to be called when there is somebody to ask. */
export function askForDefaults(local: Local, nowMs: number, out: LocalEffect[]): void {
  const { central, sync } = local;
  for (let id = takeDue(central.deadlines, nowMs); id !== undefined; id = takeDue(central.deadlines, nowMs)) {
    const followed = central.followed.get(id);
    if (followed === undefined || followed.flight !== undefined) continue;
    const flight = sync.nextFlight++;
    followed.flight = flight;
    central.flights.set(flight, id);
    const options = { consistency: "default", minIndex: followed.index, waitMs: WAIT_MS } as const;
    out.push({ type: "ask", flight, request: { kind: "config.resolve", ...followed.question, options } });
  }
}

/**
 * The servers say what the defaults of a service are now, or nothing.
 * @returns What of it is to be kept; undefined if this was no question of ours.
 */
export function onDefaults(
  local: Local,
  flight: number,
  response: Response,
  nowMs: number,
  out: LocalEffect[],
): Change | undefined {
  const { central } = local;
  const serviceId = central.flights.get(flight);
  if (serviceId === undefined || !central.flights.delete(flight)) return undefined;
  const followed = central.followed.get(serviceId);
  if (followed === undefined) return NO_CHANGE;
  followed.flight = undefined;
  if (!response.ok || response.body.kind !== "service-config") {
    const pauseMs = Math.min(MOST_PAUSE_MS, PAUSE_MS * 2 ** followed.failures++);
    const spreadMs = chooseMs(local.chance, "local.defaults-pause", 0, pauseMs);
    setDeadline(central.deadlines, serviceId, nowMs + pauseMs + spreadMs);
    return NO_CHANGE;
  }
  followed.failures = 0;
  followed.index = Math.max(1, response.meta?.index ?? 1);
  if (!(PLANTED && planted(local.config, "central-config-asked-once")))
    setDeadline(central.deadlines, serviceId, nowMs);
  const { config } = response.body;
  if (equalPlain(followed.config, config)) return NO_CHANGE;
  followed.config = config;
  apply(local, serviceId, config);
  out.push(notice("debug", "", "updated local registration for service", { service: serviceId }));
  return { ...NO_CHANGE, defaults: defaultsOf(local, serviceId) };
}

function apply(local: Local, serviceId: string, config: ServiceConfig): void {
  const service = local.services.get(serviceId);
  if (service === undefined) return;
  const base =
    PLANTED && planted(local.config, "central-config-piles-up") ? service.definition : service.registered;
  const definition = withDefaults(base, config);
  if (equalPlain(definition, service.definition)) return;
  local.services.set(serviceId, { ...service, definition });
  touch(local, serviceSyncKey(serviceId));
  exposeChecks(local, definition);
}
