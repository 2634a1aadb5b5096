import { defineConfig } from "vitest/config";
import { plantEverywhere } from "./test/support/plant.ts";

// Two projects: what runs in the inner loop (`npm run check`), and what opens sockets, starts processes or simulates for
// long. The slowest of all, scripts/*.ts, run from .ci/run.
const { QUORATE_PLANTED } = process.env;

/** Of the simulator's own tests and the stories those that simulate for long. */
const LONG = [
  "test/sim/{builds,determinism,explore,guided,large,liveness,raft-schedules,replay,strikes}.test.ts",
  "test/scenarios/datacenters.test.ts",
  "test/sim/shrink/shrink.test.ts",
  "test/sim/gossip/shrink.test.ts",
  "test/sim/checkers/linearizability-properties.test.ts",
];

export default defineConfig({
  plugins: [plantEverywhere(QUORATE_PLANTED)],
  test: {
    deps: { interopDefault: false },
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/{core,house,sim,scenarios}/**/*.test.ts"],
          exclude: LONG,
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: ["test/{contract,adapters,cluster,cli,campaign}/**/*.test.ts", ...LONG],
          testTimeout: 120_000,
          // Stories of test/cluster that wait beside each other.
          maxConcurrency: 8,
        },
      },
    ],
  },
});
