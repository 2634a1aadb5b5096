// The simulator as a library: one's own state machine on our Raft, and stories of whole agents.

import { describe, expect, test } from "vitest";
import {
  type Chance,
  DOOR,
  type StateMachine,
  scenario,
  swarm,
  Violation,
  World,
  type WorldOptions,
} from "../../src/sim/library.ts";
import { RUNNING_DIGEST } from "../../src/sim/raft/state-machine.ts";

interface Sum {
  total: number;
}

/** Adds up the first byte of each command. */
const SUM: StateMachine<Sum> = {
  create: () => ({ total: 0 }),
  apply(state, _index, data) {
    state.total += data[0] ?? 0;
    return state.total;
  },
  digest: ({ total }) => total,
};

/** The same, with a total that can be put away. */
const KEPT_SUM: StateMachine<Sum> = {
  ...SUM,
  snapshot: ({ total }) => new TextEncoder().encode(String(total)),
  restore: (bytes) => ({ total: Number(new TextDecoder().decode(bytes)) }),
};

/** Often, and nothing is kept of the log. */
const EAGER = { snapshotEntries: 5, snapshotIntervalMs: 100, trailingEntries: 0, snapshotPieceBytes: 1 };

const add = (n: number): Uint8Array => Uint8Array.of(n);

function formed(options: Partial<WorldOptions<Sum>> = {}): World<Sum> {
  const world = new World({ seed: 1, machine: SUM, ...options });
  world.until(() => world.leader());
  return world;
}

describe("a world", () => {
  test("replicates commands, and gives the machine's answer", () => {
    const world = formed();
    expect(world.propose(add(3))).toMatchObject({ ok: true, result: 3 });
    expect(world.propose(add(4))).toMatchObject({ ok: true, result: 7 });
    world.settle();
    expect(world.names.map((name) => world.state(name))).toEqual([{ total: 7 }, { total: 7 }, { total: 7 }]);
  });

  test("is the same from the same seed, and another one from another", () => {
    const digest = (seed: number): string => {
      const world = formed({ seed });
      world.propose(add(1));
      world.trouble(5_000);
      world.settle();
      return world.digest;
    };
    expect(digest(7)).toBe(digest(7));
    expect(digest(8)).not.toBe(digest(7));
  });

  test("asks for every choice at the door that it is given", () => {
    const asked = new Set<string>();
    const chances = (purpose: string): Chance => ({
      [DOOR]: true,
      choose(site, n) {
        asked.add(`${purpose}: ${site}`);
        return Math.min(n - 1, purpose === "raft b" ? 0 : 999_999);
      },
    });
    const world = formed({ chances });
    expect(world.leader()).toBe("b");
    world.trouble(2_000, { kinds: ["crash"] });
    expect([...asked]).toEqual(
      expect.arrayContaining([
        "raft a: raft.election-timeout",
        "world: net.latency",
        "nemesis: nemesis.pause",
      ]),
    );
  });

  test("a leader that loses power is replaced, and knows everything when it is back", () => {
    const world = formed({ servers: ["x", "y", "z"] });
    world.propose(add(5));
    const lost = world.leader() ?? "";
    world.crash(lost);
    expect(world.state(lost)).toBeUndefined();
    world.until(() => world.leader());
    expect(world.leader()).not.toBe(lost);
    expect(world.propose(add(6))).toMatchObject({ ok: true, result: 11 });
    world.restart(lost);
    world.settle();
    expect(world.state(lost)).toEqual({ total: 11 });
  });

  test("a proposal comes to something, to nothing, or to nobody knows what", () => {
    const world = formed({ servers: 3 });
    const old = world.leader() ?? "";
    const others = world.names.filter((name) => name !== old);
    expect(world.propose(add(1), { at: others[0] ?? "" })).toEqual({ ok: false, reason: "refused" });
    world.partition([old], others);
    expect(world.propose(add(2), { at: old, withinMs: 200 })).toEqual({ ok: false, reason: "unknown" });
    expect(world.submit(add(3), { at: old })).toBe(true);
    world.until(() => world.leader(...others));
    world.propose(add(4), { at: world.leader(...others) ?? "" });
    world.settle();
    expect(world.state(old)).toEqual({ total: 4 });
    world.crash(...world.names);
    expect(world.propose(add(5))).toEqual({ ok: false, reason: "no-leader" });
    expect(world.submit(add(5))).toBe(false);
  });

  test("what another entry took the place of is lost, and said to be", () => {
    const world = formed({ servers: 3 });
    const old = world.leader() ?? "";
    const others = world.names.filter((name) => name !== old);
    world.partition([old], others);
    world.observe({
      onTurn: (server) => {
        if (server.id !== old && server.raft?.role === "leader" && world.leader(...others) !== undefined)
          world.heal();
      },
    });
    expect(world.propose(add(2), { at: old })).toEqual({ ok: false, reason: "lost" });
  });

  test("one way, slow disks, stopped processes, rough weather, wrong clocks: all of it ends when it settles", () => {
    const world = formed({ servers: 5, clocks: { a: { offsetMs: 5_000, driftPpm: 900 } } });
    const leader = world.leader() ?? "";
    const [one = "", two = ""] = world.names.filter((name) => name !== leader);
    world.slowDisk(one, 500);
    world.pause(two);
    world.weather({ lossPpm: 100_000 });
    world.cutOneWay([leader], [one]);
    world.run(3_000);
    expect(world.propose(add(9), { withinMs: 20_000 })).toMatchObject({ ok: true });
    world.settle();
    for (const name of world.names) expect(world.state(name)).toEqual({ total: 9 });
    expect(world.nowMs).toBeGreaterThan(3_000);
    expect(world.events).toBeGreaterThan(100);
    expect(world.committed).toBeGreaterThan(1);
  });

  test("members come and go, one at a time", () => {
    const world = formed({ servers: 4 });
    world.settle();
    const leader = world.leader() ?? "";
    const gone = world.names.find((name) => name !== leader) ?? "";
    expect(world.changeMembers("remove", gone)).toBeUndefined();
    expect(world.changeMembers("promote", gone)).toBe("change-under-way");
    world.propose(add(1));
    world.settle();
    expect(world.changeMembers("add-learner", gone)).toBeUndefined();
    world.settle();
    expect(world.changeMembers("promote", gone)).toBeUndefined();
    world.settle();
    expect(world.state(gone)).toEqual({ total: 1 });
  });
});

describe("snapshots", () => {
  /** A server was down while the others went on, and compacted what it needs. */
  function behind(machine: StateMachine<Sum>): { readonly world: World<Sum>; readonly late: string } {
    const world = new World({ seed: 3, machine, raft: EAGER });
    world.until(() => world.leader());
    const late = world.names.find((name) => name !== world.leader()) ?? "";
    world.crash(late);
    for (let n = 1; n <= 20; n++) {
      world.propose(add(1));
      world.run(50);
    }
    return { world, late };
  }

  test("bring a server up to date whose entries are compacted away", () => {
    const { world, late } = behind(KEPT_SUM);
    const restored: string[] = [];
    const sent: string[] = [];
    world.observe({
      onTurn(server, _input, effects) {
        for (const effect of effects) {
          if (effect.type === "restore") restored.push(server.id);
          if (effect.type === "send" && effect.message.type === "snapshot") sent.push(effect.to);
        }
      },
    });
    world.restart(late);
    world.settle();
    expect(restored).toEqual([late]);
    expect(new Set(sent)).toEqual(new Set([late]));
    expect(sent.length).toBeGreaterThan(1);
    expect(world.state(late)).toEqual({ total: 20 });
    expect(world.propose(add(2))).toMatchObject({ ok: true, result: 22 });
  });

  test("are what a server begins with after a power cut", () => {
    const { world } = behind(KEPT_SUM);
    world.crash(...world.names);
    world.restart(...world.names);
    world.settle();
    expect(world.names.map((name) => world.state(name)?.total)).toEqual([20, 20, 20]);
  });

  test("are not taken of a machine that has none, whose log is kept whole", () => {
    const { world, late } = behind(SUM);
    world.restart(late);
    world.settle();
    expect(world.state(late)).toEqual({ total: 20 });
  });

  test("that bring back another state are found", () => {
    const forgetful: StateMachine<Sum> = { ...KEPT_SUM, restore: () => ({ total: 0 }) };
    const { world, late } = behind(forgetful);
    expect(() => {
      world.restart(late);
      world.settle();
    }).toThrow(/the state of .* is 0/);
  });

  test("survive trouble: power cuts in the middle of them, pieces lost, doubled and late", () => {
    let installed = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const report = swarm({
        seed,
        machine: KEPT_SUM,
        seconds: 15,
        trouble: { raft: { ...EAGER, maxAppendBytes: 300, maxInflightMessages: 3 } },
        observers: [
          () => ({
            onTurn(_server, _input, effects) {
              for (const effect of effects) if (effect.type === "restore") installed++;
            },
          }),
        ],
      });
      expect(report).toMatchObject({ ok: true, message: "" });
    }
    expect(installed).toBeGreaterThan(10);
  });
});

describe("what is wrong is found", () => {
  test("an older snapshot that takes the place of a newer state", () => {
    const raft = { ...EAGER, snapshotPieceBytes: 3, maxAppendBytes: 300, maxInflightMessages: 3 };
    const planted = "raft-older-snapshot";
    const found = swarm({ seed: 18, machine: RUNNING_DIGEST, planted, trouble: { raft } });
    expect(found.message).toContain("a committed entry stays committed");
  });

  test("a state machine that draws on more than its arguments", () => {
    let calls = 0;
    const machine: StateMachine<Sum> = { ...SUM, apply: (state) => (state.total += ++calls) };
    const world = new World({ seed: 1, machine });
    world.until(() => world.leader());
    expect(() => {
      world.propose(add(1));
      world.settle();
    }).toThrow(Violation);
    expect(swarm({ seed: 1, machine }).violation).toBe("state-machine-safety");
  });

  test("a planted bug", () => {
    const found = [1, 2, 3].map((seed) => swarm({ seed, machine: SUM, planted: "raft-quorum-off-by-one" }));
    expect(found.some(({ violation }) => violation === "commit-without-quorum")).toBe(true);
  });

  test("a server that is not there", () => {
    expect(() => formed().crash("nobody")).toThrow(/there is no "nobody" in this world: a, b, c/);
    expect(() => formed({ clocks: { zed: { offsetMs: 0, driftPpm: 0 } } })).toThrow(/"zed"/);
    expect(() => formed({ servers: 27 })).toThrow(/1 to 26/);
  });

  test("a condition that never comes about", () => {
    expect(() => formed().until(() => false, { withinMs: 100 })).toThrow(/within 100 ms/);
  });
});

test("seeds of the swarm end well with a sound machine", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const report = swarm({ seed, machine: SUM, seconds: 15, command: (_chance, n) => add(n) });
    expect(report).toMatchObject({ ok: true, message: "" });
    expect(report.committed).toBeGreaterThan(0);
  }
});

describe("a scenario", () => {
  test("of whole agents is told, and reported", () => {
    const report = scenario(
      (t) => {
        t.cluster({ servers: ["a", "b", "c"] });
        t.form();
        t.put("motd", "hi").succeeds();
        t.kill(t.leader() ?? "");
        t.until(() => t.leader());
        t.get("motd", { mode: "consistent", via: t.leader() ?? "" }).says("hi");
      },
      { seed: 42 },
    );
    expect(report).toMatchObject({ ok: true, seed: "42", violation: "" });
    expect(report.digest).toMatch(/^[0-9a-f]{16}$/);
    expect(report.lines.length).toBeGreaterThan(20);
  });

  test("whose demands are not met says which", () => {
    const report = scenario((t) => {
      t.cluster({ servers: ["a"] });
      t.expect(1 > 2, "one is more than two");
    });
    expect(report).toMatchObject({ ok: false, violation: "story", message: "one is more than two" });
  });

  test("a mistake of the story's own is thrown", () => {
    expect(() =>
      scenario(() => {
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
  });
});
