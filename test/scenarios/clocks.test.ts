// What clocks may do to reads, and what they may not: docs/testing.md, "What a clock may do".

import { describe } from "vitest";
import { scenario } from "../support/scenario.ts";

const SERVERS = ["a", "b", "c"];

scenario(
  "a leader whose machine was suspended may answer a default read with the past, never a consistent one",
  (t) => {
    t.cluster({ servers: SERVERS, seed: 4 });
    t.elect("a");
    t.put("motd", "old", { via: "a" }).succeeds();
    t.suspend("a");
    // What is sent to a machine that does not answer is lost in the end.
    t.partition(["a"], ["b", "c"]);
    t.until(() => t.leader("b", "c"));
    t.put("motd", "new", { via: "b" }).succeeds();
    t.awake("a");
    // By its own clock no time has passed, so its lease still runs: this is the limit of default reads.
    t.get("motd", { via: "a", withinMs: 1 }).says("old");
    t.get("motd", { via: "a", mode: "consistent", withinMs: 1_000 }).fails();
    t.heal();
    t.get("motd", { via: "a", mode: "consistent" }).says("new");
    t.settle();
    t.get("motd", { via: "a" }).says("new");
  },
);

scenario("a leader whose clock leaps gives its lease up early, and nothing else happens", (t) => {
  t.cluster({ servers: SERVERS, seed: 5 });
  t.elect("a");
  t.put("motd", "old", { via: "a" }).succeeds();
  t.jumpClock("a", 60_000);
  t.run(5_000);
  t.until(() => t.leader());
  t.put("motd", "new", { via: "b" }).succeeds();
  t.get("motd", { via: "a" }).says("new");
  t.settle();
});

scenario("a follower whose clock leaps does not depose the leader that the others hear", (t) => {
  t.cluster({ servers: SERVERS, seed: 6 });
  t.elect("a");
  t.jumpClock("b", 5_000);
  t.run(3_000);
  t.expect(t.leader() === "a", "a still leads");
  t.same("currentTerm");
});

scenario("an agent whose clock stands still is given up by the others and found again", (t) => {
  t.cluster({ servers: SERVERS, seed: 7 });
  t.elect("a");
  t.suspend("c");
  t.run(60_000);
  t.put("motd", "without c", { via: "b" }).succeeds();
  t.awake("c");
  t.settle();
  t.get("motd", { via: "c", mode: "stale" }).says("without c");
});

describe("leases hold while no clock runs twice as fast as another", () => {
  for (let seed = 1; seed <= 8; seed++)
    scenario(`with a leader 30 % slow and followers 30 % fast (seed ${seed})`, (t) => {
      const [slow, fast] = [-300_000, 300_000].map((driftPpm) => ({ offsetMs: 0, driftPpm }));
      if (slow === undefined || fast === undefined) return;
      t.cluster({ servers: SERVERS, seed, clocks: { a: slow, b: fast, c: fast } });
      t.elect("a");
      t.put("motd", "old", { via: "a" }).succeeds();
      t.partition(["a"], ["b", "c"]);
      t.until(() => t.leader("b", "c"));
      t.put("motd", "new", { via: "b" }).succeeds();
      // Cut off, it must not know the old one any more, nor can it know the new one.
      t.get("motd", { via: "a", withinMs: 200 }).fails();
      t.heal();
      t.settle();
      t.get("motd", { via: "a" }).says("new");
    });
});
