// The log in the system's log, by way of a program that takes util-linux's `logger`'s place.

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { facilityNumber, openSyslog, type Syslog } from "../../src/adapters/syslog.ts";
import { until } from "../support/until.ts";

let root = "";
let syslog: Syslog | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "quorate-syslog-"));
});

afterEach(() => {
  syslog?.close();
  rmSync(root, { recursive: true, force: true });
});

function program(script: string): string {
  const path = join(root, "logger");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("each line goes to the facility with its level's severity, all of them through one process", async () => {
  const out = join(root, "out");
  syslog = openSyslog(16, () => undefined, program(`echo "$@" >> ${out}; cat >> ${out}; echo end >> ${out}`));
  syslog.write("an error\n", "error");
  syslog.write("a word\n", "info");
  syslog.write("a trace\n", "trace");
  syslog.close();
  syslog.write("too late\n", "error");
  const text = (): string => (existsSync(out) ? readFileSync(out, "utf8") : "");
  await until("the lines", () => text().endsWith("end\n"));
  expect(text()).toBe(
    `--socket-errors=on --prio-prefix --tag consul --id=${process.pid}\n<131>an error\n<133>a word\n<135>a trace\nend\n`,
  );
});

test("where it can't be written the agent is told once, and runs on", async () => {
  const errors: string[] = [];
  syslog = openSyslog(3, (error) => errors.push(error), join(root, "nosuch"));
  syslog.write("a\n", "info");
  await until("an error", () => errors.length > 0);
  syslog.write("b\n", "info");
  expect(errors).toEqual([expect.stringContaining("ENOENT")]);
  syslog.close();
  const refusals: string[] = [];
  syslog = openSyslog(
    3,
    (error) => refusals.push(error),
    program("echo 'socket /dev/log: no' >&2; cat > /dev/null"),
  );
  syslog.write("a\n", "info");
  await until("an error", () => refusals.length > 0);
  expect(refusals).toEqual(["socket /dev/log: no"]);
});

test.each([
  ["LOCAL0", 16],
  ["local7", 23],
  ["DAEMON", 3],
  ["-", undefined],
  ["foo", undefined],
  ["", undefined],
])("facility %s is number %s", (name, number) => {
  expect(facilityNumber(name)).toBe(number);
});
