import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { connectApi } from "../../src/adapters/cli/client.ts";
import { isArchivable, writeArchive } from "../../src/adapters/cli/debug-archive.ts";
import {
  type Capture,
  captureDynamic,
  captureStatic,
  TARGETS,
} from "../../src/adapters/cli/debug-capture.ts";
import { linesSince } from "../../src/adapters/cli/debug-past.ts";
import { must } from "../../src/core/lib/assert.ts";
import { until } from "../support/until.ts";
import { type CannedAnswer, fakeAgent, run, runAgainst } from "./support.ts";

const SELF = JSON.stringify({ Config: { Version: "1.8.7" } });
const ANSWERS: Record<string, CannedAnswer | string> = {
  "GET /v1/agent/self": SELF,
  "GET /v1/agent/host": '{"Host":{}}',
  "GET /v1/agent/members?wan=1": "[]",
  "GET /v1/agent/metrics": '{"Gauges":[]}',
  "GET /v1/agent/monitor?loglevel=DEBUG": "a line\nanother\n",
};

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderFor(name: string): string {
  const outer = mkdtempSync(join(tmpdir(), "debug-"));
  folders.push(outer);
  mkdirSync(join(outer, name));
  return join(outer, name);
}

/** One interval without an end, which ends when `isThere`. */
async function captureFrom(
  answers: Record<string, CannedAnswer | string>,
  isThere: (folder: string) => boolean,
  more: Partial<Capture> = {},
): Promise<{ folder: string; told: (string | undefined)[]; errors: string[] }> {
  const agent = await fakeAgent(answers);
  const io = {
    program: "quorate",
    programPath: "/bin/quorate",
    stdout: () => undefined,
    stderr: () => undefined,
    stdin: async () => new Uint8Array(0),
    env: { CONSUL_HTTP_ADDR: agent.address },
    cwd: tmpdir(),
  };
  const folder = folderFor("out");
  const told: (string | undefined)[] = [];
  const stop = new AbortController();
  const capture: Capture = {
    client: must(connectApi(new Map(), io), "it connects to nothing yet"),
    folder,
    targets: TARGETS,
    durationMs: 3_600_000,
    intervalMs: 3_600_000,
    onInterval: (_, error) => told.push(error),
    stop: stop.signal,
    ...more,
  };
  const errors = await captureStatic(capture);
  const captured = captureDynamic(capture);
  await until("all is there", () => isThere(folder));
  stop.abort();
  await captured;
  await agent.close();
  return { folder, told, errors };
}

function filesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true, encoding: "utf8" }) as string[])
    .filter((name) => /\.\w+$/.test(name))
    .sort();
}

/** What is in the first interval's file of this name; "" for nothing. */
function captured(folder: string, name: string): string {
  const [path] = filesIn(folder).filter((each) => each.endsWith(`/${name}`));
  return path === undefined ? "" : readFileSync(join(folder, path), "utf8");
}

const LOG = "a line\nanother\n";
const hasLog = (folder: string): boolean => captured(folder, "consul.log") === LOG;
const hasMetrics = (folder: string): boolean => captured(folder, "metrics.json").endsWith("}");

describe("debug gathers", () => {
  test("who, where and with whom an agent is, what it measures, and its log, until it is stopped", async () => {
    const { folder, told, errors } = await captureFrom(ANSWERS, (each) => hasLog(each) && hasMetrics(each));
    expect(errors).toEqual([]);
    expect(told).toEqual([undefined]);
    expect(filesIn(folder).map((name) => name.replace(/^\d+/, "(second)"))).toEqual([
      "(second)/consul.log",
      "(second)/metrics.json",
      "agent.json",
      "cluster.json",
      "host.json",
    ]);
    expect(readFileSync(join(folder, "agent.json"), "utf8")).toBe(
      '{\n\t"Config": {\n\t\t"Version": "1.8.7"\n\t}\n}',
    );
  });

  test("what changes once in each interval", async () => {
    const times = { durationMs: 30, intervalMs: 10, targets: ["metrics"] as const };
    const { told } = await captureFrom(ANSWERS, (folder) => hasMetrics(folder), {
      ...times,
      stop: new AbortController().signal,
    });
    expect(told).toEqual([undefined, undefined, undefined]);
  });

  test("the members under the name of later Consuls, too", async () => {
    const folder = folderFor("here");
    const flags = ["-capture=members", "-archive=false", `-output=${folder}/out`];
    expect((await runAgainst(ANSWERS, ["debug", ...flags])).code).toBe(0);
    expect(filesIn(`${folder}/out`)).toEqual(["index.json", "members.json"]);
  });

  test("what it can, and tells of the rest", async () => {
    const { "GET /v1/agent/metrics": _, ...rest } = ANSWERS;
    const { told } = await captureFrom(rest, hasLog);
    expect(told).toEqual([expect.stringContaining("Unexpected response code: 404")]);
  });
});

test("what was gathered becomes an archive: the folder, those in it and their files, as they are on the disk", () => {
  const folder = folderFor("out");
  mkdirSync(join(folder, "17"), { mode: 0o755 });
  writeFileSync(join(folder, "17/consul.log"), "a line\n", { mode: 0o640 });
  writeFileSync(join(folder, "host.json"), "{}", { mode: 0o644 });
  for (const name of ["17/consul.log", "host.json", "17", ""]) utimesSync(join(folder, name), 5, 1_000);
  writeArchive(folder);
  const listed = execFileSync("tar", ["--utc", "-tvzf", `${folder}.tar.gz`], { encoding: "utf8" });
  const columns = listed
    .trim()
    .split("\n")
    .map((line) => line.replace(/ +\S+\/\S+ +/, " ").replace(/ +/g, " "));
  expect(columns).toEqual([
    "drwxr-xr-x 0 1970-01-01 00:16 out",
    "drwxr-xr-x 0 1970-01-01 00:16 out/17",
    "-rw-r----- 7 1970-01-01 00:16 out/17/consul.log",
    "-rw-r--r-- 2 1970-01-01 00:16 out/host.json",
  ]);
  expect(isArchivable(`/x/${"a".repeat(70)}`)).toBe(true);
  expect(isArchivable(`/x/${"a".repeat(71)}`)).toBe(false);
});

describe("debug refuses", () => {
  test.each([
    [["-duration=9s"], "duration must be longer than 10s"],
    [["-interval=4s"], "interval must be longer than 10s"],
    [["-duration=10s"], "duration (10s) must be longer than interval (30s)"],
    [["-since=0s"], "since must be longer than 0s"],
    [["-capture=foo"], "target not found: foo"],
    [["-capture=host", "-output=/"], "output directory already exists: /"],
    [["-capture=host", "-output=/dev/null/folder"], "output directory already exists: /dev/null/folder"],
    [["-capture=host", "-output="], "could not create output directory: mkdir : no such file or directory"],
  ])("%j", async (flags, why) => {
    const ran = await runAgainst(ANSWERS, ["debug", ...flags]);
    expect(ran).toMatchObject({ code: 1, stdout: "", stderr: `==> Capture validation failed: ${why}\n` });
  });

  test("flags that do not parse, which it says twice", async () => {
    const { code, stderr } = await run(["debug", "-nosuch"]);
    expect([code, stderr.split("\n").at(-2)]).toEqual([
      1,
      "==> Error parsing flags: flag provided but not defined: -nosuch",
    ]);
  });

  test("arguments, and an agent that is not there", async () => {
    expect(await runAgainst(ANSWERS, ["debug", "x"])).toMatchObject({
      code: 1,
      stderr: "==> debug: Too many arguments provided, expected 0\n",
    });
    expect((await run(["debug", "-http-addr=127.0.0.1:1"])).stderr).toBe(
      '==> Capture validation failed: error querying target agent: Get "http://127.0.0.1:1/v1/agent/self": dial tcp 127.0.0.1:1: connect: connection refused. verify connectivity and agent address\n',
    );
  });
});

test("debug of what does not change is done at once, in a folder that need not be there, and says what it did", async () => {
  const folder = folderFor("here");
  const output = join(folder, "deep/out");
  const ran = await runAgainst(ANSWERS, [
    ...["debug", "-capture=host", "-capture=agent", "-capture=host", `-output=${output}`],
  ]);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(ran.stdout).toBe(
    `==> Starting debugger and capturing static information...
     Agent Version: '1.8.7'
          Interval: '30s'
          Duration: '2m0s'
            Output: '${output}.tar.gz'
           Capture: 'host, agent, host'
    Saved debug archive: ${output}.tar.gz
`,
  );
  expect(filesIn(folder)).toEqual(["deep/out.tar.gz"]);
});

describe("debug -since", () => {
  const OLD = "2026-11-22T08:00:00.000Z [INFO]  agent: old\n";
  const NEW = "2026-11-22T08:00:01.000Z [INFO]  agent: new:\n  its second line\n";
  const sinceMs = Date.parse("2026-11-22T08:00:01Z");

  test.each([
    ["text", OLD + NEW + OLD, NEW + OLD],
    [
      "JSON",
      '{"@timestamp":"2026-11-22T07:00:00.000001Z"}\n{"@level":"x","@timestamp":"2026-11-22T09:00:00Z"}',
      '{"@level":"x","@timestamp":"2026-11-22T09:00:00Z"}',
    ],
    ["nothing that is new enough", OLD, ""],
    ["lines that have no time before any that has", `stray\n${NEW}`, NEW],
    ["no log", "", ""],
  ])("takes of a log the lines from the first on that is not older: %s", (_, log, taken) => {
    expect(linesSince(log, sinceMs)).toBe(taken);
  });

  test("gathers at once what there is, and what the agent's log files here say of the time before", async () => {
    const folder = folderFor("log");
    const now = new Date().toISOString();
    writeFileSync(
      join(folder, "agent-1795337400000000000.log"),
      `2026-01-01T00:00:00.000Z [INFO]  agent: old\n`,
    );
    writeFileSync(join(folder, "agent-1795337500000000000.log"), `${now} [INFO]  agent: new\n`);
    writeFileSync(join(folder, "agent-other.log"), `${now} [INFO]  agent: of somebody else\n`);
    const DebugConfig = { Logging: { LogFilePath: join(folder, "agent.log") } };
    const self = JSON.stringify({ Config: { Version: "1.8.7" }, DebugConfig });
    const output = join(folder, "out");
    const flags = ["-since=1h", "-archive=false", "-capture=logs", "-capture=metrics", "-capture=host"];
    const ran = await runAgainst({ ...ANSWERS, "GET /v1/agent/self": self }, [
      "debug",
      ...flags,
      `-output=${output}`,
    ]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain("             Since: '1h0m0s'\n");
    expect(ran.stdout).not.toContain("Beginning");
    expect(filesIn(output)).toEqual(["consul.log", "host.json", "index.json", "metrics.json"]);
    expect(readFileSync(join(output, "consul.log"), "utf8")).toBe(`${now} [INFO]  agent: new\n`);
  });

  test("says that a log file cannot be read", async () => {
    const folder = folderFor("log");
    mkdirSync(join(folder, "agent-1795337400000000000.log"));
    const self = JSON.stringify({ DebugConfig: { Logging: { LogFilePath: join(folder, "agent.log") } } });
    const flags = ["-since=1h", "-archive=false", "-capture=logs", `-output=${join(folder, "out")}`];
    const ran = await runAgainst({ ...ANSWERS, "GET /v1/agent/self": self }, ["debug", ...flags]);
    expect(ran).toMatchObject({ code: 0, stderr: "==> Capture failure is a directory\n" });
  });

  test.each([
    ["", "the agent logs to no file (log_file)"],
    ["/no/such/", "there are no log files here by the name that the agent says: /no/such/"],
  ])("says what there is no log of, and gathers the rest: %j", async (LogFilePath, why) => {
    const self = JSON.stringify({ Config: {}, DebugConfig: { Logging: { LogFilePath } } });
    const output = join(folderFor("log"), "out");
    const flags = ["-since=1h", "-archive=false", "-capture=logs", "-capture=host", `-output=${output}`];
    const ran = await runAgainst({ ...ANSWERS, "GET /v1/agent/self": self }, ["debug", ...flags]);
    expect(ran).toMatchObject({ code: 0, stderr: `==> Capture failure ${why}\n` });
    expect(filesIn(output)).toEqual(["host.json", "index.json"]);
  });
});
