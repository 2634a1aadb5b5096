import { spawn } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fakeAgent, inDirectory } from "./support.ts";

const MAIN = join(import.meta.dirname, "../../src/adapters/cli/main.ts");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program as a process of its own. */
function start(
  argv: readonly string[],
  more: {
    readonly script?: string;
    readonly stdin?: string;
    readonly env?: Record<string, string>;
    readonly closeStdout?: boolean;
  } = {},
): Promise<Ended> {
  const { script = MAIN, stdin = "", env = {}, closeStdout = false } = more;
  return new Promise((done) => {
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), script, ...argv], {
      env: { ...process.env, ...env },
    });
    const texts = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (chunk: string) => {
        texts[stream] += chunk;
      });
    if (closeStdout) child.stdout.destroy();
    child.stdin.on("error", () => {}).end(stdin);
    child.on("close", (code) => done({ ...texts, code }));
  });
}

describe("the program as a process", () => {
  test("ends with the command's exit code", async () => {
    expect(await start(["keygen"])).toMatchObject({ code: 0, stderr: "" });
    expect(await start(["nosuch"])).toMatchObject({ code: 127, stdout: "" });
    expect(await start(["kv", "get"])).toMatchObject({ code: 1, stderr: "Error! Missing KEY argument\n" });
  });

  test("goes by the name that it was called by", () =>
    inDirectory(async (directory) => {
      const script = join(directory, "consul");
      symlinkSync(MAIN, script);
      expect((await start(["kv"], { script })).stderr).toMatch(/^Usage: consul kv /);
    }));

  test("reads standard input and the environment", async () => {
    const agent = await fakeAgent({ "PUT /v1/kv/a": "true" });
    const ended = await start(["kv", "put", "a", "-"], {
      stdin: "piped",
      env: { CONSUL_HTTP_ADDR: agent.address },
    });
    await agent.close();
    expect(ended).toEqual({ code: 0, stdout: "Success! Data written to: a\n", stderr: "" });
    expect(agent.asked[0]?.body).toBe("piped");
  });

  test("writes all of a large answer into a pipe before it ends", async () => {
    const value = "x".repeat(500_000);
    const encoded = Buffer.from(value).toString("base64");
    const agent = await fakeAgent({ "GET /v1/kv/a": `[{"Key":"a","Flags":0,"Value":"${encoded}"}]` });
    const ended = await start(["kv", "get", "a"], { env: { CONSUL_HTTP_ADDR: agent.address } });
    await agent.close();
    expect(ended.stdout === `${value}\n`).toBe(true);
  });

  test("does not mind a reader that goes away", async () => {
    const ended = await start(["-h"], { closeStdout: true });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
  });
});
