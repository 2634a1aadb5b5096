// The formulas, against values of the original.

import { describe, expect, test } from "vitest";
import {
  pushPullIntervalMs,
  remainingSuspicionMs,
  retransmitLimit,
  suspicionTimeoutMs,
} from "../../../src/core/gossip/scaling.ts";
import { vectors } from "../wire/gossip/vectors.ts";

function table(name: string): [number, number][] {
  const found = Object.entries(vectors.numeric).find(([key]) => key.startsWith(name));
  if (found === undefined) throw new Error(`no vectors for ${name}`);
  return Object.entries(found[1]).map(([key, value]) => [Number(key), value]);
}

describe("least time to refute", () => {
  test.each(table("suspicionTimeoutMs(mult=4"))("in a LAN of %i: %i ms", (n, want) => {
    expect(suspicionTimeoutMs(4, n, 1000)).toBe(want);
  });

  test.each(table("suspicionTimeoutMs(WAN"))("in a WAN of %i: %i ms", (n, want) => {
    expect(suspicionTimeoutMs(6, n, 5000)).toBe(want);
  });
});

test.each(table("retransmitLimit"))("among %i, a rumour is sent %i times", (n, want) => {
  expect(retransmitLimit(4, n)).toBe(want);
});

test.each(table("pushPullInterval"))("among %i, a push-pull every %i s", (n, want) => {
  expect(pushPullIntervalMs(30_000, n)).toBe(1000 * want);
});

describe("time left after so many confirmations", () => {
  test.each(table("remainingSuspicionMs(k=2"))("of two awaited: %i leave %i ms", (confirmations, want) => {
    expect(remainingSuspicionMs(confirmations, 2, 0, 4000, 24_000)).toBe(want);
  });

  test.each(table("remainingSuspicionMs(k=3"))("of three awaited: %i leave %i ms", (confirmations, want) => {
    expect(remainingSuspicionMs(confirmations, 3, 0, 2000, 30_000)).toBe(want);
  });

  test("what has passed is taken off", () => {
    expect(remainingSuspicionMs(2, 2, 4000, 4000, 24_000)).toBe(0);
    expect(remainingSuspicionMs(1, 2, 12_000, 4000, 24_000)).toBe(-619);
  });
});
