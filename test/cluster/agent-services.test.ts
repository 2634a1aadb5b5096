// One agent and what it looks after: services and checks of its configuration, of the API and of our command line; what a
// reload and a restart make of them; and sessions that rest on its checks.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../cli/support.ts";
import type { AgentProcess } from "../support/agent-process.ts";
import { createAgent, untilLeads } from "../support/cluster.ts";
import { freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "agent-services-"));
const configFile = join(folder, "services.hcl");
const [ip = ""] = loopbackIps(1);
let agent: AgentProcess;

beforeAll(async () => {
  configure('service { name = "web" port = 80 check { ttl = "1h" } connect { sidecar_service {} } }');
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
  rmSync(folder, { recursive: true, force: true });
});

function configure(hcl: string): void {
  writeFileSync(configFile, hcl);
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly index: string;
}

async function ask(method: string, path: string, body?: object | string): Promise<Answer> {
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  const answer = await fetch(`http://${ip}:${agent.http.port}/v1/${path}`, {
    method,
    ...(text === undefined ? {} : { body: text }),
  });
  return {
    status: answer.status,
    text: await answer.text(),
    index: answer.headers.get("X-Consul-Index") ?? "",
  };
}

async function read<T>(path: string): Promise<T> {
  return JSON.parse((await ask("GET", path)).text) as T;
}

async function done(method: string, path: string, body?: object | string): Promise<void> {
  expect(await ask(method, path, body)).toMatchObject({ status: 200 });
}

async function names(): Promise<string[]> {
  return Object.keys(await read<object>("agent/services"));
}

async function inCatalog(): Promise<string[]> {
  return Object.keys(await read<object>("catalog/services")).sort();
}

async function statusOf(checkId: string): Promise<string | undefined> {
  return (await read<Record<string, { Status: string }>>("agent/checks"))[checkId]?.Status;
}

test("the configuration's services are there, with their sidecars, and in the catalog", async () => {
  expect(await names()).toEqual(["web", "web-sidecar-proxy"]);
  await until("the catalog has them", async () => (await inCatalog()).includes("web-sidecar-proxy"));
  expect(await statusOf("service:web")).toBe("critical");
});

test("a reload makes of them what the configuration says now, and leaves how checks are and what others registered", async () => {
  await done("PUT", "agent/check/pass/service:web");
  await done("PUT", "agent/service/register", { Name: "api", Check: { TTL: "1h", Status: "warning" } });
  configure('services { name = "web" port = 81 check { ttl = "1h" } }\nservices { name = "new" }');
  await done("PUT", "agent/reload");
  expect(await names()).toEqual(["api", "new", "web"]);
  expect(await read("agent/service/web")).toMatchObject({ Port: 81 });
  expect([await statusOf("service:web"), await statusOf("service:api")]).toEqual(["passing", "warning"]);
  await until("the catalog has these", async () => (await inCatalog()).join() === "api,consul,new,web");
});

test("a reload of what can't be says why, and changes nothing", async () => {
  configure('service { name = "web" check { http = "x" } }');
  expect(await ask("PUT", "agent/reload")).toMatchObject({
    status: 500,
    text: 'Failed reloading services: Failed to validate checks for service "web": Interval must be > 0 for Script, HTTP, or TCP checks',
  });
  expect(await names()).toEqual(["api", "new", "web"]);
});

test("when a TTL check is not told in time its session ends, and the lock is free for whoever waits", async () => {
  const job = (ttl: string): object => ({ Name: "job", Check: { TTL: ttl, Status: "passing" } });
  await done("PUT", "agent/service/register", job("1h"));
  const created = await ask("PUT", "session/create", {
    NodeChecks: [],
    ServiceChecks: [{ ID: "service:job" }],
    LockDelay: "0s",
  });
  const session = (JSON.parse(created.text) as { ID: string }).ID;
  expect((await ask("PUT", `kv/lock?acquire=${session}`, "x")).text).toBe("true");
  const { index } = await ask("GET", "kv/lock");
  // It passes still, but not for long now.
  await done("PUT", "agent/service/register", job("200ms"));
  const [released] = await read<{ Session?: string }[]>(`kv/lock?index=${index}&wait=60s`);
  expect(released?.Session).toBeUndefined();
  expect(await statusOf("service:job")).toBe("critical");
  expect((await ask("PUT", "session/create", { ServiceChecks: [{ ID: "service:job" }] })).status).toBe(500);
  await done("PUT", "agent/service/deregister/job");
});

test("the command line registers what files and flags say, and takes it out again", async () => {
  const cli = (...args: string[]): ReturnType<typeof run> =>
    run(args, { env: { CONSUL_HTTP_ADDR: `${ip}:${agent.http.port}` }, cwd: folder });
  writeFileSync(
    join(folder, "shop.json"),
    '{"service":{"name":"shop","id":"shop1","port":9,"checks":[{"ttl":"1h","notes":"n"}],"connect":{"sidecar_service":{"proxy":{"config":{"a":{"b":1}}}}}}}',
  );
  expect(await cli("services", "register", "shop.json")).toMatchObject({
    code: 0,
    stdout: "Registered service: shop\n",
  });
  expect(await read("agent/service/shop1-sidecar-proxy")).toMatchObject({
    Proxy: { DestinationServiceID: "shop1", Config: { a: { b: 1 } } },
  });
  expect(await cli("services", "register", "-name=flagged", "-tag=a", "-meta", "k=v")).toMatchObject({
    code: 0,
  });
  expect(await read("agent/service/flagged")).toMatchObject({ Tags: ["a"], Meta: { k: "v" } });
  expect((await cli("maint", "-enable", "-service=shop1", "-reason=new disks")).stdout).toBe(
    'Service maintenance is now enabled for "shop1"\n',
  );
  expect((await cli("maint")).stdout).toBe("Service:\n  ID:     shop1\n  Reason: new disks\n\n");
  expect((await ask("GET", "agent/health/service/name/shop?format=text")).text).toBe("maintenance");
  expect((await cli("services", "deregister", "shop.json")).stdout).toBe("Deregistered service: shop1\n");
  expect((await cli("services", "deregister", "-id=flagged")).code).toBe(0);
  expect(await names()).toEqual(["api", "new", "web"]);
});

test("what the API registered is there again after the agent was killed", async () => {
  configure('service { name = "web" port = 82 check { ttl = "1h" } }');
  await agent.kill();
  agent.start();
  await untilLeads(agent);
  expect(await names()).toEqual(["api", "web"]);
  await until("the catalog forgets the others", async () => (await inCatalog()).join() === "api,consul,web");
});
