// Raft under any schedule at all: fast-check makes up lists of numbers, and they answer every choice of a run. What breaks a
// rule is shrunk by fast-check, as any list is.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StateMachine } from "../../src/sim/library.ts";
import { World } from "../../src/sim/library.ts";
import {
  createTable,
  playOne,
  TABLE_KINDS,
  TABLE_WHICH,
  type TableOptions,
} from "../../src/sim/raft/table.ts";
import { listedChance } from "../support/listed-chance.ts";

/** What, where and which of one choice at the table (src/sim/raft/table.ts). */
type Choice = readonly [what: number, where: number, which: number];

const choice: fc.Arbitrary<Choice> = fc.tuple(
  fc.nat(TABLE_KINDS.length - 1),
  fc.nat(4),
  fc.nat(TABLE_WHICH - 1),
);
const schedule = fc.array(choice, { maxLength: 200, size: "max" });
const servers = fc.integer({ min: 1, max: 5 });
const promptDisks = fc.boolean();

/** @throws Violation, InvariantError when a rule is broken. @returns How many things happened. */
function play(options: TableOptions, choices: readonly Choice[]): number {
  const table = createTable(options);
  const chance = listedChance(choices.flat());
  let happened = 0;
  for (let left = choices.length; left > 0; left--) happened += playOne(table, chance);
  return happened;
}

describe("the untimed world", () => {
  test("no schedule breaks a rule", () => {
    let happened = 0;
    fc.assert(
      fc.property(servers, promptDisks, schedule, (count, prompt, choices) => {
        happened += play({ servers: count, promptDisks: prompt }, choices);
      }),
      { numRuns: 150 },
    );
    expect(happened).toBeGreaterThan(1_000);
  }, 60_000);

  test("an equal schedule gives an equal run", () => {
    fc.assert(
      fc.property(servers, schedule, (count, choices) => {
        const deeds = () => {
          const table = createTable({ servers: count });
          const chance = listedChance(choices.flat());
          for (let left = choices.length; left > 0; left--) playOne(table, chance);
          return table.deeds;
        };
        expect(deeds()).toEqual(deeds());
      }),
      { numRuns: 20 },
    );
  });

  test.each([
    ["raft-quorum-off-by-one", 3, 10],
    ["raft-append-reply-before-stored", 3, 16],
    ["raft-vote-before-stored", 3, 12],
    ["raft-vote-counted-twice", 4, 14],
  ])("%s is found and shrunk to a few choices", (planted, count, most) => {
    const found = fc.check(
      fc.property(schedule, (choices) => {
        play({ servers: count, planted }, choices);
      }),
      { numRuns: 3_000, seed: 1 },
    );
    expect(found.failed).toBe(true);
    const shortest = found.counterexample?.[0] ?? [];
    expect(shortest.length).toBeGreaterThan(0);
    expect(shortest.length).toBeLessThanOrEqual(most);
    expect(() => play({ servers: count, planted }, shortest)).toThrow();
    // And it is the planted bug that breaks the rule, not the schedule.
    play({ servers: count }, shortest);
  });
});

/** Counts the commands. */
const COUNT: StateMachine<{ count: number }> = {
  create: () => ({ count: 0 }),
  apply: (state) => ++state.count,
  digest: ({ count }) => count,
};

describe("the timed world", () => {
  test("whatever the answers to every choice, of servers, links, disks and faults, no rule is broken", () => {
    const answers = fc.array(fc.nat(2 ** 31), { minLength: 1, maxLength: 60 });
    let proposed = 0;
    fc.assert(
      fc.property(answers, servers, (numbers, count) => {
        // Each purpose begins somewhere else in the list: servers that draw alike for ever elect nobody.
        let purposes = 0;
        const chances = () => {
          const from = purposes++ % numbers.length;
          return listedChance([...numbers.slice(from), ...numbers.slice(0, from)], { again: true });
        };
        const world = new World({ seed: 1, servers: count, machine: COUNT, chances });
        for (let round = 0; round < 4; round++) {
          world.run(1_500);
          if (world.submit(Uint8Array.of(round))) proposed++;
        }
        world.trouble(3_000);
      }),
      { numRuns: 40 },
    );
    expect(proposed).toBeGreaterThan(10);
  }, 60_000);
});
