// Which rumour is believed (SWIM §4.2, memberlist's aliveNode, suspectNode and deadNode).

import { describe, expect, test } from "vitest";
import type { PacketMessage } from "../../../src/core/wire/gossip/messages.ts";
import type { NodeStateName } from "../../../src/core/wire/gossip/node-line.ts";
import {
  alive,
  answerTo,
  createTable,
  line,
  memberEvents,
  nodeOf,
  notices,
  put,
  receive,
  sentOf,
  type Table,
  tableWith,
  wait,
} from "./single.ts";

type Rumour = "alive" | "suspect" | "dead" | "leave";

function rumour(kind: Rumour, incarnation: number, from: string = "p9"): PacketMessage {
  if (kind === "alive") return alive("p2", incarnation, 2);
  if (kind === "leave") return { type: "dead", incarnation, node: "p2", from: "p2" };
  return { type: kind, incarnation, node: "p2", from };
}

/** A table on which p2 is in this state at incarnation 5. */
function given(state: NodeStateName): Table {
  const table = tableWith(4);
  if (state === "suspect") receive(table, rumour("suspect", 5));
  if (state === "dead") receive(table, rumour("dead", 5));
  if (state === "left") receive(table, rumour("leave", 5));
  expect(nodeOf(table, "p2")).toMatchObject({ state, incarnation: 5 });
  return table;
}

/** What is known of p2, the rumour, what is known after it, and whether the rumour is told to others. */
const rules: [NodeStateName, Rumour, number, NodeStateName, number, "passed on" | "kept"][] = [
  ["alive", "alive", 4, "alive", 5, "kept"],
  ["alive", "alive", 5, "alive", 5, "kept"],
  ["alive", "alive", 6, "alive", 6, "passed on"],
  ["alive", "suspect", 4, "alive", 5, "kept"],
  ["alive", "suspect", 5, "suspect", 5, "passed on"],
  ["alive", "suspect", 6, "suspect", 6, "passed on"],
  ["alive", "dead", 4, "alive", 5, "kept"],
  ["alive", "dead", 5, "dead", 5, "passed on"],
  ["alive", "dead", 6, "dead", 6, "passed on"],
  ["alive", "leave", 5, "left", 5, "passed on"],
  ["suspect", "alive", 5, "suspect", 5, "kept"],
  ["suspect", "alive", 6, "alive", 6, "passed on"],
  ["suspect", "suspect", 4, "suspect", 5, "kept"],
  ["suspect", "suspect", 5, "suspect", 5, "kept"],
  ["suspect", "suspect", 6, "suspect", 6, "passed on"],
  ["suspect", "dead", 4, "suspect", 5, "kept"],
  ["suspect", "dead", 5, "dead", 5, "passed on"],
  ["suspect", "leave", 5, "left", 5, "passed on"],
  ["dead", "alive", 5, "dead", 5, "kept"],
  ["dead", "alive", 6, "alive", 6, "passed on"],
  ["dead", "suspect", 5, "dead", 5, "kept"],
  ["dead", "suspect", 7, "dead", 7, "kept"],
  ["dead", "dead", 4, "dead", 5, "kept"],
  ["dead", "dead", 7, "dead", 7, "passed on"],
  ["dead", "leave", 5, "dead", 5, "kept"],
  ["dead", "leave", 7, "left", 7, "passed on"],
  ["left", "alive", 5, "left", 5, "kept"],
  ["left", "alive", 6, "alive", 6, "passed on"],
  ["left", "suspect", 7, "left", 7, "kept"],
  ["left", "dead", 5, "left", 5, "kept"],
  ["left", "dead", 7, "dead", 7, "passed on"],
];

test.each(rules)("%s at 5, then %s at %i: %s at %i, and it is %s", (state, kind, incarnation, ...after) => {
  const table = given(state);
  const queued = table.gossip.broadcasts.nextId;
  receive(table, rumour(kind, incarnation));
  const { state: stateAfter, incarnation: incarnationAfter } = nodeOf(table, "p2");
  const told = table.gossip.broadcasts.nextId > queued ? "passed on" : "kept";
  expect([stateAfter, incarnationAfter, told]).toEqual(after);
});

describe("of ourselves", () => {
  const own = (table: Table): number => nodeOf(table, "me").incarnation;

  test.each([
    ["suspect", 1, 2],
    ["suspect", 40, 41],
    ["dead", 1, 2],
    ["dead", 40, 41],
  ] as const)("a %s rumour at %i is contradicted at %i, and our health is worse", (type, accused, after) => {
    const table = tableWith(2);
    const effects = receive(table, { type, incarnation: accused, node: "me", from: "p2" });
    expect(own(table)).toBe(after);
    expect(nodeOf(table, "me").state).toBe("alive");
    expect(table.gossip.awareness).toBe(1);
    expect(notices(effects).join()).toContain(`Refuting a ${type} message (from: p2)`);
    const rumours = sentOf(wait(table, 300), "alive").filter(({ message }) => message.node === "me");
    expect(rumours.length).toBeGreaterThan(0);
    expect(rumours.every(({ message }) => message.incarnation === after)).toBe(true);
  });

  test.each(["suspect", "dead"] as const)(
    "a %s rumour that we have contradicted has us say so again, since it has not come through, and no louder (seed 3503)",
    (type) => {
      // Nobody is probed, which would tell on our health.
      const table = tableWith(2, { probeIntervalMs: 1e9 });
      receive(table, { type: "dead", incarnation: 40, node: "me", from: "p2" });
      const said = (): number[] =>
        sentOf(wait(table, 1000), "alive").flatMap(({ message }) =>
          message.node === "me" ? [message.incarnation] : [],
        );
      expect(new Set(said())).toEqual(new Set([41]));
      expect(said()).toEqual([]);
      receive(table, { type, incarnation: 40, node: "me", from: "p3" });
      const queued = table.gossip.broadcasts.nextId;
      receive(table, { type, incarnation: 40, node: "me", from: "p2" });
      expect(table.gossip.broadcasts.nextId).toBe(queued);
      expect(new Set(said())).toEqual(new Set([41]));
      expect(own(table)).toBe(41);
      expect(table.gossip.awareness).toBe(1);
    },
  );

  test("our own words do not disturb us, those of a former life do", () => {
    const table = tableWith(1);
    const { meta, versions } = nodeOf(table, "me").record;
    const vsn = Uint8Array.from(Object.values(versions));
    const said = alive("me", 1, 1, { meta: Uint8Array.from(meta, (each) => each.charCodeAt(0)), vsn });
    receive(table, said);
    expect(own(table)).toBe(1);
    receive(table, { ...said, incarnation: 9 });
    expect(own(table)).toBe(10);
  });

  test("old tags at our incarnation are contradicted, or others would keep them", () => {
    const table = tableWith(1);
    receive(table, alive("me", 1, 1, { meta: Uint8Array.of(0xff, 0x80) }));
    expect(own(table)).toBe(2);
  });

  test("somebody else with our name is reported and not believed", () => {
    const table = tableWith(1);
    const effects = receive(table, alive("me", 9, 77));
    expect(own(table)).toBe(1);
    expect(notices(effects).join()).toContain("Conflicting address for me");
  });

  test("at the end of the numbers the accused still has the last word", () => {
    const end = 0xffffffff;
    const table = tableWith(2);
    receive(table, { type: "dead", incarnation: end, node: "me", from: "p2" });
    expect(own(table)).toBe(end);
    // And for others: their word at the end beats suspicion and death there, not the other way round for ever.
    receive(table, alive("p2", end, 2));
    receive(table, { type: "dead", incarnation: end, node: "p2", from: "p3" });
    expect(nodeOf(table, "p2").state).toBe("dead");
    receive(table, alive("p2", end, 2));
    expect(nodeOf(table, "p2").state).toBe("alive");
    receive(table, { type: "suspect", incarnation: end, node: "p2", from: "p3" });
    expect(nodeOf(table, "p2").state).toBe("suspect");
    receive(table, alive("p2", end, 2));
    expect(nodeOf(table, "p2").state).toBe("alive");
  });
});

describe("old news of a node that is gone is answered, so that it can contradict", () => {
  test("a restarted node hears that it is suspected at its old incarnation", () => {
    const table = given("dead");
    const answers = sentOf(receive(table, rumour("alive", 1)), "suspect");
    expect(answers).toEqual([
      { to: "10.0.0.2:8301", message: { type: "suspect", incarnation: 5, node: "p2", from: "me" } },
    ]);
  });

  test("one that left hears that it did", () => {
    const table = given("left");
    const answers = sentOf(receive(table, rumour("alive", 1)), "dead");
    expect(answers.map(({ message }) => message)).toEqual([rumour("leave", 5)]);
  });
});

describe("a name at another address", () => {
  test("is not believed while its holder is alive", () => {
    const table = tableWith(2);
    const effects = receive(table, alive("p2", 9, 77));
    expect(nodeOf(table, "p2")).toMatchObject({ record: { ip: "10.0.0.2" }, incarnation: 5 });
    expect(notices(effects).join()).toContain("Conflicting address for p2");
  });

  test("is believed at once when its holder left, at any incarnation", () => {
    const table = given("left");
    receive(table, alive("p2", 1, 77));
    expect(nodeOf(table, "p2")).toMatchObject({
      state: "alive",
      record: { address: "10.0.0.77:8301" },
      incarnation: 1,
    });
  });

  test("is believed when its holder has been dead for the reclaim time, not before", () => {
    const table = tableWith(2, { gossipToTheDeadMs: 3_600_000 });
    receive(table, rumour("dead", 5));
    wait(table, 29_000);
    receive(table, alive("p2", 1, 77));
    expect(nodeOf(table, "p2").state).toBe("dead");
    wait(table, 2_000);
    receive(table, alive("p2", 1, 77));
    expect(nodeOf(table, "p2")).toMatchObject({ state: "alive", record: { ip: "10.0.0.77" } });
  });

  test("the same IPv4 address written with 16 bytes is no other address", () => {
    const table = tableWith(1);
    const addr = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2);
    receive(table, alive("p2", 6, 2, { addr }));
    expect(nodeOf(table, "p2")).toMatchObject({ record: { ip: "10.0.0.2" }, incarnation: 6 });
  });
});

describe("an alive message is not looked at when", () => {
  test.each([
    ["its versions are missing", { vsn: null }],
    ["its versions are of five bytes", { vsn: Uint8Array.of(1, 5, 2, 2, 5) }],
    ["its least version is 0", { vsn: Uint8Array.of(0, 5, 2, 2, 5, 4) }],
    ["its greatest version is 0", { vsn: Uint8Array.of(1, 0, 2, 2, 5, 4) }],
    ["its least version is above its greatest", { vsn: Uint8Array.of(3, 2, 2, 2, 5, 4) }],
    ["it has no address", { addr: null }],
    ["its address is of five bytes", { addr: new Uint8Array(5) }],
    ["it has no port", { port: 0 }],
    ["its tags are longer than 512 bytes", { meta: new Uint8Array(513) }],
    ["its incarnation is 0", { incarnation: 0 }],
    ["it has no name", { node: "" }],
    ["its name is longer than 255 bytes", { node: "n".repeat(256) }],
    ["it is of another datacenter", { meta: new TextEncoder().encode("\xff") }],
  ])("%s", (name, extra) => {
    const table = createTable();
    const message = alive("p2", 1, 2, extra);
    const foreign = name.includes("datacenter");
    const meta = foreign
      ? Uint8Array.from("\xff\x82\xa2dc\xa3dc2\xa4role\xa4node", (c) => c.charCodeAt(0))
      : message.meta;
    receive(table, { ...message, meta });
    expect(table.gossip.nodes.size).toBe(1);
  });
});

describe("a push-pull tells it as follows", () => {
  const pushPull = (state: number): Table => {
    const table = tableWith(3);
    answerTo(table, {
      type: "push-pull",
      join: false,
      nodes: [line("p2", 6, 2, state)],
      userState: new Uint8Array(),
    });
    return table;
  };

  test.each([
    [0, "alive"],
    [1, "suspect"],
    [2, "suspect"],
    [3, "left"],
    [9, "alive"],
  ] as const)("state %i there is %s here", (state, want) => {
    expect(nodeOf(pushPull(state), "p2").state).toBe(want);
  });
});

test("news of a node are member events, in the order in which they become known", () => {
  const table = createTable();
  const events = [
    receive(table, alive("p2", 1, 2)),
    receive(table, alive("p2", 2, 2, { meta: Uint8Array.of(0xff, 0x80) })),
    receive(table, { type: "dead", incarnation: 2, node: "p2", from: "p3" }),
    receive(table, alive("p2", 3, 2)),
    receive(table, { type: "dead", incarnation: 3, node: "p2", from: "p2" }),
  ].flatMap(memberEvents);
  expect(events).toEqual(["join p2", "update p2", "failed p2", "join p2", "leave p2"]);
});

// Found by seed 81 of the gossip swarm.
test("who is declared dead between its intent to leave and its goodbye contradicts, and leaves as one that left", () => {
  const table = tableWith(2);
  put(table, { type: "leave" });
  receive(table, { type: "dead", incarnation: 1, node: "me", from: "p2" });
  expect(nodeOf(table, "me")).toMatchObject({ state: "alive", incarnation: 2 });
  wait(table, 20_000);
  expect(nodeOf(table, "me").state).toBe("left");
  // A former life's end, heard of after that, changes nothing but the number.
  receive(table, { type: "dead", incarnation: 9, node: "me", from: "p3" });
  expect(nodeOf(table, "me")).toMatchObject({ state: "left", incarnation: 9 });
});
