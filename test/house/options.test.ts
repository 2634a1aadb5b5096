// The scripts' command lines, as somebody who has forgotten them would try them.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../scripts/mutants.ts");

function run(...words: string[]): {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", SCRIPT, ...words], {
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

test("a script that is asked for help prints the comment at its top", () => {
  const { code, out } = run("--help");
  expect(code).toBe(0);
  expect(out).toMatch(/npm run mutants -- --seeds/);
  expect(out).not.toMatch(/import|\/\//);
});

test("an option that a script does not have is told in one line, without a stack", () => {
  const { code, err } = run("--seedz", "3");
  expect(code).toBe(2);
  expect(err).toMatch(/^Unknown option '--seedz'/);
  expect(err).toMatch(/--help says what mutants\.ts takes\.\n$/);
  expect(err).not.toMatch(/\n {4}at /);
});
