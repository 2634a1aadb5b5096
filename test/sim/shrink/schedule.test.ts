// A schedule is text that people and the simulator both read.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countFaults,
  countSteps,
  parseSchedule,
  printSchedule,
  type Schedule,
  type Step,
} from "../../../src/sim/shrink/schedule.ts";

const servers = ["a", "b", "c"];
const name = fc.constantFrom(...servers);
const key = fc.constantFrom("k0", "k1");

const untimed: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.record({ kind: fc.constantFrom("time-out", "wake", "hold", "release", "store", "start"), node: name }),
  fc.record({
    kind: fc.constant("deliver"),
    from: name,
    to: name,
    message: fc.constantFrom("append term=2 prevLogIndex=3", "vote-reply term=4 granted=true"),
    again: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("ask"),
    node: name,
    question: fc.constantFrom("get", "get-consistent", "put", "cas", "delete", "delete-cas"),
    key,
  }),
  fc.record({ kind: fc.constant("watch"), node: name, key }),
  fc.record({ kind: fc.constant("fail-write"), node: name, code: fc.constantFrom("EIO", "ENOSPC") }),
  fc.record({ kind: fc.constant("crash"), node: name, keeps: fc.array(fc.nat(9), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant("lose"), node: name, peer: name, refused: fc.boolean() }),
);

const step: fc.Arbitrary<Step> = fc
  .tuple(untimed, fc.constantFrom(0, 0, 1, 250.125), fc.boolean())
  .map(([what, atMs, open]) => ({ ...what, atMs, ...(open ? { open: true } : {}) }) as Step);

const schedule: fc.Arbitrary<Schedule> = fc.record({
  servers: fc.constant(servers),
  raft: fc.constantFrom({}, { maxAppendBytes: 1, trailingEntries: 0 }),
  storage: fc.constantFrom({}, { segmentBytes: 4096, blockBytes: 64 }),
  planted: fc.constantFrom(undefined, "kv-cas-ignores-index"),
  requests: fc.boolean(),
  calm: fc.boolean(),
  steps: fc.array(step, { maxLength: 20 }),
});

test("what is printed is read as it was", () => {
  fc.assert(
    fc.property(schedule, (each) => {
      expect(parseSchedule(printSchedule(each))).toEqual({ ok: true, schedule: each });
    }),
  );
});

test("any text is read or refused, and what is read prints as a schedule", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), step.map(String), name), { maxLength: 6 }), (lines) => {
      const parsed = parseSchedule(["servers a b", ...lines].join("\n"));
      if (parsed.ok) expect(parseSchedule(printSchedule(parsed.schedule))).toEqual(parsed);
      else expect(parsed.error).not.toBe("");
    }),
  );
});

describe("is refused, with the line and what is wrong there:", () => {
  test.each([
    ["", "a schedule names 1 to 26 different servers"],
    ["servers a a", "a schedule names 1 to 26 different servers"],
    ["servers a\nstorage segmentBytes=60", "line 2: storage takes firstSegmentBytes=N, segmentBytes=N"],
    ["servers a\nstorage blockBytes=999999999", "in bytes: multiples of 8, at least 64"],
    ["servers a\ntime-out b", 'line 2: there is no server "b"'],
    ["servers a b\ndeliver a c append", 'line 2: there is no server "c"'],
    ["servers a b\ndeliver a b", "line 2: deliver names a message"],
    ["servers a\n\n# why\nexplode a", 'line 4: there is no step "explode"'],
    ["servers a\nput a", "line 2: put names a server and one thing more"],
    ["servers a\nstart a now", "line 2: start names a server and nothing else"],
    ["servers a\ncrash a keeps 1,x", "line 2: crash names a server, and may say `keeps 1,0,…`"],
    ["servers a\nraft electionTimeoutMs=1", /^line 2: raft takes maxAppendBytes=N, /],
  ])("%j", (text, error) => {
    const parsed = parseSchedule(text);
    if (parsed.ok) throw new Error("it was read");
    expect(parsed.error).toMatch(error);
  });
});

test("faults are counted apart from steps, and what only prepares a step is neither", () => {
  const parsed = parseSchedule(`
    servers a b
    hold a
    time-out b
    deliver b a vote term=2
    deliver-again b a vote term=2
    store a
    fail-write b EIO
    put b k0
    crash a
    start a
  `);
  if (!parsed.ok) throw new Error(parsed.error);
  expect(countSteps(parsed.schedule)).toBe(5);
  expect(countFaults(parsed.schedule)).toBe(3);
});
