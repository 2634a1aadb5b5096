// Serf on top: intents, events, queries, reaping.

import { describe, expect, test } from "vitest";
import type { GossipEffect } from "../../../src/core/gossip/ports.ts";
import { aliveCount, gossipMembers, gossipStats, tagsBytes } from "../../../src/core/gossip/step.ts";
import { must } from "../../../src/core/lib/assert.ts";
import {
  decodeSerf,
  encodeFilter,
  encodeSerf,
  type Query,
  type SerfState,
  type UserEvent,
} from "../../../src/core/wire/gossip/serf-messages.ts";
import { encodeStream } from "../../../src/core/wire/gossip/stream-messages.ts";
import {
  alive,
  answerTo,
  createTable,
  memberEvents,
  nodeOf,
  opened,
  put,
  receive,
  receiveSerf,
  sentOf,
  sentSerf,
  type Table,
  tableWith,
  wait,
} from "./single.ts";

const status = (table: Table, name: string): string | undefined =>
  table.gossip.serf.members.get(name)?.status;
const leave = (lTime: number, node: string = "p2", prune: boolean = false) =>
  ({ type: "leave", lTime, node, prune }) as const;
const joinIntent = (lTime: number, node: string = "p2") => ({ type: "join", lTime, node }) as const;
const dead = (node: string, from: string = "p9") => ({ type: "dead", incarnation: 5, node, from }) as const;

describe("a leave intent", () => {
  test("makes an alive member leaving; its death then is a leave", () => {
    const table = tableWith(2);
    expect(memberEvents(receiveSerf(table, leave(3)))).toEqual([]);
    expect(status(table, "p2")).toBe("leaving");
    expect(memberEvents(receive(table, dead("p2")))).toEqual(["leave p2"]);
    expect(status(table, "p2")).toBe("left");
  });

  test("of a failed member makes it one that left", () => {
    const table = tableWith(2);
    expect(memberEvents(receive(table, dead("p2")))).toEqual(["failed p2"]);
    expect(memberEvents(receiveSerf(table, leave(3)))).toEqual(["leave p2"]);
    expect(status(table, "p2")).toBe("left");
  });

  test("that is not later than what is known of the member is neither believed nor passed on", () => {
    const table = tableWith(2);
    receiveSerf(table, joinIntent(5));
    const queued = table.gossip.serf.intentBroadcasts.nextId;
    receiveSerf(table, leave(5));
    expect(status(table, "p2")).toBe("alive");
    expect(table.gossip.serf.intentBroadcasts.nextId).toBe(queued);
  });

  test("is passed on once, whatever the member's status, or it would circle for ever", () => {
    const table = tableWith(2);
    for (let k = 0; k < 3; k++) receiveSerf(table, leave(3));
    receive(table, dead("p2"));
    for (let k = 0; k < 3; k++) receiveSerf(table, leave(4));
    expect(table.gossip.serf.intentBroadcasts.nextId).toBe(2);
  });

  test("about ourselves is contradicted with a later join", () => {
    const table = tableWith(2);
    receiveSerf(table, leave(7, "me"));
    expect(status(table, "me")).toBe("alive");
    const intents = sentSerf(wait(table, 300));
    expect(must(intents[0], "sent").message).toEqual(joinIntent(8, "me"));
  });

  test("that others have put behind us as a mere time is refuted too: some may have taken it for our leave", () => {
    const table = tableWith(2);
    receiveSerf(table, joinIntent(4, "me"));
    const intents = sentSerf(wait(table, 300));
    expect(must(intents[0], "sent").message).toEqual(joinIntent(5, "me"));
    const queued = table.gossip.serf.intentBroadcasts.nextId;
    receiveSerf(table, joinIntent(5, "me"));
    expect(table.gossip.serf.intentBroadcasts.nextId).toBe(queued);
  });

  test("at the very time of our own last word is refuted: others heard the one first, and some the other", () => {
    const table = tableWith(2);
    receiveSerf(table, joinIntent(4, "me"));
    wait(table, 300);
    receiveSerf(table, leave(5, "me"));
    const intents = sentSerf(wait(table, 300)).map(({ message }) => message);
    expect(intents).toContainEqual(joinIntent(6, "me"));
  });

  test("that comes to nothing within a minute is forgotten", () => {
    // Nobody is probed, so nobody is suspected.
    const table = tableWith(2, { probeIntervalMs: 1e9 });
    receiveSerf(table, leave(3));
    wait(table, 55_000);
    expect(status(table, "p2")).toBe("leaving");
    wait(table, 30_000);
    expect(status(table, "p2")).toBe("alive");
  });

  test("is undone by a later join intent", () => {
    const table = tableWith(2);
    receiveSerf(table, leave(3));
    receiveSerf(table, joinIntent(4));
    expect(status(table, "p2")).toBe("alive");
  });

  test("with prune forgets the member: at once when it left, else when it had the time to", () => {
    const table = tableWith(3);
    receive(table, dead("p2", "p2"));
    expect(memberEvents(receiveSerf(table, leave(3, "p2", true)))).toEqual(["reap p2"]);
    receiveSerf(table, leave(4, "p3", true));
    expect(status(table, "p3")).toBe("leaving");
    expect(memberEvents(wait(table, 7900)).filter((each) => each.startsWith("reap"))).toEqual([]);
    expect(memberEvents(wait(table, 200))).toContain("reap p3");
    expect(gossipMembers(table.gossip).map(({ name }) => name)).toEqual(["me", "p4"]);
  });

  test("with prune spares a member that changes its mind", () => {
    const table = tableWith(1);
    receiveSerf(table, leave(3, "p2", true));
    receiveSerf(table, joinIntent(4));
    wait(table, 8100);
    expect(table.gossip.serf.members.has("p2")).toBe(true);
  });
});

describe("an intent about somebody unknown", () => {
  test("waits for the node to appear", () => {
    const table = createTable();
    receiveSerf(table, leave(3));
    receive(table, alive("p2", 1, 2));
    expect(status(table, "p2")).toBe("leaving");
    receiveSerf(table, joinIntent(9, "p3"));
    receive(table, alive("p3", 1, 3));
    expect(table.gossip.serf.members.get("p3")).toMatchObject({ status: "alive", statusLTime: 9 });
  });

  test("is forgotten after five minutes", () => {
    const table = createTable();
    receiveSerf(table, leave(3));
    wait(table, 330_000);
    expect(table.gossip.serf.recentIntents.size).toBe(0);
    receive(table, alive("p2", 1, 2));
    expect(status(table, "p2")).toBe("alive");
  });

  test("is one of a bounded number", () => {
    const table = createTable();
    for (let k = 0; k < 5000; k++) {
      receiveSerf(table, joinIntent(3, `x${k}`));
      wait(table, 1);
    }
    expect(table.gossip.serf.recentIntents.size).toBe(4096);
    expect(table.gossip.serf.recentIntents.has("x4999")).toBe(true);
  });
});

describe("the push-pull of Serf", () => {
  const state: SerfState = {
    type: "push-pull",
    lTime: 40,
    statusLTimes: new Map([
      ["p2", 11],
      ["p3", 12],
      ["me", 13],
    ]),
    leftMembers: ["p2", "me"],
    eventLTime: 30,
    events: [null, { lTime: 29, events: [{ name: "deploy", payload: Uint8Array.of(1) }] }],
    queryLTime: 20,
  };
  const exchange = (table: Table, join: boolean) =>
    answerTo(table, { type: "push-pull", join, nodes: [], userState: encodeSerf(state) });

  test("brings clocks, standing and events", () => {
    const table = tableWith(3);
    receive(table, dead("p2"));
    const { effects } = exchange(table, false);
    expect(table.gossip.serf.members.get("p2")).toMatchObject({ status: "left", statusLTime: 11 });
    expect(table.gossip.serf.members.get("p3")).toMatchObject({ status: "alive", statusLTime: 12 });
    expect(table.gossip.serf.clocks).toEqual({ member: 41, event: 30, query: 20 });
    expect(effects).toContainEqual({
      type: "user-event",
      name: "deploy",
      payload: Uint8Array.of(1),
      lamportTime: 29,
    });
  });

  test("that has somebody as one that left beats the join of the same time, and no later one", () => {
    const table = tableWith(3);
    receiveSerf(table, joinIntent(11, "p2"));
    exchange(table, false);
    expect(status(table, "p2")).toBe("leaving");
    receiveSerf(table, joinIntent(11, "p2"));
    expect(status(table, "p2")).toBe("leaving");
    receiveSerf(table, joinIntent(12, "p2"));
    expect(status(table, "p2")).toBe("alive");
    exchange(table, false);
    expect(status(table, "p2")).toBe("alive");
  });

  test.each([
    ["before", [alive("p9", 1, 9), joinIntent(12, "p9")]],
    ["after", [joinIntent(12, "p9"), alive("p9", 1, 9)]],
  ] as const)(
    "that has a node as one that left does not outdate its return: its join is heard of %s it is seen",
    (_, news) => {
      const table = tableWith(3);
      const statusLTimes = new Map([["p9", 11]]);
      const userState = encodeSerf({ ...state, statusLTimes, leftMembers: ["p9"] });
      answerTo(table, { type: "push-pull", join: false, nodes: [], userState });
      for (const each of news)
        if (each.type === "alive") receive(table, each);
        else receiveSerf(table, each);
      expect(status(table, "p9")).toBe("alive");
    },
  );

  test("that has us as one that left is contradicted", () => {
    const table = tableWith(3);
    exchange(table, false);
    expect(status(table, "me")).toBe("alive");
    expect(table.gossip.serf.members.get("me")?.statusLTime).toBe(40);
  });

  test("is made of what we know", () => {
    const table = tableWith(2);
    receiveSerf(table, leave(3));
    receive(table, dead("p2"));
    exchange(table, false);
    const { answer } = answerTo(table, {
      type: "push-pull",
      join: false,
      nodes: [],
      userState: new Uint8Array(),
    });
    const serf = answer.type === "push-pull" ? decodeSerf(answer.userState) : undefined;
    if (serf?.ok !== true || serf.value.type !== "push-pull") throw new Error("no state");
    expect(serf.value.leftMembers).toEqual(["p2"]);
    expect(serf.value.events).toEqual([state.events?.[1]]);
    expect(serf.value.lTime).toBe(41);
  });

  test("of a join brings no events from before it", () => {
    const table = createTable();
    const [seed] = opened(put(table, { type: "join", op: 1, addresses: ["10.0.0.2:8301"] }));
    const theirs = { type: "push-pull", join: true, nodes: [], userState: encodeSerf(state) } as const;
    const bytes = encodeStream(theirs, false);
    const effects = put(table, { type: "stream-answer", stream: must(seed, "one").stream, bytes });
    expect(effects.filter(({ type }) => type === "user-event")).toEqual([]);
    const later: UserEvent = { type: "user-event", lTime: 30, name: "new", payload: null, coalesce: false };
    expect(receiveSerf(table, later).filter(({ type }) => type === "user-event")).toHaveLength(1);
  });
});

describe("a user event", () => {
  const event = (lTime: number, name: string = "deploy", payload: string = "v1"): UserEvent => ({
    type: "user-event",
    lTime,
    name,
    payload: new TextEncoder().encode(payload),
    coalesce: false,
  });
  const delivered = (effects: ReturnType<typeof put>): string[] =>
    effects.flatMap((effect) =>
      effect.type === "user-event" ? [`${effect.name}@${effect.lamportTime}`] : [],
    );

  test("is delivered and passed on the first time it is heard, and only then", () => {
    const table = tableWith(2);
    expect(delivered(receiveSerf(table, event(5)))).toEqual(["deploy@5"]);
    expect(delivered(receiveSerf(table, event(5)))).toEqual([]);
    expect(delivered(receiveSerf(table, event(5, "deploy", "v2")))).toEqual(["deploy@5"]);
    expect(delivered(receiveSerf(table, event(6)))).toEqual(["deploy@6"]);
    expect(table.gossip.serf.eventBroadcasts.nextId).toBe(3);
    expect(sentSerf(wait(table, 300)).map(({ message }) => message)).toContainEqual(event(6));
  });

  test("that is older than the window is dropped: nobody could tell whether it was heard before", () => {
    const table = tableWith(1);
    receiveSerf(table, event(1000));
    expect(delivered(receiveSerf(table, event(488)))).toEqual([]);
    expect(delivered(receiveSerf(table, event(489)))).toEqual(["deploy@489"]);
  });

  test("with a time that no clock reaches is dropped", () => {
    const table = tableWith(1);
    expect(delivered(receiveSerf(table, { ...event(1), lTime: 2n ** 64n - 1n }))).toEqual([]);
    expect(delivered(receiveSerf(table, { ...event(1), lTime: Number.MAX_SAFE_INTEGER }))).toEqual([]);
    expect(table.gossip.serf.clocks.event).toBe(1);
  });

  test("of our own is delivered here at once, told to all, and later than all that we heard of", () => {
    const table = tableWith(2);
    receiveSerf(table, event(8));
    const payload = Uint8Array.of(1, 2);
    const effects = put(table, { type: "user-event", name: "mine", payload, coalesce: true });
    expect(delivered(effects)).toEqual(["mine@9"]);
    const told = sentSerf(wait(table, 300)).map(({ message }) => message);
    expect(told).toContainEqual({ type: "user-event", lTime: 9, name: "mine", payload, coalesce: true });
  });

  test("of our own that is too large is refused with a notice", () => {
    const table = tableWith(1);
    const fire = (bytes: number): string[] =>
      delivered(
        put(table, { type: "user-event", name: "big", payload: new Uint8Array(bytes), coalesce: false }),
      );
    expect(fire(512)).toEqual([]);
    expect(fire(400)).toEqual(["big@1"]);
  });

  test("that fits into no packet is delivered but not queued: it would wait there for ever", () => {
    const table = tableWith(1);
    expect(delivered(receiveSerf(table, event(5, "long", "x".repeat(1400))))).toEqual(["long@5"]);
    expect(table.gossip.serf.eventBroadcasts.size).toBe(0);
  });

  describe("that may be coalesced, where that is wanted,", () => {
    const knobs = { userCoalesceMs: 3000, userQuietMs: 1000, probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 };
    const cc = (lTime: number, name?: string, payload?: string): UserEvent => ({
      ...event(lTime, name, payload),
      coalesce: true,
    });

    test("is held back until none of them has come for a while; of a name only the latest is delivered", () => {
      const table = tableWith(2, knobs);
      expect(delivered(receiveSerf(table, cc(5)))).toEqual([]);
      expect(delivered(wait(table, 900))).toEqual([]);
      receiveSerf(table, cc(7));
      receiveSerf(table, cc(6));
      receiveSerf(table, cc(7, "deploy", "v2"));
      receiveSerf(table, cc(4, "other"));
      expect(delivered(wait(table, 999))).toEqual([]);
      expect(delivered(wait(table, 1))).toEqual(["deploy@7", "deploy@7", "other@4"]);
      expect(delivered(wait(table, 5000))).toEqual([]);
    });

    test("is held back for no longer than is said, however many come", () => {
      const table = tableWith(2, knobs);
      for (let at = 0; at < 2999; at += 500) {
        expect(delivered(receiveSerf(table, cc(5 + at)))).toEqual([]);
        expect(delivered(wait(table, Math.min(500, 2999 - at)))).toEqual([]);
      }
      expect(delivered(wait(table, 1))).toEqual(["deploy@2505"]);
    });

    test("is passed on at once all the same; others do not wait for it", () => {
      const table = tableWith(2, knobs);
      receiveSerf(table, cc(5));
      expect(delivered(receiveSerf(table, event(6, "urgent")))).toEqual(["urgent@6"]);
      expect(table.gossip.serf.eventBroadcasts.nextId).toBe(2);
    });

    test("is not held back by Consul's agents", () => {
      const table = tableWith(2);
      expect(delivered(receiveSerf(table, cc(5)))).toEqual(["deploy@5"]);
    });

    test("is one of a bounded number", () => {
      const table = tableWith(1, { ...knobs, gossipIntervalMs: 1e9 });
      // A few at a time: no more are taken in at once.
      const heard = Array.from({ length: 1025 }, (_, at) => {
        const effects = receiveSerf(table, cc(5 + (at % 400), `e${at}`));
        return delivered(at % 100 === 0 ? [...effects, ...wait(table, 10)] : effects);
      }).flat();
      expect(heard).toHaveLength(1025);
      expect(table.gossip.serf.coalescing.pending.size).toBe(0);
    });
  });

  test("is one of a bounded number for each time", () => {
    const table = tableWith(1);
    for (let k = 0; k < 300; k++) receiveSerf(table, event(5, `e${k}`));
    expect(table.gossip.serf.events.get(5)?.events).toHaveLength(256);
  });
});

describe("a query", () => {
  const query = (extra: Partial<Query> = {}): Query => ({
    type: "query",
    lTime: 4,
    id: 99,
    addr: Uint8Array.of(10, 0, 0, 8),
    port: 8301,
    sourceNode: "p8",
    filters: null,
    flags: 1,
    relayFactor: 0,
    timeout: 3_200_000_000,
    name: "_serf_ping",
    payload: null,
    ...extra,
  });
  const ack = { type: "query-response", lTime: 4, id: 99, from: "me", flags: 1, payload: null };
  const answers = (table: Table, given: Query): unknown[] =>
    sentSerf(receiveSerf(table, given)).filter(({ to }) => to === "10.0.0.8:8301");

  test("is acknowledged to its sender and passed on, once", () => {
    const table = tableWith(2);
    expect(answers(table, query())).toEqual([{ to: "10.0.0.8:8301", message: ack }]);
    expect(answers(table, query())).toEqual([]);
    expect(table.gossip.serf.queryBroadcasts.nextId).toBe(1);
  });

  test("is not acknowledged, or not passed on, when it says so", () => {
    const table = tableWith(2);
    expect(answers(table, query({ flags: 2 }))).toEqual([]);
    expect(table.gossip.serf.queryBroadcasts.nextId).toBe(0);
  });

  test.each([
    ["our name", [{ type: "nodes", names: ["you", "me"] }], true],
    ["another name", [{ type: "nodes", names: ["you"] }], false],
    ["a part of our tag", [{ type: "tag", tag: "role", expr: "od" }], true],
    ["our tag, anchored", [{ type: "tag", tag: "role", expr: "^node$" }], true],
    ["its beginning", [{ type: "tag", tag: "role", expr: "^no" }], true],
    ["its end", [{ type: "tag", tag: "role", expr: "od$" }], false],
    ["another value", [{ type: "tag", tag: "role", expr: "web" }], false],
    ["a tag that we do not have, for any value", [{ type: "tag", tag: "zone", expr: "" }], true],
    ["a regular expression on it", [{ type: "tag", tag: "role", expr: "^(n|o)*(?i:DE)$" }], true],
    ["one that is none", [{ type: "tag", tag: "role", expr: "(node" }], false],
    ["many that are large", Array(20).fill({ type: "tag", tag: "role", expr: ".{0,1000}" }), false],
    ["one that takes others for ever", [{ type: "tag", tag: "role", expr: "^((\\w+)+)+!" }], false],
    [
      "two filters of which one is not for us",
      [
        { type: "nodes", names: ["me"] },
        { type: "tag", tag: "role", expr: "web" },
      ],
      false,
    ],
  ] as const)(
    "filtered by %s: passed on in any case, acknowledged if it is for us",
    (_name, filters, want) => {
      const table = tableWith(2);
      const given = query({
        filters: filters.map((each) => encodeFilter(each as Parameters<typeof encodeFilter>[0])),
      });
      expect(answers(table, given)).toHaveLength(want ? 1 : 0);
      expect(table.gossip.serf.queryBroadcasts.nextId).toBe(1);
    },
  );

  test("that wants its answers relayed gets them through others too", () => {
    const table = tableWith(4);
    const relayed = sentSerf(receiveSerf(table, query({ relayFactor: 2 }))).filter(
      ({ to }) => to !== "10.0.0.8:8301",
    );
    expect(new Set(relayed.map(({ to }) => to)).size).toBe(2);
    for (const { message } of relayed)
      expect(message).toEqual({
        type: "relay",
        destAddr: { ip: Uint8Array.of(10, 0, 0, 8), port: 8301, zone: "" },
        destName: "p8",
        message: encodeSerf(ack as Parameters<typeof encodeSerf>[0]),
      });
  });

  test("to be relayed is passed on to where it wants to go", () => {
    const table = tableWith(1);
    const inner = encodeSerf({
      type: "query-response",
      lTime: 4,
      id: 1,
      from: "p2",
      flags: 0,
      payload: null,
    });
    const destAddr = { ip: Uint8Array.of(10, 0, 0, 7), port: 8301, zone: "" };
    const [passed] = sentOf(
      receiveSerf(table, { type: "relay", destAddr, destName: "p7", message: inner }),
      "user",
    );
    expect(passed).toEqual({ to: "10.0.0.7:8301", message: { type: "user", bytes: inner } });
  });
});

describe("members that are gone", () => {
  test("and are back within a minute are counted as flapping, those who were longer away are not", () => {
    const table = tableWith(2, { probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
    for (const [incarnation, awayMs] of [
      [5, 59_000],
      [6, 61_000],
    ] as const) {
      receive(table, { type: "dead", incarnation, node: "p2", from: "p3" });
      wait(table, awayMs);
      receive(table, alive("p2", incarnation + 1, 2));
      expect(status(table, "p2")).toBe("alive");
    }
    expect(gossipStats(table.gossip).flaps).toBe(1);
  });

  test("are forgotten after their time: failed ones after three days, those who left after one", () => {
    const table = tableWith(3);
    receive(table, dead("p2"));
    receive(table, dead("p3", "p3"));
    const hour = 3_600_000;
    table.gossip.timers.reconnectAtMs = Number.POSITIVE_INFINITY;
    table.nowMs = 24 * hour - 1000;
    put(table, { type: "wake" });
    expect(gossipMembers(table.gossip)).toHaveLength(4);
    table.nowMs = 24 * hour + 20_000;
    expect(memberEvents(put(table, { type: "wake" }))).toEqual(["reap p3"]);
    table.nowMs = 72 * hour + 20_000;
    expect(memberEvents(put(table, { type: "wake" }))).toContain("reap p2");
  });

  test("may say themselves for how long they want to be remembered", () => {
    const table = createTable();
    const meta = Uint8Array.from("\xff\x81\xa5rc_tm\xa310m", (each) => each.charCodeAt(0));
    receive(table, alive("p2", 5, 2, { meta }));
    receive(table, dead("p2"));
    expect(memberEvents(wait(table, 590_000))).toEqual([]);
    expect(memberEvents(wait(table, 30_000))).toEqual(["reap p2"]);
  });

  test("that failed are called upon now and then, with the push-pull of a join", () => {
    const table = tableWith(1);
    receive(table, dead("p2"));
    const [call] = opened(wait(table, 31_000));
    expect(call).toMatchObject({ to: "10.0.0.2:8301", message: { type: "push-pull", join: true } });
  });

  test("that failed while many are alive are called upon rarely", () => {
    const table = tableWith(40, { probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
    receive(table, dead("p2"));
    const calls = opened(wait(table, 30_000 * 400)).length;
    expect(calls).toBeGreaterThan(2);
    expect(calls).toBeLessThan(30);
  });
});

describe("leaving", () => {
  test("says first that we mean to, then that we are gone, then waits for that to spread", () => {
    const table = tableWith(2);
    const first = put(table, { type: "leave" });
    expect(status(table, "me")).toBe("leaving");
    const effects = [...first, ...wait(table, 400)];
    expect(sentSerf(effects).map(({ message }) => message.type)).toContain("leave");
    const rest = wait(table, 13_000);
    const own = sentOf(rest, "dead").filter(({ message }) => message.node === "me");
    expect(must(own[0], "said").message).toEqual({ type: "dead", incarnation: 1, node: "me", from: "me" });
    expect(rest.filter(({ type }) => type === "left")).toHaveLength(1);
    expect(status(table, "me")).toBe("left");
    expect(nodeOf(table, "me").state).toBe("left");
  });

  test("alone takes no time", () => {
    const table = createTable();
    expect(put(table, { type: "leave" })).toContainEqual({ type: "left" });
    expect(put(table, { type: "leave" })).toEqual([]);
  });

  test("takes a bounded time when nobody answers", () => {
    const table = tableWith(3);
    put(table, { type: "leave" });
    expect(wait(table, 13_100)).toContainEqual({ type: "left" });
  });

  test("leaves us in our own list, however long we stay after it", () => {
    const table = createTable();
    put(table, { type: "leave" });
    wait(table, 25 * 3_600_000);
    expect(status(table, "me")).toBe("left");
  });

  test("is not taken back by what others say", () => {
    const table = tableWith(3);
    put(table, { type: "leave" });
    receive(table, { type: "suspect", incarnation: 1, node: "me", from: "p2" });
    receive(table, alive("me", 9, 1));
    wait(table, 13_100);
    expect(nodeOf(table, "me").state).toBe("left");
  });
});

describe("new tags", () => {
  test("are told with a new incarnation", () => {
    const table = tableWith(2);
    expect(memberEvents(put(table, { type: "tags", tags: new Map([["role", "consul"]]) }))).toEqual([
      "update me",
    ]);
    const [told] = sentOf(wait(table, 300), "alive").filter(({ message }) => message.node === "me");
    expect(must(told, "told").message.incarnation).toBe(2);
    expect(gossipMembers(table.gossip)[0]?.tags.get("role")).toBe("consul");
  });

  test("that are too long are refused", () => {
    const table = tableWith(1);
    const tags = new Map([["role", "x".repeat(520)]]);
    expect(tagsBytes(tags)).toBeGreaterThan(512);
    expect(memberEvents(put(table, { type: "tags", tags }))).toEqual([]);
    expect(nodeOf(table, "me").incarnation).toBe(1);
  });
});

test("giving up a failed member tells all", () => {
  const table = tableWith(2);
  receive(table, dead("p2"));
  expect(memberEvents(put(table, { type: "force-leave", node: "p2", prune: true }))).toEqual([
    "leave p2",
    "reap p2",
  ]);
  const told = sentSerf(wait(table, 300)).map(({ message }) => message);
  expect(told).toContainEqual(leave(1, "p2", true));
});

test("the figures for operators", () => {
  const table = tableWith(3);
  receive(table, dead("p2"));
  receive(table, dead("p3", "p3"));
  receiveSerf(table, joinIntent(6, "p4"));
  expect(aliveCount(table.gossip)).toBe(2);
  expect(gossipStats(table.gossip)).toEqual({
    members: 4,
    failed: 1,
    left: 1,
    healthScore: 0,
    memberTime: 7,
    eventTime: 1,
    queryTime: 1,
    intentQueue: 1,
    eventQueue: 0,
    queryQueue: 0,
    coordinateResets: 0,
    flaps: 0,
    dropped: new Map(),
  });
});

describe("giving up a failed member, when somebody waits for it", () => {
  const forced = (effects: readonly GossipEffect[]): GossipEffect[] =>
    effects.filter(({ type }) => type === "forced");

  test("is answered once the pool has been told often enough", () => {
    const table = tableWith(3);
    receive(table, dead("p2"));
    const asked = put(table, { type: "force-leave", node: "p2", prune: false, op: 7 });
    expect(forced(asked)).toEqual([]);
    expect(forced(wait(table, 3000))).toEqual([{ type: "forced", op: 7 }]);
    expect(forced(wait(table, 10_000))).toEqual([]);
  });

  test("is answered at once when nobody is there to be told", () => {
    const table = tableWith(1);
    receive(table, dead("p2"));
    const asked = put(table, { type: "force-leave", node: "p2", prune: true, op: 7 });
    expect(forced(asked)).toEqual([{ type: "forced", op: 7 }]);
  });

  test("says so when it could not be told in time", () => {
    const table = tableWith(2, { gossipIntervalMs: 60_000, probeIntervalMs: 60_000 });
    receive(table, dead("p2"));
    put(table, { type: "force-leave", node: "p2", prune: false, op: 7 });
    const error = "timed out broadcasting node removal";
    expect(forced(wait(table, 5000))).toEqual([{ type: "forced", op: 7, error }]);
  });
});
