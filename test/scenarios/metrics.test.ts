// What a cluster measures of itself while it works, loses its leader and gets one back: names of Consul 1.8.7, for the same
// things. That they are all its names is scripts/compare-metrics.ts's to see.

import { expect, test } from "vitest";
import { endTasks, type Metrics, type Series } from "../../src/core/lib/metrics.ts";
import { Scenario } from "../../src/sim/scenario.ts";

const TELEMETRY = {
  prefix: "consul",
  hostname: "",
  prometheusRetentionMs: 0,
  filters: [],
  shownByDefault: true,
};

/** Three servers and a client agent that measure, with one of the servers leading. */
function measuredCluster(): Scenario {
  const t = new Scenario({ seed: "1" });
  const names = ["a", "b", "c", "k"];
  t.cluster({
    servers: ["a", "b", "c"],
    clients: ["k"],
    raft: { trailingEntries: 5, snapshotEntries: 20, snapshotIntervalMs: 1000 },
  });
  t.kill(...names);
  for (const name of names)
    t.reconfigure(name, (config) => ({ telemetry: TELEMETRY, wallOffsetMs: 0, ...config }));
  t.restart(...names);
  t.elect("a");
  t.settle();
  return t;
}

function metricsOf(t: Scenario, name: string): Metrics {
  const telemetry = t.node(name).agent?.service.telemetry;
  if (telemetry === undefined) throw new Error(`${name} measures nothing`);
  // Its driver would have said how long each step took.
  endTasks(telemetry, 1);
  return telemetry;
}

function seriesOf(t: Scenario, name: string): ReadonlyMap<string, Series> {
  return metricsOf(t, name).series;
}

/** Those of the family, without the family's name and without what tells nodes apart. */
function namesBelow(t: Scenario, name: string, family: string): string[] {
  const found = [...seriesOf(t, name).keys()]
    .filter((each) => each.startsWith(family))
    .map((each) =>
      each
        .slice(family.length)
        .replace(/[0-9a-f-]{36}/, "ID")
        .replaceAll("\0", " ")
        .trim(),
    );
  return [...new Set(found)].sort();
}

test("a leader measures its log, its followers and what is applied; a follower what it is told", () => {
  const t = measuredCluster();
  for (let at = 0; at < 10; at++) t.put(`k${at}`, "v", { via: "b" }).succeeds();
  t.delete("k0", { via: "a" }).succeeds();
  t.get("k1", { via: "a", mode: "consistent" }).succeeds();
  t.run(3000);

  expect(namesBelow(t, "a", "raft.leader.")).toEqual(["dispatchLog", "lastContact"]);
  expect(namesBelow(t, "a", "raft.replication.")).toEqual([
    "appendEntries.logs.ID",
    "appendEntries.rpc.ID",
    "heartbeat.ID",
  ]);
  expect(namesBelow(t, "a", "leader.")).toEqual(["barrier", "reconcile", "reconcileMember"]);
  expect(namesBelow(t, "a", "fsm.kvs")).toEqual(["op delete", "op set"]);
  expect(metricsOf(t, "a").states.get("raft.commitNumLogs")).toBe(1);
  expect(metricsOf(t, "a").states.get("raft.leader.dispatchNumLogs")).toBe(1);
  expect(seriesOf(t, "a").get("raft.verify_leader")).toMatchObject({ kind: "counter", sum: 1 });
  expect(seriesOf(t, "a").get("rpc.consistentRead")).toMatchObject({ kind: "sample", count: 1 });
  expect(seriesOf(t, "a").get("raft.state.leader")).toMatchObject({ kind: "counter", sum: 1 });

  expect(namesBelow(t, "b", "raft.rpc.")).toEqual([
    "appendEntries",
    "appendEntries.processLogs",
    "appendEntries.storeLogs",
    "processHeartbeat",
    "requestVote",
  ]);
  const applied = seriesOf(t, "a").get("raft.fsm.apply")?.count;
  expect(seriesOf(t, "b").get("raft.fsm.apply")?.count).toBe(applied);
  // Each entry that was sent was answered, and measured once: as many as there are in the follower's log after the first.
  const { log } = t.node("b").agent?.service.server?.raft ?? {};
  const idOf = (name: string) => t.node(name).config.nodeId;
  const logs = seriesOf(t, "a").get(`raft.replication.appendEntries.logs.${idOf("b")}`);
  expect(logs?.sum).toBe((log?.lastIndex ?? 0) - 1);
});

test("snapshots are measured where they are taken, where they are sent, and where they are restored", () => {
  const t = measuredCluster();
  t.kill("c");
  for (let at = 0; at < 60; at++) t.put(`k${at}`, "v", { via: "a" }).succeeds();
  t.run(3000);
  t.restart("c");
  t.settle();

  expect(namesBelow(t, "a", "raft.snapshot.")).toEqual(["create", "persist", "takeSnapshot"]);
  expect(seriesOf(t, "a").has("fsm.persist")).toBe(true);
  expect(seriesOf(t, "a").has("raft.fsm.snapshot")).toBe(true);
  expect(seriesOf(t, "a").has("raft.compactLogs")).toBe(true);
  expect(namesBelow(t, "a", "raft.replication.installSnapshot")).toEqual([".ID"]);
  expect(seriesOf(t, "c").has("raft.rpc.installSnapshot")).toBe(true);
  expect(seriesOf(t, "c").has("raft.fsm.restore")).toBe(true);
});

test("gossip measures who is told what and who fails; each event and query by its name, too", () => {
  const t = measuredCluster();
  t.kill("c");
  t.until(() => t.isFailed("c", "k"));
  t.run(2000);
  t.restart("c");
  t.settle();
  t.run(5000);

  const names = [...seriesOf(t, "k").keys()].map((each) => each.replace(/\0$/, ""));
  expect(names).toEqual(
    expect.arrayContaining([
      ...["memberlist.gossip", "memberlist.probeNode", "memberlist.pushPullNode"],
      ...["memberlist.msg.alive", "memberlist.msg.suspect", "memberlist.msg.dead"],
      ...[
        "serf.msgs.sent",
        "serf.msgs.received",
        "serf.coordinate.adjustment-ms",
        "serf.snapshot.appendLine",
      ],
      ...["serf.member.join", "serf.member.failed", "serf.member.flap"],
      ...["serf.events", "serf.events.consul:new-leader"],
    ]),
  );
});
