// A run of a pool of gossip taken down and run again, as those of whole agents are (test/sim/replay.test.ts).

import { describe, expect, test } from "vitest";
import { runGossipSeed } from "../../../src/sim/gossip/swarm.ts";
import { encodeRecord, readRecord, type TraceRecord } from "../../../src/sim/recording.ts";
import { replay } from "../../../src/sim/replay.ts";
import { joinRecords, recordGossip } from "../../support/recorded.ts";

const OPTIONS = { members: 5, seconds: 60 };

function decode(bytes: Uint8Array): TraceRecord {
  const read = readRecord(bytes, 0);
  if (read.type !== "record") throw new Error(`the recording holds ${read.type}`);
  return read.record;
}

// Seed 1 is a LAN, seed 2 a WAN; some are encrypted and change their keys.
describe.each(["1", "2", "3"])("a recording of seed %s", (seed) => {
  const { report, records } = recordGossip({ seed, ...OPTIONS });
  const decoded = records.map(decode);

  test("is of the same run as without a recorder", () => {
    expect(runGossipSeed({ seed, ...OPTIONS }).digest).toBe(report.digest);
  });

  test("run again gives every effect and every state again, and the verdict", () => {
    const result = replay(joinRecords(records));
    expect(result.outcome).toBe("same");
    expect(result.steps).toBe(decoded.filter(({ type }) => type === "step").length);
    expect(result.verdict?.digest).toBe(report.digest);
  });

  test("of one member needs no other", () => {
    const result = replay(joinRecords(records), { node: "m3" });
    expect(result.outcome).toBe("same");
    expect(result.steps).toBe(
      decoded.filter((record) => record.type === "step" && record.node === "m3").length,
    );
  });

  test("ends where an effect is another one", () => {
    const at = decoded.findIndex(
      (record, place) => place > 100 && record.type === "step" && record.effects.length > 0,
    );
    const step = decoded[at];
    if (step?.type !== "step") throw new Error("there are steps");
    const changed = encodeRecord({ ...step, effects: step.effects.slice(1) });
    const result = replay(joinRecords(records.with(at, changed)));
    expect(result.outcome === "different" && result.difference.record).toBe(at + 1);
  });
});

test("states are compared too", () => {
  const { records } = recordGossip({ seed: "1", ...OPTIONS });
  expect(records.map(decode).some(({ type }) => type === "state")).toBe(true);
});

test("an input of whole agents is no sound step of a member", () => {
  const { records } = recordGossip({ seed: "1", ...OPTIONS });
  const at = records.findIndex((bytes) => decode(bytes).type === "step");
  const step = decode(records[at] as Uint8Array);
  if (step.type !== "step") throw new Error("it is one");
  const flush = encodeRecord({ ...step, input: undefined });
  expect(replay(joinRecords(records.with(at, flush))).outcome).toBe("different");
});
