// A run's choices as a list: recorded, played again, edited.

import { describe, expect, test } from "vitest";
import { seededChance } from "../../src/core/lib/chance.ts";
import {
  countDecisions,
  createDecisions,
  type Divergence,
  editDecisions,
  playDecisions,
  recordDecisions,
} from "../../src/sim/choices.ts";
import { runSwarm } from "../../src/sim/swarm.ts";

describe("the decisions of a run", () => {
  const options = { seed: "3", seconds: 22, servers: 3 };
  const list = createDecisions();
  const recorded = runSwarm({ ...options, listen: recordDecisions(list) });

  test("are all there is to it: played under another seed they give the same run", () => {
    const divergences: Divergence[] = [];
    const played = runSwarm({
      ...options,
      seed: "another",
      listen: playDecisions(list, { otherwise: "quiet", onDivergence: (each) => divergences.push(each) }),
    });
    expect(divergences).toEqual([]);
    expect(played.digest).toBe(recorded.digest);
    expect(countDecisions(list)).toBeGreaterThan(10_000);
  });

  test("edited in one place give another run, and the first new question is named", () => {
    const divergences: Divergence[] = [];
    const edited = runSwarm({
      ...options,
      listen: playDecisions(list, {
        edits: [{ purpose: "clients", site: "client.think", at: 0, chosen: "most" }],
        onDivergence: (each) => divergences.push(each),
      }),
    });
    expect(edited.ok).toBe(true);
    expect(edited.digest).not.toBe(recorded.digest);
    expect(divergences.length).toBeLessThanOrEqual(1);
  });
});

describe("playing a list", () => {
  const record = (): ReturnType<typeof createDecisions> => {
    const list = createDecisions();
    const chance = recordDecisions(list)("p", seededChance("seed"));
    for (let at = 0; at < 4; at++) chance.choose("site", 1000);
    return list;
  };
  const answers = (listen: ReturnType<typeof playDecisions>, ...ns: number[]): number[] => {
    const chance = listen("p", seededChance("seed"));
    return ns.map((n) => chance.choose("site", n));
  };

  test("answers a question that was never asked as the seed would, or quietly", () => {
    const seeded = answers((_purpose, chance) => chance, 1000, 1000, 1000, 1000, 1000);
    expect(answers(playDecisions(record()), 1000, 1000, 1000, 1000, 1000)).toEqual(seeded);
    expect(answers(playDecisions(record(), { otherwise: "quiet" }), 1000, 1000, 1000, 1000, 1000)).toEqual([
      ...seeded.slice(0, 4),
      0,
    ]);
  });

  test("does not take the answer to another question, and says where", () => {
    const divergences: Divergence[] = [];
    const listen = playDecisions(record(), {
      otherwise: "quiet",
      onDivergence: (each) => divergences.push(each),
    });
    const [, second] = answers(listen, 1000, 7, 1000);
    expect(second).toBe(0);
    expect(divergences).toEqual([{ purpose: "p", site: "site", at: 1, recordedN: 1000, n: 7 }]);
  });

  test("edits one answer or all of a site, never past the last one", () => {
    const edit = (edits: Parameters<typeof editDecisions>[0]): number[] =>
      answers(editDecisions(edits), 1000, 1000, 10);
    const [first, , third] = edit([]);
    expect(edit([{ purpose: "p", site: "site", at: 1, chosen: 5 }])).toEqual([first, 5, third]);
    expect(edit([{ purpose: "p", site: "site", chosen: 500 }])).toEqual([500, 500, 9]);
    expect(edit([{ purpose: "p", site: "site", chosen: "most" }])).toEqual([999, 999, 9]);
    expect(edit([{ purpose: "other", site: "site", chosen: "least" }])).toEqual(edit([]));
  });
});
