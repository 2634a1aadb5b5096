// Planted bugs that tests find: the file's tests hold, and with the bug planted everywhere (test/support/plant.ts) they do
// not.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Mutant } from "../../src/sim/mutants/ways.ts";
import type { Found } from "./found.ts";

const root = join(import.meta.dirname, "../..");
const REPORT = join(root, "build/mutants.json");

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

/** @throws for a bug that is not for tests to find. */
export function byTests(mutant: Mutant): Found {
  const { name, foundBy } = mutant;
  if (foundBy.kind !== "test") throw new Error(`${name} is not for tests to find`);
  const { file } = foundBy;
  const began = performance.now();
  const [first] = failures([file], name).get(file) ?? [];
  const cpuSeconds = (performance.now() - began) / 1000;
  return first === undefined
    ? { mutant, by: "", cpuSeconds }
    : { mutant, by: `${file}: ${first}`, cpuSeconds };
}

/** Of what tests have found, what proves nothing is taken back: their files fail without the bug, too. All are run at once. */
export function onlySound(found: readonly Found[]): Found[] {
  const fileOf = ({ mutant: { foundBy }, by }: Found): string | undefined =>
    foundBy.kind === "test" && by !== "" ? foundBy.file : undefined;
  const files = new Set(found.map(fileOf).filter((file) => file !== undefined));
  if (files.size === 0) return [...found];
  const unsound = failures([...files], undefined);
  return found.map((each) => {
    const file = fileOf(each);
    if (file === undefined || !unsound.has(file)) return each;
    return { ...each, by: "", remark: `${file} fails without the bug` };
  });
}

/** Names of the tests that fail, by file; up to the first with a bug planted. */
function failures(files: readonly string[], planted: string | undefined): Map<string, string[]> {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", ...files, "--reporter=json", `--outputFile.json=${REPORT}`];
  if (planted !== undefined) args.push("--bail=1");
  const env = planted === undefined ? process.env : { ...process.env, QUORATE_PLANTED: planted };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
  const failed = new Map<string, string[]>();
  if (status === 0) return failed;
  const { testResults } = JSON.parse(readFileSync(REPORT, "utf8")) as {
    readonly testResults: readonly TestFile[];
  };
  for (const { name, status: ended, assertionResults } of testResults) {
    const names = assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName }) => fullName);
    if (names.length > 0) failed.set(relative(root, name), names);
    // A file that cannot be run at all proves nothing.
    else if (ended === "failed") throw new Error(`the tests of ${name} could not be run: ${stderr}`);
  }
  if (failed.size === 0) throw new Error(`vitest ended with ${status}: ${stderr}`);
  return failed;
}
