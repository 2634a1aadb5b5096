// Disks that fail, fill up and come back.

import { must } from "../../src/core/lib/assert.ts";
import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];

scenario(
  "a leader whose disk fails one write steps down, vouches for nothing more, and is well after a restart",
  (t) => {
    t.cluster({ servers: SERVERS, seed: 2 });
    t.elect("a");
    t.put("motd", "one", { via: "b" }).succeeds();
    t.failDisk("a", "write");
    t.put("motd", "two", { via: "b", withinMs: 200 });
    t.until(() => t.leader("b", "c"));
    t.put("motd", "three", { via: "b" }).succeeds();
    t.run(20_000);
    t.expect(t.leader() !== "a", "a server that has given up its disk leads no more");
    t.put("motd", "four", { via: "a" }).succeeds();
    t.kill("a");
    t.restart("a");
    t.settle();
    t.same("commitIndex");
    t.get("motd", { via: "a", mode: "stale" }).says("four");
  },
);

scenario("a server whose disk cannot be read does not start, and starts when it can", (t) => {
  t.cluster({ servers: SERVERS, seed: 3 });
  t.elect("a");
  t.put("motd", "one", { via: "b" }).succeeds();
  t.kill("c");
  t.failDisk("c", "read");
  t.restart("c");
  t.run(1_000);
  t.expect(t.world.nodes[2]?.agent === undefined, "c has ended");
  t.restart("c");
  t.settle();
  t.get("motd", { via: "c", mode: "stale" }).says("one");
});

scenario("a full disk stops one server, and no other", (t) => {
  t.cluster({ servers: SERVERS, seed: 4 });
  t.elect("a");
  t.fillDisk("a", "all");
  // It may be written by the next leader, late: nobody knows what became of it.
  t.put("other", "one", { via: "b", withinMs: 200 });
  t.until(() => t.leader("b", "c"));
  t.put("motd", "two", { via: "c" }).succeeds();
  t.fillDisk("a", "no");
  t.kill("a");
  t.restart("a");
  t.settle();
  t.get("motd", { via: "a" }).says("two");
});

scenario(
  "with a majority of full disks nothing is acknowledged, and with room again nothing acknowledged is gone",
  (t) => {
    t.cluster({ servers: SERVERS, seed: 5 });
    t.elect("a");
    t.put("motd", "kept", { via: "a" }).succeeds();
    t.fillDisk("b", "all");
    t.fillDisk("c", "all");
    t.put("motd", "not kept", { via: "a", withinMs: 3_000 }).fails();
    for (const name of ["b", "c"]) {
      t.fillDisk(name, "no");
      t.kill(name);
      t.restart(name);
    }
    t.settle();
    t.put("motd", "after", { via: "c" }).succeeds();
    t.get("motd", { via: "b" }).says("after");
  },
);

scenario("a disk with no room to grow goes on with what it has", (t) => {
  t.cluster({ servers: SERVERS, seed: 6 });
  t.elect("a");
  for (const name of SERVERS) t.fillDisk(name, "growth");
  t.put("motd", "in the segment that is there", { via: "b" }).succeeds();
  t.settle();
});

// A run of a minute fills neither a file nor a block of production's sizes.
scenario("a log of many files and snapshots of many blocks come through a power cut of all", (t) => {
  const storage = { firstSegmentBytes: 512, segmentBytes: 4096, readBytes: 2048, blockBytes: 512 };
  const raft = { snapshotEntries: 50, snapshotIntervalMs: 500, trailingEntries: 40 };
  t.cluster({ servers: SERVERS, storage, raft, seed: 12 });
  t.elect("a");
  const keys = Array.from({ length: 120 }, (_, at) => `key${at}`);
  for (const key of keys) t.put(key, `${key} is ${"x".repeat(100)}`, { via: "b" }).succeeds();
  t.run(3_000);
  const files = [...must(t.world.nodes[0], "a").disk.files];
  const snapshot = files.find(([path]) => path.endsWith(".snap"));
  t.expect(files.filter(([path]) => path.startsWith("raft/wal/")).length > 2, "the log has several files");
  t.expect((snapshot?.[1].length ?? 0) > 10 * storage.blockBytes, "a snapshot has many blocks");
  t.kill(...SERVERS);
  t.restart(...SERVERS);
  t.settle();
  for (const key of keys) t.get(key, { via: "c", mode: "stale" }).says(`${key} is ${"x".repeat(100)}`);
});
