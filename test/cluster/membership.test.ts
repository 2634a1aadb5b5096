import { describe, expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { type Cluster, catalogNames, memberStatuses, untilSettled, withCluster } from "../support/cluster.ts";
import { askOnce } from "../support/http-client.ts";
import { until } from "../support/until.ts";

/** Waits until all servers hold the client agent for this. */
async function untilSeen({ servers, client }: Cluster, status: string): Promise<void> {
  await until(`all servers see ${client.name} ${status}`, async () => {
    const seen = await Promise.all(servers.map(memberStatuses));
    return seen.every((statuses) => statuses[client.name] === status);
  });
}

async function untilInCatalog(servers: readonly AgentProcess[], names: readonly string[]): Promise<void> {
  await until(`the catalog has ${names.join(", ")} and nobody else`, async () => {
    const seen = await Promise.all(servers.map(catalogNames));
    return seen.every((each) => each.join() === [...names].sort().join());
  });
}

describe.concurrent("a client agent", () => {
  test("that leaves has left, that comes back is alive, that is killed has failed", () =>
    withCluster(async (cluster) => {
      const { servers, client } = cluster;
      const serverNames = servers.map(({ name }) => name);

      client.signal("SIGINT");
      expect(await client.ended()).toEqual({ code: 0, signal: null });
      await untilSeen(cluster, "left");
      await untilInCatalog(servers, serverNames);

      client.start();
      await untilSettled(cluster);

      await client.kill();
      await untilSeen(cluster, "failed");
      // It may come back: who failed stays in the catalog.
      await untilInCatalog(servers, [...serverNames, client.name]);

      client.start();
      await untilSettled(cluster);
    }));

  test("that is told to leave over HTTP has left", () =>
    withCluster(async (cluster) => {
      const { servers, client } = cluster;
      const left = await askOnce(client.http, { method: "PUT", target: "/v1/agent/leave" });
      expect(left).toMatchObject({ status: 200, body: "" });
      expect(await client.ended()).toEqual({ code: 0, signal: null });
      await untilSeen(cluster, "left");
      await untilInCatalog(
        servers,
        servers.map(({ name }) => name),
      );
    }));
});

describe.concurrent("a server", () => {
  test("that is paused has failed, and is alive again once it goes on", () =>
    withCluster(async (cluster) => {
      const [paused, ...others] = cluster.servers as [AgentProcess, ...AgentProcess[]];
      paused.signal("SIGSTOP");
      await until(`the others see ${paused.name} failed`, async () => {
        const seen = await Promise.all([...others, cluster.client].map(memberStatuses));
        return seen.every((statuses) => statuses[paused.name] === "failed");
      });
      paused.signal("SIGCONT");
      await untilSettled(cluster);
    }));
});
