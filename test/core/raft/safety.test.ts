// The paper's properties that span servers (Figure 3), over any course of events: letters late, lost or doubled, disks that
// finish when they like, crashes at any moment. The simulator does this with whole agents and for longer; here a failure
// is a list of some ten steps.

import fc from "fast-check";
import { expect, test } from "vitest";
import { hexOf } from "../../../src/core/lib/bytes.ts";
import { entryAt } from "../../../src/core/raft/log.ts";
import { propose, raftDeadline } from "../../../src/core/raft/step.ts";
import {
  beat,
  crash,
  createCluster,
  deliver,
  durableTerms,
  finishDisk,
  give,
  pass,
  type Rig,
  raftOf,
  seatOf,
  settle,
  TIMEOUT_MS,
  termsOf,
  timeOut,
  turn,
} from "./rig.ts";

const SERVERS = ["a", "b", "c"];

const server = fc.constantFrom(...SERVERS);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom("deliver", "lose", "double"), at: fc.nat(20), server }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("disk", "disk", "propose", "wake"), at: fc.nat(2), server }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("silence", "crash", "everything"), at: fc.nat(1000), server }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function play(rig: Rig, { do: what, at, server: id }: Step): void {
  const raft = raftOf(rig, id);
  const place = at % Math.max(1, rig.mail.length);
  const letter = rig.mail[place];
  switch (what) {
    case "deliver":
    case "double":
    case "lose":
      if (letter === undefined) return;
      if (what !== "double") rig.mail.splice(place, 1);
      if (what !== "lose") deliver(rig, [letter]);
      return;
    case "disk":
      return finishDisk(rig, id, at + 1);
    case "propose":
      if (raft.leading !== undefined) turn(rig, id, () => propose(raft, Uint8Array.of(rig.nowMs, at)));
      return;
    case "wake":
      rig.nowMs = Math.max(rig.nowMs, Math.min(raftDeadline(raft), rig.nowMs + 2 * TIMEOUT_MS));
      return give(rig, id, { type: "wake" });
    case "silence":
      return timeOut(rig, id);
    case "crash":
      crash(rig, id);
      seatOf(rig, id).disk.held = true;
      return;
    default:
      for (let rounds = 0; rounds < 3; rounds++) {
        for (const each of SERVERS) finishDisk(rig, each);
        deliver(rig, rig.mail.splice(0, 50));
      }
  }
}

/** State Machine Safety: what one server has committed at an index nobody ever commits otherwise. */
function noteCommitted(rig: Rig, committed: string[]): void {
  for (const id of SERVERS) {
    const { log, commitIndex } = raftOf(rig, id);
    for (let index = 1; index <= commitIndex; index++) {
      const { term, data } = entryAt(log, index);
      const entry = `${term} ${hexOf(data)}`;
      committed[index] ??= entry;
      expect(entry).toBe(committed[index]);
    }
  }
}

/** Log Matching: from the last entry of equal index and term backwards all is equal. */
function expectMatching(rig: Rig): void {
  const logs = SERVERS.flatMap((id) => [termsOf(raftOf(rig, id)), durableTerms(rig, id)]);
  for (const one of logs)
    for (const other of logs) {
      let last = Math.min(one.length, other.length);
      while (last > 0 && one[last - 1] !== other[last - 1]) last--;
      expect(one.slice(0, last)).toEqual(other.slice(0, last));
    }
}

test("no two servers ever commit different entries, logs match, and calm brings a leader and all that was committed", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), (steps) => {
      const rig = createCluster({ terms: [1, 1] });
      for (const id of SERVERS) seatOf(rig, id).disk.held = true;
      const committed: string[] = [];
      for (const each of steps) {
        play(rig, each);
        noteCommitted(rig, committed);
      }
      expectMatching(rig);

      for (const id of SERVERS) {
        seatOf(rig, id).disk.held = false;
        finishDisk(rig, id);
      }
      settle(rig);
      for (let tries = 0; tries < 12; tries++) {
        const leader = SERVERS.find((id) => raftOf(rig, id).role === "leader");
        if (leader === undefined) timeOut(rig, SERVERS[tries % 3] ?? "a");
        else beat(rig, leader);
        settle(rig);
        noteCommitted(rig, committed);
      }
      const leader = SERVERS.find((id) => raftOf(rig, id).role === "leader") ?? "nobody";
      expect(SERVERS).toContain(leader);
      pass(rig, 1);
      expect(raftOf(rig, leader).commitIndex).toBe(raftOf(rig, leader).log.lastIndex);
      expect(raftOf(rig, leader).log.lastIndex).toBeGreaterThanOrEqual(committed.length - 1);
      for (const id of SERVERS) expect(termsOf(raftOf(rig, id))).toEqual(termsOf(raftOf(rig, leader)));
    }),
    { numRuns: 150 },
  );
});
