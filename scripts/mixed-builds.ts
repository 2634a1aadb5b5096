// Two real builds in one cluster: the core of another revision is taken out of git and bundled, and seeds of the swarm run
// with nodes that are up- and downgraded between it and the core as it stands, their messages by way of both codecs, on
// disks that both have written.
//
//   npm run mixed-builds                        HEAD~1, seeds 1..20
//   npm run mixed-builds -- --from v0.1.0 --seeds 100

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentBuild, THIS_BUILD } from "../src/sim/builds.ts";
import type { StrikeKind } from "../src/sim/fault-kinds.ts";
import { type RunReport, runSwarm } from "../src/sim/swarm.ts";
import { bundleBuild } from "../test/support/bundle.ts";
import { readOptions } from "./options.ts";

const root = join(import.meta.dirname, "..");
const KINDS: readonly StrikeKind[] = [
  "upgrade",
  "downgrade",
  "crash",
  "partition",
  "isolate-leader",
  "churn",
];

/** @returns Why it could not be run, as text. */
function mixedRun(seed: string, older: AgentBuild): RunReport | string {
  try {
    return runSwarm({ seed, kinds: KINDS, builds: [older, THIS_BUILD] });
  } catch (error) {
    // Findings are in the report: this is a checker of ours that met a state of another shape.
    const why = error instanceof Error ? error.message : String(error);
    return `the checkers of here cannot look into agents of ${older.version}: ${why}`;
  }
}

async function main(): Promise<number> {
  const { values: options } = readOptions({
    options: {
      from: { type: "string", default: "HEAD~1" },
      seeds: { type: "string", default: "20" },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "quorate-build-"));
  try {
    const archive = execFileSync("git", ["archive", options.from, "package.json", "src/core"], {
      cwd: root,
      maxBuffer: 256 << 20,
    });
    execFileSync("tar", ["-x", "-C", folder], { input: archive });
    const older = await bundleBuild(folder, options.from, join(folder, "older.mjs"));
    let failed = 0;
    let changes = 0;
    for (let seed = 1; seed <= Number(options.seeds); seed++) {
      const report = mixedRun(`mixed-${seed}`, older);
      if (typeof report === "string") {
        console.log(report);
        return 1;
      }
      changes += (report.effects.get("upgrade") ?? 0) + (report.effects.get("downgrade") ?? 0);
      if (report.ok) continue;
      failed++;
      console.log(`seed mixed-${seed}: ${report.violation}: ${report.message}`);
    }
    console.log(
      `${options.seeds} seeds between ${options.from} and here, ${changes} changes of build, ${failed} failed`,
    );
    return failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
