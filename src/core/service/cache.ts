// The agent's cache: answers for who says `?cached`. The first who asks makes the agent ask the servers; from then on a
// blocking query of its own keeps the answer fresh, and whoever asks later is answered at once, servers or no servers, and
// told how long they have been out of reach. What has no index to wait with is fetched when it is asked for and too old.
// Consul's agent/cache, 1.8.

import type { CacheDirectives } from "../api/cache.ts";
import { TOO_MANY_OPEN } from "../api/error.ts";
import { failed, type Response } from "../api/response.ts";
import { compareStrings } from "../lib/bytes.ts";
import { chooseMs } from "../lib/chance.ts";
import { clearDeadline, earliest, setDeadline, takeDue } from "../lib/deadline-heap.ts";
import { countMetric } from "../lib/metrics.ts";
import { printPlain } from "../lib/plain.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { createTokenBucket, takeToken } from "../lib/token-bucket.ts";
import { isFull, moveAsk, openAsk } from "./asks.ts";
import { answerFrom, isNews, tellWaiting } from "./cache-answers.ts";
import { type AgentCache, type Cacheable, type CacheEntry, isKeptFresh } from "./cache-state.ts";
import { ask, cancelDuty } from "./route.ts";
import type { Origin, Service, ServiceEffect } from "./state.ts";

/** How long the cache's blocking queries wait, and anybody who waits for an answer and does not say (Consul's QueryTimeout). */
const WAIT_MS = 600_000;
/** What nobody asks for so long is forgotten (Consul's LastGetTTL). */
const LIFE_MS = 72 * 3_600_000;
/** So many answers are kept; what was not asked for longest makes room. Consul's cache has no bound. */
export const MAX_CACHED = 4096;
/** So many failures are tried again at once; then it waits ever longer (Consul's CacheRefreshBackoffMin, MaxWait). */
const HASTY_FAILURES = 3;
const MOST_PAUSE_MS = 60_000;
/** So many questions at once, where there is a bound to them at all (DefaultEntryFetchMaxBurst). */
export const FETCH_BURST = 2;

/**
 * Asks for what may come from the cache.
 * @returns The answer if it is there; otherwise effect `answer` brings it.
 */
export function askCached(
  service: Service,
  origin: Origin,
  request: Cacheable,
  directives: CacheDirectives,
  nowMs: number,
  out: ServiceEffect[],
  datacenter: string,
): Response | undefined {
  const entry = entryFor(service, request, datacenter, nowMs, out);
  if (isFresh(entry, directives, nowMs) && isNews(service, entry, request)) {
    noteCache(service, request, "hit");
    return answerFrom(entry, request, true, nowMs);
  }
  if (isFull(service)) return failed(TOO_MANY_OPEN);
  const row = openAsk(service, origin, request, datacenter, nowMs);
  entry.waiting.add(row.id);
  const waits = isKeptFresh(request) && request.options.minIndex > 0;
  noteCache(service, request, waits ? "miss_block" : "miss_new");
  const stage = { at: "cached", key: entry.key, staleIfErrorMs: directives.staleIfErrorMs } as const;
  moveAsk(service, row, stage, nowMs + (waits ? request.options.waitMs : WAIT_MS));
  if (entry.askedAtMs === undefined) refresh(service, entry, nowMs, out);
  return undefined;
}

/** Consul 1.8 puts its prefix before these names once more. */
const FAMILY = "consul.cache";
const CACHE_NAMES: Readonly<Record<Cacheable["kind"], string>> = {
  "catalog.datacenters": "catalog-datacenters",
  "catalog.services": "catalog-list-services",
  "catalog.service-nodes": "catalog-services",
  "catalog.node": "node-services",
  "health.service": "health-services",
  "health.ingress": "health-services",
  "intention.match": "intention-match",
  "query.execute": "prepared-query",
};

type CacheEvent = "hit" | "miss_new" | "miss_block" | "fetch_success" | "fetch_error";

/** Whole names, made once. */
const CACHE_KEYS = new Map<string, Readonly<Record<CacheEvent, string>>>(
  Object.entries(CACHE_NAMES).map(([kind, name]) => [
    kind,
    {
      hit: `${FAMILY}.${name}.hit`,
      miss_new: `${FAMILY}.${name}.miss_new`,
      miss_block: `${FAMILY}.${name}.miss_block`,
      fetch_success: `${FAMILY}.${name}.fetch_success`,
      fetch_error: `${FAMILY}.${name}.fetch_error`,
    },
  ]),
);

function noteCache({ telemetry }: Service, { kind }: Cacheable, event: CacheEvent): void {
  const keys = CACHE_KEYS.get(kind);
  if (keys !== undefined) countMetric(telemetry, keys[event]);
}

function entryFor(
  service: Service,
  request: Cacheable,
  datacenter: string,
  nowMs: number,
  out: ServiceEffect[],
): CacheEntry {
  const { entries } = service.cache;
  const asked = normalized(request);
  const place = datacenter === "" ? service.config.datacenter : datacenter;
  const key = `${place} ${printPlain(asked)}`;
  const known = entries.get(key);
  if (known !== undefined) {
    known.usedAtMs = nowMs;
    entries.delete(key);
    entries.set(key, known);
    return known;
  }
  makeRoom(service, out);
  const entry: CacheEntry = {
    key,
    request: asked,
    datacenter: place,
    answer: undefined,
    index: 0,
    fetchedAtMs: nowMs,
    error: undefined,
    fetches: createTokenBucket(),
    failures: 0,
    lostContactAtMs: undefined,
    askedAtMs: undefined,
    usedAtMs: nowMs,
    waiting: new Set(),
  };
  entries.set(key, entry);
  setDeadline(service.cache.deadlines, key, nowMs + LIFE_MS);
  return entry;
}

/** One entry for all who are told the same: any server may answer, tags have no order, who wants what passes chooses itself. */
function normalized(request: Cacheable): Cacheable {
  if (request.kind === "catalog.datacenters") return request;
  const options = { consistency: "stale", minIndex: 0, waitMs: 0 } as const;
  if (request.kind === "query.execute") return { ...request, options };
  if (request.kind === "health.ingress") return { ...request, options, passing: false };
  if (!("tags" in request)) return { ...request, options };
  const tags = [...request.tags].sort(compareStrings);
  return request.kind === "health.service"
    ? { ...request, options, tags, passing: false }
    : { ...request, options, tags };
}

/** What is fetched once is, unless the caller says otherwise; what is kept fresh is whatever he says, as in Consul. */
function isFresh(entry: CacheEntry, { maxAgeMs, mustRevalidate }: CacheDirectives, nowMs: number): boolean {
  if (entry.answer === undefined) return false;
  if (isKeptFresh(entry.request)) return true;
  return !mustRevalidate && (maxAgeMs === 0 || nowMs - entry.fetchedAtMs <= maxAgeMs);
}

function refresh(service: Service, entry: CacheEntry, nowMs: number, out: ServiceEffect[]): void {
  const { key, request, datacenter, index } = entry;
  const { cacheFetchRate, cacheFetchBurst = FETCH_BURST } = service.config;
  const waitMs =
    cacheFetchRate === undefined ? 0 : takeToken(entry.fetches, cacheFetchRate, cacheFetchBurst, nowMs);
  // Whoever asks meanwhile waits as well; `wakeCache` goes on.
  if (waitMs > 0) return setDeadline(service.cache.deadlines, key, nowMs + Math.ceil(waitMs));
  entry.askedAtMs = nowMs;
  const asked = isKeptFresh(request)
    ? { ...request, options: { ...request.options, minIndex: index, waitMs: WAIT_MS } }
    : request;
  const origin = { by: "duty", duty: { kind: "cache", key } } as const;
  const response = ask(service, origin, asked, nowMs, out, datacenter);
  if (response !== undefined) onCacheAnswer(service, key, response, nowMs, out);
}

/** What came of the cache's question: whoever waits for it is told, and what is kept fresh is asked for again. */
export function onCacheAnswer(
  service: Service,
  key: string,
  response: Response,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { cache, chance } = service;
  const entry = cache.entries.get(key);
  if (entry === undefined) return;
  entry.askedAtMs = undefined;
  const outcome = response.ok ? "fetch_success" : "fetch_error";
  countMetric(service.telemetry, `${FAMILY}.${outcome}`);
  noteCache(service, entry.request, outcome);
  if (response.ok) {
    entry.answer = { body: response.body, meta: response.meta };
    entry.index = Math.max(1, response.meta?.index ?? 1);
    entry.fetchedAtMs = nowMs;
    entry.error = undefined;
    entry.failures = 0;
    entry.lostContactAtMs = undefined;
  } else {
    entry.error = response.error;
    entry.failures++;
    entry.lostContactAtMs ??= nowMs;
    if (PLANTED && planted(service.config, "cache-age-begins-anew")) entry.lostContactAtMs = nowMs;
  }
  tellWaiting(service, entry, nowMs, out);
  if (!isKeptFresh(entry.request) || (PLANTED && planted(service.config, "cache-goes-stale"))) return;
  if (PLANTED && planted(service.config, "cache-gives-up") && !response.ok) return;
  const pauseMs = pauseAfter(entry.failures);
  const spreadMs = pauseMs === 0 ? 0 : chooseMs(chance, "cache.pause", 0, pauseMs);
  setDeadline(cache.deadlines, key, nowMs + pauseMs + spreadMs);
}

/** 0, 0, 0, 2 s, 4 s, … a minute. */
function pauseAfter(failures: number): number {
  return failures <= HASTY_FAILURES ? 0 : Math.min(MOST_PAUSE_MS, 1000 * 2 ** (failures - HASTY_FAILURES));
}

export function cacheDeadline({ deadlines }: AgentCache): number {
  return earliest(deadlines);
}

/** Asks again for what is kept fresh, and forgets what nobody asks for. */
export function wakeCache(service: Service, nowMs: number, out: ServiceEffect[]): void {
  const { entries, deadlines } = service.cache;
  for (let key = takeDue(deadlines, nowMs); key !== undefined; key = takeDue(deadlines, nowMs)) {
    const entry = entries.get(key);
    if (entry === undefined) continue;
    const endsAtMs = entry.usedAtMs + LIFE_MS;
    if (nowMs >= endsAtMs && entry.waiting.size === 0) {
      forget(service, entry, out);
      continue;
    }
    setDeadline(deadlines, key, Math.max(nowMs + 1, endsAtMs));
    const isWanted = isKeptFresh(entry.request) || entry.waiting.size > 0;
    if (isWanted && entry.askedAtMs === undefined) refresh(service, entry, nowMs, out);
  }
}

function makeRoom(service: Service, out: ServiceEffect[]): void {
  const { entries } = service.cache;
  if (entries.size < MAX_CACHED) return;
  for (const entry of entries.values()) if (entry.waiting.size === 0) return forget(service, entry, out);
}

function forget(service: Service, entry: CacheEntry, out: ServiceEffect[]): void {
  countMetric(service.telemetry, `${FAMILY}.evict_expired`);
  service.cache.entries.delete(entry.key);
  clearDeadline(service.cache.deadlines, entry.key);
  cancelDuty(service, (duty) => duty.kind === "cache" && duty.key === entry.key, out);
}
