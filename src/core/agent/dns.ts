// DNS at the agent: core/dns says what an answer is made of, this finds it. What this server knows itself is answered at
// once, and kept for whoever asks the same; what others know is asked of them, and the answer is made when all has come.

import { notice } from "../api/notice.ts";
import type { Response } from "../api/response.ts";
import { type Answer, answerQuery, failedMessage, metricOf } from "../dns/answer.ts";
import { FAILED_FACT, type Fact, type Need } from "../dns/facts.ts";
import { type DnsMessage, RCODE } from "../dns/message.ts";
import { nameText } from "../dns/name.ts";
import { readQuery } from "../dns/read-message.ts";
import { DEFAULT_DNS } from "../dns/settings.ts";
import { writeMessage } from "../dns/write-message.ts";
import { type ByteString, byteStringOf, copyBytes } from "../lib/bytes.ts";
import { countMetric } from "../lib/metrics.ts";
import { askCached } from "../service/cache.ts";
import { isCacheable } from "../service/cache-state.ts";
import {
  type DnsAnswers,
  forgetAnswers,
  type KeptMessage,
  keepAnswer,
  takeAnswer,
  takeTurn,
} from "../service/dns-answers.ts";
import { lastContactMs, watchKeys } from "../service/reads.ts";
import { ask } from "../service/route.ts";
import { readsHere } from "../service/serve.ts";
import type { Duty, Server, ServiceEffect } from "../service/state.ts";
import type { WatchKey } from "../store/watch.ts";
import type { ReloadableConfig } from "./config.ts";
import { type DnsRead, factOf, requestOf, type ServerNeed } from "./dns-facts.ts";
import { onForwarded, startRelay, startSearch, withId } from "./dns-recursion.ts";
import type { OpenQuestion } from "./dns-state.ts";
import type { Effect, Input, RequestId } from "./ports.ts";
import type { Agent } from "./state.ts";

/** So many clients wait at a time for what others know; more are told that it failed. Consul has no bound. */
export const MAX_OPEN_QUESTIONS = 4096;
/** A server that has heard nothing of its leader for so long is behind (Consul's staleCounterThreshold). */
const BEHIND_MS = 5_000;

/** Where a question is answered: everything that answering it may need or cause. */
interface Desk {
  readonly agent: Agent;
  readonly nowMs: number;
  readonly effects: ServiceEffect[];
  readonly out: Effect[];
}

/** What an answer rests on. */
interface Basis {
  /** What must be touched for it to say something else. */
  readonly on: WatchKey[];
  /** All of it is in this server's own tables. */
  isOwn: boolean;
  /** There were instances to be put in some order. */
  varies: boolean;
  /** Which of them is to be the first. */
  readonly turn: number;
}

type Asked = Extract<Input, { type: "dns" }>;

/**
 * Answers a question at once that was answered before, if nothing has changed since of what was said. Nothing else comes of
 * it: whoever drives the agent need not end its turn because of it.
 * @returns Whether it did; else the agent is to be given the question as any input.
 */
export function answerKnownDns(agent: Agent, asked: Asked, nowMs: number, out: Effect[]): boolean {
  const answers = answersOf(agent, nowMs);
  const kept = answers && takeAnswer(answers, keyOf(asked), nowMs);
  if (kept === undefined) return false;
  const { id, bytes } = asked;
  reply(id, patched(kept, bytes, agent, nowMs), out, kept.metric);
  return true;
}

export function onDns(
  agent: Agent,
  asked: Asked,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  if (answerKnownDns(agent, asked, nowMs, out)) return;
  const { id, over, ip, bytes } = asked;
  const { dns, chance } = agent;
  const read = readQuery(bytes);
  if (read.kind === "ignored") return reply(id, undefined, out);
  if (read.kind === "refused") return reply(id, read.header, out);
  const desk: Desk = { agent, nowMs, effects, out };
  const open: OpenQuestion = { id, query: read.query, over, ip, bytes, facts: new Map(), waiting: new Map() };
  const number = dns.next++;
  const answers = answersOf(agent, nowMs);
  const key = keyOf(asked);
  const turn = (answers && takeTurn(answers, key)) ?? chance.choose("dns.turn", TURNS);
  const basis: Basis = { on: [], isOwn: true, varies: false, turn };
  const answer = makeAnswer(desk, number, open, basis);
  if (answer === undefined) return void dns.open.set(number, open);
  const message = tell(desk, number, open, answer);
  if (message !== undefined && basis.isOwn && answers !== undefined)
    keepAnswer(answers, key, message, basis.on, basis.varies ? turn : undefined, nowMs);
}

/** Answers that may be given as they were; undefined where others are to be asked. */
function answersOf(agent: Agent, nowMs: number): DnsAnswers | undefined {
  const { server } = agent.service;
  return server !== undefined && tellsWhatItHas(agent, server, nowMs) ? server.dnsAnswers : undefined;
}

/** Two questions with the same key are answered alike: all of their bytes but the id, and how many may come back. */
function keyOf({ over, bytes }: Asked): ByteString {
  return (over + byteStringOf(bytes, ID_BYTES)) as ByteString;
}

const ID_BYTES = 2;

const TURNS = 1 << 16;

/** Whether this server may answer from its own tables, as they are. */
function tellsWhatItHas({ dns, service }: Agent, server: Server, nowMs: number): boolean {
  const { allowStale, maxStaleMs, useCache } = dns.settings;
  if (useCache || !readsHere(service, server, allowStale ? "stale" : "default", nowMs)) return false;
  return !allowStale || lastContactMs(server, nowMs) <= maxStaleMs;
}

/** Whole seconds since 1970. */
function secondsAt({ config }: Agent, nowMs: number): number {
  return Math.floor((nowMs + (config.wallOffsetMs ?? 0)) / 1000);
}

/** A kept message for this question: under its id, with the time of day. */
function patched(
  { bytes, serialAt }: KeptMessage,
  question: Uint8Array,
  agent: Agent,
  nowMs: number,
): Uint8Array {
  const copy = copyBytes(bytes);
  copy[0] = question[0] as number;
  copy[1] = question[1] as number;
  if (serialAt > 0) {
    const nowS = secondsAt(agent, nowMs);
    for (let k = 0; k < 4; k++) copy[serialAt + k] = (nowS >>> (24 - 8 * k)) & 255;
  }
  return copy;
}

/** @returns undefined when something has to be asked of others first: then the question waits. */
function makeAnswer(desk: Desk, number: number, open: OpenQuestion, basis: Basis): Answer | undefined {
  const { agent, nowMs } = desk;
  const { config, dns } = agent;
  for (;;) {
    const missing = new Map<string, Need>();
    const answer = answerQuery(open.query, open.over, open.ip, {
      settings: dns.settings,
      datacenter: config.datacenter,
      translatesWan: config.translateWanAddrs ?? false,
      nowS: secondsAt(agent, nowMs),
      facts: open.facts,
      missing,
    });
    if (missing.size === 0) return answer;
    for (const [key, need] of missing) {
      const fact = findOut(desk, number, key, need, basis);
      if (fact === undefined) open.waiting.set(key, need);
      else open.facts.set(key, fact);
    }
    if (open.waiting.size > 0) return undefined;
  }
}

/** @returns undefined when it is being asked of others. */
function findOut(desk: Desk, number: number, key: string, need: Need, basis: Basis): Fact | undefined {
  if (need.kind !== "elsewhere")
    return askServers(desk, { kind: "dns", question: number, need: key, stale: true }, need, basis);
  basis.isOwn = false;
  return startSearch(desk.agent, number, need.name, desk.out) ? undefined : FAILED_FACT;
}

type DnsDuty = Extract<Duty, { kind: "dns" }>;

function askServers(desk: Desk, asked: DnsDuty, need: ServerNeed, basis: Basis): Fact | undefined {
  const { agent, nowMs, effects } = desk;
  const { service, dns, config } = agent;
  const { allowStale, useCache, cacheMaxAgeMs } = dns.settings;
  const duty = { ...asked, stale: asked.stale && allowStale };
  const request = requestOf(need, duty.stale, config.nodeName);
  const datacenter = need.kind === "names" ? config.datacenter : need.datacenter;
  const isHere = datacenter === config.datacenter && canAnswerHere(desk, duty.stale);
  if (!isHere && dns.open.size >= MAX_OPEN_QUESTIONS) return FAILED_FACT;
  const origin = { by: "duty", duty } as const;
  const directives = { maxAgeMs: cacheMaxAgeMs, mustRevalidate: false, staleIfErrorMs: 0 };
  const response =
    useCache && isCacheable(request)
      ? askCached(service, origin, request, directives, nowMs, effects, datacenter)
      : ask(service, origin, request, nowMs, effects, datacenter);
  if (isHere && response?.ok === true && !useCache && request.kind !== "query.execute")
    rest(desk, basis, request, response);
  else basis.isOwn = false;
  return response && hear(desk, duty, need, response, basis);
}

function canAnswerHere({ agent, nowMs }: Desk, stale: boolean): boolean {
  const { server } = agent.service;
  return server !== undefined && readsHere(agent.service, server, stale ? "stale" : "default", nowMs);
}

/** Notes what an answer of our own tables depends on. */
function rest(
  { agent }: Desk,
  basis: Basis,
  request: Exclude<DnsRead, { kind: "query.execute" }>,
  { body }: Extract<Response, { ok: true }>,
): void {
  const { server } = agent.service;
  if (server === undefined) return;
  basis.on.push(...watchKeys(server.store, request));
  // One that was found by the beginning of its id may not be the only one for long.
  if (request.kind === "catalog.node") basis.on.push({ on: "nodes" });
  if (body.kind === "health" && body.rows.length > 1) basis.varies = true;
}

/** What servers say. @returns undefined when they are asked again, since the one that answered is too far behind. */
function hear(
  desk: Desk,
  duty: DnsDuty,
  need: ServerNeed,
  response: Response,
  basis: Basis,
): Fact | undefined {
  const { agent, out } = desk;
  const { dns, chance, service } = agent;
  const silenceMs = (response.ok ? response.meta?.lastContactMs : undefined) ?? 0;
  if (duty.stale && silenceMs > dns.settings.maxStaleMs) {
    basis.isOwn = false;
    return askServers(desk, { ...duty, stale: false }, need, basis);
  }
  if (silenceMs > BEHIND_MS) countMetric(service.telemetry, "dns.stale_queries");
  const fact = factOf(response, { chance, turn: basis.turn, settings: dns.settings });
  if (fact.kind === "failed" && !response.ok)
    out.push(notice("error", "dns", "rpc error", { error: response.error.detail }));
  return fact;
}

/** Servers have answered what they were asked for a question. */
export function onDnsAnswer(
  agent: Agent,
  duty: DnsDuty,
  response: Response,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const need = agent.dns.open.get(duty.question)?.waiting.get(duty.need);
  if (need === undefined || need.kind === "elsewhere") return;
  const desk: Desk = { agent, nowMs, effects, out };
  const basis = loose(agent);
  const fact = hear(desk, duty, need, response, basis);
  if (fact !== undefined) learn(desk, duty.question, duty.need, fact, basis);
}

/** A recursor has answered, or has not. */
export function onDnsForwarded(
  agent: Agent,
  input: Extract<Input, { type: "dns-forwarded" }>,
  nowMs: number,
  effects: ServiceEffect[],
  out: Effect[],
): void {
  const came = onForwarded(agent, input, out);
  const open = came && agent.dns.open.get(came.question);
  if (came === undefined || open === undefined) return;
  const desk: Desk = { agent, nowMs, effects, out };
  if (came.need !== undefined) return learn(desk, came.question, came.need, came.fact, loose(agent));
  agent.dns.open.delete(came.question);
  if (came.bytes === undefined) failRecursion(desk, open);
  else reply(open.id, withId(came.bytes, open.query.id), out);
}

/** What comes late is kept for nobody else. */
function loose({ chance }: Agent): Basis {
  return { on: [], isOwn: false, varies: false, turn: chance.choose("dns.turn", TURNS) };
}

function learn(desk: Desk, number: number, key: string, fact: Fact, basis: Basis): void {
  const { open: all } = desk.agent.dns;
  const open = all.get(number);
  if (open === undefined) return;
  open.facts.set(key, fact);
  open.waiting.delete(key);
  if (open.waiting.size > 0) return;
  const answer = makeAnswer(desk, number, open, basis);
  if (answer === undefined) return;
  all.delete(number);
  tell(desk, number, open, answer);
}

/** @returns What was said; undefined where it is for others to say, or can't be said. */
function tell(desk: Desk, number: number, open: OpenQuestion, answer: Answer): KeptMessage | undefined {
  const { agent, out } = desk;
  const { dns } = agent;
  if (answer.kind === "recurse") {
    dns.open.set(number, open);
    if (startRelay(agent, number, open, out)) return undefined;
    dns.open.delete(number);
    failRecursion(desk, open);
    return undefined;
  }
  const message = send(desk, open, answer.message);
  return answer.message.rcode === RCODE.serverFailure ? undefined : message;
}

function failRecursion(desk: Desk, open: OpenQuestion): void {
  const { query, over, ip } = open;
  const fields = { question: nameText(query.name), client: ip, client_network: over };
  desk.out.push(notice("error", "dns", "all resolvers failed for question from client", fields));
  send(desk, open, failedMessage(query));
}

function send({ agent, out }: Desk, open: OpenQuestion, message: DnsMessage): KeptMessage | undefined {
  const written = writeMessage(message, !agent.dns.settings.disableCompression);
  const metric = metricOf(message.question.name, agent.dns.settings);
  reply(open.id, written?.bytes, out, metric);
  if (written === undefined)
    out.push(notice("warn", "dns", "failed to respond", { error: "the answer is too large" }));
  return written && { ...written, metric };
}

function reply(
  id: RequestId,
  bytes: Uint8Array | undefined,
  out: Effect[],
  metric?: KeptMessage["metric"],
): void {
  out.push({
    type: "dns-reply",
    id,
    ...(bytes === undefined ? {} : { bytes }),
    ...(metric === undefined ? {} : { metric }),
  });
}

/** The configuration was read again: all but the domains is as it says now, as in Consul. */
export function reloadDns(
  { dns, service }: Agent,
  settings: NonNullable<ReloadableConfig["dns"]> = DEFAULT_DNS,
): void {
  const { domain, altDomain } = dns.settings;
  dns.settings = { ...settings, domain, altDomain };
  if (service.server !== undefined) forgetAnswers(service.server.dnsAnswers);
}
