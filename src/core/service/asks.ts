// The rows of open questions: opened, moved from stage to stage, closed. Every index over the rows is kept here, so that
// a row can't be in one and not in another.

import type { ServerRequest } from "../api/request.ts";
import type { Response } from "../api/response.ts";
import { must } from "../lib/assert.ts";
import { clearDeadline, setDeadline } from "../lib/deadline-heap.ts";
import { sampleMetric } from "../lib/metrics.ts";
import { unwatch, watch } from "../store/watch.ts";
import type { Ask, Origin, Service, ServiceEffect, Stage } from "./state.ts";

/** A row, what hangs on it, and the caller's connection take some kilobytes; the store needs memory too. */
export const MAX_OPEN_ASKS: number = 1 << 18;

/** Whether no more questions can be taken in. The agent's own duties are few, and always taken. */
export function isFull(service: Service): boolean {
  return service.asks.size >= MAX_OPEN_ASKS;
}

/** @param datacenter Whose servers shall answer; "" and our own are the same. */
export function openAsk(
  service: Service,
  origin: Origin,
  request: ServerRequest,
  datacenter: string,
  nowMs: number,
): Ask {
  const ask: Ask = {
    id: service.nextAsk++,
    origin,
    request,
    datacenter: datacenter === service.config.datacenter ? "" : datacenter,
    holdUntilMs: nowMs + service.config.rpcHoldTimeoutMs,
    waitUntilMs: 0,
    lost: 0,
    stage: { at: "held" },
  };
  service.asks.set(ask.id, ask);
  if (origin.by !== "duty") service.byOrigin.set(originKey(origin), ask.id);
  return ask;
}

/** Moves a row on. `untilMs` is when somebody must look at it again, whatever happens; Infinity for never. */
export function moveAsk(service: Service, ask: Ask, stage: Stage, untilMs: number): void {
  leaveStage(service, ask);
  ask.stage = stage;
  const { server } = service;
  if (stage.at === "waiting")
    for (const on of stage.on) watch(must(server, "only servers hold blocking queries").watches, on, ask.id);
  if (stage.at === "applying") must(server, "only servers apply").applying.add(ask.id);
  if (stage.at === "proposed") must(server, "only servers propose").proposed.set(stage.index, ask.id);
  if (untilMs < Number.POSITIVE_INFINITY) setDeadline(service.deadlines, ask.id, untilMs);
  else clearDeadline(service.deadlines, ask.id);
}

function leaveStage(service: Service, ask: Ask): void {
  const { server, cache } = service;
  if (ask.stage.at === "cached") cache.entries.get(ask.stage.key)?.waiting.delete(ask.id);
  if (server === undefined) return;
  if (ask.stage.at === "waiting") {
    for (const on of ask.stage.on) unwatch(server.watches, on, ask.id);
    server.woken.delete(ask.id);
  }
  if (ask.stage.at === "applying") server.applying.delete(ask.id);
  if (ask.stage.at === "proposed" && server.proposed.get(ask.stage.index) === ask.id)
    server.proposed.delete(ask.stage.index);
}

/** Closes a row without an answer. */
export function dropAsk(service: Service, ask: Ask): void {
  leaveStage(service, ask);
  clearDeadline(service.deadlines, ask.id);
  service.asks.delete(ask.id);
  if (ask.origin.by !== "duty") service.byOrigin.delete(originKey(ask.origin));
}

/** Closes a row with its answer. */
export function answerAsk(service: Service, ask: Ask, response: Response, out: ServiceEffect[]): void {
  noteAnswered(service, ask);
  dropAsk(service, ask);
  out.push({ type: "answer", to: ask.origin, response });
}

/** Measures how long a write took, from when it came to this leader. */
function noteAnswered({ telemetry, config }: Service, { stage, request, holdUntilMs }: Ask): void {
  if (telemetry === undefined || stage.at !== "proposed") return;
  const tookMs = telemetry.nowMs - (holdUntilMs - config.rpcHoldTimeoutMs);
  sampleMetric(telemetry, "raft.commitTime", tookMs);
  const name = WRITE_NAMES[request.kind];
  if (name !== undefined) sampleMetric(telemetry, name, tookMs);
}

/** A consistent read's leader is certain: how long did that take? */
export function noteConfirmed({ telemetry, config }: Service, { holdUntilMs }: Ask): void {
  if (telemetry === undefined) return;
  sampleMetric(telemetry, "rpc.consistentRead", telemetry.nowMs - (holdUntilMs - config.rpcHoldTimeoutMs));
}

/** By what Consul calls them. */
const WRITE_NAMES: Readonly<Partial<Record<ServerRequest["kind"], string>>> = {
  "kv.write": "kvs.apply",
  "catalog.register": "catalog.register",
  "catalog.deregister": "catalog.deregister",
  "session.create": "session.apply",
  "session.destroy": "session.apply",
  "txn.apply": "txn.apply",
  "query.set": "prepared-query.apply",
  "query.delete": "prepared-query.apply",
  "config.set": "config_entry.apply",
  "config.delete": "config_entry.delete",
  "config.delete-cas": "config_entry.delete",
  "intention.set": "intention.apply",
  "intention.delete": "intention.apply",
  "intention.upsert": "intention.apply",
  "intention.delete-exact": "intention.apply",
};

/** The open question of this caller, if it is still open. */
export function askOf(service: Service, origin: CallerOrigin): Ask | undefined {
  const id = service.byOrigin.get(originKey(origin));
  return id === undefined ? undefined : service.asks.get(id);
}

/** Callers that may change their mind. */
type CallerOrigin = Exclude<Origin, { by: "duty" }>;

function originKey(origin: CallerOrigin): string {
  return origin.by === "http" ? `${origin.id}` : `${origin.peer} ${origin.seq}`;
}
