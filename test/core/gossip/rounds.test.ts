// The three clocks of a pool: who is probed next, who is gossiped to and with what first, and who exchanges everything.

import { describe, expect, test } from "vitest";
import type { GossipConfig } from "../../../src/core/gossip/config.ts";
import {
  alive,
  opened,
  receive,
  receiveSerf,
  type Sent,
  sent,
  sentOf,
  type Table,
  tableWith,
  wait,
} from "./single.ts";

const QUIET: Partial<GossipConfig> = { probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 };

/** Rumours are sent often enough, so that what follows is only what the test brings about. */
function calm(table: Table): Table {
  wait(table, 5000);
  return table;
}

function dead(node: string, from: string = "p9"): Parameters<typeof receive>[1] {
  return { type: "dead", incarnation: 5, node, from };
}

describe("gossip", () => {
  const targets = (table: Table, ms: number): Set<string> =>
    new Set(sent(wait(table, ms)).map(({ to }: Sent) => to));

  test("goes to three at a time, every 200 ms, until each rumour was sent often enough", () => {
    const table = calm(tableWith(8, QUIET));
    receive(table, alive("p2", 6, 2, { meta: null }));
    const rounds: number[] = [];
    for (let k = 0; k < 10; k++) rounds.push(sentOf(wait(table, 200), "alive").length);
    // Four times the digits of nine members.
    expect(rounds.slice(0, 3)).toEqual([3, 1, 0]);
  });

  test("goes to the dead for half a minute, so that one who lives hears of it; never to those who left", () => {
    const table = calm(tableWith(2, QUIET));
    receive(table, dead("p2"), dead("p3", "p3"));
    expect(targets(table, 1000)).toEqual(new Set(["10.0.0.2:8301"]));
    wait(table, 30_000);
    receiveSerf(table, { type: "join", lTime: 9, node: "p2" });
    expect(targets(table, 5000)).toEqual(new Set());
  });

  test("goes to suspects, who can refute only what they hear", () => {
    const table = calm(tableWith(1, QUIET));
    receive(table, { type: "suspect", incarnation: 5, node: "p2", from: "p9" });
    expect(targets(table, 200)).toEqual(new Set(["10.0.0.2:8301"]));
  });

  test("carries memberlist's news first, then intents, queries and events", () => {
    const table = calm(tableWith(1, { ...QUIET, gossipIntervalMs: 10_000 }));
    const event = { type: "user-event", lTime: 7, name: "e", payload: null, coalesce: false } as const;
    receiveSerf(table, event);
    receiveSerf(table, { type: "join", lTime: 7, node: "p2" });
    receive(table, alive("p3", 1, 3));
    const first = sent(wait(table, 10_000)).map(({ message }) =>
      message.type === "user" ? `user ${message.bytes[0]}` : message.type,
    );
    expect([...new Set(first)]).toEqual(["alive", "user 1", "user 3"]);
  });

  test("is not begun by all agents at one moment", () => {
    const phases = Array.from({ length: 10 }, (_, at) => tableWith(0, {}, `${at}`).gossip.gossipPhaseMs);
    expect(new Set(phases).size).toBeGreaterThan(5);
    for (const phase of phases) expect(phase).toBeLessThan(200);
  });
});

describe("the round of probes", () => {
  test("begins somewhere within the first interval", () => {
    const starts = Array.from({ length: 10 }, (_, at) => tableWith(1, {}, `${at}`).gossip.timers.probeAtMs);
    expect(new Set(starts).size).toBeGreaterThan(5);
    for (const start of starts) expect(start).toBeLessThanOrEqual(1000);
  });

  test("gives a newcomer a random place", () => {
    const places = Array.from({ length: 20 }, (_, at) => {
      const table = tableWith(9, QUIET, `${at}`);
      receive(table, alive("late", 1, 99));
      return table.gossip.round.indexOf("late");
    });
    expect(new Set(places).size).toBeGreaterThan(4);
  });

  test("forgets at its end who is gone and has been told so for half a minute", () => {
    const table = tableWith(3, { pushPullIntervalMs: 1e9 });
    receive(table, dead("p2"), dead("p3", "p3"));
    wait(table, 20_000);
    expect(table.gossip.nodes.has("p2")).toBe(true);
    wait(table, 20_000);
    expect([...table.gossip.nodes.keys()].sort()).toEqual(["me", "p4"]);
    expect(table.gossip.serf.members.has("p2")).toBe(true);
  });
});

describe("a push-pull", () => {
  test("is made with a member that is alive, once an interval", () => {
    const table = tableWith(3, { probeIntervalMs: 1e9, pushPullIntervalMs: 1000 });
    receive(table, dead("p2", "p2"), { type: "suspect", incarnation: 5, node: "p3", from: "p9" });
    const made = opened(wait(table, 10_000));
    expect(new Set(made.map(({ to }) => to))).toEqual(new Set(["10.0.0.4:8301"]));
    expect(made.length).toBeGreaterThanOrEqual(9);
    expect(made.length).toBeLessThanOrEqual(10);
    expect(made[0]?.message).toMatchObject({ type: "push-pull", join: false });
  });

  test("begins somewhere within the first interval", () => {
    const starts = Array.from(
      { length: 10 },
      (_, at) => tableWith(1, {}, `${at}`).gossip.timers.pushPullAtMs,
    );
    expect(new Set(starts).size).toBeGreaterThan(5);
    for (const start of starts) expect(start).toBeLessThanOrEqual(30_000);
  });
});
