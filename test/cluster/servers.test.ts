// Who is a server of the cluster, on real processes: servers that leave, come back, lose their disks or their logs, die for
// good; and what an operator does about it, with commands and files, as docs/recover.md says. The stories wait most of
// their time, so they run beside each other.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentProcess } from "../support/agent-process.ts";
import { leaderSeenBy, memberStatuses } from "../support/cluster.ts";
import { askOnce } from "../support/http-client.ts";
import {
  command,
  hasPeersFile,
  leaderAmong,
  members,
  nodeIdOf,
  put,
  untilHas,
  untilVoters,
  wipe,
  withServers,
  writePeersFiles,
} from "../support/servers.ts";
import { until } from "../support/until.ts";
import { flipBit, lastSegment } from "../support/wal-files.ts";

type Two = readonly [AgentProcess, AgentProcess];
type Three = readonly [AgentProcess, AgentProcess, AgentProcess];
type Four = readonly [AgentProcess, AgentProcess, AgentProcess, AgentProcess];

/** Ends a server as an operator does who is about to change its files. */
async function stop(server: AgentProcess): Promise<void> {
  server.signal("SIGINT");
  expect(await server.ended()).toEqual({ code: 1, signal: null });
}

/** What gossip takes a server for. */
async function statusOf(server: AgentProcess, asked: AgentProcess): Promise<string | undefined> {
  return (await memberStatuses(asked))[server.name];
}

async function untilLeaderless(server: AgentProcess): Promise<void> {
  await until(`${server.name} knows no leader`, async () => (await leaderSeenBy(server)) === "");
}

describe.concurrent("servers that come and go", () => {
  test("of two one leaves and comes back; one dies, and the other goes on with peers.json", () =>
    withServers({ count: 2 }, async (servers) => {
      const [s1, s2] = servers as unknown as Two;
      await put(s1, "k", "1");
      expect(await command(s2, "leave")).toMatchObject({ code: 0, stdout: "Graceful leave complete\n" });
      expect(await s2.ended()).toEqual({ code: 0, signal: null });
      await untilVoters(servers, [s1], [s1]);
      await put(s1, "k", "2");
      s2.start();
      await untilVoters(servers, servers, servers);
      await untilHas(s2, "k", "2");

      await s2.kill();
      await untilLeaderless(s1);
      const refused = await askOnce(s1.http, { method: "PUT", target: "/v1/kv/k", body: "3" });
      expect(refused).toMatchObject({ status: 500 });
      await stop(s1);
      writePeersFiles([s1]);
      s1.start();
      await untilVoters(servers, [s1], [s1]);
      expect(s1.log()).toContain("deleted peers.json file after successful recovery");
      expect(hasPeersFile(s1)).toBe(false);
      await untilHas(s1, "k", "2");
      await put(s1, "k", "4");

      s2.start();
      await untilHas(s2, "k", "4");
      expect(await members(servers, s1)).toMatch(/^s1 s2$|^\(s2\) s1$/);
    }));

  test("leadership is handed over, a follower leaves and comes back, a dead one is removed", () =>
    withServers({ count: 3 }, async (servers) => {
      const old = await leaderAmong(servers, servers[0] as AgentProcess);
      const [next, other] = servers.filter((each) => each !== old) as unknown as Two;
      expect(await command(other, "operator", "raft", "transfer-leader", `-id=${nodeIdOf(next)}`)).toEqual({
        code: 0,
        stdout: "Success\n",
        stderr: "",
      });
      await until("it leads", async () => (await leaderSeenBy(other)) === next.rpcAddress);

      expect((await command(other, "leave")).code).toBe(0);
      expect(await other.ended()).toEqual({ code: 0, signal: null });
      await untilVoters(
        servers,
        servers.filter((each) => each !== other),
        [old, next],
      );
      other.start();
      await untilVoters(servers, servers, servers);

      await old.kill();
      const leader = await leaderAmong([next, other], next);
      const listed = await command(leader, "operator", "raft", "list-peers");
      expect(listed.stdout).toContain(`${old.rpcAddress}  follower  true`);
      const removed = await command(next, "operator", "raft", "remove-peer", `-address=${old.rpcAddress}`);
      expect(removed).toEqual({
        code: 0,
        stdout: `Removed peer with address "${old.rpcAddress}"\n`,
        stderr: "",
      });
      await untilVoters(
        servers,
        servers.filter((each) => each !== old),
        [next, other],
      );
      await put(next, "k", "1");
    }));

  test("one whose disk was replaced is let in anew under its old name, and votes again", () =>
    withServers({ count: 3 }, async (servers) => {
      const [s1, s2, s3] = servers as unknown as Three;
      await put(s1, "k", "1");
      const before = nodeIdOf(s3);
      await s3.kill();
      wipe(s3);
      s3.start();
      await until("the new one is a server", async () => {
        const listed = await command(s1, "operator", "raft", "list-peers");
        return listed.stdout.includes(nodeIdOf(s3)) && !listed.stdout.includes(before);
      });
      await untilVoters(servers, servers, servers);
      await untilHas(s3, "k", "1");
      await s2.kill();
      await put(s3, "k", "2");
    }));

  test("a majority is lost with its disks: the one that is left goes on with peers.json, new ones come in", () =>
    withServers({ count: 3 }, async (servers) => {
      const [s1, s2, s3] = servers as unknown as Three;
      await put(s1, "k", "1");
      await untilHas(s1, "k", "1");
      await Promise.all([s2.kill(), s3.kill()]);
      wipe(s2);
      wipe(s3);
      await untilLeaderless(s1);
      await stop(s1);
      writePeersFiles([s1]);
      s1.start();
      await untilVoters(servers, [s1], [s1]);
      await untilHas(s1, "k", "1");
      s2.start();
      s3.start();
      await untilVoters(servers, servers, servers);
      await untilHas(s3, "k", "1");
      await s1.kill();
      await put(s2, "k", "2");
    }));

  test("a dead one is taken out by itself when a new one comes", () =>
    withServers({ count: 4, expected: 3 }, async (servers) => {
      const [s1, s2, s3, s4] = servers as unknown as Four;
      await s3.kill();
      await until("it has failed", async () => (await statusOf(s3, s1)) === "failed");
      expect(await members(servers, s1)).toBe("s1 s2 s3");
      s4.start();
      await untilVoters(servers, [s1, s2, s4], [s1, s2, s4]);
      expect(await statusOf(s3, s1)).toBe("left");
      await s2.kill();
      await put(s4, "k", "1");
    }));

  test("a saved state is brought back into a cluster of which nothing is left", () =>
    withServers({ count: 3 }, async (servers, folder) => {
      const [s1, s2, s3] = servers as unknown as Three;
      const file = join(folder, "backup.snap");
      for (let n = 0; n < 30; n++) await put(s1, `tree/${n}`, `value ${n}`);
      const before = await command(s2, "kv", "export", "tree/");
      const saved = await command(s2, "snapshot", "save", file);
      expect(saved.stdout).toMatch(/^Saved and verified snapshot to index \d+\n$/);
      expect((await command(s2, "snapshot", "inspect", file)).code).toBe(0);
      await Promise.all(servers.map((server) => server.kill()));
      for (const server of servers) wipe(server);
      for (const server of servers) server.start();
      await untilVoters(servers, servers, servers);
      await put(s1, "tree/later", "is gone after the restore");

      const damaged = join(folder, "damaged.snap");
      writeFileSync(damaged, readFileSync(file).subarray(0, -20));
      expect((await command(s3, "snapshot", "restore", damaged)).code).toBe(1);
      await untilHas(s3, "tree/later", "is gone after the restore");

      expect(await command(s3, "snapshot", "restore", file)).toEqual({
        code: 0,
        stdout: "Restored snapshot\n",
        stderr: "",
      });
      for (const server of servers) await untilHas(server, "tree/29", "value 29");
      expect((await command(s1, "kv", "export", "tree/")).stdout).toBe(before.stdout);
      await put(s2, "tree/after", "goes on");
    }));

  test("one whose log rotted puts it aside, says so, and gets everything from the others", () =>
    withServers({ count: 3 }, async (servers) => {
      const [s1, s2, s3] = servers as unknown as Three;
      for (let n = 0; n < 20; n++) await put(s1, `k${n}`, "v".repeat(1000));
      await untilHas(s2, "k19", "v".repeat(1000));
      await s2.kill();
      const { path, records } = lastSegment(s2.spec.dataDir);
      flipBit(path, (records[Math.floor(records.length / 2)]?.offset ?? 0) + 100);
      s2.start();
      await until("it says so", () => s2.log().includes("the log is damaged; it is put aside"));
      await untilVoters(servers, servers, servers);
      expect(readdirSync(join(s2.spec.dataDir, "raft/damaged")).length).toBeGreaterThan(0);
      for (let n = 0; n < 20; n++) await untilHas(s2, `k${n}`, "v".repeat(1000));
      await s3.kill();
      await put(s2, "k", "1");
    }));
});
