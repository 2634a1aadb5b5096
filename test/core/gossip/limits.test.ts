// What peers can make grow has a limit each, and what is dropped there is counted. The list is docs/gossip-checklist.md's.

import { describe, expect, test } from "vitest";
import { HANDOFF_DEPTH, HANDOFF_WINDOW_MS, RUMOURS_PER_WINDOW } from "../../../src/core/gossip/handoff.ts";
import { gossipStats } from "../../../src/core/gossip/step.ts";
import { alive, createTable, receive, receiveSerf, sentOf, type Table, tableWith, wait } from "./single.ts";

function flood(table: Table, count: number): void {
  for (let k = 0; k < count; k++) receiveSerf(table, { type: "join", lTime: 1, node: `x${k}` });
}

/** Who is known by a join intent, in the order in which they were heard. */
function heard(table: Table): string[] {
  return [...table.gossip.serf.recentIntents.keys()];
}

function dropped(table: Table): ReadonlyMap<string, number> {
  return gossipStats(table.gossip).dropped;
}

describe("rumours that come faster than they can be taken in", () => {
  test("wait for the next window; pings and their answers do not", () => {
    const table = tableWith(1);
    wait(table, HANDOFF_WINDOW_MS);
    flood(table, RUMOURS_PER_WINDOW + 10);
    expect(heard(table)).toHaveLength(RUMOURS_PER_WINDOW);
    expect(
      sentOf(
        receive(table, {
          type: "ping",
          seqNo: 77,
          node: "me",
          sourceAddr: null,
          sourcePort: 0,
          sourceNode: "",
        }),
        "ack",
      ).map(({ message }) => message.seqNo),
    ).toEqual([77]);
    wait(table, HANDOFF_WINDOW_MS);
    expect(heard(table)).toHaveLength(RUMOURS_PER_WINDOW + 10);
    expect(dropped(table).size).toBe(0);
  });

  test("are taken in the newest first, and who is alive before all else", () => {
    const table = createTable();
    flood(table, RUMOURS_PER_WINDOW + 3);
    receive(table, alive("p2", 5, 2, { meta: null }));
    receive(table, alive("p2", 4, 2));
    const late = (name: string): string => `x${RUMOURS_PER_WINDOW + Number(name)}`;
    expect(table.gossip.handoff.alive).toHaveLength(2);
    wait(table, HANDOFF_WINDOW_MS);
    expect(heard(table).slice(-3)).toEqual(["2", "1", "0"].map(late));
    expect(table.gossip.nodes.get("p2")?.incarnation).toBe(5);
  });

  test("beyond 1024 of a kind are dropped and counted", () => {
    const table = createTable();
    flood(table, RUMOURS_PER_WINDOW + HANDOFF_DEPTH + 7);
    for (let k = 0; k < HANDOFF_DEPTH + 5; k++) receive(table, alive("p2", 1 + k, 2));
    expect([...dropped(table)]).toEqual([["handoff", 12]]);
    wait(table, 10 * HANDOFF_WINDOW_MS);
    expect(heard(table)).toHaveLength(RUMOURS_PER_WINDOW + HANDOFF_DEPTH);
  });

  test("are not held up once there is time for all of them", () => {
    const table = createTable();
    flood(table, RUMOURS_PER_WINDOW + 1);
    wait(table, 2 * HANDOFF_WINDOW_MS);
    receive(table, alive("p2", 1, 2));
    expect(table.gossip.nodes.has("p2")).toBe(true);
  });

  test("may hold a refutation, which is heard before the suspect's time runs out", () => {
    const table = tableWith(1);
    receive(table, { type: "suspect", incarnation: 5, node: "p2", from: "p9" });
    const { suspicionTimers } = table.gossip;
    table.nowMs = (suspicionTimers.slots[0]?.atMs ?? 0) - 1;
    flood(table, RUMOURS_PER_WINDOW);
    receive(table, alive("p2", 6, 2));
    expect(table.gossip.nodes.get("p2")?.state).toBe("suspect");
    table.nowMs += HANDOFF_WINDOW_MS;
    wait(table, 0);
    expect(table.gossip.nodes.get("p2")?.state).toBe("alive");
  });
});

describe("bounded, with the rest dropped and counted", () => {
  test("pings for others that are under way", () => {
    const table = tableWith(1);
    const target = Uint8Array.of(10, 0, 0, 9);
    for (let k = 0; k < 1030; k++)
      receive(table, {
        type: "indirect-ping",
        seqNo: k,
        target,
        port: 8301,
        node: "p9",
        nack: true,
        sourceAddr: null,
        sourcePort: 0,
        sourceNode: "",
      });
    expect(table.gossip.relayedPings.size).toBe(1024);
    expect([...dropped(table)]).toEqual([["indirectPings", 6]]);
    wait(table, 600);
    expect(table.gossip.relayedPings.size).toBe(0);
  });

  test("intents about unknown members: the latest are kept", () => {
    const table = createTable();
    for (let k = 0; k < 4100; k++) {
      receiveSerf(table, { type: "leave", lTime: 3, node: `x${k}`, prune: false });
      wait(table, 1);
    }
    expect(heard(table)).toHaveLength(4096);
    expect(heard(table).at(-1)).toBe("x4099");
    expect(dropped(table).get("intents")).toBe(4);
  });

  test("user events and queries of one Lamport time", () => {
    const table = createTable();
    for (let k = 0; k < 260; k++) {
      const event = { type: "user-event", lTime: 9, name: `e${k}`, payload: null, coalesce: false } as const;
      receiveSerf(table, event);
    }
    expect([...dropped(table)]).toEqual([["events", 4]]);
  });

  test("the queues of news: what was told most often goes first", () => {
    const table = tableWith(1);
    for (let k = 0; k < 4200; k++) {
      const event = {
        type: "user-event",
        lTime: 600 + k,
        name: "e",
        payload: null,
        coalesce: false,
      } as const;
      receiveSerf(table, event);
      table.nowMs += 1;
    }
    expect(table.gossip.serf.eventBroadcasts.size).toBe(4096);
    expect(dropped(table).get("broadcasts")).toBe(104);
  });

  test("a message that no packet could carry on", () => {
    const table = tableWith(1);
    const payload = new Uint8Array(3000);
    receiveSerf(table, { type: "user-event", lTime: 9, name: "e", payload, coalesce: false });
    expect([...dropped(table)]).toEqual([["tooLong", 1]]);
  });

  test("members, however many names are invented", () => {
    const table = createTable({ probeIntervalMs: 1e9, pushPullIntervalMs: 1e9, gossipIntervalMs: 1e9 });
    // Standing for the sixty-five thousand that there may be.
    for (let k = 0; k < 65_535; k++) table.gossip.serf.members.set(`x${k}`, { name: `x${k}` } as never);
    const { members } = table.gossip.serf;
    expect(members.size).toBe(65_536);
    table.gossip.serf.counts.alive += 65_535;
    receive(table, alive("one too many", 1, 9));
    expect(members.has("one too many")).toBe(false);
    expect([...dropped(table)]).toEqual([["members", 1]]);
  });
});
