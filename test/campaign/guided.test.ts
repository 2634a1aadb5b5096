// The bug that took the field a year to see (Ongaro, raft-dev, July 2015) needs some thirty steps in the right order. The
// guided search must find it within 100,000 runs, by its consequences alone.

import { expect, test } from "vitest";
import { tellStory } from "../../src/sim/raft/story.ts";
import { type GuidedOptions, searchGuided, tableOptions } from "../../src/sim/search/guided.ts";

test("a change of members before the leader has committed in its own term is found, and told in a page", () => {
  const options: GuidedOptions = {
    seed: "5",
    servers: 4,
    planted: "raft-change-before-own-commit",
    onlyShared: true,
    mostRuns: 100_000,
  };
  const found = searchGuided(options);
  expect(found.violation).toBeDefined();
  const story = tellStory(found.trace, tableOptions(options));
  expect(story.violation?.id).toBe(found.violation?.id);
  expect(story.lines.length).toBeLessThan(80);
  expect(story.lines.filter((line) => line.includes("change members")).length).toBeGreaterThanOrEqual(2);
}, 300_000);
