import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { leaderSeenBy, withCluster } from "../support/cluster.ts";
import { askOnce, getJson } from "../support/http-client.ts";
import { programPath } from "../support/program.ts";
import { until } from "../support/until.ts";

interface RaftServer {
  readonly Node: string;
  readonly ID: string;
  readonly Address: string;
  readonly Leader: boolean;
  readonly Voter: boolean;
}

/** The largest value that Consul takes. */
const LARGEST = 512 * 1024;

function put(agent: AgentProcess, key: string, body: string): ReturnType<typeof askOnce> {
  return askOnce(agent.http, { method: "PUT", target: `/v1/kv/${key}`, body });
}

/** What `quorate …` prints when it asks an agent. */
function command({ http: { ip, port } }: AgentProcess, ...argv: string[]): string {
  const env = { ...process.env, CONSUL_HTTP_ADDR: `${ip}:${port}` };
  return execFileSync(process.execPath, [programPath(), ...argv], { encoding: "utf8", env });
}

describe("three servers and a client agent", () => {
  test("form one cluster that all four describe alike, and serve through each of them", () =>
    withCluster(async ({ agents, servers, client }) => {
      const leader = await leaderSeenBy(client);
      expect(servers.map(({ rpcAddress }) => rpcAddress)).toContain(leader);
      const nodeIds = await Promise.all(
        servers.map(async ({ http }) => (await getJson<Self>(http, "/v1/agent/self")).Config.NodeID),
      );
      await until("all servers have votes", async () => {
        const configured = "/v1/operator/raft/configuration";
        const { Servers } = await getJson<{ Servers: RaftServer[] }>(client.http, configured);
        return Servers.length === 3 && Servers.every(({ Voter }) => Voter);
      });
      for (const agent of agents) {
        const peers = await getJson<string[]>(agent.http, "/v1/status/peers");
        expect(peers.sort()).toEqual(servers.map(({ rpcAddress }) => rpcAddress).sort());

        const raft = await getJson<{ Servers: RaftServer[] }>(agent.http, "/v1/operator/raft/configuration");
        const seen = raft.Servers.map(({ Node, ID, Address, Leader, Voter }) => [
          Node,
          ID,
          Address,
          Leader,
          Voter,
        ]);
        const want = servers.map(({ name, rpcAddress }, at) => [
          name,
          nodeIds[at],
          rpcAddress,
          rpcAddress === leader,
          true,
        ]);
        expect(seen.sort()).toEqual(want.sort());

        const nodes = await getJson<{ Node: string; Address: string }[]>(agent.http, "/v1/catalog/nodes");
        expect(nodes.map(({ Node, Address }) => [Node, Address]).sort()).toEqual(
          agents.map(({ name, http }) => [name, http.ip]).sort(),
        );

        const lines = command(agent, "members").trim().split("\n").slice(1);
        expect(lines.map((line) => line.split(/\s+/).slice(0, 4))).toEqual(
          agents.map(({ name, http, spec }) => [
            name,
            `${http.ip}:${spec.ports.serfLan}`,
            "alive",
            spec.server ? "server" : "client",
          ]),
        );
      }

      for (const writer of agents) {
        expect(await put(writer, "motd", `from ${writer.name}`)).toMatchObject({ status: 200, body: "true" });
        for (const reader of agents)
          expect(await askOnce(reader.http, { method: "GET", target: "/v1/kv/motd?raw" })).toMatchObject({
            status: 200,
            body: `from ${writer.name}`,
          });
        expect(command(writer, "kv", "get", "motd")).toBe(`from ${writer.name}\n`);
      }

      for (const agent of agents) {
        expect(await put(agent, "large", "x".repeat(LARGEST))).toMatchObject({ status: 200, body: "true" });
        expect(await put(agent, "large", "x".repeat(LARGEST + 1))).toMatchObject({ status: 413 });
      }
      const large = await askOnce(client.http, { method: "GET", target: "/v1/kv/large?raw" });
      expect(large.ok && large.body.length).toBe(LARGEST);
    }));
});

interface Self {
  readonly Config: { readonly NodeID: string };
}
