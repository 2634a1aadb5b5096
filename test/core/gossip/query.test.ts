// Asking the pool: who is asked, what comes back, and until when; and our answers to what others ask.

import { describe, expect, test } from "vitest";
import type { GossipConfig } from "../../../src/core/gossip/config.ts";
import type { GossipEffect, Question } from "../../../src/core/gossip/ports.ts";
import { takeFormerClocks } from "../../../src/core/gossip/serf/lamport.ts";
import { gossipDeadline } from "../../../src/core/gossip/step.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import {
  type ConflictResponse,
  decodeSerf,
  encodeSerf,
  type Query,
  type QueryResponse,
} from "../../../src/core/wire/gossip/serf-messages.ts";
import { type Agent, createNetwork, input, type Network, partition, run, startCluster } from "./network.ts";
import {
  alive,
  createTable,
  put,
  receive,
  receiveSerf,
  sentOf,
  sentSerf,
  type Table,
  tableWith,
  wait,
} from "./single.ts";

const NOTHING = new Uint8Array(0);
const ask = (table: Table, question: Partial<Question> = {}, op: number = 1): GossipEffect[] =>
  put(table, { type: "query", op, question: { name: "load", payload: NOTHING, ...question } });

/** What the agent is told of its queries. */
function told(effects: readonly GossipEffect[]): string[] {
  return effects.flatMap((effect) => {
    switch (effect.type) {
      case "query-ack":
        return [`ack ${effect.from}`];
      case "query-response":
        return [`${effect.from}: ${String.fromCharCode(...effect.payload)}`];
      case "query-done":
        return [`done${effect.error === undefined ? "" : `: ${effect.error}`}`];
      default:
        return [];
    }
  });
}

const notices = (effects: readonly GossipEffect[]): string[] =>
  effects.flatMap((effect) => (effect.type === "notice" ? [effect.message] : []));

/** The query that the table's machine asked last, as others hear it. */
function gossiped(table: Table): Query {
  const queries = sentSerf(wait(table, 200)).flatMap(({ message }) =>
    message.type === "query" ? [message] : [],
  );
  queries.sort((a, b) => Number(a.lTime) - Number(b.lTime));
  return must(queries.at(-1), "the query is passed on");
}

function answer(to: Query, from: string, payload: string, extra: Partial<QueryResponse> = {}): QueryResponse {
  const { lTime, id } = to;
  return { type: "query-response", lTime, id, from, flags: 0, payload: utf8Bytes(payload), ...extra };
}

describe("a query of ours", () => {
  test("is told to all, with what it asks and where answers go", () => {
    const table = tableWith(3);
    const tag = { type: "tag", tag: "role", expr: "web" } as const;
    ask(table, { payload: utf8Bytes("?"), filters: [tag], wantAcks: true, relayFactor: 2, timeoutMs: 1500 });
    expect(gossiped(table)).toMatchObject({
      lTime: 1,
      addr: Uint8Array.of(10, 0, 0, 1),
      port: 8301,
      sourceNode: "me",
      flags: 1,
      relayFactor: 2,
      timeout: 1_500_000_000,
      name: "load",
      payload: utf8Bytes("?"),
    });
  });

  test("waits sixteen gossip intervals for every ten times as many members, as Serf does", () => {
    for (const [peers, ms] of [
      [0, 3200],
      [8, 3200],
      [9, 6400],
      [98, 6400],
    ] as const) {
      const table = tableWith(peers, { probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
      expect(told(ask(table))).toEqual([]);
      expect(told(wait(table, ms - 1))).toEqual([]);
      expect(told(wait(table, 1))).toEqual(["done"]);
    }
  });

  test("brings who got it and what each says, once, our own word too", () => {
    const table = tableWith(3);
    const own = ask(table, { wantAcks: true });
    expect(told(own)).toEqual(["ack me"]);
    const query = must(
      own.find((effect) => effect.type === "query"),
      "we are asked too",
    );
    expect(
      told(put(table, { type: "query-answer", query: query.query, payload: utf8Bytes("mine") })),
    ).toEqual(["me: mine"]);
    const heard = gossiped(table);
    expect(told(receiveSerf(table, answer(heard, "p2", "", { flags: 1 })))).toEqual(["ack p2"]);
    expect(told(receiveSerf(table, answer(heard, "p2", "low")))).toEqual(["p2: low"]);
    expect(told(receiveSerf(table, answer(heard, "p2", "low")))).toEqual([]);
    expect(told(receiveSerf(table, answer(heard, "p2", "", { flags: 1 })))).toEqual([]);
  });

  test("brings nothing after its time, nor what answers another", () => {
    const table = tableWith(3, { probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
    ask(table);
    const heard = gossiped(table);
    expect(told(receiveSerf(table, answer(heard, "p2", "x", { id: heard.id ^ 1 })))).toEqual([]);
    expect(told(receiveSerf(table, answer(heard, "p2", "x", { lTime: 77 })))).toEqual([]);
    // Late by the clock, though nobody has woken us yet.
    table.nowMs = 3200;
    expect(told(receiveSerf(table, answer(heard, "p2", "x")))).toEqual([]);
    expect(told(put(table, { type: "wake" }))).toEqual(["done"]);
    expect(told(receiveSerf(table, answer(heard, "p3", "x")))).toEqual([]);
    expect(gossipDeadline(table.gossip)).toBeGreaterThan(3200);
  });

  test("can be ended when enough was said", () => {
    const table = tableWith(2);
    ask(table, {}, 7);
    const heard = gossiped(table);
    expect(told(put(table, { type: "query-close", op: 8 }))).toEqual([]);
    expect(told(put(table, { type: "query-close", op: 7 }))).toEqual(["done"]);
    expect(told(receiveSerf(table, answer(heard, "p2", "x")))).toEqual([]);
    expect(told(wait(table, 4000))).toEqual([]);
  });

  test("that is too long is not asked", () => {
    const table = tableWith(2);
    expect(told(ask(table, { payload: new Uint8Array(1024) }))).toEqual([
      "done: query exceeds limit of 1024 bytes",
    ]);
    expect(table.gossip.serf.queryBroadcasts.size).toBe(0);
    expect(told(ask(table, { payload: new Uint8Array(850) }))).toEqual([]);
  });

  test("is not asked when a liar has made the clock leap to its end", () => {
    const table = tableWith(2);
    ask(table);
    const lTime = Number.MAX_SAFE_INTEGER - 1;
    receiveSerf(table, { ...gossiped(table), lTime });
    expect(told(ask(table, {}, 2))).toEqual(["done: query clock is exhausted"]);
  });

  test("is told apart from others that run at the same time", () => {
    const table = tableWith(2);
    ask(table, {}, 1);
    const first = gossiped(table);
    ask(table, {}, 2);
    const second = gossiped(table);
    expect(second.lTime).toBe(Number(first.lTime) + 1);
    expect(receiveSerf(table, answer(first, "p2", "a"))).toContainEqual({
      type: "query-response",
      op: 1,
      from: "p2",
      payload: utf8Bytes("a"),
    });
    expect(told(receiveSerf(table, answer(second, "p2", "b")))).toEqual(["p2: b"]);
  });

  test("is not answered by more names than there can be members", () => {
    const table = tableWith(2);
    ask(table);
    const heard = gossiped(table);
    const answers = Array.from({ length: 500 }, (_, at) => answer(heard, `x${at}`, ""));
    expect(answers.flatMap((each) => told(receiveSerf(table, each)))).toHaveLength(67);
  });
});

describe("a query of another", () => {
  const query = (extra: Partial<Query> = {}): Query => ({
    type: "query",
    lTime: 4,
    id: 99,
    addr: Uint8Array.of(10, 0, 0, 8),
    port: 8301,
    sourceNode: "p8",
    filters: null,
    flags: 0,
    relayFactor: 0,
    timeout: 3_200_000_000,
    name: "load",
    payload: utf8Bytes("?"),
    ...extra,
  });
  const answers = (effects: readonly GossipEffect[]): unknown[] =>
    sentSerf(effects).flatMap(({ to, message }) =>
      message.type === "query-response" ? [{ to, from: message.from, payload: message.payload }] : [],
    );
  const say = (table: Table, payload: Uint8Array, number: number = 1): GossipEffect[] =>
    put(table, { type: "query-answer", query: number, payload });

  test("is handed to the agent, and answered straight to the asker, once", () => {
    const table = tableWith(2);
    expect(receiveSerf(table, query())).toContainEqual({
      type: "query",
      query: 1,
      name: "load",
      payload: utf8Bytes("?"),
      from: "p8",
      lamportTime: 4,
      untilMs: 3200,
    });
    expect(answers(say(table, utf8Bytes("0.7")))).toEqual([
      { to: "10.0.0.8:8301", from: "me", payload: utf8Bytes("0.7") },
    ]);
    const again = say(table, utf8Bytes("0.7"));
    expect(answers(again)).toEqual([]);
    expect(notices(again)).toEqual(["serf: response already sent"]);
  });

  test("is not answered after its time", () => {
    const table = tableWith(2, { probeIntervalMs: 1e9 });
    receiveSerf(table, query());
    table.nowMs = 3201;
    const late = say(table, utf8Bytes("0.7"));
    expect(answers(late)).toEqual([]);
    expect(notices(late)).toEqual(["serf: response is past the deadline"]);
  });

  test("is not answered with more than Serf allows; a shorter answer may follow", () => {
    const table = tableWith(2);
    receiveSerf(table, query());
    expect(notices(say(table, new Uint8Array(1000)))).toEqual(["serf: response exceeds limit of 1024 bytes"]);
    expect(answers(say(table, new Uint8Array(900)))).toHaveLength(1);
  });

  test("has its answer relayed when the asker wants to be sure", () => {
    const table = tableWith(4);
    receiveSerf(table, query({ relayFactor: 2 }));
    const sent = sentSerf(say(table, utf8Bytes("0.7"))).map(({ message }) => message.type);
    expect(sent).toEqual(["query-response", "relay", "relay"]);
  });

  test("that waits for an answer is one of a bounded number, and room is made by those whose time is up", () => {
    const table = tableWith(1);
    for (let id = 0; id < 300; id++) receiveSerf(table, query({ lTime: 4 + (id % 2), id }));
    expect(table.gossip.serf.heard.size).toBe(256);
    table.nowMs = 3200;
    receiveSerf(table, query({ lTime: 9 }));
    expect(table.gossip.serf.heard.size).toBe(1);
  });

  test("from before our last life is not for us", () => {
    const table = tableWith(1);
    takeFormerClocks(table.gossip, { member: 10, event: 20, query: 30 });
    expect(table.gossip.serf.clocks).toEqual({ member: 11, event: 21, query: 31 });
    const delivered = (lTime: number): number =>
      receiveSerf(table, query({ lTime })).filter(({ type }) => type === "query").length;
    expect([30, 31].map(delivered)).toEqual([0, 1]);
    const event = (lTime: number): number =>
      receiveSerf(table, { type: "user-event", lTime, name: "e", payload: null, coalesce: false }).filter(
        ({ type }) => type === "user-event",
      ).length;
    expect([20, 21].map(event)).toEqual([0, 1]);
  });

  test("that is one of Serf's own does not reach the agent", () => {
    const table = tableWith(1);
    const effects = receiveSerf(table, query({ name: "_serf_what" }));
    expect(effects.filter(({ type }) => type === "query")).toEqual([]);
    expect(notices(effects)).toContain("serf: Unhandled internal query '_serf_what'");
  });

  test("whom we mean by a name is answered, but not by whose name it is", () => {
    const table = tableWith(2);
    const about = (lTime: number, name: string): unknown => {
      const asked = query({ name: "_serf_conflict", lTime, payload: utf8Bytes(name) });
      const [response] = sentOf(receiveSerf(table, asked), "user").map(({ message }) =>
        decodeSerf(message.bytes),
      );
      if (response === undefined) return undefined;
      const { payload } = must(response.ok ? (response.value as QueryResponse) : undefined, "readable");
      return decodeSerf(must(payload, "it has content"));
    };
    expect(about(4, "p2")).toMatchObject({
      value: { name: "p2", addr: Uint8Array.of(10, 0, 0, 2), port: 8301, status: 1, protocolMax: 5 },
    });
    expect(about(5, "me")).toBeUndefined();
    expect(about(6, "nobody")).toMatchObject({ ok: true, value: { name: "", port: 0 } });
  });
});

describe("when another has our name", () => {
  const conflict = (table: Table): GossipEffect[] => receive(table, alive("me", 3, 77));
  const meaning = (host: number): Uint8Array => {
    const member: ConflictResponse = {
      type: "conflict-response",
      name: "me",
      addr: Uint8Array.of(10, 0, 0, host),
      port: 8301,
      tags: new Map(),
      status: 1,
      protocolMin: 1,
      protocolMax: 5,
      protocolCur: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCur: 4,
    };
    return encodeSerf(member);
  };
  function vote(hosts: readonly number[], overrides: Partial<GossipConfig>): string[] {
    const table = tableWith(4, { ...overrides, probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
    conflict(table);
    conflict(table); // A second conflict while the members are asked begins no second vote.
    if (table.gossip.serf.asked.size === 0) return ["no vote"];
    const asked = gossiped(table);
    expect(asked).toMatchObject({ name: "_serf_conflict", payload: utf8Bytes("me"), lTime: 1 });
    for (const [at, host] of hosts.entries())
      receiveSerf(table, answer(asked, `p${at + 2}`, "", { payload: meaning(host) }));
    const effects = wait(table, 4000);
    expect(effects.filter(({ type }) => type === "query-done")).toEqual([]);
    const lost = effects.some(({ type }) => type === "name-lost");
    return [...notices(effects).filter((each) => each.includes("in name conflict")), lost ? "lost" : "kept"];
  }
  const on = { resolveNameConflicts: true };

  test("nothing happens in Consul's pools, where node ids tell names apart", () => {
    expect(vote([], {})).toEqual(["no vote"]);
  });

  test("most members decide who keeps it", () => {
    expect(vote([1, 1, 77], on)).toEqual(["serf: majority in name conflict resolution [2 / 3]", "kept"]);
    expect(vote([1, 77, 77], on)).toEqual([
      "serf: minority in name conflict resolution, quitting [1 / 3]",
      "lost",
    ]);
    expect(vote([1, 77], on)).toEqual([
      "serf: minority in name conflict resolution, quitting [1 / 2]",
      "lost",
    ]);
  });

  test("an answer that is none is not counted", () => {
    const table = tableWith(2, { ...on, probeIntervalMs: 1e9 });
    conflict(table);
    const asked = gossiped(table);
    expect(notices(receiveSerf(table, answer(asked, "p2", "?")))).toEqual([
      "serf: Invalid conflict query response",
    ]);
    receiveSerf(table, answer(asked, "p3", "", { payload: meaning(1) }));
    expect(notices(wait(table, 4000))).toContain("serf: majority in name conflict resolution [1 / 1]");
  });
});

test("a query that nobody else can hear is done in its time", () => {
  const table = createTable();
  expect(told(ask(table, { wantAcks: true }))).toEqual(["ack me"]);
  expect(told(wait(table, 3200))).toEqual(["done"]);
});

describe.each(["1", "2", "3"])("in a pool with loss, seed %s", (seed) => {
  /** Every agent answers what it is asked with its own name. */
  function answerAll(network: Network, agents: readonly Agent[], seen: Map<string, number>): void {
    for (const agent of agents) {
      let at = seen.get(agent.name) ?? 0;
      for (; at < agent.effects.length; at++) {
        const effect = must(agent.effects[at], "in range");
        if (effect.type !== "query") continue;
        const payload = utf8Bytes(agent.name);
        input(network, agent, { type: "query-answer", query: effect.query, payload });
      }
      seen.set(agent.name, at);
    }
  }

  test("every member is asked once; who answers in time is heard once, and nobody from beyond a partition", () => {
    const network = createNetwork(seed);
    const agents = startCluster(network, 12);
    network.lossPercent = 20;
    const [asker] = agents;
    const away = agents.slice(9);
    partition(network, agents.slice(0, 9), away);
    const first = must(asker, "one");
    const question = { name: "who", payload: NOTHING, wantAcks: true, relayFactor: 2 };
    input(network, first, { type: "query", op: 5, question });
    const seen = new Map(agents.map(({ name }) => [name, 0] as const));
    const done = (): boolean => first.effects.some(({ type }) => type === "query-done");
    const ended = run(network, 10_000, () => {
      answerAll(network, agents, seen);
      return done();
    });
    expect(ended).toBe(true);
    const heard = told(first.effects);
    const near = agents.slice(0, 9).map(({ name }) => name);
    expect(heard.at(-1)).toBe("done");
    expect(new Set(heard).size).toBe(heard.length);
    // Directly, or through one of two others: with a fifth of all packets lost that is nearly always enough.
    expect(heard.filter((each) => each.startsWith("ack")).length).toBeGreaterThan(7);
    for (const each of heard.slice(0, -1))
      expect(near).toContain(each.split(/[ :]+/)[each.startsWith("ack") ? 1 : 0]);
    for (const agent of agents) {
      const asked = agent.effects.filter(({ type }) => type === "query").length;
      expect(asked).toBe(near.includes(agent.name) ? 1 : 0);
    }
  });
});
