// The exhaustive search: it finds what is planted, by the shortest way, and nothing in the sound core; and what it leaves out
// could not have mattered.

import { describe, expect, test } from "vitest";
import { tellStory } from "../../src/sim/raft/story.ts";
import { explore } from "../../src/sim/search/explore.ts";
import { getPair } from "../../src/sim/search/pair-table.ts";
import { SCOPES, type Scope } from "../../src/sim/search/scope.ts";
import {
  createModel,
  delivery,
  firstSeats,
  isDead,
  type Model,
  type ModelOptions,
  ownSteps,
  type Step,
} from "../../src/sim/search/steps.ts";

const TINY = SCOPES.tiny[0];

describe("a sound core", () => {
  test.each([
    ["one entry", {}],
    ["no symmetry", { entries: 0 }, { symmetric: false }],
    ["nothing forgotten", { entries: 0 }, { keepDead: true }],
    ["four servers", { servers: 4, entries: 0 }],
    ["a crash", { entries: 0, crashes: 1 }],
    ["a change of the configuration", { entries: 0, changes: 1 }],
    [
      "a transfer, a heartbeat, a leader that gives up",
      { entries: 0, transfers: 1, heartbeats: 1, quits: 1 },
    ],
    ["two servers and every order of three entries", { servers: 2, entries: 3 }],
  ] as [string, Partial<Scope>, ModelOptions?][])(
    "has nothing to hide: %s",
    (_name, change, options = {}) => {
      const found = explore({ scope: { ...TINY, ...change }, ...options });
      expect(found.violation?.message).toBeUndefined();
      expect(found.verdict).toBe("exhausted");
      expect(found.states).toBeGreaterThan(50);
    },
  );
});

const PLANTED: readonly (readonly [name: string, scope: Partial<Scope>, rule: string])[] = [
  ["raft-append-clears-vote", {}, "invariant"],
  ["raft-append-reply-before-stored", { crashes: 1 }, "entry-forgotten"],
  ["raft-campaigner-votes", {}, "invariant"],
  ["raft-commit-older-term", { crashes: 1 }, "invariant"],
  ["raft-leader-counts-unstored", { crashes: 1 }, "commit-without-quorum"],
  ["raft-match-goes-back", {}, "invariant"],
  ["raft-quorum-off-by-one", {}, "commit-without-quorum"],
  ["raft-stale-vote-counted", { terms: 2 }, "elected-without-majority"],
  ["raft-truncate-always", {}, "invariant"],
  ["raft-vote-before-stored", { crashes: 1 }, "term-forgotten"],
  ["raft-vote-counted-twice", { servers: 4, entries: 0 }, "elected-without-majority"],
  ["raft-vote-ignores-log", {}, "vote-for-stale-log"],
];

describe("planted bugs", () => {
  test.each(PLANTED)("%s is found, and the way there told", (planted, change, rule) => {
    const scope = { ...TINY, ...change };
    const found = explore({ scope, planted });
    expect(found.violation?.id).toBe(rule);
    const story = tellStory(found.trace, {
      servers: scope.servers,
      planted,
      promptDisks: scope.crashes === 0,
    });
    expect(story.violation?.id).toBe(rule);
    expect(story.lines).toHaveLength(found.trace.length);
    expect(found.trace.length).toBeLessThan(15);
  });

  test.each(["raft-vote-ignores-log", "raft-truncate-always", "raft-append-clears-vote"])(
    "%s: the shortest way is as short when no two servers are taken for one another",
    (planted) => {
      const short = explore({ scope: TINY, planted });
      const long = explore({ scope: TINY, planted, symmetric: false });
      expect(long.trace).toHaveLength(short.trace.length);
      expect(long.violation?.id).toBe(short.violation?.id);
    },
  );

  test("the same search twice is the same", () => {
    const one = explore({ scope: { ...TINY, crashes: 1 }, planted: "raft-vote-before-stored" });
    expect(explore({ scope: { ...TINY, crashes: 1 }, planted: "raft-vote-before-stored" })).toEqual(one);
  });
});

describe("limits", () => {
  test("stops after so many states, or so deep, and says that it did", () => {
    expect(explore({ scope: TINY, mostStates: 100 })).toMatchObject({ verdict: "stopped" });
    expect(explore({ scope: { ...TINY, depth: 5 } })).toMatchObject({ verdict: "stopped", depth: 5 });
    expect(explore({ scope: TINY, tell: () => false })).toMatchObject({ verdict: "stopped" });
  });

  test("a bounded number of duplicates is a smaller world: whatever is found there is found in the larger", () => {
    const scope = { ...TINY, duplicates: 1, depth: 8 };
    expect(explore({ scope, planted: "raft-vote-ignores-log" }).violation?.id).toBe("vote-for-stale-log");
    expect(explore({ scope }).verdict).toBe("stopped");
  });
});

const MOST = 250;

/**
 * Seats and letters of more histories than can happen: each of the first letters is given to its reader in each of the first
 * states that the reader may be in, whatever else happened.
 */
function closure(scope: Scope): {
  readonly model: Model;
  readonly steps: { readonly seat: number; readonly step: Step }[];
} {
  const model = createModel(scope, {});
  firstSeats(model);
  const steps: { seat: number; step: Step }[] = [];
  for (let seat = 0; seat < Math.min(MOST, model.seats.values.length); seat++) {
    for (const step of ownSteps(model, seat)) steps.push({ seat, step });
    // Again from the first seat whenever there are new letters: a late state may write to an early one.
    for (let earlier = 0; earlier <= seat; earlier++)
      for (let letter = 0; letter < Math.min(MOST, model.letters.values.length); letter++)
        if (isTo(model, earlier, letter) && getPair(model.deliveryPlaces, earlier, letter) < 0)
          steps.push({ seat: earlier, step: delivery(model, earlier, letter) });
  }
  return { model, steps };
}

function isTo({ letters, seats }: Model, seat: number, letter: number): boolean {
  return letters.values[letter]?.to === seats.values[seat]?.id;
}

describe("letters that are forgotten", () => {
  test.each([
    ["with prompt disks", { terms: 3, entries: 1 }],
    ["with power cuts", { terms: 3, entries: 1, crashes: 1 }],
  ])("change nothing, and never will: %s", (_name, change) => {
    const { model, steps } = closure({ ...TINY, ...change });
    let dead = 0;
    let wrong = 0;
    for (let seat = 0; seat < Math.min(MOST, model.seats.values.length); seat++)
      for (let letter = 0; letter < Math.min(MOST, model.letters.values.length); letter++)
        if (isTo(model, seat, letter) && isDead(model, seat, letter)) {
          dead++;
          if (!delivery(model, seat, letter).idle) wrong++;
        }
    for (const { seat, step } of steps)
      for (let letter = 0; letter < MOST; letter++)
        if (step.failure === undefined && isTo(model, seat, letter) && isDead(model, seat, letter))
          if (!isDead(model, step.next, letter)) wrong++;
    expect(wrong).toBe(0);
    expect(dead).toBeGreaterThan(50);
  });
});
