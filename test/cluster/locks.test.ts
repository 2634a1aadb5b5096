// `lock` on a real agent: programs that keep out of each other's way, a lock that is lost, and one that is given up.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ran, run } from "../cli/support.ts";
import type { AgentProcess } from "../support/agent-process.ts";
import { createSingleServer, untilLeads } from "../support/cluster.ts";
import { askOnce, getJson } from "../support/http-client.ts";
import { programPath } from "../support/program.ts";
import { until } from "../support/until.ts";

interface Pair {
  readonly Key: string;
  readonly Flags: number;
  readonly Value: string | null;
  readonly Session?: string;
}

let folder = "";
let agent: AgentProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-locks-"));
  agent = await createSingleServer(folder);
  agent.start();
  await untilLeads(agent);
});

afterAll(async () => {
  await agent.kill();
  rmSync(folder, { recursive: true });
});

function environment(): Record<string, string> {
  const { PATH = "" } = process.env;
  const { ip, port } = agent.http;
  return { PATH, CONSUL_HTTP_ADDR: `${ip}:${port}` };
}

/** In this process; what the program that is run says goes into files. */
function lock(...argv: readonly string[]): Promise<Ran> {
  return run(["lock", ...argv], { env: environment(), cwd: folder });
}

function said(name: string): string {
  return existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
}

/** The keys below a prefix, as they are now. */
function pairs(prefix: string): Promise<readonly Pair[]> {
  return getJson<Pair[]>(agent.http, `/v1/kv/${prefix}?recurse`).catch(() => []);
}

const STEPS = ["Attempting lock acquisition", "Starting handler", "Child terminated, releasing lock"];

describe("a lock", () => {
  test("lets one program after the other run, and leaves nothing behind", async () => {
    // Whoever finds the file of another one writes so.
    const work =
      "[ -e busy ] && echo overlap >> one.log; touch busy; sleep 0.05; rm busy; echo $CONSUL_LOCK_HELD >> one.log";
    const ran = await Promise.all([1, 2, 3].map(() => lock("work", work)));
    for (const each of ran) expect(each).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(said("one.log")).toBe("true\ntrue\ntrue\n");
    expect(await pairs("work")).toEqual([]);
    expect(await getJson(agent.http, "/v1/session/list")).toEqual([]);
  });

  test("is written as Consul's is, and tells of each step", async () => {
    const running = lock("-verbose", "/told", "touch held; while [ -e held ]; do sleep 0.05; done");
    await until("it is held", () => existsSync(join(folder, "held")));
    const [pair] = await pairs("told");
    const [session] = await getJson<readonly { readonly ID: string; readonly Name: string }[]>(
      agent.http,
      "/v1/session/list",
    );
    expect(pair).toMatchObject({ Key: "told/.lock", Value: null, Session: session?.ID });
    expect(BigInt(pair?.Flags ?? 0)).toBe(BigInt(Number(0x2ddccbc058a50c18n)));
    expect(session?.Name).toBe(
      "Consul lock for 'touch held; while [ -e held ]; do sleep 0.05; done' at 'told'",
    );
    rmSync(join(folder, "held"));
    expect((await running).stdout.trimEnd().split("\n")).toEqual([
      "Setting up lock at path: told/.lock",
      ...STEPS,
      "Cleanup succeeded",
    ]);
  });

  test("that is lost ends the program and what it has started", async () => {
    const below = `sh -c 'trap "echo below >> lost.log; exit" TERM; touch below; while :; do sleep 0.05; done'`;
    const work = `trap "echo above >> lost.log; exit 5" TERM; ${below} & wait`;
    const running = lock("-verbose", "-child-exit-code", "lost", work);
    await until("the program has started another", () => existsSync(join(folder, "below")));
    const [pair] = await pairs("lost");
    await askOnce(agent.http, { method: "PUT", target: `/v1/session/destroy/${pair?.Session}` });
    const ran = await running;
    // Its failure is our doing and nobody's fault.
    expect(ran.code).toBe(0);
    expect(ran.stderr).toBe("Error running handler: exit status 5\n");
    expect(ran.stdout).toMatch(
      /\nLock lost, killing child\nTerminating child pid \d+\nChild terminated\nCleanup succeeded\n$/,
    );
    await until("both have heard", () => said("lost.log").split("\n").sort().join(" ") === " above below");
  });

  test("that others hold is waited for as long as was said, and no longer", async () => {
    const holding = lock("busy-lock", "touch hold; while [ -e hold ]; do sleep 0.05; done");
    await until("it is held", () => existsSync(join(folder, "hold")));
    const ran = await lock("-timeout=200ms", "busy-lock", "echo never >> never.log");
    expect(ran).toMatchObject({ code: 1, stderr: "Shutdown triggered or timeout during lock acquisition\n" });
    rmSync(join(folder, "hold"));
    expect((await holding).code).toBe(0);
    expect(said("never.log")).toBe("");
  });

  test("is given back by an interrupted command, when the program has heard of it", async () => {
    const work = 'trap "echo heard >> heard.log; exit 0" TERM; touch ready; while :; do sleep 0.05; done';
    const child = spawn(process.execPath, [programPath(), "lock", "interrupted", work], {
      env: environment(),
      cwd: folder,
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    await until("the program runs", () => existsSync(join(folder, "ready")));
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    // Passed on, and then told to end, as by Consul: a shell that is slow to end hears of both.
    expect(said("heard.log")).toMatch(/^(heard\n){1,2}$/);
    expect(await pairs("interrupted")).toEqual([]);
  });
});

describe("a semaphore", () => {
  test("lets as many run as it says, and is no lock", async () => {
    const hold = (name: string): Promise<Ran> =>
      lock("-n=2", "places", `touch ${name}; while [ -e ${name} ]; do sleep 0.05; done`);
    const first = hold("in1");
    const second = hold("in2");
    await until("both are in", () => existsSync(join(folder, "in1")) && existsSync(join(folder, "in2")));
    const record = (await pairs("places")).find(({ Key }) => Key === "places/.lock");
    const { Limit, Holders } = JSON.parse(Buffer.from(record?.Value ?? "", "base64").toString()) as {
      readonly Limit: number;
      readonly Holders: Readonly<Record<string, boolean>>;
    };
    expect([Limit, Object.keys(Holders).length]).toEqual([2, 2]);

    const third = await lock("-n=2", "-timeout=200ms", "places", "true");
    expect(third.stderr).toBe("Shutdown triggered or timeout during lock acquisition\n");
    const larger = await lock("-n=3", "places", "true");
    expect(larger.stderr).toBe("Lock acquisition failed: semaphore limit conflict (lock: 2, local: 3)\n");
    const other = await lock("places", "true");
    expect(other.stderr).toBe("Lock acquisition failed: Existing key does not match lock use\n");

    rmSync(join(folder, "in1"));
    expect((await first).code).toBe(0);
    expect((await lock("-n=2", "-child-exit-code", "places", "exit 3")).code).toBe(2);
    rmSync(join(folder, "in2"));
    expect((await second).code).toBe(0);
    expect(await pairs("places")).toEqual([]);
  });
});
