// The rules of user events and queries, each broken on purpose.

import { beforeEach, describe, expect, test } from "vitest";
import type { GossipEffect, GossipInput } from "../../../src/core/gossip/ports.ts";
import { createGossip } from "../../../src/core/gossip/step.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { type RumourWatch, watchRumours } from "../../../src/sim/checkers/gossip/rumours.ts";
import { TRUE_TIME } from "../../../src/sim/clock.ts";
import { createMember, memberConfig, type SimMember } from "../../../src/sim/gossip/member.ts";
import { runGossipSeed } from "../../../src/sim/gossip/swarm.ts";
import { Violation } from "../../../src/sim/violation.ts";

const WAKE: GossipInput = { type: "wake" };
const NOTHING = new Uint8Array(0);

let watch: RumourWatch;
let a: SimMember;
let b: SimMember;

function member(index: number): SimMember {
  const config = memberConfig(index, 2, {});
  const created = createMember(index, config, TRUE_TIME);
  created.gossip = createGossip(config, seededChance(config.name), 0);
  return created;
}

const event = (name: string, lamportTime: number = 1): GossipEffect => ({
  type: "user-event",
  name,
  payload: NOTHING,
  lamportTime,
});
const query = (text: string): GossipEffect => ({
  type: "query",
  query: 1,
  name: "q",
  payload: utf8Bytes(text),
  from: "m0",
  lamportTime: 1,
  untilMs: 3200,
});
const answer = (type: "query-ack" | "query-response", from: string): GossipEffect =>
  type === "query-ack" ? { type, op: 7, from } : { type, op: 7, from, payload: NOTHING };
const done: GossipEffect = { type: "query-done", op: 7 };

const fires = (name: string): GossipInput => ({
  type: "user-event",
  name,
  payload: NOTHING,
  coalesce: false,
});
const asks = (text: string): GossipInput => ({
  type: "query",
  op: 7,
  question: { name: "q", payload: utf8Bytes(text) },
});

/** The rule that is broken, and what is said of it. */
function broken(look: () => void): string[] {
  try {
    look();
  } catch (error) {
    if (error instanceof Violation) return [error.id, error.message];
    throw error;
  }
  return [];
}

/** A step of a member's, after which the rules are looked at. */
function step(who: SimMember, input: GossipInput, nowMs: number, ...effects: readonly GossipEffect[]): void {
  watch.look(who, input, nowMs, effects);
}

beforeEach(() => {
  watch = watchRumours();
  a = member(0);
  b = member(1);
  watch.start(a);
  watch.start(b);
});

describe("what is as it should be", () => {
  test("is no violation: each hears once, and once more in another life", () => {
    step(a, fires("e"), 0, event("e"));
    step(b, WAKE, 1, event("e"));
    watch.start(b);
    step(b, WAKE, 2, event("e"));
    expect(watch.whatIsMissing([a, b])).toBeUndefined();
  });

  test("nor are an ack and an answer of each, before the time is up", () => {
    step(a, asks("q"), 0, query("q"), answer("query-ack", "m0"));
    step(b, WAKE, 1, query("q"));
    step(a, WAKE, 3199, answer("query-ack", "m1"), answer("query-response", "m1"));
    step(a, WAKE, 3200, done);
  });
});

test("what nobody said is heard", () => {
  expect(broken(() => step(b, WAKE, 0, event("e")))).toEqual([
    "gossip-rumour-invented",
    expect.stringContaining("hears e, which nobody fired"),
  ]);
  expect(broken(() => step(b, WAKE, 0, query("q")))).toEqual([
    "gossip-rumour-invented",
    expect.stringContaining("hears q, which nobody asked"),
  ]);
});

test("an event or a query is heard twice in a life", () => {
  step(a, fires("e"), 0, event("e"));
  expect(broken(() => step(a, WAKE, 1, event("e")))).toEqual([
    "gossip-rumour-twice",
    expect.stringContaining("m0 hears e twice"),
  ]);
  step(a, asks("q"), 0, query("q"));
  step(b, WAKE, 1, query("q"));
  expect(broken(() => step(b, WAKE, 2, query("q")))).toEqual([
    "gossip-rumour-twice",
    expect.stringContaining("m1 is asked q twice"),
  ]);
});

test("an answer is taken when the time is up, or after the end", () => {
  step(a, asks("q"), 0);
  expect(broken(() => step(a, WAKE, 3200, answer("query-response", "m1")))).toEqual([
    "gossip-answer-late",
    expect.stringContaining("late query-response of m1"),
  ]);
  step(a, WAKE, 3000, done);
  expect(broken(() => step(a, WAKE, 3001, answer("query-ack", "m1")))).toEqual([
    "gossip-answer-late",
    expect.stringContaining("late query-ack of m1"),
  ]);
});

test("a member is counted twice, or a query ends twice", () => {
  step(a, asks("q"), 0, answer("query-ack", "m1"));
  expect(broken(() => step(a, WAKE, 1, answer("query-ack", "m1")))).toEqual([
    "gossip-answer-twice",
    expect.stringContaining("query-ack of m1 twice"),
  ]);
  step(a, WAKE, 3200, done);
  expect(broken(() => step(a, WAKE, 3200, done))).toEqual([
    "gossip-answer-twice",
    expect.stringContaining("ends twice"),
  ]);
});

describe("gossip-rumour-missed", () => {
  test("names who has not heard what another has, if it was in before", () => {
    step(a, fires("e"), 0, event("e", 4));
    expect(watch.whatIsMissing([a, b])).toBe("m1 has not heard of e, of which m0 has");
    if (b.gossip !== undefined) b.gossip.serf.eventMinTime = 5;
    expect(watch.whatIsMissing([a, b])).toBeUndefined();
    b.gossip = undefined;
    expect(watch.whatIsMissing([a, b])).toBeUndefined();
  });

  test("is what a run ends with in which nothing but rumours brings events", () => {
    const planted = "serf-events-by-rumour-alone";
    const trouble = { kinds: ["partition"], everyUs: [2e6, 4e6], lastsUs: [5e6, 2e7] } as const;
    const seeds = Array.from({ length: 5 }, (_, at) => `${at}`);
    const found = seeds.map((seed) => runGossipSeed({ seed, seconds: 60, trouble, planted }).violation);
    expect(found).toContain("gossip-rumour-missed");
  });
});
