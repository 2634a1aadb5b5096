// The planted bugs that the gossip swarm is there to find: each within its first seeds, and by a rule that has to do with it.

import { expect, test } from "vitest";
import { huntInGossip } from "../../../src/sim/hunt.ts";
import { MUTANTS } from "../../../src/sim/mutants.ts";

const OURS = MUTANTS.filter(({ foundBy }) => foundBy.kind === "gossip");
const PATIENCE = 5;

test.each(OURS.map((mutant) => [mutant.name, mutant] as const))("%s is caught", (_name, mutant) => {
  const { caught, seeds } = huntInGossip(mutant, PATIENCE);
  expect(caught?.violation ?? `nothing in ${seeds} seeds`).toMatch(/^(gossip-[a-z-]+|invariant)$/);
});

test("what is not for the gossip swarm to find it does not look for", () => {
  const other = MUTANTS.find(({ foundBy }) => foundBy.kind === "swarm");
  expect(() => other && huntInGossip(other, 1)).toThrow(/not looked for/);
});
