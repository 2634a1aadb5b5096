// Answers of DNS as they were sent, by the bytes of their questions, for as long as nothing changes of what they say: most of
// what is asked is asked again and again. An answer that names several instances is kept in several orders, which take turns;
// one of them is made anew now and then, so that over time every order comes, as it would if each answer were made anew: who
// asks seldom sees one that nobody has seen, who asks all the time pays next to nothing for it.

import type { ByteString } from "../lib/bytes.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import {
  addWeight,
  createMemory,
  forgetAll,
  forgetTouched,
  type Memory,
  type Room,
  recall,
  remember,
} from "../store/memory.ts";
import type { Touched } from "../store/store.ts";
import type { WatchKey } from "../store/watch.ts";

export interface KeptMessage {
  readonly bytes: Uint8Array;
  /** Where the serial of its SOA stands, which is the time; 0 where it has none. */
  readonly serialAt: number;
  /** What it counts as. */
  readonly metric: "dns.domain_query" | "dns.ptr_query" | undefined;
}

interface KeptAnswer {
  /** One, or so many orders of it. */
  readonly orders: KeptMessage[];
  readonly varies: boolean;
  /** How often it was given. */
  given: number;
  /** Which of the instances is the first in the order that is made next. */
  turn: number;
  /** When an order was made last, and how often the answer was given since. */
  madeMs: number;
  givenSince: number;
}

export type DnsAnswers = Memory<ByteString, KeptAnswer>;

const ORDERS = 16;
/** After so long there is an order that was not there before… */
const ANEW_MS = 1_000;
/** …or after so long, if so many answers were given: to make one of a hundred instances costs as much as some forty answers. */
const BUSY_ANEW_MS = 10;
const BUSY_ANSWERS = 64;
/** Its weight is in bytes. */
const ROOM: Room = { questions: 8_192, weight: 32 << 20 };
/** A question and the records around an answer, in bytes, or as good as. */
const OVERHEAD_BYTES = 512;

export function createDnsAnswers(): DnsAnswers {
  return createMemory();
}

/** The next answer to a question; undefined where there is none yet, and where another order of it is due. */
export function takeAnswer(
  answers: DnsAnswers,
  question: ByteString,
  nowMs: number,
): KeptMessage | undefined {
  const answer = recall(answers, question);
  if (answer === undefined) return undefined;
  if (!answer.varies) return answer.orders[0];
  const kept = isDue(answer, nowMs) ? undefined : answer.orders[answer.given % ORDERS];
  if (kept === undefined) return undefined;
  answer.given++;
  answer.givenSince++;
  return kept;
}

function isDue({ madeMs, givenSince }: KeptAnswer, nowMs: number): boolean {
  const age = nowMs - madeMs;
  return age >= ANEW_MS || (age >= BUSY_ANEW_MS && givenSince >= BUSY_ANSWERS);
}

/** In which turn an answer that is known already, but not to be taken, is made; undefined for one that is not known. */
export function takeTurn(answers: DnsAnswers, question: ByteString): number | undefined {
  const answer = recall(answers, question);
  if (answer === undefined) return undefined;
  answer.given++;
  return answer.turn++;
}

/**
 * Keeps what a question was answered with.
 * @param on What must be touched for it to say something else.
 * @param turn In which turn it was made; undefined for one that is the same each time it is made.
 */
export function keepAnswer(
  answers: DnsAnswers,
  question: ByteString,
  message: KeptMessage,
  on: readonly WatchKey[],
  turn: number | undefined,
  nowMs: number,
): void {
  const known = recall(answers, question);
  if (known !== undefined) return replaceOrder(answers, question, known, message, nowMs);
  const varies = turn !== undefined;
  remember(answers, ROOM, question, {
    value: { orders: [message], varies, given: 1, turn: (turn ?? 0) + 1, madeMs: nowMs, givenSince: 0 },
    on,
    weight: OVERHEAD_BYTES + question.length + message.bytes.length,
  });
}

/** It was made for the turn that has just been taken. */
function replaceOrder(
  answers: DnsAnswers,
  question: ByteString,
  known: KeptAnswer,
  message: KeptMessage,
  nowMs: number,
): void {
  known.madeMs = nowMs;
  known.givenSince = 0;
  const order = known.varies ? (known.given - 1) % ORDERS : 0;
  addWeight(answers, question, message.bytes.length - (known.orders[order]?.bytes.length ?? 0));
  known.orders[order] = message;
}

/** Something has changed: what says it is to be made anew. */
export function forgetAnswersOn(
  answers: DnsAnswers,
  touched: Touched,
  config: { readonly planted?: string | undefined },
): void {
  if (PLANTED && touched.table === "service" && planted(config, "dns-answers-kept-too-long")) return;
  forgetTouched(answers, touched);
}

/** Another state has taken the place of all, or answers are made in another way now. */
export function forgetAnswers(answers: DnsAnswers): void {
  forgetAll(answers);
}
