// Answers of DNS that are kept: they take turns, make room for each other, and go when something of them changes.

import { expect, test } from "vitest";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import {
  createDnsAnswers,
  type DnsAnswers,
  forgetAnswers,
  forgetAnswersOn,
  type KeptMessage,
  keepAnswer,
  takeAnswer,
  takeTurn,
} from "../../../src/core/service/dns-answers.ts";

const QUESTION = "who is web?" as ByteString;
const WEB = [{ on: "service", service: "web" }] as const;
const ORDERS = 16;

function message(bytes: number): KeptMessage {
  return { bytes: new Uint8Array(bytes), serialAt: 0, metric: "dns.domain_query" };
}

test("an answer that is always the same is given until something of it changes", () => {
  const answers = createDnsAnswers();
  expect(takeAnswer(answers, QUESTION, 0)).toBeUndefined();
  expect(takeTurn(answers, QUESTION)).toBeUndefined();
  const said = message(10);
  keepAnswer(answers, QUESTION, said, WEB, undefined, 0);
  for (let times = 0; times < 100; times++) expect(takeAnswer(answers, QUESTION, 0)).toBe(said);
  forgetAnswersOn(answers, { table: "service", service: "db" }, {});
  expect(takeAnswer(answers, QUESTION, 0)).toBe(said);
  forgetAnswersOn(answers, { table: "service", service: "web" }, {});
  expect(takeAnswer(answers, QUESTION, 0)).toBeUndefined();
  expect(answers).toEqual({ ...createDnsAnswers(), next: 2 });
});

/** Asks as often, every so many milliseconds. @returns The turns in which orders were made. */
function turnsOf(answers: DnsAnswers, times: number, everyMs: number, fromMs: number): number[] {
  const turns: number[] = [];
  for (let at = 0; at < times; at++) {
    const nowMs = fromMs + at * everyMs;
    if (takeAnswer(answers, QUESTION, nowMs) !== undefined) continue;
    const turn = takeTurn(answers, QUESTION);
    turns.push(turn ?? Number.NaN);
    keepAnswer(answers, QUESTION, message(200), WEB, turn, nowMs);
  }
  return turns;
}

test("of several instances each is the first in turn, and orders that were not there come now and then", () => {
  const answers = createDnsAnswers();
  keepAnswer(answers, QUESTION, message(100), WEB, 7, 0);
  const all = turnsOf(answers, ORDERS - 1, 0, 0);
  expect(all.length).toBe(ORDERS - 1);
  // Ten a millisecond: a new one every ten milliseconds.
  const busy = turnsOf(answers, 10_000, 0.1, 1);
  expect(busy.length).toBeGreaterThan(95);
  expect(busy.length).toBeLessThanOrEqual(100);
  // Twenty a second: one in a second.
  const calm = turnsOf(answers, 200, 50, 2_000);
  expect(calm.length).toBe(10);
  const seldom = turnsOf(answers, 20, 1_500, 20_000);
  expect(seldom.length).toBe(20);
  const turns = [...all, ...busy, ...calm, ...seldom];
  expect(turns).toEqual(turns.map((_, at) => 8 + at));
});

test("all orders of an answer count, and what was kept first goes when there is no more room", () => {
  const answers = createDnsAnswers();
  const question = (at: number): ByteString => `${QUESTION} ${at}` as ByteString;
  for (let at = 0; at < 100; at++) {
    keepAnswer(answers, question(at), message(1 << 19), WEB, 0, 0);
    keepAnswer(answers, question(at), message(1 << 20), WEB, takeTurn(answers, question(at)), 0);
  }
  const bytes = [...answers.findings.values()].flatMap(({ value }) => value.orders.map((each) => each.bytes));
  expect(answers.weight).toBeGreaterThanOrEqual(bytes.reduce((sum, { length }) => sum + length, 0));
  expect(answers.weight).toBeLessThanOrEqual((32 << 20) + (1 << 20) + 1024);
  expect(answers.findings.size).toBeGreaterThan(10);
  expect(takeTurn(answers, question(0))).toBeUndefined();
  expect(takeTurn(answers, question(99))).toBeDefined();
  const { next } = answers;
  forgetAnswers(answers);
  expect(answers).toEqual({ ...createDnsAnswers(), next });
});
