// Everything that plays the same on the original Consul and on ours, one after the other; ends with 1 if anything differs.
//
//   npm run compare                       the generated half for two minutes
//   npm run compare -- --seconds 600      for longer

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readOptions } from "./options.ts";

const { values } = readOptions({ options: { seconds: { type: "string", default: "120" } } });

const SCRIPTS: readonly (readonly [name: string, ...more: string[]])[] = [
  ["compare-http"],
  ["compare-cli"],
  ["compare-dns"],
  ["compare-metrics"],
  ["compare-generated", "--seeds", "1..1000000", "--seconds", values.seconds],
];

const failed: string[] = [];
for (const [name, ...more] of SCRIPTS) {
  const script = join(import.meta.dirname, `${name}.ts`);
  if (!existsSync(script)) continue;
  console.log(`=== ${name}`);
  const command = ["--import", import.meta.resolve("tsx"), script, ...more];
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) failed.push(name);
}
console.log(
  failed.length === 0 ? "nothing differs that is not meant to" : `differences: ${failed.join(", ")}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
