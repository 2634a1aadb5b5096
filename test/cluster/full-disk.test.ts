import { expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { type Cluster, leaderOf, leaderSeenBy, withCluster } from "../support/cluster.ts";
import { askOnce } from "../support/http-client.ts";
import { canMount, growDisk, mountSmallDisk, unmount } from "../support/small-disk.ts";
import { until } from "../support/until.ts";

/** The log's first segments fit in, and some of these values. */
const DISK = "3m";
const VALUE = "v".repeat(256 * 1024);
const WRITES = 20;

const ifMountable = canMount() ? test : test.skip;

ifMountable(
  "a server whose disk is full leads and votes no more, forwards, and takes part again once there is room",
  () => {
    let full = "";
    const prepare = ({ servers }: Cluster): void => {
      full = servers[0]?.spec.dataDir ?? "";
      mountSmallDisk(full, DISK);
    };
    return withCluster(async (cluster) => {
      const server = serverOn(cluster, full);
      try {
        await fillDisk(cluster, server);
      } finally {
        await server.kill();
        unmount(full);
      }
    }, prepare);
  },
);

async function fillDisk(cluster: Cluster, server: AgentProcess): Promise<void> {
  const acknowledged = await writeThrough(cluster);

  expect(server.log()).toMatch(/the log can't be used: this server neither votes nor leads: .*ENOSPC/);
  expect((await leaderOf(cluster)).name).not.toBe(server.name);
  await expectAll(server, acknowledged);

  await server.kill();
  growDisk(server.spec.dataDir, "100m");
  server.start();
  await until("it follows", async () => (await leaderSeenBy(server)) !== "");
  await expectAll(server, acknowledged, "?stale");
}

function serverOn({ servers }: Cluster, dataDir: string): AgentProcess {
  const server = servers.find(({ spec }) => spec.dataDir === dataDir);
  if (server === undefined) throw new Error(`no server has its data in ${dataDir}`);
  return server;
}

/** Writes one value after the other through all agents in turn. @returns The keys whose writes were acknowledged. */
async function writeThrough({ agents }: Cluster): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let count = 0; count < WRITES; count++) {
    const agent = agents[count % agents.length] as AgentProcess;
    const answer = await askOnce(agent.http, { method: "PUT", target: `/v1/kv/k${count}`, body: VALUE });
    if (answer.ok && answer.body === "true") acknowledged.push(`k${count}`);
  }
  expect(acknowledged.length).toBeGreaterThan(WRITES / 2);
  return acknowledged;
}

async function expectAll(agent: AgentProcess, keys: readonly string[], query = ""): Promise<void> {
  await until(`${agent.name} has every acknowledged write`, async () => {
    for (const key of keys) {
      const answer = await askOnce(agent.http, { method: "GET", target: `/v1/kv/${key}${query}` });
      if (!answer.ok || answer.status !== 200) return false;
    }
    return true;
  });
}
