import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { connectApi } from "../../src/adapters/cli/client.ts";
import {
  type Capture,
  captureDynamic,
  captureStatic,
  isArchivable,
  TARGETS,
  writeArchive,
} from "../../src/adapters/cli/debug-capture.ts";
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
    targets: new Set(TARGETS),
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
    const times = { durationMs: 30, intervalMs: 10, targets: new Set(["metrics"] as const) };
    const { told } = await captureFrom(ANSWERS, (folder) => hasMetrics(folder), {
      ...times,
      stop: new AbortController().signal,
    });
    expect(told).toEqual([undefined, undefined, undefined]);
  });

  test("what was asked for and nothing else", async () => {
    const { folder, told } = await captureFrom(ANSWERS, () => true, { targets: new Set(["host"]) });
    expect(filesIn(folder)).toEqual(["host.json"]);
    expect(told).toEqual([]);
  });

  test("what it can, and tells of the rest", async () => {
    const { "GET /v1/agent/metrics": _, ...rest } = ANSWERS;
    const { told } = await captureFrom(rest, hasLog);
    expect(told).toEqual([expect.stringContaining("Unexpected response code: 404")]);
  });
});

test("what was gathered becomes an archive, with the folder's name before those of its files", async () => {
  const { folder } = await captureFrom(ANSWERS, () => true, { targets: new Set(["host"]) });
  writeArchive(folder);
  const tar = gunzipSync(readFileSync(`${folder}.tar.gz`));
  expect(tar.toString("latin1", 0, 13)).toBe("out/host.json");
  expect(tar.toString("utf8", 512, 512 + 15)).toBe('{\n\t"Host": {}\n}');
  expect(isArchivable(`/x/${"a".repeat(70)}`)).toBe(true);
  expect(isArchivable(`/x/${"a".repeat(71)}`)).toBe(false);
});

describe("debug refuses", () => {
  test.each([
    [["-duration=9s"], "duration must be longer than 10s"],
    [["-interval=4s"], "interval must be longer than 10s"],
    [["-capture=foo"], "target not found: foo"],
    [["-capture=host", "-output=/"], "output directory already exists: /"],
    [
      ["-capture=host", "-output=/nosuch/folder"],
      "could not create output directory: mkdir /nosuch/folder: no such file or directory",
    ],
  ])("%j", async (flags, why) => {
    const ran = await runAgainst(ANSWERS, ["debug", ...flags]);
    expect(ran).toMatchObject({ code: 1, stdout: "", stderr: `==> Capture validation failed: ${why}\n` });
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

test("debug of what does not change is done at once, and says what it did", async () => {
  const folder = folderFor("here");
  const output = join(folder, "out");
  const ran = await runAgainst(ANSWERS, ["debug", "-capture=host", "-capture=agent", `-output=${output}`]);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(ran.stdout.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, "(now)")).toBe(
    `==> Starting debugger and capturing static information...
     Agent Version: '1.8.7'
          Interval: '30s'
          Duration: '2m0s'
            Output: '${output}.tar.gz'
           Capture: 'host, agent'
==> Beginning capture interval (now) +0000 UTC (0)
    Saved debug archive: ${output}.tar.gz
`,
  );
  expect(readdirSync(folder)).toEqual(["out.tar.gz"]);
});
