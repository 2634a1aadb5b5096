// Clients that live by locks: each makes a session of its own on a node of its own, takes keys with it, renews it in time,
// gives keys back, and ends the session in one of the ways there are: it destroys it, or has its node deregistered, or falls
// silent until its TTL runs out. They write the same history as the clients of the key/value store, so that the checkers
// judge both together: nobody is given a lock that another holds or that is held off, and no session ends too early.

import type { ByteString } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import { complete, type History, invoke, type KvOutcome, type SessionTerms } from "./checkers/history.ts";
import { http, type Workload } from "./clients.ts";
import { outcomeOf } from "./kv-client.ts";
import { afterThinking, askSomeone, createQuestions, type Manner, type Questions } from "./questions.ts";
import { callAt, type World } from "./world.ts";

export interface LockerOptions {
  readonly lockers: number;
  /** What they lock. Where others write these keys too, more is to be found out about an order of it all. */
  readonly keys: readonly string[];
  /** Of their sessions, as it is configured to be allowed. */
  readonly ttlMs: number;
  /** Of some of their sessions; the others have none. */
  readonly lockDelayMs: number;
}

const MANNER: Manner = {
  site: "locker",
  firstRequest: 4_000_000,
  thinkUs: [20_000, 300_000],
  patienceUs: 4_000_000,
};
/** A leader's clock may be fast: of a lock-delay at least so much has passed by true time. */
const LEAST_SHARE = 0.8;
/**
 * Answers about a key that were lost. Each doubles what the key may have been since; past this many another is locked in
 * its place, or the search for an order would give up (seed 8888).
 */
const MOST_LOST = 8;
/** A delay begins anew with every restart of whoever leads next; it is over some time. */
const NO_BOUND_MS = 1e9;

interface Locker {
  readonly name: string;
  sessions: number;
  /** Undefined while it has none. */
  session: OwnSession | undefined;
  writes: number;
}

interface OwnSession {
  readonly id: string;
  readonly node: string;
  /** It is renewed no more, and ends by itself. */
  silent: boolean;
  /** By true time: until then it lives for certain, if nobody ends it. */
  aliveUntilUs: number;
  /** The history says that it may have ended. */
  maybeOver: boolean;
}

export interface Lockers {
  readonly options: LockerOptions;
  readonly history: History;
  readonly all: readonly Locker[];
  readonly questions: Questions;
  /** By key of the options: writes to it, or to those that took its place, whose answers were lost. */
  readonly lost: Map<string, number>;
  /** Locks taken, and sessions that were seen to have ended by themselves. */
  readonly counts: { taken: number; refused: number; expired: number };
}

/** Lets lockers loose on a world, beside the clients whose history they write into too. */
export function startLockers(
  world: World,
  workload: Workload,
  options: LockerOptions,
  chance: Chance,
): Lockers {
  const all = Array.from({ length: options.lockers }, (_, at): Locker => {
    return { name: `l${at + 1}`, sessions: 0, session: undefined, writes: 0 };
  });
  const lockers: Lockers = {
    options,
    history: workload.history,
    all,
    questions: createQuestions(world, workload, MANNER, chance),
    lost: new Map(),
    counts: { taken: 0, refused: 0, expired: 0 },
  };
  for (const locker of all) later(lockers, locker);
  return lockers;
}

function later(lockers: Lockers, locker: Locker): void {
  afterThinking(lockers.questions, () => act(lockers, locker));
}

const NO_TEXT = "" as ByteString;

/** Asks somebody who is there; without an answer in time, or from a process that died, the status is 0. */
function ask(
  { questions }: Lockers,
  method: string,
  target: string,
  body: string,
  answered: (status: number, body: ByteString) => void,
): void {
  askSomeone(questions, http(method, target, body), (response) =>
    answered(response?.status ?? 0, response?.body ?? NO_TEXT),
  );
}

function act(lockers: Lockers, locker: Locker): void {
  const { chance } = lockers.questions;
  const { session } = locker;
  const next = (): void => later(lockers, locker);
  if (session === undefined) return create(lockers, locker, next);
  const dice = chance.choose("locker.action", 100);
  if (dice < 35) return lock(lockers, locker, session, "acquire", next);
  if (dice < 50) return lock(lockers, locker, session, "release", next);
  if (dice < 92) return look(lockers, locker, session, next);
  if (dice < 95) {
    session.silent = true;
    return next();
  }
  return end(lockers, locker, session, next);
}

/** A session on a node of its own: what ends one of them ends no other. */
function create(lockers: Lockers, locker: Locker, next: () => void): void {
  const { history, options, questions } = lockers;
  const { world, chance, place } = questions;
  const node = `${locker.name}-${++locker.sessions}`;
  const lockDelayMs = chance.choose("locker.delay", 2) * options.lockDelayMs;
  const behavior = chance.choose("locker.behavior", 3) === 0 ? "delete" : "release";
  const body = JSON.stringify({
    Node: node,
    NodeChecks: [],
    Behavior: behavior,
    LockDelay: `${lockDelayMs}ms`,
    TTL: `${options.ttlMs}ms`,
  });
  const registration = JSON.stringify({ Datacenter: place.datacenter, Node: node, Address: "10.8.8.8" });
  ask(lockers, "PUT", "/v1/catalog/register", registration, (status) => {
    if (status !== 200) return next();
    const terms: SessionTerms = {
      behavior,
      leastDelayMs: lockDelayMs * LEAST_SHARE,
      mostDelayMs: lockDelayMs === 0 ? 0 : NO_BOUND_MS,
    };
    const askedUs = world.nowUs;
    const id = invoke(history, locker.name, "", { kind: "create-session", ...terms }, askedUs / 1000);
    ask(lockers, "PUT", "/v1/session/create", body, (created, answer) => {
      const session = /"ID": ?"([^"]+)"/.exec(answer)?.[1];
      if (created !== 200 || session === undefined) {
        complete(history, id, { kind: "unknown" }, world.nowUs / 1000);
        return next();
      }
      complete(history, id, { kind: "created", session }, world.nowUs / 1000);
      const own = { id: session, node, silent: false, aliveUntilUs: 0, maybeOver: false };
      locker.session = own;
      renewed(lockers, own, askedUs);
      next();
    });
  });
}

/** It was alive at some time after `askedUs`: so it is for its TTL. Then the history says that it may end at any time. */
function renewed({ history, options, questions }: Lockers, session: OwnSession, askedUs: number): void {
  const { world } = questions;
  session.aliveUntilUs = Math.max(session.aliveUntilUs, askedUs + options.ttlMs * 1000);
  const untilUs = session.aliveUntilUs;
  callAt(world, Math.max(world.nowUs, untilUs), () => {
    if (session.aliveUntilUs > untilUs || session.maybeOver) return;
    session.maybeOver = true;
    const id = invoke(history, "time", session.id, { kind: "end-session" }, world.nowUs / 1000);
    complete(history, id, { kind: "unknown" }, world.nowUs / 1000);
  });
}

function lock(
  lockers: Lockers,
  locker: Locker,
  session: OwnSession,
  kind: "acquire" | "release",
  next: () => void,
): void {
  const { history, options, lost, counts, questions } = lockers;
  const { world, chance } = questions;
  const wanted = options.keys[chance.choose("locker.key", options.keys.length)] ?? "";
  const key = keyInUse(lockers, wanted);
  const value = `${locker.name}.${++locker.writes}`;
  const action = { kind, session: session.id, value };
  const id = invoke(history, locker.name, key, action, world.nowUs / 1000);
  ask(lockers, "PUT", `/v1/kv/${key}?${kind}=${session.id}`, value, (status, body) => {
    const outcome: KvOutcome = status === 0 ? { kind: "unknown" } : outcomeOf(action, { status, body });
    complete(history, id, outcome, world.nowUs / 1000);
    if (outcome.kind === "unknown") lost.set(wanted, (lost.get(wanted) ?? 0) + 1);
    if (kind === "acquire" && outcome.kind === "applied") counts.taken++;
    if (kind === "acquire" && outcome.kind === "refused") counts.refused++;
    if (outcome.kind === "no-session") gone(lockers, locker, session);
    next();
  });
}

/** The key itself, or one that has taken its place. */
function keyInUse({ lost }: Lockers, key: string): string {
  const place = Math.floor((lost.get(key) ?? 0) / MOST_LOST);
  return place === 0 ? key : `${key}-${place}`;
}

/** Renews the session; one that has fallen silent is only looked at, to see whether it is there. */
function look(lockers: Lockers, locker: Locker, session: OwnSession, next: () => void): void {
  const { history, questions } = lockers;
  const { world } = questions;
  const askedUs = world.nowUs;
  const id = invoke(history, locker.name, session.id, { kind: "look-session" }, askedUs / 1000);
  const [method, what] = session.silent ? ["GET", "info"] : ["PUT", "renew"];
  ask(lockers, method ?? "", `/v1/session/${what}/${session.id}`, "", (status, body) => {
    const alive = status === 200 && body.includes(session.id);
    const knows = status === 404 || status === 200;
    const outcome: KvOutcome = knows ? { kind: "looked", alive } : { kind: "unknown" };
    complete(history, id, outcome, world.nowUs / 1000);
    if (knows && !alive) gone(lockers, locker, session);
    else if (alive && !session.silent) renewed(lockers, session, askedUs);
    next();
  });
}

function gone({ counts }: Lockers, locker: Locker, session: OwnSession): void {
  counts.expired++;
  if (locker.session === session) locker.session = undefined;
}

function end(lockers: Lockers, locker: Locker, session: OwnSession, next: () => void): void {
  const { history, questions } = lockers;
  const { world, chance, place } = questions;
  locker.session = undefined;
  session.maybeOver = true;
  const id = invoke(history, locker.name, session.id, { kind: "end-session" }, world.nowUs / 1000);
  const destroys = chance.choose("locker.end", 2) === 0;
  const target = destroys ? `/v1/session/destroy/${session.id}` : "/v1/catalog/deregister";
  const body = destroys ? "" : JSON.stringify({ Datacenter: place.datacenter, Node: session.node });
  ask(lockers, "PUT", target, body, (status) => {
    complete(history, id, { kind: status === 200 ? "applied" : "unknown" }, world.nowUs / 1000);
    next();
  });
}
