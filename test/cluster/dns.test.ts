// DNS of real agents over real sockets: a server, and a client agent that asks it; Node's own resolver as a client that
// knows nothing of us; a recursor; clients over TCP that mean well and those that do not.

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { createAgent, untilLeads } from "../support/cluster.ts";
import { askTcp, askUdp, type DnsTarget, questionBytes, readDns } from "../support/dns.ts";
import { freePort, freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "dns-"));
const configFile = join(folder, "dns.hcl");
const [serverIp = "", clientIp = "", recursorIp = ""] = loopbackIps(3);
const recursor: UdpSocket = createSocket("udp4");
const agents: AgentProcess[] = [];
let server: DnsTarget;
let client: DnsTarget;
let recursorPort = 0;

function configuration(ttl: string): string {
  return `
    dns_config { service_ttl { "*" = "${ttl}" } recursor_timeout = "300ms" }
    recursors = ["${recursorIp}:${recursorPort}"]`;
}

beforeAll(async () => {
  recursorPort = await freePort(recursorIp);
  recursor.bind(recursorPort, recursorIp);
  await once(recursor, "listening");
  // It repeats the question, says that there is no such name, and to who asks for "silent" nothing.
  recursor.on("message", (question, { address, port }) => {
    if (question.includes("silent")) return;
    const answer = Buffer.from(question);
    answer.writeUInt16BE(0x8183, 2);
    recursor.send(answer, port, address);
  });
  writeFileSync(configFile, configuration("5s"));
  const [serverPorts, clientPorts] = await Promise.all([freePorts(serverIp), freePorts(clientIp)]);
  server = { ip: serverIp, port: await freePort(serverIp) };
  client = { ip: clientIp, port: await freePort(clientIp) };
  const first = createAgent(folder, "s1", {
    server: true,
    ip: serverIp,
    ports: serverPorts,
    flags: [
      "-bootstrap-expect",
      "1",
      "-hcl",
      "performance { raft_multiplier = 1 }",
      "-config-file",
      configFile,
      "-dns-port",
      `${server.port}`,
    ],
  });
  const second = createAgent(folder, "c1", {
    server: false,
    ip: clientIp,
    ports: clientPorts,
    flags: ["-retry-join", `${serverIp}:${serverPorts.serfLan}`, "-dns-port", `${client.port}`],
  });
  agents.push(first, second);
  first.start();
  second.start();
  await untilLeads(first);
  // Who leads writes itself down a moment later; until then nobody serves the domain.
  await until("the server is in the catalog", async () => {
    const answer = await fetch(`http://${first.http.ip}:${first.http.port}/v1/catalog/service/consul`);
    return ((await answer.json()) as unknown[]).length === 1;
  });
  for (let at = 1; at <= 4; at++)
    await put(first, "catalog/register", {
      Node: `n${at}`,
      Address: `10.0.0.${at}`,
      Service: { ID: `w${at}`, Service: "web", Address: `10.1.0.${at}`, Port: 8000 + at },
    });
  await put(first, "query", { Name: "anyweb", Service: { Service: "web" }, DNS: { TTL: "9s" } }, "POST");
}, 180_000);

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.kill()));
  recursor.close();
  rmSync(folder, { recursive: true, force: true });
});

async function put({ http }: AgentProcess, path: string, body: object, method = "PUT"): Promise<void> {
  const answer = await fetch(`http://${http.ip}:${http.port}/v1/${path}`, {
    method,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

function resolver({ ip, port }: DnsTarget): dns.Resolver {
  const found = new dns.Resolver({ timeout: 10_000, tries: 3 });
  found.setServers([`${ip}:${port}`]);
  return found;
}

test.each(["a server", "a client agent"])("Node's resolver finds services and nodes at %s", async (which) => {
  const target = which === "a server" ? server : client;
  await until("it knows the servers", async () => {
    const said = await askUdp(target, questionBytes({ name: "n1.node.consul" }));
    return said !== undefined && readDns(said).answers.length === 1;
  });
  const its = resolver(target);
  const found = await its.resolve4("web.service.consul", { ttl: true });
  expect(found).toHaveLength(3);
  for (const { address, ttl } of found) {
    expect(address).toMatch(/^10\.1\.0\.[1-4]$/);
    expect(ttl).toBe(which === "a server" ? 5 : 0);
  }
  const servers = await its.resolveSrv("_web._tcp.service.consul");
  expect(servers).toHaveLength(3);
  for (const { name, port, weight, priority } of servers) {
    const last = port - 8000;
    expect({ name, weight, priority }).toEqual({
      name: `0a01000${last}.addr.dc1.consul`,
      weight: 1,
      priority: 1,
    });
    expect(await its.resolve4(name)).toEqual([`10.1.0.${last}`]);
  }
  expect(await its.reverse("10.0.0.2")).toEqual(["n2.node.dc1.consul"]);
  expect((await its.resolve4("anyweb.query.consul", { ttl: true }))[0]?.ttl).toBe(9);
  expect(await its.resolveNs("consul")).toEqual(["s1.node.dc1.consul"]);
  expect(await its.resolveSoa("consul")).toMatchObject({
    nsname: "ns.consul",
    hostmaster: "hostmaster.consul",
  });
  await expect(its.resolve4("nosuch.service.consul")).rejects.toMatchObject({ code: "ENOTFOUND" });
  await expect(its.resolve6("web.service.consul")).rejects.toMatchObject({ code: "ENODATA" });
});

test("over TCP all of a burst is answered, and more than fits into a datagram", async () => {
  const questions = Array.from({ length: 200 }, (_, id) =>
    questionBytes({ name: "web.service.consul", type: "SRV", id }),
  );
  const answers = await askTcp(server, questions);
  expect(new Set(answers.map((each) => each.readUInt16BE(0))).size).toBe(200);
  for (const each of answers) expect(readDns(each).answers).toHaveLength(4);
});

test("who says nothing of use over TCP is hung up on, and others go on", async () => {
  const socket = connect(server.port, server.ip);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.end(Buffer.from([0, 3, 1, 2, 3, 0xff, 0xff, 1]));
  await once(socket, "close");
  expect(await askTcp(server, [questionBytes({ name: "n1.node.consul" })])).toHaveLength(1);
});

test("other names are asked of the recursor, whose silence is a failure", async () => {
  const said = await askUdp(server, questionBytes({ name: "www.example.org", id: 77 }));
  expect(said?.readUInt16BE(0)).toBe(77);
  expect(said && readDns(said).header).toBe("NXDOMAIN qr rd ra");
  const silent = await askUdp(server, questionBytes({ name: "silent.example.org" }), 30_000);
  expect(silent && readDns(silent).header).toBe("SERVFAIL qr rd ra");
  const refused = await askUdp(client, questionBytes({ name: "www.example.org" }));
  expect(refused && readDns(refused).header).toBe("REFUSED qr rd");
});

test("a reload changes times to live, and what is measured is told", async () => {
  writeFileSync(configFile, configuration("77s"));
  agents[0]?.signal("SIGHUP");
  await until("the new time to live is told", async () => {
    const said = await askUdp(server, questionBytes({ name: "web.service.consul" }));
    return said !== undefined && readDns(said).answers[0]?.split(" ")[1] === "77";
  });
  const { http } = agents[0] as AgentProcess;
  await until("it is measured", async () => {
    await askUdp(server, questionBytes({ name: "web.service.consul" }));
    const metrics = await fetch(`http://${http.ip}:${http.port}/v1/agent/metrics`);
    return (await metrics.text()).includes("consul.dns.domain_query");
  });
});
