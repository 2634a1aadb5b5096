// What is said of a run of CI: nothing that failed may be left out of the report, and nothing be told twice.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { doubtedFiles, reportOf } from "../support/ci-report.ts";

const ROOT = join(import.meta.dirname, "../..");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-ci-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function leave(file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

type Ended = readonly [file: string, test: string, why?: string];

/** What vitest writes of tests; one with a reason has failed. */
function leaveTests(
  file: string,
  tests: readonly Ended[],
  code = tests.some(([, , why]) => why) ? 1 : 0,
): void {
  const testResults = tests.map(([path, fullName, why]) => ({
    name: join(ROOT, path),
    message: "",
    assertionResults: [
      {
        fullName,
        status: why === undefined ? "passed" : "failed",
        failureMessages: why === undefined ? [] : [why],
      },
    ],
  }));
  leave(file, JSON.stringify({ testResults }));
  if (file === "tests.json") leave("tests.code", `${code}\n`);
}

function leaveCheck(name: string, verdict: string, log = ""): void {
  leave(`${name}.verdict`, `${verdict}\n`);
  leave(`${name}.log`, log);
}

const GOOD: Ended = ["test/core/a.test.ts", "holds"];
const BROKEN: Ended = ["test/core/a.test.ts", "does not", "Error: 1 is not 2\n    at node:internal/x"];
const SHAKY: Ended = ["test/cluster/b.test.ts", "waits", "Error: too late"];

test("a run in which all held is told in one line, and what was skipped counts neither way", () => {
  leaveTests("tests.json", [GOOD]);
  leaveCheck("fuzz", "ok");
  leaveCheck("compare-http", "skipped", "skipped: no consul");
  expect(reportOf(folder)).toEqual({ lines: ["2 passed, 0 failed"], failedCount: 0 });
  expect(doubtedFiles(folder)).toEqual([]);
});

test("a test that failed is told with its reason, but for the stack in others' code", () => {
  leaveTests("tests.json", [GOOD, BROKEN]);
  expect(reportOf(folder)).toEqual({
    lines: ["FAILED test/core/a.test.ts: does not", "    Error: 1 is not 2", "1 passed, 1 failed"],
    failedCount: 1,
  });
});

test("tests of real sockets are worth a second run, and count as passed when they held then; simulated ones never", () => {
  leaveTests("tests.json", [GOOD, BROKEN, SHAKY]);
  expect(doubtedFiles(folder)).toEqual(["test/cluster/b.test.ts"]);
  expect(reportOf(folder).lines.at(-1)).toBe("1 passed, 2 failed");
  leaveTests("again.json", [BROKEN.slice(0, 2) as unknown as Ended, SHAKY.slice(0, 2) as unknown as Ended]);
  const { lines } = reportOf(folder);
  expect(lines.slice(0, 3)).toEqual([
    "ONLY ONCE test/cluster/b.test.ts: waits",
    "    Error: too late",
    "FAILED test/core/a.test.ts: does not",
  ]);
  expect(lines.at(-1)).toBe("2 passed, 1 failed");
});

test("of a check that failed the lines that say why are told, and its end; several failures are listed once more", () => {
  leaveTests("tests.json", [GOOD]);
  const log = ["fine", "DIFFERS at 7", "    expected 1", "more that is fine", "a", "b", "c", "the end"].join(
    "\n",
  );
  leaveCheck("compare-dns", "ended with 1", log);
  leaveCheck("chaos", "ended with 124", "still running");
  const { lines } = reportOf(folder);
  expect(lines).toEqual(expect.arrayContaining(["    DIFFERS at 7", "        expected 1", "    the end"]));
  expect(lines).not.toContain("    fine");
  expect(lines.slice(-3).sort()).toEqual([
    "1 passed, 2 failed",
    "FAILED chaos ended with 124",
    "FAILED compare-dns ended with 1",
  ]);
});

test("it is a failure that vitest wrote nothing, could not read a file, or ended badly with no test failing", () => {
  leave("tests.code", "1\n");
  leave("tests.log", "out of memory");
  expect(reportOf(folder).lines[0]).toBe("FAILED vitest wrote no tests.json");
  leaveTests("tests.json", [GOOD], 1);
  expect(reportOf(folder).lines.slice(0, 2)).toEqual(["FAILED npm test ended with 1", "    out of memory"]);
  leave(
    "tests.json",
    JSON.stringify({
      testResults: [
        { name: join(ROOT, "test/cli/c.test.ts"), message: "SyntaxError: x", assertionResults: [] },
      ],
    }),
  );
  expect(reportOf(folder).lines.slice(0, 2)).toEqual(["FAILED test/cli/c.test.ts", "    SyntaxError: x"]);
  expect(doubtedFiles(folder)).toEqual(["test/cli/c.test.ts"]);
});
