// A pool whose key changes all the time, whatever happens to its members: nobody is lost for it, and what an operator was
// told is true. With a bug planted in either, somebody notices.

import { describe, expect, test } from "vitest";
import { type GossipReport, runGossipSeed } from "../../../src/sim/gossip/swarm.ts";

/** Seeds of encrypted pools. */
const ENCRYPTED = ["3", "9", "12", "25"];

function runSeed(seed: string, planted?: string): GossipReport & { readonly changes: number } {
  let changes = 0;
  const report = runGossipSeed({
    seed,
    seconds: 60,
    planted,
    observers: [
      () => ({
        onNote: (_member, text) => {
          if (text.endsWith("all have done it")) changes++;
        },
      }),
    ],
  });
  return { ...report, changes };
}

describe("an encrypted pool in trouble", () => {
  test.each(ENCRYPTED)("changes its key and stays together (seed %s)", (seed) => {
    const { ok, message, changes } = runSeed(seed);
    expect([ok, message]).toEqual([true, ""]);
    expect(changes).toBeGreaterThan(0);
  });

  test("is broken by a ring of which only the primary opens", () => {
    expect(ENCRYPTED.some((seed) => !runSeed(seed, "keyring-primary-opens-alone").ok)).toBe(true);
  });
});
