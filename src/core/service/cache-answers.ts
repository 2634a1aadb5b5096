// What the agent's cache says to whom: the answer that is there, the news that somebody waited for, or why there is none.

import { apiError } from "../api/error.ts";
import { failed, type Response, type ResponseBody } from "../api/response.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { PASSING } from "../model/catalog.ts";
import { answerAsk } from "./asks.ts";
import { type Cacheable, type CacheEntry, isKeptFresh } from "./cache-state.ts";
import type { Ask, Service, ServiceEffect } from "./state.ts";

/** A question that is under way for so long has reached somebody: it would have failed otherwise. */
const REACHED_MS = 31_000;

/** Whether it is past the index that the caller has seen. */
export function isNews({ config }: Service, { index }: CacheEntry, request: Cacheable): boolean {
  if (!isKeptFresh(request) || request.options.minIndex === 0) return true;
  if (PLANTED && planted(config, "cache-answers-what-is-known")) return true;
  return request.options.minIndex < index;
}

export function answerFrom(entry: CacheEntry, request: Cacheable, hit: boolean, nowMs: number): Response {
  const { answer } = entry;
  if (answer === undefined) return failed(entry.error ?? apiError("connection-lost", "i/o timeout"));
  const { body, meta } = answer;
  const cache = { hit, ageMs: ageMs(entry, nowMs) };
  const chosen = "passing" in request && request.passing ? whatPasses(body) : body;
  return meta === undefined ? { ok: true, body: chosen, cache } : { ok: true, body: chosen, meta, cache };
}

function whatPasses(body: ResponseBody): ResponseBody {
  if (body.kind !== "health") return body;
  const rows = body.rows.filter(({ checks }) => checks.every(({ status }) => status === PASSING));
  return { kind: "health", rows };
}

/** What is kept fresh is as old as the silence of the servers. */
function ageMs({ request, lostContactAtMs, askedAtMs, fetchedAtMs }: CacheEntry, nowMs: number): number {
  if (!isKeptFresh(request)) return nowMs - fetchedAtMs;
  const reached = askedAtMs !== undefined && nowMs - askedAtMs > REACHED_MS;
  return lostContactAtMs === undefined || reached ? 0 : nowMs - lostContactAtMs;
}

/** The cache's question is answered: so is who waited for that. */
export function tellWaiting(service: Service, entry: CacheEntry, nowMs: number, out: ServiceEffect[]): void {
  for (const id of [...entry.waiting]) {
    const row = service.asks.get(id);
    if (row?.stage.at !== "cached") continue;
    const request = row.request as Cacheable;
    if (entry.error !== undefined) tellFailure(service, entry, row, row.stage.staleIfErrorMs, nowMs, out);
    else if (isNews(service, entry, request))
      answerAsk(service, row, answerFrom(entry, request, false, nowMs), out);
  }
}

/** An old answer is better than none for who says so. */
function tellFailure(
  service: Service,
  entry: CacheEntry,
  row: Ask,
  staleIfErrorMs: number,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const serves =
    entry.answer !== undefined && !isKeptFresh(entry.request) && ageMs(entry, nowMs) < staleIfErrorMs;
  const error = entry.error ?? apiError("connection-lost", "i/o timeout");
  const response = serves ? answerFrom(entry, row.request as Cacheable, true, nowMs) : failed(error);
  answerAsk(service, row, response, out);
}

/** A caller has waited for news as long as it wanted to: it is told what there is. */
export function onCachedDue(
  service: Service,
  row: Ask,
  key: string,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const entry = service.cache.entries.get(key);
  const response =
    entry === undefined
      ? failed(apiError("connection-lost", "i/o timeout"))
      : answerFrom(entry, row.request as Cacheable, false, nowMs);
  answerAsk(service, row, response, out);
}
