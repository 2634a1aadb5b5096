// Planted bugs that tests find: the file's tests hold, and with the bug planted everywhere (test/support/plant.ts) they do
// not.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "../../src/sim/mutants.ts";
import type { Found } from "./found.ts";

const root = join(import.meta.dirname, "../..");
const REPORT = join(root, "build/mutants.json");

interface Assertion {
  readonly status: string;
  readonly fullName: string;
}

/** Files whose tests hold with no bug planted, as far as they were run. */
const sound = new Map<string, boolean>();

/** @throws for a bug that is not for tests to find. */
export function byTests(mutant: Mutant): Found {
  const { name, foundBy } = mutant;
  if (foundBy.kind !== "test") throw new Error(`${name} is not for tests to find`);
  const { file } = foundBy;
  const began = performance.now();
  const failed = failures(file, name);
  const cpuSeconds = (performance.now() - began) / 1000;
  const [first] = failed;
  if (first === undefined) return { mutant, by: "", cpuSeconds };
  if (!isSound(file)) return { mutant, by: "", cpuSeconds, remark: `${file} fails without the bug` };
  return { mutant, by: `${file}: ${first}`, cpuSeconds };
}

function isSound(file: string): boolean {
  const known = sound.get(file) ?? failures(file, undefined).length === 0;
  sound.set(file, known);
  return known;
}

/** Names of the tests in the file that fail, up to the first. */
function failures(file: string, planted: string | undefined): string[] {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", file, "--bail=1", "--reporter=json", `--outputFile.json=${REPORT}`];
  const env = planted === undefined ? process.env : { ...process.env, QUORATE_PLANTED: planted };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
  if (status === 0) return [];
  const { testResults } = JSON.parse(readFileSync(REPORT, "utf8")) as {
    readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[];
  };
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults.filter(isFailure));
  // A file that cannot be run at all proves nothing.
  if (failed.length === 0) throw new Error(`the tests of ${file} could not be run: ${stderr}`);
  return failed.map(({ fullName }) => fullName);
}

function isFailure({ status }: Assertion): boolean {
  return status === "failed";
}
