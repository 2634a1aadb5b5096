// Answers of DNS as they were sent, by the bytes of their questions, for as long as nothing changes of what they say: most of
// what is asked is asked again and again. The watches say when something changes, as they do for blocking queries. An
// answer that names several instances is kept in several orders, which take turns; one of them is made anew now and then,
// so that over time every order comes, as it would if each answer were made anew.

import { must } from "../lib/assert.ts";
import type { ByteString } from "../lib/bytes.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import type { Touched } from "../store/store.ts";
import { collectWoken, createWatches, unwatch, type Watches, type WatchKey, watch } from "../store/watch.ts";

export interface KeptMessage {
  readonly bytes: Uint8Array;
  /** Where the serial of its SOA stands, which is the time; 0 where it has none. */
  readonly serialAt: number;
  /** What it counts as. */
  readonly metric: "dns.domain_query" | "dns.ptr_query" | undefined;
}

interface KeptAnswer {
  readonly question: ByteString;
  readonly on: readonly WatchKey[];
  /** One, or so many orders of it. */
  readonly orders: KeptMessage[];
  readonly varies: boolean;
  /** How often it was given. */
  given: number;
  /** Which of the instances is the first in the order that is made next. */
  turn: number;
  bytes: number;
}

export interface DnsAnswers {
  /** By question, its number in `answers`. */
  readonly numbers: Map<ByteString, number>;
  /** Oldest first. */
  readonly answers: Map<number, KeptAnswer>;
  readonly watches: Watches;
  next: number;
  /** Of all of them. */
  bytes: number;
}

const ORDERS = 16;
/** One of so many answers is in an order that was not there before. */
const ANEW_EVERY = 64;
const MOST_ANSWERS = 8_192;
const MOST_BYTES = 32 << 20;
/** A question and the records around an answer, in bytes, or as good as. */
const OVERHEAD_BYTES = 512;

export function createDnsAnswers(): DnsAnswers {
  return { numbers: new Map(), answers: new Map(), watches: createWatches(), next: 1, bytes: 0 };
}

/** The next answer to a question, or in which turn it is to be made; undefined where there is none yet. */
export function takeAnswer(
  { numbers, answers }: DnsAnswers,
  question: ByteString,
): KeptMessage | { readonly turn: number } | undefined {
  const answer = answers.get(numbers.get(question) ?? 0);
  if (answer === undefined) return undefined;
  if (!answer.varies) return answer.orders[0];
  const given = answer.given++;
  const order = given % ORDERS;
  const isDue = given % ANEW_EVERY === Math.floor(given / ANEW_EVERY) % ORDERS;
  const kept = isDue ? undefined : answer.orders[order];
  return kept ?? { turn: answer.turn++ };
}

/**
 * Keeps what a question was answered with.
 * @param on What must be touched for it to say something else.
 * @param turn In which turn it was made; undefined for one that is the same each time it is made.
 */
export function keepAnswer(
  kept: DnsAnswers,
  question: ByteString,
  message: KeptMessage,
  on: readonly WatchKey[],
  turn: number | undefined,
): void {
  const known = kept.answers.get(kept.numbers.get(question) ?? 0);
  if (known !== undefined) return replaceOrder(kept, known, message);
  makeRoom(kept);
  const number = kept.next++;
  const bytes = OVERHEAD_BYTES + question.length + message.bytes.length;
  kept.numbers.set(question, number);
  kept.answers.set(number, {
    question,
    on,
    orders: [message],
    varies: turn !== undefined,
    given: 1,
    turn: (turn ?? 0) + 1,
    bytes,
  });
  kept.bytes += bytes;
  for (const each of on) watch(kept.watches, each, number);
}

/** It was made for the turn that has just been taken. */
function replaceOrder(kept: DnsAnswers, known: KeptAnswer, message: KeptMessage): void {
  const order = known.varies ? (known.given - 1) % ORDERS : 0;
  const grown = message.bytes.length - (known.orders[order]?.bytes.length ?? 0);
  known.orders[order] = message;
  known.bytes += grown;
  kept.bytes += grown;
}

function makeRoom(kept: DnsAnswers): void {
  for (const oldest of kept.answers.keys()) {
    if (kept.answers.size < MOST_ANSWERS && kept.bytes < MOST_BYTES) return;
    forget(kept, oldest);
  }
}

function forget(kept: DnsAnswers, number: number): void {
  const { question, on, bytes } = must(kept.answers.get(number), "what is forgotten was kept");
  kept.answers.delete(number);
  kept.numbers.delete(question);
  kept.bytes -= bytes;
  for (const each of on) unwatch(kept.watches, each, number);
}

/** Something has changed: what says it is to be made anew. */
export function forgetAnswersOn(
  kept: DnsAnswers,
  touched: Touched,
  config: { readonly planted?: string | undefined },
): void {
  if (kept.answers.size === 0) return;
  if (PLANTED && touched.table === "service" && planted(config, "dns-answers-kept-too-long")) return;
  const stale = new Set<number>();
  collectWoken(kept.watches, touched, stale);
  for (const number of stale) forget(kept, number);
}

/** Another state has taken the place of all, or answers are made in another way now. */
export function forgetAnswers(kept: DnsAnswers): void {
  for (const number of [...kept.answers.keys()]) forget(kept, number);
}
