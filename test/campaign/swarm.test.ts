// A few seeds of the swarm and the planted bugs that it is quick to find: `quorate sim campaign` and `npm run mutants` are
// the long forms, and run from .ci/run.

import { describe, expect, test } from "vitest";
import { must } from "../../src/core/lib/assert.ts";
import { hunt } from "../../src/sim/hunt.ts";
import { MUTANTS } from "../../src/sim/mutants.ts";
import { runSwarm } from "../../src/sim/swarm.ts";

describe("the swarm", () => {
  test.each(["4", "8", "9"])("with seed %s breaks no rule", (seed) => {
    const report = runSwarm({ seed });
    expect(report.message).toBe("");
    expect(report.ok).toBe(true);
  });

  test.each([1, 7])("of %i servers and a client agent breaks no rule", (servers) => {
    expect(runSwarm({ seed: `size-${servers}`, servers, clients: 1 }).message).toBe("");
  });
});

describe("a planted bug is noticed:", () => {
  test.each([
    ["datacenter-ignored", "linearizability"],
    ["kv-cas-ignores-index", "linearizability"],
    ["raft-append-reply-before-stored", "commit-without-quorum"],
    ["raft-commit-older-term", ""],
    ["raft-quorum-off-by-one", "commit-without-quorum"],
    ["raft-truncate-always", ""],
    ["raft-vote-ignores-log", "vote-for-stale-log"],
    ["wal-forgets-hard-state", ""],
  ])("%s", (planted, violation) => {
    const mutant = must(
      MUTANTS.find(({ name }) => name === planted),
      "it is in the corpus",
    );
    const { caught } = hunt(mutant, 60);
    expect(caught).toBeDefined();
    if (violation !== "") expect(caught?.violation).toBe(violation);
  });
});
