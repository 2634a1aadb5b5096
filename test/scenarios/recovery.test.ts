// A majority is gone for good: what an operator does with peers.json, and what becomes of it when things go wrong then too.

import { expect, test } from "vitest";
import { utf8Bytes } from "../../src/core/lib/bytes.ts";
import { voters } from "../../src/core/raft/configuration.ts";
import { latestConfiguration } from "../../src/core/raft/log.ts";
import { emptyDisk } from "../../src/sim/disk.ts";
import { isUp } from "../../src/sim/node.ts";
import { runStory, type Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

const PEERS_FILE = "raft/peers.json";

/** The operator's hand: the same list on each of these. */
function writePeers(t: Scenario, on: readonly string[], peers: readonly string[] = on): void {
  const list = peers.map((name) => {
    const { nodeId: id, advertiseIp, ports } = t.node(name).config;
    return { id, address: `${advertiseIp}:${ports.server}`, non_voter: false };
  });
  for (const name of on) t.node(name).disk.files.set(PEERS_FILE, utf8Bytes(JSON.stringify(list)));
}

function hasPeersFile(t: Scenario, name: string): boolean {
  return t.node(name).disk.files.has(PEERS_FILE);
}

function voterCount(t: Scenario, name: string): number {
  const raft = t.node(name).agent?.service.server?.raft;
  return raft === undefined ? 0 : voters(latestConfiguration(raft.log)).length;
}

/** Three servers that took some writes, of which the first two are lost with their disks. */
function afterTheFire(t: Scenario, seed: number, raft = {}): void {
  t.cluster({ servers: ["a", "b", "c"], seed, raft });
  t.elect("a");
  for (let n = 0; n < 50; n++) t.put(`k${n}`, `v${n}`).succeeds();
  t.run(3_000);
  t.kill("a", "b");
  for (const name of ["a", "b"]) emptyDisk(t.node(name).disk);
  t.run(5_000);
  t.expect(t.leader() === undefined, "one of three leads nobody");
  t.kill("c");
}

function allIsThere(t: Scenario, via: string): void {
  for (let n = 0; n < 50; n += 7) t.get(`k${n}`, { via }).says(`v${n}`);
  t.put("after", "1", { via }).succeeds();
}

scenario("what is left of a cluster goes on alone with peers.json, and the others are let in anew", (t) => {
  afterTheFire(t, 1);
  writePeers(t, ["c"]);
  t.restart("c");
  t.until(() => t.leader() === "c");
  t.expect(!hasPeersFile(t, "c"), "the file is gone");
  t.expect(voterCount(t, "c") === 1, "it is the only voter");
  allIsThere(t, "c");
  t.kill("c");
  t.restart("c");
  t.until(() => t.leader() === "c");
  allIsThere(t, "c");
  t.restart("a", "b");
  t.until(() => voterCount(t, "c") === 3, { withinMs: 60_000 });
  t.settle();
  allIsThere(t, "a");
});

scenario(
  "of five two are left: with the same file on both they are a cluster, whoever had more of the log",
  (t) => {
    t.cluster({ servers: ["a", "b", "c", "d", "e"], seed: 2 });
    t.elect("a");
    for (let n = 0; n < 20; n++) t.put(`k${n}`, "1").succeeds();
    t.partition(["e"], ["a", "b", "c", "d"]);
    for (let n = 20; n < 40; n++) t.put(`k${n}`, "1").succeeds();
    // Nothing is under way that only those who are lost would have.
    t.run(3_000);
    t.kill("a", "b", "c", "d", "e");
    t.heal();
    writePeers(t, ["d", "e"]);
    t.restart("d", "e");
    t.until(() => t.leader() !== undefined);
    t.expect(t.leader() === "d", "the one that had everything leads");
    t.until(() => voterCount(t, "e") === 2);
    t.get("k39", { via: "e" }).says("1");
  },
);

scenario("a snapshot that already ends with the log gets the new members all the same", (t) => {
  afterTheFire(t, 3, { snapshotEntries: 1, snapshotIntervalMs: 500, trailingEntries: 0 });
  writePeers(t, ["c"]);
  t.restart("c");
  t.until(() => t.leader() === "c");
  allIsThere(t, "c");
});

/**
 * The power is cut after so many steps of the recovering server; then it is started again.
 * @returns Whether there were so many before it led.
 */
function cutPowerAfter(steps: number, seed: number, planted?: string): boolean {
  let interrupted = false;
  const story = (t: Scenario): void => {
    afterTheFire(t, seed);
    writePeers(t, ["c"]);
    t.restart("c");
    let taken = 0;
    t.world.observers.push({
      afterStep: ({ name }) => {
        if (name === "c") taken++;
      },
    });
    t.until(() => taken >= steps || t.leader() === "c");
    interrupted = t.leader() !== "c";
    t.kill("c");
    t.restart("c");
    t.until(() => t.leader() === "c");
    t.expect(voterCount(t, "c") === 1 && !hasPeersFile(t, "c"), "it is recovered");
    allIsThere(t, "c");
  };
  runStory(story, { seed: "1", planted });
  return interrupted;
}

/** @returns How many moments there were to interrupt it. */
function cutPowerEverywhere(seed: number, planted?: string): number {
  let steps = 1;
  while (cutPowerAfter(steps, seed, planted)) steps++;
  return steps - 1;
}

test("wherever a power cut interrupts the recovery, it is made good at the next start", () => {
  expect(cutPowerEverywhere(4)).toBeGreaterThan(10);
});

test("peers-file-removed-early: a power cut brings the old members back", () => {
  const hunt = (): void => {
    for (let seed = 1; seed <= 12; seed++) cutPowerEverywhere(seed, "peers-file-removed-early");
  };
  expect(hunt).toThrow();
});

scenario("a server with nothing to recover, or with a file that says nothing, does not start", (t) => {
  t.cluster({ servers: ["a", "b"], late: ["x"], seed: 5 });
  t.until(() => t.leader());
  t.restart("x");
  t.run(1_000);
  t.kill("a", "x");
  const marker = t.node("x").disk.files.get("raft/peers.info");
  emptyDisk(t.node("x").disk);
  t.node("x").disk.files.set("raft/peers.info", marker ?? new Uint8Array(0));
  writePeers(t, ["x"]);
  t.node("a").disk.files.set(PEERS_FILE, utf8Bytes("{}"));
  t.restart("a", "x");
  t.run(1_000);
  t.expect(!isUp(t.node("a")) && !isUp(t.node("x")), "both have ended");
  t.expect(hasPeersFile(t, "a") && hasPeersFile(t, "x"), "the files are there to be looked at");
});

scenario("a peers.json that was there before the directory was in use is removed unread", (t) => {
  t.cluster({ servers: ["a", "b"], late: ["x"], seed: 6 });
  writePeers(t, ["x"]);
  t.until(() => t.leader());
  t.restart("x");
  t.run(500);
  t.expect(!hasPeersFile(t, "x") && isUp(t.node("x")), "it is gone, and the server is up");
  t.until(() => voterCount(t, "a") === 3, { withinMs: 40_000 });
});
