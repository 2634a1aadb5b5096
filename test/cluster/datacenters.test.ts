// Two datacenters with two servers each, as processes: one join brings all servers into the WAN, questions cross it, and a
// dead server of the other datacenter is no trouble.

import { expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { createAgent, leaderSeenBy, withFolder } from "../support/cluster.ts";
import { askUdp, type DnsTarget, questionBytes, readDns } from "../support/dns.ts";
import { askOnce, getJson } from "../support/http-client.ts";
import { freePort, freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

const [OLD_KEY, NEW_KEY] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64")) as [
  string,
  string,
];

interface Federation {
  readonly here: readonly AgentProcess[];
  readonly there: readonly AgentProcess[];
  readonly client: AgentProcess;
  /** Where the client agent answers over DNS. */
  readonly clientDns: DnsTarget;
}

/** a1, a2 and the client agent c1 in dc1, b1 and b2 in dc2. Only b2 is told of the other datacenter, by a2's address. */
async function federate(folder: string, use: (federation: Federation) => Promise<void>): Promise<void> {
  const names = ["a1", "a2", "b1", "b2", "c1"];
  const ips = loopbackIps(names.length);
  const ports = await Promise.all(ips.map(freePorts));
  const wanPorts = await Promise.all(ips.map((ip) => freePort(ip)));
  const clientDns = { ip: ips[4] ?? never(), port: await freePort(ips[4] ?? never()) };
  const agents = names.map((name, at) => {
    const server = name !== "c1";
    const first = name.startsWith("b") ? 2 : 0;
    const flags = ["-datacenter", first === 2 ? "dc2" : "dc1", "-hcl", "performance { raft_multiplier = 1 }"];
    flags.push("-encrypt", OLD_KEY);
    flags.push("-retry-interval", "1s", "-retry-join", `${ips[first]}:${ports[first]?.serfLan}`);
    if (server) flags.push("-bootstrap-expect", "2", "-serf-wan-port", `${wanPorts[at]}`);
    if (!server) flags.push("-dns-port", `${clientDns.port}`);
    if (name === "b2") flags.push("-retry-interval-wan", "1s", "-retry-join-wan", `${ips[1]}:${wanPorts[1]}`);
    return createAgent(folder, name, { server, ip: ips[at] ?? "", ports: ports[at] ?? never(), flags });
  });
  try {
    for (const agent of agents) agent.start();
    const [a1 = never(), a2 = never(), b1 = never(), b2 = never(), client = never()] = agents;
    await use({ here: [a1, a2], there: [b1, b2], client, clientDns });
  } finally {
    await Promise.all(agents.map((agent) => agent.kill()));
  }
}

function never(): never {
  throw new Error("there are as many agents as names");
}

async function wanMembers(agent: AgentProcess): Promise<string[]> {
  const members = await getJson<readonly { Name: string; Status: number }[]>(
    agent.http,
    "/v1/agent/members?wan=1",
  );
  return members.map(({ Name, Status }) => `${Name} ${Status}`).sort();
}

async function get(agent: AgentProcess, target: string): Promise<{ status: number; body: string }> {
  const result = await askOnce(agent.http, { method: "GET", target });
  return result.ok ? { status: result.status, body: result.body } : { status: 0, body: result.why };
}

/** Each pool that was asked for its keys, with how many of its members have the new one: "WAN 4", "dc1 3" and so on. */
async function poolsWithNewKey(agent: AgentProcess): Promise<string[]> {
  const pools = await getJson<readonly { WAN: boolean; Datacenter: string; Keys: Record<string, number> }[]>(
    agent.http,
    "/v1/operator/keyring",
  );
  return pools.map(({ WAN, Datacenter, Keys }) => `${WAN ? "WAN" : Datacenter} ${Keys[NEW_KEY] ?? 0}`);
}

async function put(agent: AgentProcess, target: string, body: string): Promise<string> {
  const result = await askOnce(agent.http, { method: "PUT", target, body });
  return result.ok ? result.body : result.why;
}

test("two datacenters that one server joined are one WAN, and answer for each other", () =>
  withFolder((folder) =>
    federate(folder, async ({ here, there, client, clientDns }) => {
      const everyone = ["a1.dc1 1", "a2.dc1 1", "b1.dc2 1", "b2.dc2 1"];
      await until("all servers are in everyone's WAN, and both datacenters have a leader", async () => {
        const seen = await Promise.all([...here, ...there].map(wanMembers));
        const leaders = await Promise.all([...here, ...there, client].map(leaderSeenBy));
        return (
          seen.every((each) => each.join() === everyone.join()) && leaders.every((leader) => leader !== "")
        );
      });
      const [a1 = never()] = here;
      const [b1 = never(), b2 = never()] = there;
      expect(await wanMembersBody(client)).toBe("null");
      expect(await getJson(client.http, "/v1/catalog/datacenters")).toEqual(["dc1", "dc2"]);

      expect(await put(client, "/v1/kv/k?dc=dc2", "from-dc1")).toBe("true");
      expect(await get(b1, "/v1/kv/k?raw&consistent")).toEqual({ status: 200, body: "from-dc1" });
      expect(await get(a1, "/v1/kv/k")).toMatchObject({ status: 404 });
      expect(await get(client, "/v1/kv/k?raw&dc=dc2")).toEqual({ status: 200, body: "from-dc1" });
      expect(await get(client, "/v1/kv/k?dc=dc3")).toEqual({
        status: 500,
        body: "rpc error making call: No path to datacenter",
      });
      const leaderThere = await leaderSeenBy(b1);
      expect(await get(a1, "/v1/status/leader?dc=dc2")).toMatchObject({ body: `"${leaderThere}"` });

      // A prepared query that finds nothing here finds it there.
      const web = { Datacenter: "dc2", Node: "ext", Address: "10.9.9.9", Service: { Service: "web" } };
      expect(await put(client, "/v1/catalog/register", JSON.stringify(web))).toBe("true");
      const query = { Name: "web", Service: { Service: "web", Failover: { NearestN: 1 } } };
      await askOnce(client.http, { method: "POST", target: "/v1/query", body: JSON.stringify(query) });
      for (const agent of [client, ...here]) {
        const found = await getJson<object>(agent.http, "/v1/query/web/execute");
        expect(found).toMatchObject({ Datacenter: "dc2", Failovers: 1, Nodes: [{ Node: { Node: "ext" } }] });
      }
      expect(await get(b1, "/v1/query/web/execute")).toMatchObject({ status: 404 });

      const { Usage: usage } = await getJson<{ Usage: object }>(client.http, "/v1/operator/usage?global");
      expect(usage).toMatchObject({ dc1: { Nodes: 3 }, dc2: { Nodes: 3 } });

      // And so does DNS, by the name that it has there. Any server may answer, with what it knows: a follower hears of what was
      // committed last with the leader's next heartbeat.
      for (const [name, kind, answer] of [
        ["web.service.dc2.consul", "A", "0 A 10.9.9.9"],
        ["web.service.dc2.consul", "SRV", "0 SRV 1 1 0 ext.node.dc2.consul."],
        ["ext.node.dc2.consul", "A", "0 A 10.9.9.9"],
        ["web.query.consul", "A", "0 A 10.9.9.9"],
      ] as const)
        await until(`${name} is ${answer}`, async () => {
          const told = await askDns(clientDns, name, kind);
          return Array.isArray(told) && told.join() === answer;
        });
      expect(await askDns(clientDns, "web.service.consul", "A")).toEqual("NXDOMAIN qr aa rd");
      expect(await askDns(clientDns, "web.service.dc3.consul", "A")).toEqual("NXDOMAIN qr aa rd");

      expect(await poolsWithNewKey(b1)).toEqual(["WAN 0", "dc2 0", "dc1 0"]);
      const installed = await askOnce(client.http, {
        method: "POST",
        target: "/v1/operator/keyring",
        body: JSON.stringify({ Key: NEW_KEY }),
      });
      expect(installed).toMatchObject({ status: 200, body: "" });
      expect(await poolsWithNewKey(a1)).toEqual(["WAN 4", "dc1 3", "dc2 2"]);

      // One of the two is dead, and nobody knows: whoever is asked first, the other one answers what any server may.
      await b2.kill();
      for (let times = 0; times < 4; times++)
        expect(await get(a1, "/v1/kv/k?raw&stale&dc=dc2")).toEqual({ status: 200, body: "from-dc1" });
      // Of some is not of all.
      await b1.kill();
      expect(await get(client, "/v1/operator/usage?global")).toMatchObject({ status: 500 });
    }),
  ));

/** What the answers say after their name; where there are none, the header. */
async function askDns(target: DnsTarget, name: string, type: string): Promise<readonly string[] | string> {
  const bytes = await askUdp(target, questionBytes({ name, type }), 30_000);
  if (bytes === undefined) return "nothing";
  const { header, answers } = readDns(bytes);
  return answers.length === 0 ? header : answers.map((line) => line.slice(line.indexOf(" ") + 1));
}

async function wanMembersBody(agent: AgentProcess): Promise<string> {
  return (await get(agent, "/v1/agent/members?wan=1")).body.trim();
}
