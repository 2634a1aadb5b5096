// Histories drawn at random: of a correct store, of a correct store with one thing changed, and plain nonsense.

import fc from "fast-check";
import type { Action, KvAction, KvOutcome } from "../../../src/sim/checkers/history.ts";
import { correctSketches, type Draft, type Sketch } from "./linearizability-model.ts";

const index = fc.integer({ min: 1, max: 5 });
const cas = fc.oneof(index, fc.constant(0));
/** So few that writes repeat one another and themselves. */
const fewValues = fc.constantFrom("a", "b", "c");

const actions: fc.Arbitrary<KvAction> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<KvAction>({ kind: "get" }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("put" as const), value: fewValues }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cas" as const), index: cas, value: fewValues }) },
  { weight: 1, arbitrary: fc.constant<KvAction>({ kind: "delete" }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete-cas" as const), index: cas }) },
);

function oneIn(count: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: count }).map((die) => die === count);
}

/** In tenths, all as likely: a `double` would nearly always be next to nothing. */
function upTo(most: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: Math.round(10 * most) }).map((tenths) => tenths / 10);
}

/** @param spread How long operations take at the most, in the time from one to the next. */
function drafts(spread: number, maxLength: number): fc.Arbitrary<Draft[]> {
  const draft = fc.record({
    action: actions,
    lead: upTo(spread),
    lag: upTo(spread),
    lost: oneIn(6),
    dropped: fc.boolean(),
    gap: fc.constantFrom(0, 0, 0, 1),
    aimed: fc.integer({ min: -1, max: 2 }),
    tells: oneIn(4),
  });
  return fc.array(draft, { minLength: 1, maxLength, size: "max" });
}

/** The same, with compare-and-set by value among the writes, and reads that show no index. */
export function swapping(spread: number, maxLength: number): fc.Arbitrary<Sketch[]> {
  const action = fc.record({ kind: fc.constant("swap" as const), from: fewValues, value: fewValues });
  const change = fc.record({ action: fc.option(action), raw: fc.boolean() });
  return fc
    .tuple(drafts(spread, maxLength), fc.array(change, { minLength: maxLength, maxLength }))
    .map(([all, changes]) =>
      correctSketches(
        all.map((draft, at) => ({
          ...draft,
          action: changes[at]?.action ?? draft.action,
          raw: changes[at]?.raw ?? false,
        })),
      ),
    );
}

/** Of a correct store whose clients repeat values and name indexes that they cannot know. */
export function careless(spread: number, maxLength: number): fc.Arbitrary<Sketch[]> {
  return drafts(spread, maxLength).map(correctSketches);
}

/** Of a correct store whose clients write each value once and name only indexes that there have been. */
export function careful(spread: number, maxLength: number): fc.Arbitrary<Sketch[]> {
  return drafts(spread, maxLength).map((all) =>
    correctSketches(
      all.map((draft, at) => ({
        ...draft,
        action: "value" in draft.action ? { ...draft.action, value: `v${at}` } : draft.action,
        aimed: Math.max(0, draft.aimed),
      })),
    ),
  );
}

interface Answer {
  readonly yes: boolean;
  readonly unknown: boolean;
  readonly version: { value: string; createIndex: number; modifyIndex: number } | undefined;
}

const answers: fc.Arbitrary<Answer> = fc.record({
  yes: fc.boolean(),
  unknown: oneIn(5),
  version: fc.option(fc.record({ value: fewValues, createIndex: index, modifyIndex: index }), {
    nil: undefined,
  }),
});

function outcomeOf(kind: Action["kind"], { yes, unknown, version }: Answer): KvOutcome {
  if (unknown) return { kind: "unknown" };
  if (kind === "get") return yes ? { kind: "read", version } : { kind: "read-value", value: version?.value };
  return { kind: yes || kind === "put" || kind === "delete" ? "applied" : "refused" };
}

/** A correct history in which one operation is moved in time, or given another answer. */
export const tampered: fc.Arbitrary<Sketch[]> = fc
  .record({
    sketches: fc.oneof(careless(2, 8), careless(0.7, 8), careful(3, 10), careful(0.7, 10), swapping(1, 9)),
    at: fc.nat(),
    answer: answers,
    shift: fc.integer({ min: -4, max: 4 }),
  })
  .map(({ sketches, at, answer, shift }) =>
    sketches.map((sketch, place) => {
      if (place !== at % sketches.length) return sketch;
      if (shift !== 0) return { ...sketch, begin: sketch.begin + shift, end: sketch.end + shift };
      return { ...sketch, outcome: outcomeOf(sketch.action.kind, answer) };
    }),
  );

/** Answers that have nothing to do with the questions. */
export const nonsense: fc.Arbitrary<Sketch[]> = fc.array(
  fc
    .record({
      action: actions,
      begin: fc.integer({ min: 0, max: 12 }),
      length: fc.integer({ min: 0, max: 6 }),
      answer: answers,
    })
    .map(({ action, begin, length, answer }) => ({
      action,
      begin,
      end: begin + length,
      outcome: outcomeOf(action.kind, answer),
    })),
  { minLength: 1, maxLength: 7, size: "max" },
);

const anyNumber = fc.oneof(fc.double(), fc.integer({ min: -2, max: 9 }), fc.maxSafeInteger());

/** Reads that show any numbers at all, among writes. */
export const absurd: fc.Arbitrary<Sketch[]> = fc.array(
  fc
    .record({
      value: fewValues,
      createIndex: anyNumber,
      modifyIndex: anyNumber,
      reads: fc.boolean(),
      tells: fc.boolean(),
    })
    .map(({ value, createIndex, modifyIndex, reads, tells }) => {
      if (reads) {
        const version = { value, createIndex, modifyIndex };
        return {
          action: { kind: "get" as const },
          begin: 1,
          end: 2,
          outcome: { kind: "read" as const, version },
        };
      }
      return {
        action: { kind: "put" as const, value },
        begin: 0,
        end: 3,
        outcome: tells ? { kind: "applied" as const, modifyIndex } : { kind: "applied" as const },
      };
    }),
  { maxLength: 12 },
);
