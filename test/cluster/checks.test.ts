// One agent whose configuration names checks of every origin that is let in: they are made, a reload ends what is not there
// any more, a restart does not bring back what is forbidden by then, and programs end with their agent.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { startTargets, type Targets } from "../support/check-targets.ts";
import { createAgent, untilLeads } from "../support/cluster.ts";
import { freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "checks-"));
const configFile = join(folder, "checks.json");
const pidFile = join(folder, "script.pid");
const [ip = ""] = loopbackIps(1);
let agent: AgentProcess;
let targets: Targets;

/** A script that says who it is, and stays. */
const STAYS = { id: "stays", name: "stays", interval: "1s", timeout: "600s" };

beforeAll(async () => {
  targets = await startTargets();
  configure({
    enable_script_checks: true,
    service: {
      name: "web",
      port: 80,
      checks: [
        { http: `http://${targets.http}/status/429`, interval: "1s" },
        { tcp: targets.silent, interval: "1s" },
      ],
    },
    checks: [
      { id: "script", name: "script", args: ["sh", "-c", "echo said; exit 1"], interval: "1s" },
      { ...STAYS, args: ["sh", "-c", `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; sleep 600`] },
    ],
  });
  agent = createAgent(folder, "n1", {
    server: true,
    ip,
    ports: await freePorts(ip),
    flags: [
      "-bootstrap-expect",
      "1",
      "-hcl",
      "performance { raft_multiplier = 1 }",
      "-config-file",
      configFile,
    ],
  });
  agent.start();
  await untilLeads(agent);
}, 180_000);

afterAll(async () => {
  await agent.kill();
  await targets.close();
  rmSync(folder, { recursive: true, force: true });
});

function configure(config: object): void {
  writeFileSync(configFile, JSON.stringify(config));
}

interface Check {
  readonly Status: string;
  readonly Output: string;
}

async function ask(method: string, path: string, body?: object): Promise<Response> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`http://${ip}:${agent.http.port}/v1/${path}`, { method, ...sent });
  expect(answer.ok).toBe(true);
  return answer;
}

async function checks(): Promise<Readonly<Record<string, Check>>> {
  return (await (await ask("GET", "agent/checks")).json()) as Record<string, Check>;
}

async function untilSays(id: string, wanted: Check): Promise<void> {
  await until(`${id} says ${wanted.Output}`, async () => (await checks())[id]?.Output === wanted.Output);
  expect((await checks())[id]).toMatchObject(wanted);
}

function pid(): number {
  return Number(readFileSync(pidFile, "utf8"));
}

async function untilScriptEnds(which: number): Promise<void> {
  await until("the script has ended", () => {
    try {
      process.kill(which, 0);
      return false;
    } catch {
      return true;
    }
  });
}

test("checks of the configuration are made, and the catalog knows how they are", async () => {
  await untilSays("service:web:1", {
    Status: "warning",
    Output: `HTTP GET http://${targets.http}/status/429: 429 Too Many Requests Output: body of 429\n`,
  });
  await untilSays("service:web:2", { Status: "passing", Output: `TCP connect ${targets.silent}: Success` });
  await untilSays("script", { Status: "warning", Output: "said\n" });
  await until("the catalog says so", async () => {
    const found = (await (await ask("GET", "health/checks/web")).json()) as Check[];
    return found.map(({ Status }) => Status).join() === "warning,passing";
  });
  // Of checks that are no service's, and stand in the configuration, Consul leaves the type out.
  expect(await checks()).toMatchObject({ script: { Type: "" }, "service:web:1": { Type: "http" } });
});

test("a check that a reload takes out is ended while it is made", async () => {
  await until("the script runs", () => existsSync(pidFile));
  configure({ enable_script_checks: true });
  await ask("PUT", "agent/reload");
  await untilScriptEnds(pid());
  expect(await checks()).toEqual({});
});

test("what the API registers is shown as Consul shows it: here without indexes, in the catalog with them", async () => {
  const shown = {
    ...{ Node: "n1", CheckID: "nt", Name: "nt", Status: "critical", Notes: "", Output: "", ServiceID: "" },
    ...{ ServiceName: "", ServiceTags: [], Type: "ttl", Definition: {}, CreateIndex: 0, ModifyIndex: 0 },
  };
  await ask("PUT", "agent/check/register", { Name: "nt", TTL: "1h" });
  expect(await checks()).toEqual({ nt: shown });
  const { CreateIndex: _c, ModifyIndex: _m, ...rest } = shown;
  const [told] = (await (await ask("GET", "health/node/n1?filter=CheckID==nt")).json()) as object[];
  expect(told).toEqual({ ...rest, CreateIndex: expect.any(Number), ModifyIndex: expect.any(Number) });
  expect(told).not.toMatchObject({ CreateIndex: 0 });
  await ask("PUT", "agent/check/deregister/nt");
});

test("how an instance is comes as a status of HTTP, and hides it from those who want it well", async () => {
  await ask("PUT", "agent/service/register", { Name: "api", Check: { TTL: "1h" } });
  const health = async (): Promise<number> =>
    (await fetch(`http://${ip}:${agent.http.port}/v1/agent/health/service/name/api`)).status;
  const well = async (): Promise<number> =>
    ((await (await ask("GET", "health/service/api?passing")).json()) as object[]).length;
  const seen: number[][] = [];
  for (const status of ["pass", "warn", "fail"]) {
    await ask("PUT", `agent/check/${status}/service:api?note=told`);
    seen.push([await health(), await well()]);
  }
  expect(seen).toEqual([
    [200, 1],
    [429, 0],
    [503, 0],
  ]);
  expect((await fetch(`http://${ip}:${agent.http.port}/v1/agent/health/service/name/nosuch`)).status).toBe(
    404,
  );
  await ask("PUT", "agent/service/deregister/api");
});

test("an alias follows what it stands for, and a redirect is judged as it is where that is wanted", async () => {
  await ask("PUT", "agent/service/register", { Name: "front", Check: { AliasService: "back" } });
  const missing = "Service back could not be found on node ";
  await untilSays("service:front", { Status: "critical", Output: missing });
  const path = "/redirect/302/%2Fstatus%2F200";
  const http = { HTTP: `http://${targets.http}${path}`, DisableRedirects: true, Interval: "1s" };
  await ask("PUT", "agent/service/register", { Name: "back", Check: { Name: "its http", ...http } });
  await untilSays("service:front", {
    Status: "critical",
    Output: `Aliased check "its http" failing: HTTP GET http://${targets.http}${path}: 302 Found Output: moved`,
  });
  for (const name of ["front", "back"]) await ask("PUT", `agent/service/deregister/${name}`);
});

test("programs end with their agent, and are not made again by one that forbids them", async () => {
  rmSync(pidFile);
  const args = ["sh", "-c", `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; sleep 600`];
  await ask("PUT", "agent/check/register", {
    ID: "mine",
    Name: "mine",
    Args: args,
    Interval: "1s",
    Timeout: "600s",
  });
  await ask("PUT", "agent/check/register", { ID: "tcp", Name: "tcp", TCP: targets.silent, Interval: "1s" });
  await until("the script runs", () => existsSync(pidFile));
  configure({});
  agent.signal("SIGTERM");
  await agent.ended();
  await untilScriptEnds(pid());
  agent.start();
  await untilLeads(agent);
  await untilSays("tcp", { Status: "passing", Output: `TCP connect ${targets.silent}: Success` });
  expect(Object.keys(await checks())).toEqual(["tcp"]);
});
