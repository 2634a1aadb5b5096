// Disks that fail, fill up and come back.

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
