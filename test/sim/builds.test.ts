// Nodes that are up- and downgraded while the cluster runs: between two bundles of the core that share nothing.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { THIS_BUILD } from "../../src/sim/builds.ts";
import { Scenario } from "../../src/sim/scenario.ts";
import { runSwarm } from "../../src/sim/swarm.ts";
import { bundleBuild } from "../support/bundle.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "quorate-builds-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const other = await bundleBuild(ROOT, "0.0.0-bundle", join(folder, "bundle.mjs"));

test("a bundle is a core of its own", () => {
  expect(other.stepAgent).not.toBe(THIS_BUILD.stepAgent);
  expect(other.version).toBe("0.0.0-bundle");
});

test("clusters of two builds break no rule", () => {
  const kinds = ["upgrade", "downgrade", "crash", "partition"] as const;
  // The plan draws which kinds exist; a list of four makes up for that with several seeds.
  const reports = ["a", "b", "c"].map((more) =>
    runSwarm({
      seed: `1${more}`,
      seconds: 22,
      kinds: [...kinds, ...kinds, ...kinds],
      builds: [other, THIS_BUILD],
    }),
  );
  expect(reports.map(({ message }) => message)).toEqual(["", "", ""]);
  const changes = reports.map(
    ({ effects }) => (effects.get("upgrade") ?? 0) + (effects.get("downgrade") ?? 0),
  );
  expect(Math.max(...changes)).toBeGreaterThan(0);
});

test("a mixed run is the same with agents reloaded from dumps: each build loads its own", () => {
  const options = {
    seed: "mixed",
    seconds: 20,
    kinds: ["upgrade", "downgrade"],
    builds: [other, THIS_BUILD],
  } as const;
  expect(runSwarm({ ...options, reloadEvery: 101 }).digest).toBe(runSwarm(options).digest);
});

test("a server is replaced by the other build and back, with its log", () => {
  const t = new Scenario({ seed: "1" });
  t.cluster({ servers: ["a", "b", "c"] });
  t.elect("a");
  t.put("motd", "before", { via: "b" }).succeeds();
  for (const name of ["a", "b", "c"]) {
    t.replaceBuild(name, other);
    t.until(() => t.leader());
    t.put("motd", `while ${name} is new`, { via: name }).succeeds();
  }
  t.expect(
    t.world.nodes.every((node) => node.agent?.config.version === "0.0.0-bundle"),
    "all run the other build",
  );
  for (const name of ["c", "b", "a"]) t.replaceBuild(name, THIS_BUILD);
  t.until(() => t.leader());
  t.settle();
  t.get("motd", { via: "a" }).says("while c is new");
});

test("an answer that the other build cannot read closes the connection, and nothing worse", () => {
  const deaf = {
    ...other,
    version: "0.0.0-deaf",
    decodeRpc: () => ({ ok: false, error: "unknown" }) as const,
  };
  const t = new Scenario({ seed: "2" });
  t.cluster({ servers: ["a", "b", "c"] });
  t.elect("a");
  t.replaceBuild("c", deaf);
  t.run(5_000);
  t.put("motd", "a and b understand each other", { via: "b" }).succeeds();
  t.replaceBuild("c", THIS_BUILD);
  t.settle();
  t.get("motd", { via: "c" }).says("a and b understand each other");
});
