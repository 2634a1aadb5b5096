// One agent and all its ways in: HTTP, HTTPS, a unix socket, with our own command line on the other side; its log, its
// measurements and its machine; and what a reload changes of all that.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../cli/support.ts";
import type { AgentProcess } from "../support/agent-process.ts";
import { endsWithUs } from "../support/children.ts";
import { createAgent, untilLeads } from "../support/cluster.ts";
import { freePort, freePorts, loopbackIps } from "../support/loopback.ts";
import { programPath } from "../support/program.ts";
import { until } from "../support/until.ts";

const CERTIFICATES = join(import.meta.dirname, "../adapters/http/certificates");
const folder = mkdtempSync(join(tmpdir(), "edge-"));
const socket = join(folder, "http.sock");
const configFile = join(folder, "edge.hcl");
let agent: AgentProcess;
let httpsPort = 0;

function configuration(more = ""): string {
  return `
    addresses { http = "${agentIp} unix://${socket}" https = "127.0.0.1" }
    ports { https = ${httpsPort} }
    unix_sockets { mode = "0600" }
    ca_file = "${join(CERTIFICATES, "ca.pem")}" verify_incoming_https = true
    cert_file = "${join(folder, "cert.pem")}" key_file = "${join(folder, "key.pem")}"
    http_config { block_endpoints = ["/v1/operator"] }
    telemetry { prometheus_retention_time = "1h" disable_hostname = true }
    performance { raft_multiplier = 1 }
    ${more}`;
}

const [agentIp = ""] = loopbackIps(1);

function useCertificate(name: string): void {
  copyFileSync(join(CERTIFICATES, `${name}.pem`), join(folder, "cert.pem"));
  copyFileSync(join(CERTIFICATES, `${name}.key`), join(folder, "key.pem"));
}

beforeAll(async () => {
  httpsPort = await freePort("127.0.0.1");
  useCertificate("server");
  writeFileSync(configFile, configuration());
  agent = createAgent(folder, "n1", {
    server: true,
    ip: agentIp,
    ports: await freePorts(agentIp),
    flags: ["-bootstrap-expect", "1", "-config-file", configFile],
  });
  agent.start();
  await untilLeads(agent);
}, 180_000);

afterAll(async () => {
  await agent.kill();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** Over the unix socket. */
function ask(path: string, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, path, method, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      answer.on("end", () => resolve({ status: answer.statusCode, body }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("the command line reaches it by address, through the unix socket and over HTTPS", async () => {
  const { ip, port } = agent.http;
  expect((await run(["kv", "put", `-http-addr=${ip}:${port}`, "a", "1"])).code).toBe(0);
  expect((await run(["kv", "get", `-http-addr=unix://${socket}`, "a"])).stdout).toBe("1\n");
  const env = {
    CONSUL_HTTP_ADDR: `https://localhost:${httpsPort}`,
    CONSUL_CACERT: join(CERTIFICATES, "ca.pem"),
    CONSUL_CLIENT_CERT: join(CERTIFICATES, "client.pem"),
    CONSUL_CLIENT_KEY: join(CERTIFICATES, "client.key"),
  };
  expect(await run(["kv", "get", "a"], { env })).toMatchObject({ code: 0, stdout: "1\n" });
  const { CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY, ...stranger } = env;
  expect((await run(["kv", "get", "a"], { env: stranger })).code).toBe(1);
});

test("it blocks what it is told to", async () => {
  expect(await ask("/v1/operator/raft/configuration")).toEqual({
    status: 403,
    body: "Endpoint is blocked by agent configuration",
  });
});

test("it tells of its machine, and of what it measured", async () => {
  const host: unknown = JSON.parse((await ask("/v1/agent/host")).body);
  const positive = { total: expect.toSatisfy((bytes: number) => bytes > 0) };
  expect(host).toMatchObject({ Memory: positive, Disk: positive, Errors: null });
  await ask("/v1/kv/a");
  const { status, body } = await ask("/v1/agent/metrics?format=prometheus");
  expect(status).toBe(200);
  expect(body).toMatch(/^consul_raft_last_index [1-9]/m);
  expect(body).toMatch(/^consul_http_GET_v1_kv___count [1-9]/m);
  expect(body).toMatch(/^consul_kvs_apply_count [1-9]/m);
  expect(body).toMatch(/^consul_runtime_sys_bytes [1-9]/m);
  expect(JSON.parse((await ask("/v1/agent/metrics")).body)).toMatchObject({ Points: [] });
});

test("what it measures can be watched, an interval at a time", async () => {
  let shown = "";
  const sent = request({ socketPath: socket, path: "/v1/agent/metrics/stream", agent: false }, (answer) => {
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      shown += chunk;
    });
  });
  sent.on("error", () => undefined).end();
  await until("the first interval is over", () => shown.endsWith("\n}\n"));
  expect(JSON.parse(shown)).toMatchObject({ Points: [], Gauges: expect.toSatisfy((all) => all.length > 0) });
  sent.destroy();
});

test("its log can be watched at a lower level than its own, by several at once, until they hang up", async () => {
  const watchers = ["debug", "error"].map((level) => {
    const argv = ["monitor", `-http-addr=unix://${socket}`, `-log-level=${level}`];
    const child = endsWithUs(spawn(process.execPath, [programPath(), ...argv]));
    const state = { child, shown: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      state.shown += chunk;
    });
    return state;
  });
  const [debug, error] = watchers;
  if (debug === undefined || error === undefined) throw new Error("there are two");
  await until("both show the log", async () => {
    await ask("/v1/agent/reload", "PUT");
    await ask("/v1/agent/check/pass/nobody", "PUT");
    return debug.shown.includes("agent: Reloading configuration...\n") && error.shown.includes("\n");
  });
  expect(debug.shown).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \[[A-Z]+\] {1,2}agent/);
  expect(error.shown).toMatch(/^\S+ \[ERROR\] agent\.http: Request error: .+\n/);
  expect(error.shown).not.toMatch(/\[(WARN|INFO|DEBUG)\]/);
  debug.child.kill("SIGINT");
  expect(await once(debug.child, "exit")).toEqual([0, null]);
  error.child.kill("SIGTERM");
  expect(await once(error.child, "exit")).toEqual([0, null]);
});

test("a monitor of an unknown level is refused", async () => {
  const ran = await run(["monitor", `-http-addr=unix://${socket}`, "-log-level=loud"]);
  expect(ran).toMatchObject({
    code: 1,
    stderr: "Error starting monitor: Unexpected response code: 400 (Bad request: Unknown log level: loud)\n",
  });
});

function shownName(): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = connectTls({
      host: "127.0.0.1",
      port: httpsPort,
      ca: readFileSync(join(CERTIFICATES, "ca.pem")),
      cert: readFileSync(join(CERTIFICATES, "client.pem")),
      key: readFileSync(join(CERTIFICATES, "client.key")),
    });
    client.on("secureConnect", () => {
      resolve(String(client.getPeerCertificate().subject.CN));
      client.destroy();
    });
    client.on("error", reject);
  });
}

test("a reload brings new certificates, and refuses those that do not fit together", async () => {
  expect(await shownName()).toBe("server.dc1.consul");
  useCertificate("other");
  expect(await ask("/v1/agent/reload", "PUT")).toEqual({ status: 200, body: "" });
  expect(await shownName()).toBe("other.dc1.consul");
  copyFileSync(join(CERTIFICATES, "client.key"), join(folder, "key.pem"));
  expect(await ask("/v1/agent/reload", "PUT")).toEqual({
    status: 500,
    body: "Failed to load cert/key pair: tls: private key does not match public key",
  });
  expect(await shownName()).toBe("other.dc1.consul");
  useCertificate("server");
});

test("who watches when it ends is told so, and its socket is gone", async () => {
  const argv = ["monitor", `-http-addr=unix://${socket}`];
  const child = endsWithUs(spawn(process.execPath, [programPath(), ...argv]));
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    shown += chunk;
  });
  await until("the log is shown", async () => {
    await ask("/v1/agent/reload", "PUT");
    return shown !== "";
  });
  const ended = once(child, "exit");
  agent.signal("SIGTERM");
  expect(await ended).toEqual([1, null]);
  expect(shown).toMatch(
    /\n\nRemote side ended the monitor! This usually means that the\nremote side has exited or crashed\.\n$/,
  );
  await agent.ended();
  expect(existsSync(socket)).toBe(false);
});
