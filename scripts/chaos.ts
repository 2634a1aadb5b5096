// Real clusters under real trouble: the long form of test/cluster. The trials stand with the tests that share them, in
// test/support/chaos.ts; this is the door, with the same arguments.
//
//   tsx scripts/chaos.ts [--kills 10] [--pauses 3] [--blackouts 3] [--crashes 3] [--storm 60] [--seed S]

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const trials = join(import.meta.dirname, "../test/support/chaos.ts");
const { status } = spawnSync(
  process.execPath,
  ["--import", import.meta.resolve("tsx"), trials, ...process.argv.slice(2)],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
