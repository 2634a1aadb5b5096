// `quorate sim shrink` as its users type it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inDirectory, run } from "./support.ts";

const PLANTED = ["sim", "shrink", "--seed", "1", "--planted", "raft-append-clears-vote"];

describe("sim shrink", () => {
  test("prints a schedule of a failing seed, the rule, and how short it is", async () => {
    const { code, stdout } = await run(PLANTED);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^servers [a-e]/);
    expect(stdout).toMatch(/^time-out [a-e]$/m);
    expect(stdout).toMatch(/^verdict {3}VIOLATED invariant: .+$/m);
    expect(stdout).toMatch(/^ {10}\d+ steps? and \d+ faults? of \d+ \(seed 1\), after \d+ tries$/m);
  });

  test("writes a schedule that can be performed again, and a test", () =>
    inDirectory(async (cwd) => {
      const { stdout } = await run([...PLANTED, "-out", "bug.schedule", "-test", "bug.test.ts"], { cwd });
      expect(stdout).toMatch(/^written {3}bug\.schedule$/m);
      expect(stdout).toContain(readFileSync(join(cwd, "bug.schedule"), "utf8"));
      expect(readFileSync(join(cwd, "bug.test.ts"), "utf8")).toMatch(
        /^test\("raft-append-clears-vote is mended"/m,
      );

      const again = await run(["sim", "shrink", "bug.schedule", "-trace"], { cwd });
      expect(again.code).toBe(1);
      expect(again.stdout).toContain(readFileSync(join(cwd, "bug.schedule"), "utf8"));
      expect(again.stdout).toMatch(/^ +\d\.\d{3} {2}[a-e] +follower→pre-candidate/m);
      expect(again.stdout).toMatch(/^verdict {3}VIOLATED invariant/m);
    }));

  test("says so when a seed or a schedule breaks no rule", () =>
    inDirectory(async (cwd) => {
      const seed = await run(["sim", "shrink", "-seed", "1", "-seconds", "25"]);
      expect(seed.stdout).toBe(
        "Seed 1 breaks no rule: there is nothing to shrink.\nrepeat    quorate sim run swarm --seed 1 --seconds 25\n",
      );
      expect(seed.code).toBe(0);
      writeFileSync(join(cwd, "calm.schedule"), "servers a b c\ntime-out a\n");
      const file = await run(["sim", "shrink", "calm.schedule"], { cwd });
      expect(file.stdout).toBe("calm.schedule breaks no rule: there is nothing to shrink.\n");
      expect(file.code).toBe(0);
    }));

  test.each([
    ["an unknown planted bug", ["-planted", "nosuch"], /There is no planted bug "nosuch"/],
    ["a missing file", ["nosuch.schedule"], /The schedule could not be read: ENOENT/],
    ["two files", ["one", "two"], /One schedule at a time, not one two/],
    ["no budget", ["-budget", "0"], /-budget takes 1 to 1,000,000,000, not 0/],
    ["an unknown flag", ["-bogus"], /flag provided but not defined: -bogus/],
  ])("refuses %s in words", async (_name, args, words) => {
    const { code, stderr } = await run(["sim", "shrink", ...args]);
    expect(stderr).toMatch(words);
    expect(code).toBe(2);
  });

  test("refuses a file that is no schedule, with the line", () =>
    inDirectory(async (cwd) => {
      writeFileSync(join(cwd, "odd"), "servers a\nexplode a\n");
      const { code, stderr } = await run(["sim", "shrink", "odd"], { cwd });
      expect(stderr).toBe('odd is no schedule: line 2: there is no step "explode".\n');
      expect(code).toBe(2);
    }));

  test("says where it could not write", async () => {
    const { code, stderr } = await run([...PLANTED, "-out", "/nowhere/at/all"]);
    expect(stderr).toMatch(/^\/nowhere\/at\/all could not be written: ENOENT/);
    expect(code).toBe(2);
  });
});
