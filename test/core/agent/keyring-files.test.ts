// How a ring is kept: on the simulated disk, which loses what was not promised.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createKeyringFiles,
  KEYRING_FILES,
  keepRing,
  onKeyringDisk,
} from "../../../src/core/agent/keyring-files.ts";
import type { Effect } from "../../../src/core/agent/ports.ts";
import type { GossipInput, GossipPool } from "../../../src/core/gossip/ports.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import {
  beginDisk,
  crashDisk,
  createSimDisk,
  failNext,
  finishDisk,
  listSimFiles,
  simFile,
} from "../../../src/sim/disk.ts";

function rig() {
  const disk = createSimDisk();
  const files = createKeyringFiles();
  const told: [GossipPool, GossipInput][] = [];
  const to = (pool: GossipPool, input: GossipInput): void => void told.push([pool, input]);
  const pending: number[] = [];
  const carryOut = (effects: Effect[]): void => {
    for (const effect of effects) {
      if (effect.type !== "disk") throw new Error(effect.type);
      beginDisk(disk, effect.op, effect.request);
      pending.push(effect.op);
    }
  };
  return {
    disk,
    told,
    keep(change: number, keys: string[], pool: GossipPool = "lan") {
      const out: Effect[] = [];
      keepRing(files, { pool, change, keys }, to, out);
      carryOut(out);
    },
    /** One operation of the disk ends. @returns false when none is under way. */
    turn(): boolean {
      const op = pending.shift();
      if (op === undefined) return false;
      const out: Effect[] = [];
      onKeyringDisk(files, { type: "disk-done", op, result: finishDisk(disk, op) }, to, out);
      carryOut(out);
      return true;
    },
    kept(pool: GossipPool = "lan"): unknown {
      const path = KEYRING_FILES[pool];
      if (!listSimFiles(disk).includes(path)) return undefined;
      return JSON.parse(Buffer.from(simFile(disk, path)).toString());
    },
  };
}

describe("a ring that changed", () => {
  test("is kept where Consul keeps it, and only then said to be", () => {
    const { keep, turn, kept, told } = rig();
    keep(1, ["a", "b"]);
    while (told.length === 0) expect(turn()).toBe(true);
    expect(told).toEqual([["lan", { type: "keyring-kept", change: 1 }]]);
    expect(kept()).toEqual(["a", "b"]);
  });

  test("waits for those before it, whichever pool they are of", () => {
    const { keep, turn, kept, told } = rig();
    keep(1, ["a"]);
    keep(1, ["x", "y"], "wan");
    keep(2, ["b", "a"]);
    while (turn());
    expect(told.map(([pool, input]) => [pool, "change" in input && input.change])).toEqual([
      ["lan", 1],
      ["wan", 1],
      ["lan", 2],
    ]);
    expect([kept(), kept("wan")]).toEqual([
      ["b", "a"],
      ["x", "y"],
    ]);
  });

  test("that the disk refuses is told of, and the next is kept all the same", () => {
    const { disk, keep, turn, kept, told } = rig();
    failNext(disk, "write", { code: "ENOSPC", detail: "write x: no space left on device" });
    keep(1, ["a"]);
    keep(2, ["b"]);
    while (turn());
    expect(told).toEqual([
      [
        "lan",
        {
          type: "keyring-kept",
          change: 1,
          error: "Failed to write keyring file: write x: no space left on device",
        },
      ],
      ["lan", { type: "keyring-kept", change: 2 }],
    ]);
    expect(kept()).toEqual(["b"]);
  });

  test("is there whole, or the one before it is, wherever the machine stops; and what was said to be kept is", () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(), (turns, seed) => {
        const { disk, keep, turn, kept, told } = rig();
        keep(1, ["a"]);
        while (turn());
        keep(2, ["b", "a"]);
        keep(3, ["b"]);
        for (let k = 0; k < turns; k++) turn();
        const said = told.length;
        crashDisk(disk, seededChance(String(seed)));
        const rings = [["a"], ["b", "a"], ["b"]];
        const found = rings.findIndex((ring) => JSON.stringify(ring) === JSON.stringify(kept()));
        expect(found + 1).toBeGreaterThanOrEqual(said);
      }),
    );
  });
});

test("where rings are not kept they are said to be at once", () => {
  const told: GossipInput[] = [];
  keepRing(undefined, { pool: "lan", change: 4, keys: ["a"] }, (_, input) => void told.push(input), []);
  expect(told).toEqual([{ type: "keyring-kept", change: 4 }]);
});
