// An agent that is told of nobody comes back to those it knew, by the file that Consul keeps for it too.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentProcess } from "../support/agent-process.ts";
import { createAgent, memberStatuses, untilLeads, withFolder } from "../support/cluster.ts";
import { askOnce } from "../support/http-client.ts";
import { freePorts, loopbackIps } from "../support/loopback.ts";
import { until } from "../support/until.ts";

function remembered({ spec }: AgentProcess): string {
  return readFileSync(join(spec.dataDir, "serf/local.snapshot"), "utf8");
}

test("killed, or with -rejoin even after it has left", () =>
  withFolder(async (folder) => {
    const [serverIp = "", clientIp = ""] = loopbackIps(2);
    const [serverPorts, clientPorts] = await Promise.all([freePorts(serverIp), freePorts(clientIp)]);
    const flags = ["-bootstrap-expect", "1", "-hcl", "performance { raft_multiplier = 1 }"];
    const server = createAgent(folder, "s1", { server: true, ip: serverIp, ports: serverPorts, flags });
    const client = createAgent(folder, "c1", { server: false, ip: clientIp, ports: clientPorts, flags: [] });
    const returning = new AgentProcess({ ...client.spec, flags: ["-rejoin"] });
    const seen = (status: string): Promise<unknown> =>
      until(`s1 sees c1 ${status}`, async () => (await memberStatuses(server))[client.name] === status);
    try {
      server.start();
      client.start();
      await untilLeads(server);
      const target = `/v1/agent/join/${serverIp}:${serverPorts.serfLan}`;
      await until("c1 joins", async () => {
        const joined = await askOnce(client.http, { method: "PUT", target });
        return joined.ok && joined.status === 200;
      });
      await until("c1 wrote down s1", () =>
        remembered(client).includes(`alive: s1 ${serverIp}:${serverPorts.serfLan}\n`),
      );

      await client.kill();
      await until("s1 is remembered over it", () => remembered(client).includes("alive: s1 "));
      client.start();
      await until("c1 is back", async () => (await memberStatuses(client))[server.name] === "alive");
      await seen("alive");

      client.signal("SIGINT");
      expect(await client.ended()).toEqual({ code: 0, signal: null });
      await seen("left");
      expect(remembered(client)).toMatch(/\nleave\n/);

      returning.start();
      await seen("alive");
    } finally {
      await Promise.all([server, client, returning].map((agent) => agent.kill()));
    }
  }));
