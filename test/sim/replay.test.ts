// A recording run again: the same to the last effect, and where it is not, stopped at the first difference.

import { describe, expect, test } from "vitest";
import { encodeRecord, readRecord, TRACE_VERSION, type TraceRecord } from "../../src/sim/recording.ts";
import { replay } from "../../src/sim/replay.ts";
import { joinRecords, recordSwarm } from "../support/recorded.ts";

const { report, records } = recordSwarm({ seed: "3", seconds: 25 });
const decoded = records.map(decode);

function decode(bytes: Uint8Array): TraceRecord {
  const read = readRecord(bytes, 0);
  if (read.type !== "record") throw new Error(`the recording holds ${read.type}`);
  return read.record;
}

/** The recording with one record changed. */
function withChange(at: number, change: (record: TraceRecord) => TraceRecord): Uint8Array {
  const changed = records.map((bytes, each) =>
    each === at ? encodeRecord(change(decoded[at] as TraceRecord)) : bytes,
  );
  return joinRecords(changed);
}

/** The place of the first record after the middle that the condition likes. */
function find(condition: (record: TraceRecord) => boolean): number {
  const middle = Math.floor(decoded.length / 2);
  return decoded.findIndex((record, at) => at > middle && condition(record));
}

const isStepWith =
  (field: "effects" | "choices") =>
  (record: TraceRecord): boolean =>
    record.type === "step" && record[field].length > 0;

describe("a recording", () => {
  test("run again gives every effect and every state again, and the verdict", () => {
    const result = replay(joinRecords(records));
    expect(result.outcome).toBe("same");
    expect(result.steps).toBe(decoded.filter(({ type }) => type === "step").length);
    expect(result.verdict?.digest).toBe(report.digest);
    expect(decoded.filter(({ type }) => type === "state").length).toBeGreaterThan(10);
  });

  test("of one agent needs no other", () => {
    const result = replay(joinRecords(records), { node: "b" });
    expect(result.outcome).toBe("same");
    expect([...result.agents.keys()]).toEqual(["b"]);
    expect(result.steps).toBe(
      decoded.filter((record) => record.type === "step" && record.node === "b").length,
    );
  });

  test("stops at the time it is told to", () => {
    const step = decoded[find(isStepWith("effects"))];
    if (step?.type !== "step") throw new Error("there are steps");
    const result = replay(joinRecords(records), { node: step.node, untilMs: step.nowMs });
    expect(result.outcome).toBe("same");
    expect(result.steps).toBeLessThan(replay(joinRecords(records), { node: step.node }).steps);
  });

  test("that was cut off is the same up to there", () => {
    const bytes = joinRecords(records);
    expect(replay(bytes.subarray(0, bytes.length - 5)).outcome).toBe("cut");
  });
});

describe("a recording that is not what happened", () => {
  test.each([
    [
      "an effect is missing",
      isStepWith("effects"),
      /^effect 1$/,
      (r: TraceRecord) => (r.type === "step" ? { ...r, effects: [] } : r),
    ],
    [
      "an effect is too many",
      isStepWith("effects"),
      /^effect \d+$/,
      (r: TraceRecord) =>
        r.type === "step"
          ? { ...r, effects: [...r.effects, { type: "resolve" as const, op: 1, name: "nobody" }] }
          : r,
    ],
    [
      "a choice is of another size",
      isStepWith("choices"),
      /^choice 1$/,
      (r: TraceRecord) =>
        r.type === "step" ? { ...r, choices: r.choices.map((each) => ({ ...each, n: each.n + 1 })) } : r,
    ],
    [
      "a choice is missing",
      isStepWith("choices"),
      /^choice \d+$/,
      (r: TraceRecord) => (r.type === "step" ? { ...r, choices: r.choices.slice(0, -1) } : r),
    ],
    [
      "the state is another",
      (record: TraceRecord) => record.type === "state",
      /^state$/,
      (r: TraceRecord) => (r.type === "state" ? { ...r, digest: "0000000000000000" } : r),
    ],
  ] as const)("where %s is told at that record", (_name, which, what, change) => {
    const at = find(which);
    const result = replay(withChange(at, change));
    if (result.outcome !== "different") throw new Error(`it was ${result.outcome}`);
    expect(result.difference.record).toBe(at + 1);
    expect(result.difference.what).toMatch(what);
    expect(result.difference.before.length).toBeGreaterThan(0);
  });

  test("since an input is missing, is told where it first shows", () => {
    const at = find((record) => record.type === "step" && record.input?.type === "disk-done");
    const result = replay(joinRecords(records.filter((_record, each) => each !== at)));
    if (result.outcome !== "different") throw new Error(`it was ${result.outcome}`);
    expect(result.difference.record).toBeGreaterThan(at);
  });
});

describe("a file that is no recording", () => {
  test.each([
    ["empty", new Uint8Array(), /no trace of quorate/],
    ["text", new TextEncoder().encode("once upon a time"), /no trace of quorate/],
    ["a recording without its head", joinRecords(records.slice(1)), /no trace of quorate/],
    [
      "of another version",
      withChange(0, (record) => (record.type === "header" ? { ...record, version: 999 } : record)),
      new RegExp(`version 999, and this build reads version ${TRACE_VERSION}`),
    ],
    [
      "with an agent that never started",
      joinRecords([records[0] as Uint8Array, ...records.slice(20)]),
      /has not started/,
    ],
    [
      "with a record that holds something else",
      withChange(30, (record) => ({ type: record.type }) as TraceRecord),
      /record 31/,
    ],
  ])("(%s) is refused in words", (_name, bytes, words) => {
    const result = replay(bytes);
    if (result.outcome !== "unreadable") throw new Error(`it was ${result.outcome}`);
    expect(result.error).toMatch(words);
  });

  test("with bytes flipped never throws", () => {
    const whole = joinRecords(records.slice(0, 200));
    for (let at = 0; at < whole.length; at += 499) {
      const bytes = whole.slice();
      bytes[at] = (bytes[at] as number) ^ 0x41;
      expect(() => replay(bytes)).not.toThrow();
    }
  });
});
