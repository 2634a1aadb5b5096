// The parameters that all endpoints which ask a server have in common: freshness, waiting, datacenter, namespace; with
// Consul's error texts, judged in Consul's order, so that a request wrong in two ways gets the answer it always got
// (Consul 1.8's agent/http.go).

import type { Consistency, ReadOptions } from "../api/request.ts";
import { type ByteString, textOf } from "../lib/bytes.ts";
import { parseDuration } from "../lib/duration.ts";
import { quote } from "../lib/go-quote.ts";
import { parseUint64, type Uint64 } from "../model/kv.ts";
import { refuse } from "./answer.ts";
import type { Call, HttpPlan, HttpSettings } from "./plan.ts";
import { firstValue, isSet } from "./query.ts";

/** The options, or the refusal that the request has earned. */
export type ParsedOptions =
  | { readonly ok: true; readonly options: ReadOptions }
  | { readonly ok: false; readonly refusal: HttpPlan };

const AT_ONCE: ParsedOptions = { ok: true, options: { consistency: "default", minIndex: 0, waitMs: 0 } };

/** What `?stale ?consistent ?cached ?max_stale ?wait ?index` and Cache-Control ask for. */
export function parseOptions(call: Call): ParsedOptions {
  const { request, query, settings } = call;
  const isPlain = query.length === 0 && request.headers.size === 0;
  if (isPlain && settings.discoveryMaxStaleMs === undefined) return AT_ONCE;
  const freshness = parseFreshness(call);
  if (!freshness.ok) return freshness;
  const wait = parseWait(call);
  if (!wait.ok) return wait;
  const { minIndex, waitNs } = wait;
  const waitMs = boundedWaitMs(waitNs, settings);
  return { ok: true, options: { consistency: freshness.mode, minIndex, waitMs } };
}

/** How fresh the answer must be, or the refusal that the request has earned. */
export type ParsedFreshness =
  | { readonly ok: true; readonly mode: Consistency }
  | { readonly ok: false; readonly refusal: HttpPlan };

/** All of it that some endpoints look at, which do not wait. */
export function parseFreshness(call: Call): ParsedFreshness {
  const { request, settings } = call;
  const consistency = parseConsistency(call);
  if (!consistency.ok) return { ok: false, refusal: refuse(settings, 400, consistency.error) };
  if (!isCacheControl(request.headers.get("cache-control") ?? ""))
    return { ok: false, refusal: refuse(settings, 400, "Invalid Cache-Control header.") };
  return consistency;
}

/** For how long a request waits, and from which index on; each is 0 where it does not say. */
export type ParsedWait =
  | { readonly ok: true; readonly minIndex: Uint64; readonly waitNs: number }
  | { readonly ok: false; readonly refusal: HttpPlan };

export function parseWait({ query, settings }: Call): ParsedWait {
  const waitNs = durationNs(firstValue(query, "wait"));
  if (waitNs === undefined) return { ok: false, refusal: refuse(settings, 400, "Invalid wait time") };
  const minIndex = parseIndex(firstValue(query, "index"));
  if (minIndex === undefined) return { ok: false, refusal: refuse(settings, 400, "Invalid index") };
  return { ok: true, minIndex, waitNs };
}

type ParsedConsistency =
  | { readonly ok: true; readonly mode: Consistency }
  | { readonly ok: false; readonly error: string };

/** Presence counts, not the value: `?stale=false` is stale. A positive `?max_stale=` implies stale. */
function parseConsistency(call: Call): ParsedConsistency {
  const { query } = call;
  const maxStale = firstValue(query, "max_stale");
  const maxStaleNs = durationNs(maxStale);
  if (maxStaleNs === undefined)
    return { ok: false, error: `Invalid max_stale value ${quote(maxStale ?? ("" as ByteString))}` };
  const stale = isSet(query, "stale") || maxStaleNs > 0 || staleByDefaultMs(call) > 0;
  if (!isSet(query, "consistent")) return { ok: true, mode: stale ? "stale" : "default" };
  if (stale) return { ok: false, error: "Cannot specify ?stale with ?consistent, conflicting semantics." };
  if (isSet(query, "cached"))
    return { ok: false, error: "Cannot specify ?cached with ?consistent, conflicting semantics." };
  return { ok: true, mode: "consistent" };
}

/**
 * How long the server that answers may have been without its leader, where the answer may be stale; after that the leader
 * is asked (agent/stale-reads.ts). 0 for as long as it likes.
 */
export function maxStaleMs(call: Call): number {
  const asked = durationNs(firstValue(call.query, "max_stale")) ?? 0;
  return asked > 0 ? asked / 1e6 : staleByDefaultMs(call);
}

const DISCOVERY = /^\/v1\/(?:catalog|health)/;

/** discovery_max_stale: what asks of services and nodes, and does not say how fresh the answer must be, may be told by anybody. */
function staleByDefaultMs({ query, settings, path }: Call): number {
  const { discoveryMaxStaleMs, useCache } = settings;
  if (discoveryMaxStaleMs === undefined || !DISCOVERY.test(path)) return 0;
  const isCached = useCache !== false && isSet(query, "cached");
  const says = isCached || isSet(query, "stale") || isSet(query, "consistent");
  return says || (durationNs(firstValue(query, "max_stale")) ?? 0) > 0 ? 0 : discoveryMaxStaleMs;
}

/** Nanoseconds; 0 for absent and empty, undefined for nonsense. */
function durationNs(text: ByteString | undefined): number | undefined {
  if (text === undefined || text === "") return 0;
  const parsed = parseDuration(textOf(text));
  return parsed.ok ? parsed.ns : undefined;
}

/** 0 for absent and empty, undefined for nonsense. */
function parseIndex(text: ByteString | undefined): Uint64 | undefined {
  if (text === undefined || text === "") return 0;
  const parsed = parseUint64(text);
  return parsed.ok ? parsed.value : undefined;
}

export function boundedWaitMs(waitNs: number, settings: HttpSettings): number {
  const waitMs = waitNs > 0 ? waitNs / 1e6 : settings.defaultQueryTimeMs;
  return Math.min(waitMs, settings.maxQueryTimeMs);
}

/**
 * Whether the numbers in Cache-Control are numbers. We keep no cache that the directives could speak to; Consul refuses
 * bad ones from everybody.
 */
function isCacheControl(header: string): boolean {
  return header
    .toLowerCase()
    .split(",")
    .every((directive) => {
      const seconds = /^(?:max-age|stale-if-error)=(.*)$/s.exec(directive.trim());
      return seconds === null || isInt64(seconds[1] ?? "");
    });
}

/** What Go's strconv.Atoi takes. */
function isInt64(text: string): boolean {
  const match = /^([-+]?)0*(\d{1,19})$/.exec(text);
  if (match === null) return false;
  const size = BigInt(match[2] ?? "");
  return size < 2n ** 63n || (match[1] === "-" && size === 2n ** 63n);
}

/** The datacenter that is asked, by `?dc=` unless a body names it, if it is another than the agent's; "" otherwise. */
export function otherDatacenter({ query, settings }: Call, named?: string): string {
  const datacenter = named ?? textOf(firstValue(query, "dc") ?? ("" as ByteString));
  return datacenter === settings.datacenter ? "" : datacenter;
}

/**
 * `?near=`: the node from which others are near or far, `_agent` for this agent's. Undefined for none. It is one of the
 * datacenter that is asked: another's agents it does not know, and so leaves the order as it is.
 */
export function nearOf(call: Call): string | undefined {
  const near = textOf(firstValue(call.query, "near") ?? ("" as ByteString));
  if (near === "") return undefined;
  return near === "_agent" ? call.settings.nodeName : near;
}

/** Refuses a namespace, which only Consul Enterprise has. @returns undefined when none is named. */
export function refuseNamespace({ request, query, settings }: Call): HttpPlan | undefined {
  const where =
    (request.headers.get("x-consul-namespace") ?? "") !== ""
      ? 'header: "X-Consul-Namespace"'
      : (firstValue(query, "ns") ?? "") !== ""
        ? 'query parameter: "ns"'
        : undefined;
  if (where === undefined) return undefined;
  const text = `Bad request: Invalid ${where} - Namespaces are a Consul Enterprise feature`;
  return refuse(settings, 400, text);
}
