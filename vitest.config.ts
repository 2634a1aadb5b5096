import { defineConfig } from "vitest/config";
import { plantEverywhere } from "./test/support/plant.ts";

// Projects: what runs in the inner loop (`npm run check`), what opens sockets, starts processes or simulates for long, and
// the few files that put something else in the place of Node's modules. The slowest of all, scripts/*.ts, run from .ci/run.
//
// Files of a project share worker processes, which so read the sources once and not once for each file: that was most of
// the time. What a file would have to be shielded from, our sources have not: state outside of what they are handed.

const { QUORATE_PLANTED } = process.env;

/** Of the simulator's own tests and the stories those that simulate for long. */
const LONG = [
  "test/sim/{builds,determinism,explore,federation,guided,large,liveness,raft-schedules,replay,strikes}.test.ts",
  "test/scenarios/datacenters.test.ts",
  "test/sim/shrink/shrink.test.ts",
  "test/sim/gossip/{masses,mutants,shrink}.test.ts",
  "test/sim/checkers/linearizability-properties.test.ts",
];

/** Of any test: so that one that hangs ends, on the slowest and busiest machine. It promises nothing about speed. */
const PATIENCE_MS = 300_000;

/** What replaces a module of Node, and so may share its process with nobody. */
const MOCKING = ["test/contract/{disk-files,network}.test.ts"];

export default defineConfig({
  plugins: [plantEverywhere(QUORATE_PLANTED)],
  test: {
    deps: { interopDefault: false },
    // One for each core: by default one core is left idle, of two.
    maxWorkers: "100%",
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/{core,house,sim,scenarios}/**/*.test.ts"],
          exclude: LONG,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: ["test/{contract,adapters,cluster,cli,campaign}/**/*.test.ts", ...LONG],
          exclude: MOCKING,
          isolate: false,
          // Stories of test/cluster that wait beside each other.
          maxConcurrency: 8,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // Typed command by command, it takes minutes of waiting: `npm run tutorials`.
        test: {
          name: "tutorials",
          include: ["test/tutorials/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: "mocking",
          include: MOCKING,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
