// Who is a server of the cluster: servers that come late, leave, come back, lose their disks, die for good.

import { recordOf, voters } from "../../src/core/raft/configuration.ts";
import { latestConfiguration } from "../../src/core/raft/log.ts";
import { autopilotHealth, type OperatorHealth } from "../../src/core/service/server-health.ts";
import { emptyDisk } from "../../src/sim/disk.ts";
import { isUp } from "../../src/sim/node.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import { scenario } from "../support/scenario.ts";

const THREE = ["a", "b", "c"];

/** The leader's configuration: "a b (c)" when c is a learner; "" while nobody leads. */
function members(t: Scenario): string {
  const leader = t.leader();
  const raft = leader === undefined ? undefined : t.node(leader).agent?.service.server?.raft;
  if (raft === undefined) return "";
  return t.world.nodes
    .flatMap(({ name, config }) => {
      const record = recordOf(latestConfiguration(raft.log), config.nodeId);
      return record === undefined ? [] : [record.voter ? name : `(${name})`];
    })
    .join(" ");
}

function votes(t: Scenario, name: string): boolean {
  const raft = t.node(name).agent?.service.server?.raft;
  return raft !== undefined && voters(latestConfiguration(raft.log)).includes(raft.id);
}

function leave(t: Scenario, name: string): void {
  t.ask("PUT", "/v1/agent/leave", "", { via: name, withinMs: 30_000 }).succeeds();
}

/** Its disk is replaced by an empty one. */
function wipe(t: Scenario, name: string): void {
  t.kill(name);
  emptyDisk(t.node(name).disk);
}

function health(t: Scenario): OperatorHealth {
  const leader = t.node(t.leader() ?? "a");
  const service = leader.agent?.service;
  if (service?.server === undefined) throw new Error("there is a leader");
  return autopilotHealth(service, service.server, t.world.nowUs / 1000);
}

scenario(
  "a server that comes late is let in by itself, without a vote until it has been well for a while",
  (t) => {
    t.cluster({ servers: THREE, late: ["d"] });
    t.until(() => t.leader());
    t.put("motd", "hi").succeeds();
    t.run(30_000);
    t.restart("d");
    t.until(() => members(t) === "a b c (d)");
    t.get("motd", { via: "d", mode: "stale" });
    t.run(9_000);
    t.expect(members(t) === "a b c (d)", "it is a learner still");
    t.until(() => members(t) === "a b c d", { withinMs: 20_000 });
    t.settle();
    t.get("motd", { via: "d", mode: "stale" }).says("hi");
    t.run(3_000);
    t.expect(health(t).healthy && health(t).failureTolerance === 1, "four healthy voters can lose one");
  },
);

scenario("in a young cluster those who come late get their vote at once: one server becomes three", (t) => {
  // Of this seed the second has not heard of the first's vote when that is committed.
  t.cluster({ servers: ["a"], late: ["b", "c"], seed: 3 });
  t.until(() => t.leader());
  t.restart("b", "c");
  // With the first of autopilot's rounds, one right after the other.
  t.until(() => members(t) === "a b c", { withinMs: 11_000 });
  t.settle();
  t.kill("a");
  t.until(() => t.leader("b", "c"));
  t.put("motd", "hi", { via: "b" }).succeeds();
});

scenario(
  "a follower that leaves is out of the configuration when it ends, and comes back as a voter",
  (t) => {
    t.cluster({ servers: THREE });
    t.elect("a");
    t.run(20_000);
    leave(t, "c");
    t.until(() => !isUp(t.node("c")), { withinMs: 1_000 });
    t.expect(members(t) === "a b", "two servers are left");
    t.put("motd", "hi", { via: "b" }).succeeds();
    t.restart("c");
    t.until(() => members(t) === "a b (c)");
    t.until(() => members(t) === "a b c", { withinMs: 30_000 });
    t.settle();
  },
);

scenario(
  "a leader that leaves hands leadership over: no write fails for it, and nobody has to miss it first",
  (t) => {
    t.cluster({ servers: THREE, clients: ["x"], seed: 3 });
    t.elect("a");
    t.run(5_000);
    t.ask("PUT", "/v1/kv/before", "1", { via: "x" }).succeeds();
    const beganMs = t.world.nowUs / 1000;
    let led = "";
    t.world.observers.push({
      afterStep: () => {
        led ||= t.leader("b", "c") ?? "";
      },
    });
    for (let n = 0; n < 200; n++) t.put(`k${n}`, "1", { via: "b" }).succeeds();
    const answered = t.ask("PUT", "/v1/agent/leave", "", { via: "a", withinMs: 1 });
    answered.fails();
    for (let n = 0; n < 200; n++) t.put(`k${n}`, "2", { via: n % 2 === 0 ? "b" : "x" }).succeeds();
    t.until(() => led !== "", { withinMs: 500 });
    t.expect(t.world.nowUs / 1000 - beganMs < 5_000, "the hand-over takes no election timeout");
    t.until(() => !isUp(t.node("a")), { withinMs: 20_000 });
    t.expect(members(t) === "b c", "a is out");
  },
);

scenario(
  "of two servers one leaves: the other goes on alone, and both are two again when it comes back",
  (t) => {
    t.cluster({ servers: ["a", "b"] });
    t.elect("a");
    t.run(15_000);
    leave(t, "a");
    t.until(() => t.leader() === "b");
    t.expect(members(t) === "b", "b is alone");
    t.put("motd", "hi", { via: "b" }).succeeds();
    t.restart("a");
    t.until(() => members(t) === "a b", { withinMs: 40_000 });
    t.settle();
    t.get("motd", { via: "a" }).says("hi");
  },
);

scenario("the last server that leaves keeps its cluster", (t) => {
  t.cluster({ servers: ["a"] });
  t.until(() => t.leader());
  t.put("motd", "hi").succeeds();
  leave(t, "a");
  t.until(() => !isUp(t.node("a")), { withinMs: 2_000 });
  t.restart("a");
  t.until(() => t.leader() === "a");
  t.get("motd").says("hi");
});

scenario(
  "a server that comes back with an empty disk under its old name never votes before it was let in anew",
  (t) => {
    t.cluster({ servers: THREE, seed: 5 });
    t.elect("a");
    t.run(15_000);
    wipe(t, "c");
    let early = 0;
    let readmitted = false;
    t.world.observers.push({
      afterStep: (each, _input, _nowMs, effects) => {
        readmitted ||= members(t) === "a b (c)";
        if (each.name !== "c" || readmitted) return;
        for (const effect of effects)
          if (effect.type === "message" && effect.message.type === "vote-reply" && effect.message.granted)
            early++;
      },
    });
    t.restart("c");
    t.until(() => readmitted, { withinMs: 5_000 });
    t.until(() => members(t) === "a b c", { withinMs: 40_000 });
    t.expect(early === 0, "it gave no vote before");
    t.settle();
    t.kill("a");
    t.until(() => t.leader("b", "c"));
  },
);

scenario("of two servers one loses its disk while the other leads: the leader lets it in anew", (t) => {
  t.cluster({ servers: ["a", "b"], seed: 6 });
  t.elect("a");
  t.put("motd", "hi").succeeds();
  t.run(15_000);
  // Quick enough that the leader has not yet noticed: it leads on.
  wipe(t, "b");
  t.restart("b");
  t.until(() => members(t) === "a (b)", { withinMs: 5_000 });
  t.until(() => members(t) === "a b", { withinMs: 40_000 });
  t.settle();
  t.get("motd", { via: "b" }).says("hi");
});

scenario(
  "a server that is dead is taken out when another one takes its place, and not when that costs the quorum",
  (t) => {
    t.cluster({ servers: THREE, late: ["d"], seed: 7 });
    t.elect("a");
    t.run(15_000);
    t.kill("c");
    t.restart("d");
    t.until(() => members(t) === "a b d", { withinMs: 60_000 });
    t.put("motd", "hi").succeeds();
    t.kill("d");
    t.until(() => members(t) === "a b", { withinMs: 60_000 });
    t.kill("b");
    t.run(60_000);
    t.expect(t.leader() === undefined, "one of two is no majority");
    t.restart("b");
    t.until(() => t.leader() !== undefined, { withinMs: 20_000 });
    t.expect(members(t) === "a b", "nobody else was taken out");
  },
);

scenario("a server cut off for minutes is let in again when it is heard", (t) => {
  t.cluster({ servers: THREE, seed: 8 });
  t.elect("a");
  t.run(15_000);
  t.partition(["c"], ["a", "b"]);
  t.until(() => members(t) === "a b", { withinMs: 60_000 });
  t.expect(!votes(t, "b") || votes(t, "a"), "both vote");
  t.heal();
  t.until(() => members(t) === "a b c", { withinMs: 300_000 });
  t.settle();
});

scenario("a cluster at rest is not kept busy by those who watch over it", (t) => {
  t.cluster({ servers: THREE, seed: 9 });
  t.elect("a");
  t.run(20_000);
  let questions = 0;
  let others = 0;
  t.world.observers.push({
    afterStep: (_node, _input, _nowMs, effects) => {
      for (const effect of effects) {
        if (effect.type !== "message") continue;
        if (effect.message.type === "request" || effect.message.type === "response") questions++;
        else others++;
      }
    },
  });
  const before = t.node("a").agent?.service.server?.raft.log.lastIndex;
  t.run(60_000);
  t.expect(
    questions <= 4 * 31 + 4 * 4,
    `two servers are asked every two seconds, and tell every fifteen where they are: ${questions} messages in a minute`,
  );
  t.expect(questions < others / 10, "a tenth of the heartbeats at most");
  const written = (t.node("a").agent?.service.server?.raft.log.lastIndex ?? 0) - (before ?? 0);
  t.expect(written <= 3 * 4, `nothing is written but the coordinates of three servers: ${written} entries`);
});

// Seed 5311 of the swarm: a server took minutes for its snapshot, and was asked three thousand times a second meanwhile.
scenario(
  "a learner whose disk is slow is not asked again and again whether it is ready for its vote",
  (t) => {
    t.cluster({ servers: THREE, late: ["d"], seed: 10 });
    t.elect("a");
    t.run(15_000);
    t.restart("d");
    // It has its own admission in its log, and not on its disk.
    t.until(
      () =>
        t.node("d").agent?.service.server?.raft.log.lastIndex ===
        t.node("a").agent?.service.server?.raft.log.lastIndex,
    );
    t.slowDisk("d", 40_000);
    let questions = 0;
    t.world.observers.push({
      afterStep: ({ name }, _input, _nowMs, effects) => {
        for (const effect of effects)
          if (name === "a" && effect.type === "message" && effect.message.type === "request") questions++;
      },
    });
    t.run(30_000);
    t.expect(members(t) === "a b c (d)", "it is a learner still");
    t.expect(questions <= 1_000, `all were asked ten times a second, not ${questions} times`);
    t.slowDisk("d", 0);
    t.until(() => members(t) === "a b c d", { withinMs: 60_000 });
  },
);
