// A server that missed more than the log still holds is caught up by a snapshot, whatever becomes of the snapshot.

import { must } from "../../src/core/lib/assert.ts";
import { flipBits, listSimFiles } from "../../src/sim/disk.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

const CLUSTER = {
  servers: ["a", "b", "c"],
  raft: {
    snapshotEntries: 10,
    snapshotIntervalMs: 300,
    trailingEntries: 2,
    trailingBytes: 1,
    snapshotPieceBytes: 500,
  },
};

const raftOf = (t: Scenario, name: string) => t.node(name).agent?.service.server?.raft;

/** c is cut off while a and b go on, until the others' logs begin after all that c has. */
function leaveBehind(t: Scenario): void {
  t.elect("a");
  t.put("before", "everyone has this", { via: "a" }).succeeds();
  t.partition(["c"], ["a", "b"]);
  for (let n = 0; n < 30; n++) t.put(`key/${n}`, `value ${n}`.repeat(20), { via: "a" }).succeeds();
  const has = must(raftOf(t, "c"), "c runs").log.lastIndex;
  t.until(() => ["a", "b"].every((name) => (raftOf(t, name)?.log.base.index ?? 0) > has));
}

scenario("a server that missed more than the log still holds is sent a snapshot", (t) => {
  t.cluster({ ...CLUSTER, seed: 4 });
  leaveBehind(t);
  t.heal();
  t.settle();
  t.same("commitIndex");
  t.get("key/29", { via: "c", mode: "stale" }).says("value 29".repeat(20));
  t.expect((raftOf(t, "c")?.snapshot.index ?? 0) > 0, "c has a snapshot");
});

scenario("a snapshot that rots is found out and taken anew, though nobody writes any more", (t) => {
  t.cluster({ ...CLUSTER, seed: 4 });
  leaveBehind(t);
  // Whatever was applied is in the snapshot: nothing new would be a reason to take another.
  t.run(3_000);
  const a = must(t.world.nodes[0], "a is there");
  const path = must(
    listSimFiles(a.disk).findLast((each) => each.endsWith(".snap")),
    "a has a snapshot",
  );
  flipBits(a.disk, path, 700, 4);
  t.heal();
  t.settle();
  t.same("commitIndex");
  t.get("key/29", { via: "c", mode: "stale" }).says("value 29".repeat(20));
});

scenario("a lock-delay that is in the snapshot is kept by servers that all start again from it", (t) => {
  t.cluster({ ...CLUSTER, seed: 4 });
  t.elect("a");
  t.ask("PUT", "/v1/catalog/register", `{"Node":"n","Address":"10.0.0.1"}`, { via: "a" }).succeeds();
  const session = (): string => {
    const body = `{"Node":"n","NodeChecks":[],"LockDelay":"10s"}`;
    return JSON.parse(t.ask("PUT", "/v1/session/create", body, { via: "a" }).succeeds().body).ID;
  };
  const [holder, other] = [session(), session()];
  const acquire = (id: string, via: string) => t.ask("PUT", `/v1/kv/lock?acquire=${id}`, "", { via });
  acquire(holder, "a").says("true");
  t.ask("PUT", `/v1/session/destroy/${holder}`, "", { via: "a" }).says("true");
  const ended = must(raftOf(t, "a"), "a runs").commitIndex;
  for (let n = 0; n < 30; n++) t.put(`key/${n}`, "on", { via: "a" }).succeeds();
  t.until(() => ["a", "b", "c"].every((name) => (raftOf(t, name)?.snapshot.index ?? 0) > ended));
  t.kill("a", "b", "c");
  t.restart("a", "b", "c");
  t.until(() => t.leader());
  const leader = must(t.leader(), "somebody leads");
  acquire(other, leader).says("false");
  t.run(10_000);
  acquire(other, leader).says("true");
});
