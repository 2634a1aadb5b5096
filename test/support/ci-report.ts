// How a run of `.ci/run` ended, from what it has left in a folder: of the tests tests.json, tests.log and tests.code, again.json
// of those that were run once more, and a log and a verdict of each slower check. Of a long output often only the end is kept, so this is
// the end: what failed with the lines that say why, then one line for each, then the counts.
// Who prints it: scripts/ci-report.ts.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** What vitest's JSON reporter writes, as far as it is looked at. */
interface TestFile {
  readonly name: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

interface Failure {
  readonly name: string;
  /** Of a test: the file that it is in. */
  readonly file?: string;
  readonly why: readonly string[];
}

interface Tests {
  readonly passedCount: number;
  /** By name; some tests share theirs. */
  readonly passed: ReadonlySet<string>;
  readonly failures: readonly Failure[];
}

/**
 * Tests of real sockets and processes, which a machine can be too busy for: when such a one holds with nothing beside it,
 * it counts as passed, and is told of. A simulated world has no such excuse.
 */
const REAL = /^test\/(adapters|cli|cluster|contract)\//;
/** Lines of a check's log that say what is wrong. */
const TELLING = /\b(BROKEN|DIFFERS|FAIL|FAILED|UNEXPECTED|VIOLATED)\b|\bnot caught\b|error TS|Error: | × /;
const MOST_LINES = 8;
const LAST_LINES = 4;
const MOST_CHARACTERS = 220;

const root = join(import.meta.dirname, "../..");

function readTests(folder: string, file: string): Tests {
  const path = join(folder, file);
  if (!existsSync(path))
    return { passedCount: 0, passed: new Set(), failures: [{ name: `vitest wrote no ${file}`, why: [] }] };
  const { testResults } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly testResults: readonly TestFile[];
  };
  let passedCount = 0;
  const passed = new Set<string>();
  const failures: Failure[] = [];
  for (const { name, message, assertionResults } of testResults) {
    const at = relative(root, name);
    // A file that could not even be read has no tests.
    if (message !== "") failures.push({ name: at, file: at, why: message.split("\n") });
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === "passed") {
        passedCount++;
        passed.add(`${at}: ${fullName}`);
      }
      if (status === "failed")
        failures.push({ name: `${at}: ${fullName}`, file: at, why: failureMessages.join("\n").split("\n") });
    }
  }
  return { passedCount, passed, failures };
}

/** What made vitest fail if it was none of its tests: an error that nobody caught. */
function besideTests(folder: string, { failures }: Tests): Failure[] {
  const code = readFileSync(join(folder, "tests.code"), "utf8").trim();
  if (code === "0" || failures.length > 0) return [];
  return [{ name: `npm test ended with ${code}`, why: logged(folder, "tests") }];
}

function isDoubted({ file }: Failure): boolean {
  return file !== undefined && REAL.test(file);
}

/** @returns Counts and failures of the slower checks. */
function readChecks(folder: string): { readonly passed: number; readonly failures: readonly Failure[] } {
  let passed = 0;
  const failures: Failure[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".verdict"))) {
    const name = file.slice(0, -".verdict".length);
    const verdict = readFileSync(join(folder, file), "utf8").trim();
    if (verdict === "ok") passed++;
    else if (verdict !== "skipped") failures.push({ name: `${name} ${verdict}`, why: logged(folder, name) });
  }
  return { passed, failures };
}

/** What a check's log says of its failure: the telling lines, each with what stands indented below it, and the end. */
function logged(folder: string, name: string): string[] {
  const lines = readFileSync(join(folder, `${name}.log`), "utf8")
    .trimEnd()
    .split("\n");
  const telling: string[] = [];
  let below = false;
  for (const line of lines.slice(0, -LAST_LINES)) {
    const tells = TELLING.test(line);
    below = tells || (below && /^\s{4}/.test(line));
    if (below) telling.push(line);
  }
  // Scripts tell what is wrong once more at their end.
  return [...telling.slice(-MOST_LINES), ...lines.slice(-LAST_LINES)];
}

function shown(lines: readonly string[]): string[] {
  const own = lines.filter((line) => line.trim() !== "" && (!/^\s+at /.test(line) || isOurs(line)));
  return own.map((line) => `    ${line.slice(0, MOST_CHARACTERS)}`);
}

/** Of a stack's line: whether it is in one of our files. */
function isOurs(line: string): boolean {
  return line.includes(root) && !line.includes("node_modules");
}

export interface Report {
  readonly lines: readonly string[];
  readonly failedCount: number;
}

export function reportOf(folder: string): Report {
  const tests = readTests(folder, "tests.json");
  const again = existsSync(join(folder, "again.json"))
    ? readTests(folder, "again.json").passed
    : new Set<string>();
  const [late, failed] = [true, false].map((held) =>
    tests.failures.filter((each) => (isDoubted(each) && again.has(each.name)) === held),
  ) as [Failure[], Failure[]];
  const checks = readChecks(folder);
  const failures = [...failed, ...besideTests(folder, tests), ...checks.failures];
  const lines: string[] = [];
  for (const { name, why } of late) lines.push(`ONLY ONCE ${name}`, ...shown(why.slice(0, 2)));
  for (const { name, why } of failures)
    lines.push(`FAILED ${name}`, ...shown(why.slice(0, MOST_LINES + LAST_LINES)));
  if (failures.length > 1) lines.push(...failures.map(({ name }) => `FAILED ${name}`));
  lines.push(`${tests.passedCount + late.length + checks.passed} passed, ${failures.length} failed`);
  return { lines, failedCount: failures.length };
}

/** The files with failed tests that are worth a second run. */
export function doubtedFiles(folder: string): string[] {
  const { failures } = readTests(folder, "tests.json");
  return [...new Set(failures.filter(isDoubted).map(({ file = "" }) => file))];
}
