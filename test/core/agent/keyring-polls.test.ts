// An operator's question about keys, put to every member of the pools: what counts, and what is reported.

import { describe, expect, test } from "vitest";
import {
  createKeyringPolls,
  onPollEffect,
  type Polled,
  startPoll,
} from "../../../src/core/agent/keyring-polls.ts";
import type { Pools, ToGossip } from "../../../src/core/agent/pools.ts";
import type { KeyringOperation } from "../../../src/core/api/keyring.ts";
import type { GossipEffect, GossipInput, GossipPool } from "../../../src/core/gossip/ports.ts";
import { encodeSerf } from "../../../src/core/wire/gossip/serf-messages.ts";
import { alive, createTable, receive } from "../gossip/single.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");

/** Pools of so many members, whose machines are never stepped: the test says what they say. */
function poolsOf(lan: number, wan: number): Pools {
  const [a, b] = [lan, wan].map((count) => {
    const table = createTable();
    for (let k = 2; k <= count; k++) receive(table, alive(`p${k}`, 1, k));
    return table.gossip;
  });
  return { lan: a as Pools["lan"], wan: wan === 0 ? undefined : b };
}

interface Rig {
  readonly started: Polled | undefined;
  readonly asked: [GossipPool, GossipInput][];
  say(pool: GossipPool, op: number, from: string, answer: Parameters<typeof keyResponse>[0]): void;
  end(pool: GossipPool, op: number, error?: string): Polled | undefined;
}

function keyResponse({ result = true, message = "", keys = [] as string[], primaryKey = "" }): Uint8Array {
  return encodeSerf({ type: "key-response", result, message, keys, primaryKey });
}

function rig(
  { lan = 3, wan = 0 } = {},
  operation: KeyringOperation = "install",
  { key = KEY, localOnly = false } = {},
): Rig {
  const poller = {
    config: { datacenter: "dc1" },
    pools: poolsOf(lan, wan),
    keyringPolls: createKeyringPolls(),
  };
  const asked: [GossipPool, GossipInput][] = [];
  const to: ToGossip = (pool, input) => void asked.push([pool, input]);
  const request = { kind: "operator.keyring", operation, key, relayFactor: 2, localOnly } as const;
  const started = startPoll(poller, { ask: 5, request }, to);
  const put = (
    pool: GossipPool,
    effect: Extract<GossipEffect, { type: "query-response" | "query-done" }>,
  ): Polled | undefined => onPollEffect(poller, pool, effect, to);
  return {
    started,
    asked,
    say: (pool, op, from, answer) =>
      expect(put(pool, { type: "query-response", op, from, payload: keyResponse(answer) })).toBeUndefined(),
    end: (pool, op, error) =>
      put(pool, { type: "query-done", op, ...(error === undefined ? {} : { error }) }),
  };
}

function reportOf(polled: Polled | undefined) {
  if (polled?.response.ok !== true || polled.response.body.kind !== "keyring")
    throw new Error("not answered");
  expect(polled.ask).toBe(5);
  return polled.response.body.responses;
}

describe("a question about keys", () => {
  test("goes to the WAN and the LAN at once, and is answered when both are through", () => {
    const { asked, say, end } = rig({ lan: 2, wan: 1 });
    expect(asked.map(([pool, input]) => [pool, input.type])).toEqual([
      ["wan", "query"],
      ["lan", "query"],
    ]);
    expect(asked[0]?.[1]).toMatchObject({
      op: 1,
      question: { name: "_serf_install-key", relayFactor: 2 },
    });
    say("wan", 1, "me.dc1", {});
    expect(asked.at(-1)).toEqual(["wan", { type: "query-close", op: 1 }]);
    expect(end("wan", 1)).toBeUndefined();
    say("lan", 2, "me", {});
    say("lan", 2, "p2", {});
    expect(asked.at(-1)).toEqual(["lan", { type: "query-close", op: 2 }]);
    const empty = { datacenter: "dc1", messages: [], keys: [], primaryKeys: [], error: "" };
    expect(reportOf(end("lan", 2))).toEqual([
      { ...empty, wan: true, nodes: 1 },
      { ...empty, wan: false, nodes: 2 },
    ]);
    expect(end("lan", 2)).toBeUndefined();
  });

  test("counts who has which key, and for whom it is the primary", () => {
    const { say, end } = rig({ lan: 2 }, "list");
    say("lan", 1, "p2", { keys: ["b", "a"], primaryKey: "b" });
    say("lan", 1, "me", { keys: ["a"], primaryKey: "a", message: "truncated" });
    expect(reportOf(end("lan", 1))).toMatchObject([
      {
        keys: [
          ["a", 2],
          ["b", 1],
        ],
        primaryKeys: [
          ["a", 1],
          ["b", 1],
        ],
        messages: [["me", "truncated"]],
        error: "",
      },
    ]);
  });

  test("is no success while somebody failed, and says who", () => {
    const { say, end } = rig({ lan: 3 });
    say("lan", 1, "p3", { result: false, message: "no" });
    say("lan", 1, "p2", {});
    expect(reportOf(end("lan", 1))).toMatchObject([
      { nodes: 3, error: "1/3 nodes reported failure", messages: [["p3", "no"]] },
    ]);
  });

  test("is no success while somebody is silent", () => {
    const { say, end } = rig({ lan: 3 });
    say("lan", 1, "p2", {});
    expect(reportOf(end("lan", 1))).toMatchObject([{ error: "1/3 nodes reported success" }]);
  });

  test("is a failure where an answer is unreadable", () => {
    const poller = {
      config: { datacenter: "dc1" },
      pools: poolsOf(1, 0),
      keyringPolls: createKeyringPolls(),
    };
    const to: ToGossip = () => undefined;
    const request = {
      kind: "operator.keyring",
      operation: "use",
      key: KEY,
      relayFactor: 0,
      localOnly: false,
    } as const;
    startPoll(poller, { ask: 5, request }, to);
    for (const payload of [new Uint8Array(0)])
      onPollEffect(poller, "lan", { type: "query-response", op: 1, from: "x", payload }, to);
    expect(reportOf(onPollEffect(poller, "lan", { type: "query-done", op: 1 }, to))).toMatchObject([
      { error: "1/1 nodes reported failure", messages: [["x", "Failed to decode key query response"]] },
    ]);
  });

  test("asks the LAN alone where that is wanted", () => {
    expect(rig({ lan: 1, wan: 1 }, "list", { localOnly: true }).asked.map(([pool]) => pool)).toEqual(["lan"]);
  });

  test("with a key that is no base64 is answered for each pool, and nobody is asked", () => {
    const { asked, started } = rig({ lan: 1, wan: 1 }, "install", { key: "!!" });
    expect(asked).toEqual([]);
    expect(reportOf(started)).toMatchObject([
      { wan: true, error: "illegal base64 data at input byte 0" },
      { wan: false, error: "illegal base64 data at input byte 0" },
    ]);
  });

  test("that could not be asked says why", () => {
    const { end } = rig({ lan: 1 });
    expect(reportOf(end("lan", 1, "query exceeds limit of 1024 bytes"))).toMatchObject([
      { error: "query exceeds limit of 1024 bytes" },
    ]);
  });
});
