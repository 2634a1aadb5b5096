// The rules about an agent's own services and checks, each broken on purpose behind the agent's back.

import { expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { putService } from "../../../src/core/local/definitions.ts";
import type { Local } from "../../../src/core/local/state.ts";
import { stopTimers } from "../../../src/core/local/timers.ts";
import { whatTheCatalogGetsWrong } from "../../../src/sim/checkers/catalog.ts";
import { DEFAULT_WORKLOAD, startWorkload } from "../../../src/sim/clients.ts";
import { clusterConfigs } from "../../../src/sim/cluster.ts";
import { startRegistrars } from "../../../src/sim/registrars.ts";
import { Violation } from "../../../src/sim/violation.ts";
import { createWorld, runUntil, start, type World } from "../../../src/sim/world.ts";
import { check, service } from "../../core/local/bench.ts";

/** A server by itself, of whose service `own1` a registrar knows that there is none. */
function lay(): { readonly world: World; readonly local: Local } {
  const world = createWorld({ seed: "registrars", configs: clusterConfigs({ servers: ["a"] }) });
  const [node] = world.nodes;
  start(world, must(node, "the one"));
  const workload = startWorkload(world, { ...DEFAULT_WORKLOAD, clients: 0 }, seededChance("clients"));
  startRegistrars(world, workload, { registrars: 1 }, seededChance("registrars"));
  runUntil(world, 100_000);
  // It asks nothing, and judges all the same.
  for (const companion of workload.companions) companion.stop();
  return { world, local: must(node?.agent, "it is up").local };
}

/** Has the agent believe in a service that nobody registered, with a TTL check of so many seconds. */
function forge({ world, local }: ReturnType<typeof lay>, ttlSeconds: number): void {
  const ttl = check("service:own1", { ttlNs: ttlSeconds * 1e9 }, { status: "passing" });
  putService(local, { service: service("own1"), checks: [ttl] }, "api", false, world.nowUs / 1000);
}

function violationOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Violation) return error.id;
    throw error;
  }
  return "";
}

test("local-registration-lost: an agent has a service that nobody registered", () => {
  const bench = lay();
  forge(bench, 60);
  const end = (): void => {
    for (const observer of bench.world.observers) observer.onEnd?.();
  };
  expect(violationOf(end)).toBe("local-registration-lost");
});

test("ttl-early: a check expires sooner than it may", () => {
  const bench = lay();
  forge(bench, 0.05);
  expect(violationOf(() => runUntil(bench.world, 1_500_000))).toBe("ttl-early");
});

test("ttl-late: a check goes on passing without a word", () => {
  const bench = lay();
  bench.world.observers.push({
    afterStep() {
      stopTimers(bench.local, "service:own1");
    },
  });
  forge(bench, 2);
  expect(violationOf(() => runUntil(bench.world, 10_000_000))).toBe("ttl-late");
});

test("the catalog is not as an agent says: a service or check that it lacks, has otherwise, or should not have", () => {
  const bench = lay();
  runUntil(bench.world, 190_000);
  expect(whatTheCatalogGetsWrong(bench.world)).toBeUndefined();
  forge(bench, 60);
  expect(whatTheCatalogGetsWrong(bench.world)).toBe("in the catalog a has own1 at no port, not 80");
});
