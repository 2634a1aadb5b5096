// With what autopilot begins in a new cluster.

import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { DEFAULT_AUTOPILOT } from "../../../src/core/model/autopilot.ts";
import { acknowledge, alone, type Desk, follow, leader, serverOf, win } from "./desk.ts";

const { createIndex: _created, modifyIndex: _modified, ...DEFAULTS } = DEFAULT_AUTOPILOT;
const MINE = { ...DEFAULTS, minQuorum: 3, cleanupDeadServers: false };

function lastIndex(desk: Desk): number {
  return serverOf(desk).raft.log.lastIndex;
}

describe("a leader of a cluster where nobody has configured autopilot", () => {
  test("does it as its own configuration says", () => {
    const desk = leader({ autopilot: MINE });
    acknowledge(desk);
    const set = must(serverOf(desk).store.autopilot, "it is set");
    expect(set).toMatchObject(MINE);
    expect(set.createIndex).toBe(lastIndex(desk));
  });

  test("writes nothing when that says nothing else than what holds anyway", () => {
    const desk = alone();
    expect(serverOf(desk).store.autopilot).toBeUndefined();
  });

  test("does it once, and not again in a later leadership, when operators may have changed it", () => {
    const desk = leader({ autopilot: MINE });
    acknowledge(desk);
    const before = serverOf(desk).store.autopilot;
    follow(desk, "s2");
    win(desk);
    acknowledge(desk);
    expect(serverOf(desk).store.autopilot).toEqual(before);
  });
});
