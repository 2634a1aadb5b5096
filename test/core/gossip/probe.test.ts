// The protocol period as its target, its helpers and its clock see it.

import { describe, expect, test } from "vitest";
import { must } from "../../../src/core/lib/assert.ts";
import { MESSAGE_TYPE } from "../../../src/core/wire/gossip/messages.ts";
import { encodeStream } from "../../../src/core/wire/gossip/stream-messages.ts";
import {
  alive,
  answerTo,
  nodeOf,
  notices,
  opened,
  put,
  receive,
  sent,
  sentOf,
  type Table,
  tableWith,
  wait,
} from "./single.ts";

/** Waits for the next period to begin, and gives the ping that it begins with. */
function nextPing(table: Table): { seqNo: number; node: string; to: string } {
  const untilMs = table.gossip.timers.probeAtMs - table.nowMs;
  const ping = must(sentOf(wait(table, untilMs), "ping").at(-1), "a period begins with a ping");
  return { seqNo: ping.message.seqNo, node: ping.message.node, to: ping.to };
}

/** Rumours are sent often enough, so that what follows is only probing. */
function calm(table: Table): void {
  for (let k = 0; k < 40; k++) receive(table, { type: "ack", seqNo: nextPing(table).seqNo, payload: null });
}

describe("a probe", () => {
  test("pings every member once a round", () => {
    const table = tableWith(4);
    const pinged: string[] = [];
    for (let k = 0; k < 8; k++) {
      const { seqNo, node } = nextPing(table);
      pinged.push(node);
      receive(table, { type: "ack", seqNo, payload: null });
    }
    expect([...new Set(pinged.slice(0, 4))].sort()).toEqual(["p2", "p3", "p4", "p5"]);
    expect([...new Set(pinged.slice(4, 8))].sort()).toEqual(["p2", "p3", "p4", "p5"]);
  });

  test("that is answered asks nobody else and improves our health", () => {
    const table = tableWith(4);
    table.gossip.awareness = 2;
    const { seqNo } = nextPing(table);
    receive(table, { type: "ack", seqNo, payload: null });
    expect(table.gossip.awareness).toBe(1);
    const effects = wait(table, 900);
    expect(sentOf(effects, "indirect-ping")).toEqual([]);
    expect(opened(effects).filter(({ message }) => message.type === "ping")).toEqual([]);
  });

  test("that is not answered in time asks three others, and TCP", () => {
    const table = tableWith(5);
    const { seqNo, node, to } = nextPing(table);
    const before = wait(table, 499);
    expect(sentOf(before, "indirect-ping")).toEqual([]);
    const effects = wait(table, 1);
    const asks = sentOf(effects, "indirect-ping");
    expect(asks).toHaveLength(3);
    expect(new Set(asks.map((ask) => ask.to)).size).toBe(3);
    for (const ask of asks) {
      expect(ask.to).not.toBe(to);
      expect(ask.message).toMatchObject({ seqNo, node, nack: true, port: 8301 });
    }
    const [fallback] = opened(effects).filter(({ message }) => message.type === "ping");
    expect(fallback).toMatchObject({ to, timeoutMs: 500, message: { seqNo, node } });
  });

  test("that a helper answers in time is answered", () => {
    const table = tableWith(5);
    const { seqNo, node } = nextPing(table);
    wait(table, 700);
    receive(table, { type: "ack", seqNo, payload: null });
    wait(table, 400);
    expect(nodeOf(table, node).state).toBe("alive");
  });

  test("that nobody answers makes a suspect, told to all", () => {
    const table = tableWith(5);
    const { node } = nextPing(table);
    const effects = wait(table, 1001);
    expect(nodeOf(table, node)).toMatchObject({ state: "suspect", incarnation: 5 });
    expect(notices(effects)).toContain(`memberlist: Suspect ${node} has failed, no acks received`);
    const told = sentOf([...effects, ...wait(table, 250)], "suspect");
    expect(must(told[0], "told").message).toEqual({ type: "suspect", incarnation: 5, node, from: "me" });
  });

  test("that TCP answers makes no suspect: it is the network", () => {
    const table = tableWith(5);
    table.gossip.awareness = 1;
    const { seqNo, node } = nextPing(table);
    const [fallback] = opened(wait(table, 500)).filter(({ message }) => message.type === "ping");
    const bytes = encodeStream({ type: "ack", seqNo, payload: null }, true);
    put(table, { type: "stream-answer", stream: must(fallback, "tried").stream, bytes });
    const effects = wait(table, 1501);
    expect(nodeOf(table, node).state).toBe("alive");
    expect(notices(effects).join()).toContain(`Was able to connect to ${node}`);
  });

  test("an ack that comes too late, or for another number, changes nothing", () => {
    const table = tableWith(5);
    const { seqNo, node } = nextPing(table);
    receive(table, { type: "ack", seqNo: seqNo + 1, payload: null });
    wait(table, 1001);
    receive(table, { type: "ack", seqNo, payload: null });
    expect(nodeOf(table, node).state).toBe("suspect");
  });

  test("of a suspect carries the suspicion with a checksum, so that it can refute at once", () => {
    const table = tableWith(1);
    receive(table, { type: "suspect", incarnation: 5, node: "p2", from: "p9" });
    table.nowMs = table.gossip.timers.probeAtMs;
    const [packet] = put(table, { type: "wake" }).filter(({ type }) => type === "packet");
    if (packet?.type !== "packet") throw new Error("no packet");
    expect(packet.bytes[0]).toBe(MESSAGE_TYPE.crc);
    expect(sent([packet]).map(({ message }) => message)).toMatchObject([
      { type: "ping", node: "p2", sourceNode: "me" },
      { type: "suspect", incarnation: 5, node: "p2", from: "me" },
    ]);
  });

  test("goes not to the dead, nor to those who left, nor to ourselves", () => {
    const table = tableWith(3);
    receive(table, { type: "dead", incarnation: 5, node: "p2", from: "p9" });
    receive(table, { type: "dead", incarnation: 5, node: "p3", from: "p3" });
    for (let k = 0; k < 5; k++) {
      const { seqNo, node } = nextPing(table);
      expect(node).toBe("p4");
      receive(table, { type: "ack", seqNo, payload: null });
    }
  });

  test("with nobody left to ask ends the probing until somebody comes", () => {
    const table = tableWith(1);
    receive(table, { type: "dead", incarnation: 5, node: "p2", from: "p9" });
    wait(table, 120_000);
    expect(table.gossip.timers.probeAtMs).toBe(Number.POSITIVE_INFINITY);
    receive(table, alive("p3", 1, 3));
    expect(nextPing(table).node).toBe("p3");
  });
});

describe("our own health", () => {
  test.each([
    [0, 3],
    [1, 2],
    [3, 0],
  ])("with %i of three helpers saying that they hear nothing either it gets worse by %i", (nacks, worse) => {
    const table = tableWith(5);
    calm(table);
    const { seqNo } = nextPing(table);
    wait(table, 600);
    for (let k = 0; k < nacks; k++) receive(table, { type: "nack", seqNo });
    wait(table, 400);
    expect(table.gossip.awareness).toBe(worse);
  });

  test("without helpers to say so a failed probe makes it worse by one, and never worse than seven", () => {
    const table = tableWith(1, { suspicionMult: 1000 });
    nextPing(table);
    wait(table, 1001);
    expect(table.gossip.awareness).toBe(1);
    wait(table, 200_000);
    expect(table.gossip.awareness).toBe(7);
  });

  test("stretches the period", () => {
    const table = tableWith(5);
    table.gossip.awareness = 3;
    nextPing(table);
    expect(table.gossip.timers.probeAtMs - table.nowMs).toBe(4000);
  });
});

describe("asked for", () => {
  const source = { sourceAddr: Uint8Array.of(10, 0, 0, 9), sourcePort: 8301, sourceNode: "p9" };
  const nobody = { sourceAddr: null, sourcePort: 0, sourceNode: "" };

  test("a ping is answered where its sender wants it, else where it came from", () => {
    const table = tableWith(0, { disableCoordinates: true });
    const ping = { type: "ping", seqNo: 12, node: "me" } as const;
    const ack = { type: "ack", seqNo: 12, payload: null };
    expect(sent(receive(table, { ...ping, ...source }))[0]).toEqual({ to: "10.0.0.9:8301", message: ack });
    expect(sent(receive(table, { ...ping, ...nobody }))[0]).toEqual({ to: "10.0.0.99:8301", message: ack });
    expect(sent(receive(table, { ...ping, ...nobody, node: "" }))[0]?.message).toEqual(ack);
  });

  test("a ping for another name is not answered", () => {
    const table = tableWith(0);
    expect(sent(receive(table, { type: "ping", seqNo: 1, node: "you", ...source }))).toEqual([]);
    const wrong = put(table, {
      type: "stream",
      stream: 3,
      from: "10.0.0.9:1",
      bytes: encodeStream({ type: "ping", seqNo: 1, node: "you", ...source }, false),
    });
    expect(wrong).toContainEqual({ type: "stream-answer", stream: 3, bytes: new Uint8Array(0) });
  });

  test("a ping over TCP is answered there", () => {
    const table = tableWith(0);
    const { answer } = answerTo(table, { type: "ping", seqNo: 77, node: "me", ...source });
    expect(answer).toEqual({ type: "ack", seqNo: 77, payload: null });
  });

  const ask = {
    type: "indirect-ping",
    seqNo: 500,
    target: Uint8Array.of(10, 0, 0, 2),
    port: 8301,
    node: "p2",
    nack: true,
    ...source,
  } as const;

  test("a ping for somebody else goes out under a number of our own, and its ack back under theirs", () => {
    const table = tableWith(1);
    const [ping] = sentOf(receive(table, ask), "ping");
    expect(ping).toMatchObject({ to: "10.0.0.2:8301", message: { node: "p2", sourceNode: "me" } });
    const seqNo = must(ping, "sent").message.seqNo;
    expect(seqNo).not.toBe(500);
    const [ack] = sent(receive(table, { type: "ack", seqNo, payload: null }));
    expect(ack).toEqual({ to: "10.0.0.9:8301", message: { type: "ack", seqNo: 500, payload: null } });
    expect(sentOf(wait(table, 2000), "nack")).toEqual([]);
  });

  test("when it gets no answer in time the asker hears that, if it wants to", () => {
    const table = tableWith(1);
    receive(table, ask);
    receive(table, { ...ask, seqNo: 501, nack: false });
    expect(sentOf(wait(table, 499), "nack")).toEqual([]);
    expect(sentOf(wait(table, 1), "nack")).toEqual([
      { to: "10.0.0.9:8301", message: { type: "nack", seqNo: 500 } },
    ]);
  });

  test("more pings for others than anybody needs are not sent", () => {
    const table = tableWith(1);
    for (let seqNo = 0; seqNo < 1500; seqNo++) receive(table, { ...ask, seqNo });
    expect(table.gossip.relayedPings.size).toBe(1024);
    wait(table, 600);
    expect(table.gossip.relayedPings.size).toBe(0);
  });
});

describe("a suspicion", () => {
  const accuse = (table: Table, from: string, incarnation: number = 5): unknown =>
    receive(table, { type: "suspect", incarnation, node: "p2", from });
  const dueInMs = (table: Table): number =>
    must(table.gossip.suspicionTimers.slots[0], "suspected").atMs - table.nowMs;

  test("in a pool of two has the least time: nobody could confirm", () => {
    const table = tableWith(1);
    accuse(table, "p9");
    expect(dueInMs(table)).toBe(4000);
  });

  test("has six times that when two others may confirm; each one shortens it, once", () => {
    const table = tableWith(4);
    accuse(table, "p3");
    expect(dueInMs(table)).toBe(24_000);
    accuse(table, "p3");
    expect(dueInMs(table)).toBe(24_000);
    accuse(table, "p4");
    expect(dueInMs(table)).toBe(11_381);
    accuse(table, "p5");
    expect(dueInMs(table)).toBe(4000);
    accuse(table, "p6");
    expect(dueInMs(table)).toBe(4000);
  });

  test("that runs out makes the suspect dead for all", () => {
    const table = tableWith(1);
    accuse(table, "p9");
    table.gossip.timers.probeAtMs = 1e9;
    const effects = wait(table, 4000);
    expect(nodeOf(table, "p2").state).toBe("dead");
    expect(notices(effects).join()).toContain("Marking p2 as failed, suspect timeout reached");
    const [told] = sentOf(wait(table, 500), "dead");
    expect(must(told, "told").message).toEqual({ type: "dead", incarnation: 5, node: "p2", from: "me" });
  });

  test("ends with the suspect's own word, for good", () => {
    const table = tableWith(4);
    accuse(table, "p3");
    receive(table, alive("p2", 6, 2));
    expect(table.gossip.suspicions.size).toBe(0);
    table.gossip.timers.probeAtMs = 1e9;
    wait(table, 60_000);
    expect(nodeOf(table, "p2")).toMatchObject({ state: "alive", incarnation: 6 });
  });

  test("at a higher incarnation is a new one with its own time", () => {
    const table = tableWith(4);
    accuse(table, "p3");
    accuse(table, "p4");
    accuse(table, "p5", 7);
    expect(dueInMs(table)).toBe(24_000);
    expect(nodeOf(table, "p2")).toMatchObject({ state: "suspect", incarnation: 7 });
  });
});

describe("a stall of our own", () => {
  test("blames nobody: the answers may lie unread", () => {
    const table = tableWith(5);
    const { node } = nextPing(table);
    const due = must(table.gossip.probe, "probing");
    table.nowMs = due.endsAtMs + 5000;
    put(table, { type: "wake" });
    expect(nodeOf(table, node).state).toBe("alive");
    expect(table.gossip.awareness).toBe(1);
  });

  test("gives suspects a last chance to be heard", () => {
    const table = tableWith(1);
    receive(table, { type: "suspect", incarnation: 5, node: "p2", from: "p9" });
    table.nowMs += 60_000;
    put(table, { type: "wake" });
    expect(nodeOf(table, "p2").state).toBe("suspect");
    receive(table, alive("p2", 6, 2));
    wait(table, 900);
    expect(nodeOf(table, "p2").state).toBe("alive");
  });
});
