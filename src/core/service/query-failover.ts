// A prepared query that has found nothing here looks in other datacenters, one after the other, until one has something.
// What waits is the caller's row; each question to a datacenter is one for a duty, whose answer comes back here. A
// datacenter that can't be asked is one that has nothing. Those that are asked ask nobody else.

import type { QueryResult } from "../api/prepared-query.ts";
import type { Response } from "../api/response.ts";
import { must } from "../lib/assert.ts";
import { answerAsk, moveAsk } from "./asks.ts";
import type { Failover } from "./query-run.ts";
import { ask } from "./route.ts";
import type { Ask, Service, ServiceEffect } from "./state.ts";

/** A row that waits for an answer goes on with that answer; this is for the bug that would lose it. */
const FOREVER_MS = 3_600_000;

/** The row is due: asks the next datacenter, and those after it, as far as answers come at once. */
export function advanceFailover(service: Service, row: Ask, nowMs: number, out: ServiceEffect[]): void {
  if (row.stage.at !== "failing-over") return;
  const { failover } = row.stage;
  while (failover.result.rows.length === 0 && nowMs < failover.untilMs) {
    if (failover.tried === failover.datacenters.length) break;
    const datacenter = must(failover.datacenters[failover.tried++], "there is a next one");
    const origin = { by: "duty", duty: { kind: "query-failover", ask: row.id } } as const;
    const response = ask(service, origin, failover.ask, nowMs, out, datacenter);
    if (response === undefined) return moveAsk(service, row, row.stage, nowMs + FOREVER_MS);
    takeAnswer(failover, response);
  }
  const result: QueryResult = { ...failover.result, failovers: failover.tried };
  const { meta } = failover;
  const body = { kind: "query-result", result } as const;
  answerAsk(service, row, { ok: true, body, ...(meta === undefined ? {} : { meta }) }, out);
}

/** A datacenter has answered, or can't be asked. The caller may have hung up meanwhile: then nobody asks on. */
export function onFailoverAnswer(
  service: Service,
  id: number,
  response: Response,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const row = service.asks.get(id);
  if (row?.stage.at !== "failing-over") return;
  takeAnswer(row.stage.failover, response);
  advanceFailover(service, row, nowMs, out);
}

function takeAnswer(failover: Failover, response: Response): void {
  if (!response.ok || response.body.kind !== "query-result") return;
  failover.result = response.body.result;
  failover.meta = response.meta;
}
