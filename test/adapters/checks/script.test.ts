// Programs as checks: real ones.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { layDesk, make } from "./support.ts";

const { PATH } = process.env;
const folder = mkdtempSync(join(tmpdir(), "checks-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function shell(line: string, more: object = {}, outputBytes?: number): Promise<string> {
  return make({ scriptArgs: ["/bin/sh", "-c", line], ...more }, {}, outputBytes);
}

test.each([
  [0, "passing"],
  [1, "warning"],
  [2, "critical"],
  [127, "critical"],
])(
  "a program that ends with %i is %s, with all that it said, on both outputs in order",
  async (code, status) => {
    expect(await shell(`echo one; echo two >&2; printf three; exit ${code}`)).toBe(
      `${status} one\ntwo\nthree`,
    );
  },
);

test("one that a signal ends is critical", async () => {
  expect(await shell("echo so far; kill -9 $$")).toBe("critical so far\n");
});

test("it can write to /dev/stderr, has nothing to read, and what else the agent's environment says", async () => {
  expect(await shell('echo in > /dev/stderr; cat; echo "$PATH" > /dev/stdout')).toBe(`passing in\n${PATH}\n`);
});

test("of what it says the end is kept", async () => {
  expect(await shell("printf 12345678900", {}, 5)).toBe("passing Captured 5 of 11 bytes\n...\n78900");
  expect(await shell("printf 12345", {}, 5)).toBe("passing 12345");
  const long = await shell("head -c 100000 /dev/zero | tr '\\0' x; printf end");
  expect(long).toBe(`passing Captured 4096 of 100003 bytes\n...\n${"x".repeat(4093)}end`);
});

test.each([
  ["/nonexistent", "fork/exec /nonexistent: no such file or directory"],
  ["nope-nope", 'exec: "nope-nope": executable file not found in $PATH'],
  ["/tmp", "fork/exec /tmp: permission denied"],
  ["", "fork/exec : no such file or directory"],
])("a program %j that can't be started is critical at once, and says why", async (program, why) => {
  const desk = layDesk();
  desk.begin(1, { scriptArgs: [program] });
  expect(await desk.next()).toEqual({
    ...{ type: "probed", checkId: "c", run: 1, status: "critical", output: why, atOnce: true },
  });
  desk.checks.close();
});

test("when its time is up all that it has started is killed, and it is over when it has ended", async () => {
  const desk = layDesk();
  const file = join(folder, "pids");
  const line = `sleep 600 & echo $! > ${file}; echo $$ >> ${file}; echo begun; sleep 600`;
  desk.begin(7, { scriptArgs: ["/bin/sh", "-c", line], timeoutNs: 2e9 });
  expect(await desk.next()).toEqual({
    ...{ type: "probed", checkId: "c", run: 7, status: "critical", atOnce: true, goesOn: true },
    output: "Timed out (2s) running check\n\nbegun\n",
  });
  expect(await desk.next()).toEqual({ type: "probe-ended", checkId: "c", run: 7 });
  await until("both are gone", () => pidsIn(file).every((pid) => !isAlive(pid)));
  desk.checks.close();
});

test("one that leaves somebody behind who still has its output is not over before that one is", async () => {
  expect(await shell("(sleep 0.3; echo later) & echo told")).toBe("passing told\nlater\n");
});

test("one that nobody wants to know of any more is killed, and nothing is told of it", async () => {
  const desk = layDesk();
  const file = join(folder, "unwanted");
  desk.begin(1, {
    scriptArgs: ["/bin/sh", "-c", `echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 600`],
  });
  await until("it runs", () => existsSync(file));
  desk.checks.stop(1);
  await until("it is gone", () => pidsIn(file).every((pid) => !isAlive(pid)));
  desk.begin(2, { scriptArgs: ["true"] });
  expect(await desk.next()).toMatchObject({ type: "probed", run: 2 });
  desk.checks.close();
});

test("one that was to begin just when the agent ends does not", async () => {
  const desk = layDesk();
  const file = join(folder, "too-late");
  desk.begin(1, { scriptArgs: ["touch", file] });
  desk.checks.close();
  const other = layDesk();
  other.begin(1, { scriptArgs: ["true"] });
  await other.next();
  other.checks.close();
  expect([existsSync(file), desk.heard]).toEqual([false, []]);
});

test("when the agent ends its programs do, and no pipe of theirs stays behind", async () => {
  const desk = layDesk();
  const file = join(folder, "ending");
  desk.begin(1, {
    scriptArgs: ["/bin/sh", "-c", `ls -l /proc/self/fd/1; echo $$ > ${file}; exec sleep 600`],
  });
  await until("it runs", () => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
  desk.checks.close();
  await until("it is gone", () => pidsIn(file).every((pid) => !isAlive(pid)));
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`quorate-checks-${process.pid}-`))).toEqual(
    [],
  );
});

test("no more programs run at a time than the machine bears; the others wait their turn", async () => {
  const desk = layDesk();
  const all = 140;
  for (let run = 1; run <= all; run++) desk.begin(run, { scriptArgs: ["true"] });
  const runs = new Set<number>();
  for (let each = 0; each < all; each++) runs.add((await desk.next()).run);
  expect(runs.size).toBe(all);
  desk.checks.close();
});

function pidsIn(file: string): number[] {
  return readFileSync(file, "utf8").trim().split("\n").map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie whose parent has yet to hear of it is dead enough.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
