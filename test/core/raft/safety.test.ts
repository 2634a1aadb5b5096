// The paper's properties that span servers (Figure 3), over any course of events: letters late, lost or doubled, disks that
// finish when they like, crashes at any moment; and with operators who change the cluster, hand leadership over and replace
// disks, and snapshots on the way. The simulator does this with whole agents and for longer; here a failure is a list of
// some ten steps.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { RaftConfig } from "../../../src/core/raft/config.ts";
import { latestConfiguration } from "../../../src/core/raft/log.ts";
import { judge, logMatching, type Seen } from "./judge.ts";
import {
  beat,
  createCluster,
  finishDisk,
  finishKeeper,
  holdAll,
  type Rig,
  raftOf,
  seatOf,
  settle,
  timeOut,
} from "./rig.ts";
import { leaderOf, play, type Step, steps } from "./schedule.ts";

/** Small enough that windows fill, messages split, snapshots take several pieces and the log is soon compacted. */
const TIGHT: Partial<RaftConfig> = {
  maxAppendBytes: 60,
  maxInflightMessages: 3,
  trailingEntries: 1,
  snapshotPieceBytes: 1500,
  snapshotEntries: 3,
  snapshotIntervalMs: 400,
};

/** Nothing is lost or late any more: a leader is found, and everybody in its configuration gets its log. */
function calm(rig: Rig, seen: Seen): void {
  const ids = [...rig.seats.keys()];
  for (const id of ids) {
    const { disk, keeper } = seatOf(rig, id);
    disk.held = false;
    keeper.held = false;
    keeper.failing = false;
    finishDisk(rig, id);
    finishKeeper(rig, id);
  }
  settle(rig);
  for (let tries = 0; tries < 60; tries++) {
    const leader = leaderOf(rig);
    if (leader === undefined) timeOut(rig, ids[tries % ids.length] ?? "a");
    else beat(rig, leader);
    settle(rig);
    judge(rig, seen);
  }
  const leader = raftOf(rig, leaderOf(rig) ?? "nobody");
  expect(leader.commitIndex).toBe(leader.log.lastIndex);
  expect(leader.log.lastIndex).toBeGreaterThanOrEqual(rig.committed.length);
  for (const { id } of latestConfiguration(leader.log).servers) {
    expect(raftOf(rig, id).log.lastIndex).toBe(leader.log.lastIndex);
    expect(seatOf(rig, id).state).toEqual(rig.committed);
  }
}

function run(rig: Rig, course: readonly Step[]): void {
  const seen: Seen = new Set();
  for (const id of rig.seats.keys()) holdAll(rig, id);
  for (const step of course) {
    play(rig, step);
    judge(rig, seen);
  }
  logMatching(rig);
  calm(rig, seen);
  logMatching(rig);
}

test("no two servers ever commit different entries, logs match, nobody reads the past, and calm brings a leader", () => {
  fc.assert(
    fc.property(steps(["a", "b", "c"], false, 120), (course) =>
      run(createCluster({ terms: [1, 1] }), course),
    ),
    { numRuns: 150 },
  );
});

test("nor with snapshots, changes of the configuration, transfers of leadership and lost disks", () => {
  const servers = ["a", "b", "c", "d"];
  fc.assert(
    fc.property(steps(servers, true, 160), (course) =>
      run(createCluster({ terms: [1, 1] }, { servers, learners: ["d"], config: TIGHT }), course),
    ),
    { numRuns: 150 },
  );
});
