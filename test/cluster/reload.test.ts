// A real agent whose configuration is read again, by SIGHUP and by `quorate reload`: each key that docs/tune.md names does what it
// says, there and back, and other keys do nothing. What cannot be seen from outside of one agent (how old answers may be, what
// the cache may ask) is test/core/agent/reload.test.ts's; certificates are edge.test.ts's.

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../cli/support.ts";
import type { AgentProcess } from "../support/agent-process.ts";
import { createAgent, untilLeads } from "../support/cluster.ts";
import { askTcp, askUdp, type DnsTarget, type DnsText, questionBytes, readDns } from "../support/dns.ts";
import { askOnce } from "../support/http-client.ts";
import { freePort, freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "reload-"));
const configFile = join(folder, "agent.json");
const [ip = "", firstRecursor = "", secondRecursor = ""] = loopbackIps(3);
const recursors: UdpSocket[] = [];
/** Whom names were asked of. */
const asked: string[] = [];
let agent: AgentProcess;
let dns: DnsTarget;
let recursorPort = 0;

/** What is in the file of every key, at first and later. */
type Config = Readonly<Record<string, unknown>>;

interface Key {
  readonly name: string;
  readonly first: Config;
  readonly later: Config;
  /** What can be seen of it from outside. */
  readonly seen: () => Promise<unknown>;
  readonly wants: readonly [first: unknown, later: unknown];
}

function watch(mark: string): Config {
  return { watches: [{ type: "key", key: "watched", args: ["touch", join(folder, mark)] }] };
}

const inDns = (key: string, first: unknown, later: unknown): Pick<Key, "name" | "first" | "later"> => ({
  name: `dns_config.${key}`,
  first: { dns_config: { [key]: first } },
  later: { dns_config: { [key]: later } },
});

const KEYS: readonly Key[] = [
  {
    name: "services, checks",
    first: { services: [{ name: "old", port: 1 }], checks: [{ id: "told", name: "told", ttl: "1h" }] },
    later: {
      services: [{ name: "new", port: 2 }],
      checks: [
        { id: "told", name: "told", ttl: "1h" },
        { id: "more", name: "more", ttl: "1h" },
      ],
    },
    seen: async () => [Object.keys(await read("agent/services")), Object.keys(await read("agent/checks"))],
    wants: [
      [["old"], ["told"]],
      [["new"], ["more", "told"]],
    ],
  },
  {
    name: "watches",
    first: watch("first-watch"),
    later: watch("later-watch"),
    seen: async () => {
      for (const mark of ["first-watch", "later-watch"]) rmSync(join(folder, mark), { force: true });
      await put("kv/watched", `${performance.now()}`);
      return until("a handler runs", () =>
        ["first-watch", "later-watch"].find((mark) => existsSync(join(folder, mark))),
      );
    },
    wants: ["first-watch", "later-watch"],
  },
  {
    name: "log_level",
    first: { log_level: "info" },
    later: { log_level: "debug" },
    seen: async () => {
      const before = agent.log().length;
      await read("agent/services");
      return agent.log().slice(before).includes("[DEBUG]");
    },
    wants: [false, true],
  },
  {
    name: "node_meta",
    first: { node_meta: { rack: "1" } },
    later: { node_meta: { rack: "2" } },
    seen: async () => (await read<{ Node: { Meta: { rack: string } } }>("catalog/node/n1")).Node.Meta.rack,
    wants: ["1", "2"],
  },
  {
    name: "discard_check_output",
    first: { discard_check_output: false },
    later: { discard_check_output: true },
    seen: async () => {
      await put("agent/check/pass/told?note=said", "");
      return (await read<{ told: { Output: string } }>("agent/checks")).told.Output;
    },
    wants: ["said", ""],
  },
  {
    name: "telemetry.prefix_filter",
    first: { telemetry: { prefix_filter: [] } },
    later: { telemetry: { prefix_filter: ["-consul.dns"] } },
    seen: async () => {
      await askDns("n1.node.consul", "A");
      return (
        await askOnce(agent.http, { method: "GET", target: "/v1/agent/metrics" }).then(bodyOf)
      ).includes("consul.dns.");
    },
    wants: [true, false],
  },
  {
    ...inDns("recursor_strategy", "sequential", "random"),
    seen: async () => {
      asked.length = 0;
      for (let at = 0; at < 20; at++) await askDns(`${at}.example.org`, "A");
      return new Set(asked).size;
    },
    wants: [1, 2],
  },
  {
    ...inDns("recursor_timeout", "60s", "100ms"),
    seen: async () => {
      const said = await askUdp(dns, questionBytes({ name: "silent.example.org" }), 1_500);
      return said === undefined ? "nothing" : readDns(said).header;
    },
    wants: ["nothing", "SERVFAIL qr rd ra"],
  },
  {
    ...inDns("node_ttl", "7s", "8s"),
    seen: async () => (await askDns("n1.node.consul", "A")).answers,
    wants: [[`n1.node.consul. 7 A ${ip}`], [`n1.node.consul. 8 A ${ip}`]],
  },
  {
    ...inDns("service_ttl", { "*": "5s" }, { "*": "6s", one: "9s" }),
    seen: async () => (await askDns("one.service.consul", "A")).answers,
    wants: [["one.service.consul. 5 A 10.1.0.9"], ["one.service.consul. 9 A 10.1.0.9"]],
  },
  {
    ...inDns(
      "soa",
      { refresh: 1, retry: 2, expire: 3, min_ttl: 4 },
      { refresh: 5, retry: 6, expire: 7, min_ttl: 8 },
    ),
    seen: async () => (await askDns("consul", "SOA")).answers,
    wants: [
      ["consul. 4 SOA ns.consul. hostmaster.consul. (time) 1 2 3 4"],
      ["consul. 8 SOA ns.consul. hostmaster.consul. (time) 5 6 7 8"],
    ],
  },
  {
    ...inDns("udp_answer_limit", 2, 3),
    seen: async () => (await askDns("web.service.consul", "SRV")).answers.length,
    wants: [2, 3],
  },
  {
    ...inDns("a_record_limit", 0, 1),
    seen: async () => (await askDnsOverTcp("web.service.consul", "A")).answers.length,
    wants: [4, 1],
  },
  {
    ...inDns("enable_truncate", false, true),
    seen: async () => (await askDns("web.service.consul", "SRV")).header,
    wants: ["NOERROR qr aa rd ra", "NOERROR qr aa tc rd ra"],
  },
  {
    ...inDns("only_passing", false, true),
    seen: async () => (await askDns("warm.service.consul", "A")).header,
    wants: ["NOERROR qr aa rd ra", "NXDOMAIN qr aa rd ra"],
  },
  {
    ...inDns("disable_compression", false, true),
    // A name that stands there already is a pointer to the place behind the header.
    seen: async () => (await bytesOf("one.service.consul", "A")).includes("c00c"),
    wants: [true, false],
  },
  {
    ...inDns("enable_additional_node_meta_txt", true, false),
    seen: async () => (await askDns("n1.node.consul", "A")).additional.length > 0,
    wants: [true, false],
  },
];

/** All of them, one over the other, and whatever else. */
function configure(which: "first" | "later", more: Config = {}): void {
  let whole: Record<string, unknown> = {};
  for (const key of [...KEYS.map((each) => each[which]), common(), more]) whole = merged(whole, key);
  writeFileSync(configFile, JSON.stringify(whole));
}

function common(): Config {
  return {
    // The next look at whether one is due comes by what was said before.
    raft_snapshot_interval: "200ms",
    recursors: [firstRecursor, secondRecursor].map((each) => `${each}:${recursorPort}`),
  };
}

function merged(a: Config, b: Config): Record<string, unknown> {
  const both: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const before = both[name];
    const nests = isStanza(before) && isStanza(value);
    both[name] = nests ? merged(before, value) : value;
  }
  return both;
}

function isStanza(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

beforeAll(async () => {
  recursorPort = await freePort(firstRecursor);
  for (const each of [firstRecursor, secondRecursor]) {
    const socket = createSocket("udp4").bind(recursorPort, each);
    await once(socket, "listening");
    // It repeats the question and says that there is no such name; to who asks for "silent" nothing.
    socket.on("message", (question, { address, port }) => {
      if (question.includes("silent")) return;
      asked.push(each);
      const answer = Buffer.from(question);
      answer.writeUInt16BE(0x8183, 2);
      socket.send(answer, port, address);
    });
    recursors.push(socket);
  }
  configure("first");
  dns = { ip, port: await freePort(ip) };
  const raft = "performance { raft_multiplier = 1 }";
  const flags = [
    "-bootstrap-expect",
    "1",
    "-hcl",
    raft,
    "-config-file",
    configFile,
    "-dns-port",
    `${dns.port}`,
  ];
  agent = createAgent(folder, "n1", { server: true, ip, ports: await freePorts(ip), flags });
  agent.start();
  await untilLeads(agent);
  for (let at = 1; at <= 4; at++)
    await register(`n${at}0`, { ID: `w${at}`, Service: "web", Address: `10.1.0.${at}` });
  await register("n50", { Service: "one", Address: "10.1.0.9" });
  await register(
    "n60",
    { Service: "warm", Address: "10.1.0.8" },
    { CheckID: "c", ServiceID: "warm", Status: "warning" },
  );
}, 180_000);

afterAll(async () => {
  await agent.kill();
  for (const socket of recursors) socket.close();
  rmSync(folder, { recursive: true, force: true });
});

function register(node: string, service: object, check?: object): Promise<void> {
  return put(
    "catalog/register",
    JSON.stringify({ Node: node, Address: "10.0.0.9", Service: service, Check: check }),
  );
}

type Answer = Awaited<ReturnType<typeof askOnce>>;

function bodyOf(answer: Answer): string {
  if (!answer.ok) throw new Error(answer.why);
  return answer.body;
}

async function read<T extends object>(path: string): Promise<T> {
  return JSON.parse(bodyOf(await askOnce(agent.http, { method: "GET", target: `/v1/${path}` }))) as T;
}

async function put(path: string, body: string): Promise<void> {
  expect(await askOnce(agent.http, { method: "PUT", target: `/v1/${path}`, body })).toMatchObject({
    status: 200,
  });
}

async function askDns(name: string, type: string): Promise<DnsText> {
  return readDns((await askUdp(dns, questionBytes({ name, type }), 30_000)) ?? Buffer.alloc(12));
}

async function askDnsOverTcp(name: string, type: string): Promise<DnsText> {
  const [bytes] = await askTcp(dns, [questionBytes({ name, type })], 30_000);
  return readDns(bytes ?? Buffer.alloc(12));
}

async function bytesOf(name: string, type: string): Promise<string> {
  return (await askUdp(dns, questionBytes({ name, type }), 30_000))?.toString("hex") ?? "";
}

async function reload(): Promise<void> {
  const around = { env: { CONSUL_HTTP_ADDR: `${ip}:${agent.http.port}` }, cwd: folder };
  expect(await run(["reload"], around)).toMatchObject({
    code: 0,
    stdout: "Configuration reload triggered\n",
  });
}

async function untilSeen({ name, seen }: Key, wanted: unknown): Promise<void> {
  let last: unknown;
  await until(
    `${name} is ${JSON.stringify(wanted)}`,
    async () => {
      last = await seen();
      return JSON.stringify(last) === JSON.stringify(wanted);
    },
    60_000,
  ).catch(() => undefined);
  expect(last).toEqual(wanted);
}

describe("as it was started", () => {
  test.each(KEYS)("$name", (key) => untilSeen(key, key.wants[0]));
});

describe("after SIGHUP", () => {
  beforeAll(() => {
    configure("later");
    agent.signal("SIGHUP");
  });
  test.each(KEYS)("$name", (key) => untilSeen(key, key.wants[1]));
});

describe("after quorate reload", () => {
  beforeAll(async () => {
    configure("first");
    await reload();
  });
  test.each(KEYS)("$name", (key) => untilSeen(key, key.wants[0]));
});

test("recursors come and go", async () => {
  configure("first", { recursors: [] });
  await reload();
  expect((await askDns("www.example.org", "A")).header).toBe("REFUSED qr rd");
  configure("first");
  await reload();
  expect((await askDns("www.example.org", "A")).header).toBe("NXDOMAIN qr rd ra");
});

test("configuration entries that are missing are written", async () => {
  const names = async (): Promise<string[]> =>
    (await read<{ Name: string }[]>("config/service-defaults")).map(({ Name }) => Name);
  expect(await names()).toEqual([]);
  configure("first", { config_entries: { bootstrap: [{ kind: "service-defaults", name: "web" }] } });
  await reload();
  await until("it is there", async () => (await names()).join() === "web");
});

test("snapshots are taken by the new limits", async () => {
  const place = join(folder, "n1/raft/snapshots");
  const snapshots = (): number => (existsSync(place) ? readdirSync(place).length : 0);
  expect(snapshots()).toBe(0);
  configure("first", { raft_snapshot_threshold: 5 });
  await reload();
  for (let at = 0; at < 20; at++) await put(`kv/${at}`, "x");
  await until("one is taken", () => snapshots() > 0);
});

/** How many of so many connections of one client stay open. */
async function staying(port: number, count: number): Promise<number> {
  const sockets = Array.from({ length: count }, () => connect(port, ip));
  let closed = 0;
  for (const socket of sockets) {
    socket.on("error", () => {}).on("close", () => closed++);
    // The end of a connection is seen by who reads.
    socket.resume();
  }
  await until("those beyond the limit are closed", () => closed >= 2, 30_000);
  const stay = count - closed;
  for (const socket of sockets) socket.destroy();
  await until("there is room again", async () => {
    const answer = await askOnce(agent.http, { method: "GET", target: "/v1/agent/services" });
    return answer.ok && answer.status === 200;
  });
  return stay;
}

test.each([
  ["limits.http_max_conns_per_client", "http"],
  ["limits.rpc_max_conns_per_client", "server"],
] as const)("%s counts new connections", async (key, port) => {
  configure("first", { limits: { [key.slice("limits.".length)]: 4 } });
  await reload();
  expect(await staying(agent.spec.ports[port], 6)).toBeLessThanOrEqual(4);
  configure("first");
  await reload();
});

test("the rate of questions to servers begins and ends", async () => {
  const statuses = async (): Promise<number[]> => {
    const all = [1, 2, 3].map(() => askOnce(agent.http, { method: "GET", target: "/v1/kv/none" }));
    return (await Promise.all(all)).map((each) => (each.ok ? each.status : 0)).sort();
  };
  configure("first", { limits: { rpc_rate: 0.0001, rpc_max_burst: 2 } });
  await reload();
  expect(await statuses()).toContain(429);
  configure("first");
  await reload();
  expect(await statuses()).toEqual([404, 404, 404]);
});

test("other keys are for the next start, and nothing is said of them", async () => {
  const seen = async (): Promise<unknown> => {
    const { DebugConfig, Config } = await read<{ DebugConfig: object; Config: object }>("agent/self");
    const answer = await fetch(`http://${ip}:${agent.http.port}/v1/agent/services`);
    const { header } = await askDns("n1.node.other", "A");
    return { DebugConfig, Config, said: answer.headers.get("X-Said"), header };
  };
  const before = await seen();
  const log = agent.log().length;
  configure("first", {
    ...{
      node_name: "other",
      domain: "other",
      alt_domain: "second",
      check_update_interval: "1s",
      protocol: 3,
    },
    ...{ default_query_time: "1s", max_query_time: "2s", session_ttl_min: "3s", disable_remote_exec: false },
    ...{ http_config: { response_headers: { "X-Said": "yes" }, block_endpoints: ["/v1/agent"] } },
    ...{ ports: { https: 1, serf_wan: 2 }, gossip_lan: { gossip_nodes: 7 }, autopilot: { min_quorum: 9 } },
    ...{ performance: { leave_drain_time: "1ms" }, telemetry: { metrics_prefix: "other" } },
    ...{
      limits: { kv_max_value_size: 1, txn_max_req_len: 2 },
      retry_interval: "1s",
      leave_on_terminate: true,
    },
  });
  await reload();
  expect(await seen()).toEqual(before);
  const said =
    agent
      .log()
      .slice(log)
      .match(/\[(?:WARN|ERROR)\].*/g) ?? [];
  // Of what it was started with that is told each time.
  expect(said.filter((line) => !/bootstrap/i.test(line))).toEqual([]);
});
