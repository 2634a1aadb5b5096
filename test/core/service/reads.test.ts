// Reads: how fresh they are, what is said beside them, and blocking queries, which answer when their answer is new.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QueryMeta, Response } from "../../../src/core/api/response.ts";
import { earliest } from "../../../src/core/lib/deadline-heap.ts";
import { raftDeadline } from "../../../src/core/raft/step.ts";
import { serviceDeadline } from "../../../src/core/service/step.ts";
import { encodeCommand } from "../../../src/core/wire/command.ts";
import { kvWrite, registerNode } from "../store/shelf.ts";
import {
  acknowledge,
  act,
  alone,
  answerTo,
  type Desk,
  follow,
  follower,
  forwarded,
  getKey,
  hangUp,
  http,
  indexAsked,
  isClear,
  leader,
  leaderless,
  listKeys,
  pass,
  passedOn,
  type ReadFields,
  replicate,
  rpc,
  serverOf,
  toRaft,
  win,
} from "./desk.ts";

const CONSISTENT = { consistency: "consistent" } as const;
const STALE = { consistency: "stale" } as const;

function metaOf(response: Response | undefined): QueryMeta | undefined {
  return response?.ok === true ? response.meta : undefined;
}

function keysIn(response: Response | undefined): string[] | undefined {
  return response?.ok === true && response.body.kind === "kv.pairs"
    ? response.body.pairs.map(({ key }) => key)
    : undefined;
}

/** A write, all the way. @returns Its index. */
function put(desk: Desk, key: string, value = key): number {
  http(desk, kvWrite("set", key, { value }));
  if (serverOf(desk).raft.leading?.progress.size !== 0) acknowledge(desk);
  return serverOf(desk).store.lastApplied;
}

/** The leader's word on how far this follower must be. */
function answerIndex(desk: Desk, index: number): void {
  const [asked] = indexAsked(desk);
  if (asked?.message.type !== "read-index") throw new Error("the leader was not asked");
  const { id, term } = asked.message;
  toRaft(desk, { type: "message", from: asked.to, message: { type: "read-index-reply", term, id, index } });
}

describe("how fresh", () => {
  const { leaseMs } = leader().service.config.raft;

  test.each<
    [string, () => Desk, ReadFields, "now" | "asks a quorum" | "asks the leader" | "passes it on" | "waits"]
  >([
    ["a leader in its lease, default", leader, {}, "now"],
    ["a leader in its lease, stale", leader, STALE, "now"],
    ["a leader in its lease, consistent", leader, CONSISTENT, "asks a quorum"],
    ["a leader whose lease is over, default", lateLeader, {}, "asks a quorum"],
    ["a leader whose lease is over, stale", lateLeader, STALE, "now"],
    ["a leader by itself, consistent", alone, CONSISTENT, "now"],
    ["a follower, default", follower, {}, "passes it on"],
    ["a follower, consistent", follower, CONSISTENT, "asks the leader"],
    ["a follower, stale", follower, STALE, "now"],
    ["a server that lost its leader, default", orphan, {}, "waits"],
    ["a server that lost its leader, consistent", orphan, CONSISTENT, "waits"],
    ["a server that lost its leader, stale", orphan, STALE, "now"],
    ["a server that never had a leader, stale", leaderless, STALE, "waits"],
  ])("%s: %j %s", (_name, make, fields, expected) => {
    const desk = make();
    desk.sent.length = 0;
    const id = http(desk, getKey("k", fields));
    const stage = [...desk.service.asks.values()][0]?.stage.at;
    const what = {
      now: undefined,
      "asks a quorum": "confirming",
      "asks the leader": "confirming",
      "passes it on": "forwarded",
      waits: "held",
    };
    expect(stage).toBe(what[expected]);
    expect(desk.answers.has(id)).toBe(expected === "now");
    expect(indexAsked(desk)).toHaveLength(expected === "asks the leader" ? 1 : 0);
    expect(forwarded(desk)).toHaveLength(expected === "passes it on" ? 1 : 0);
  });

  function lateLeader(): Desk {
    const desk = leader();
    desk.nowMs += leaseMs;
    return desk;
  }

  /** It followed s2, which is surely dead. */
  function orphan(): Desk {
    const desk = follower("s2");
    toRaft(desk, { type: "peer-refused", peer: "s2" });
    return desk;
  }

  test("a quorum's word answers all reads that wait for it", () => {
    const desk = leader();
    put(desk, "k");
    const ids = [1, 2, 3].map(() => http(desk, getKey("k", CONSISTENT)));
    expect(ids.some((id) => desk.answers.has(id))).toBe(false);
    for (let rounds = 0; rounds < 3; rounds++) acknowledge(desk);
    for (const id of ids) expect(keysIn(desk.answers.get(id))).toEqual(["k"]);
    expect(isClear(desk)).toBe(true);
  });

  test("a read sees every write that was answered before it was asked", () => {
    const desk = leader();
    const write = http(desk, kvWrite("set", "k"));
    const before = http(desk, getKey("k"));
    acknowledge(desk);
    expect(desk.answers.has(write)).toBe(true);
    expect(keysIn(desk.answers.get(before))).toEqual([]);
    expect(keysIn(answerTo(desk, getKey("k")))).toEqual(["k"]);
  });

  test("a new leader answers nobody before the first entry of its term is applied", () => {
    const desk = follower("s2");
    const { raft } = serverOf(desk);
    replicate(desk, encodeCommand(kvWrite("set", "k")));
    desk.nowMs = raft.electionAtMs;
    toRaft(desk, { type: "wake" });
    toRaft(desk, {
      type: "message",
      from: "s2",
      message: { type: "pre-vote-reply", term: 3, granted: true, identity: 0 },
    });
    toRaft(desk, {
      type: "message",
      from: "s2",
      message: { type: "vote-reply", term: 3, granted: true, identity: 0 },
    });
    expect(raft.role).toBe("leader");
    const ids = [http(desk, getKey("k")), http(desk, getKey("k", CONSISTENT))];
    expect(desk.answers.size).toBe(0);
    // Old followers' echoes alone are not enough: what they hold may be more than is known to be committed.
    const round = raft.leading?.round ?? 0;
    const echo = { success: true, index: 0, hintIndex: 0, hintTerm: 0, round, identity: 0 };
    toRaft(desk, { type: "message", from: "s2", message: { type: "append-reply", term: 3, ...echo } });
    expect(desk.answers.size).toBe(0);
    for (let rounds = 0; rounds < 2; rounds++) acknowledge(desk);
    for (const id of ids) expect(keysIn(desk.answers.get(id))).toEqual(["k"]);
  });

  test("a read that no quorum confirms goes to the next leader", () => {
    const desk = leader();
    const id = http(desk, getKey("k", CONSISTENT));
    desk.sent.length = 0;
    follow(desk, "s3");
    expect(indexAsked(desk)).toMatchObject([{ to: "s3" }]);
    expect(desk.answers.has(id)).toBe(false);
  });

  test("a follower answers a consistent read itself, once it has applied what the leader names", () => {
    const desk = follower("s2");
    const id = http(desk, getKey("k", CONSISTENT));
    answerIndex(desk, 3);
    expect(desk.answers.has(id)).toBe(false);
    replicate(desk, encodeCommand(kvWrite("set", "k", { value: "v" })));
    expect(desk.answers.get(id)).toMatchObject({ ok: true, meta: { knownLeader: true, lastContactMs: 0 } });
    expect(isClear(desk)).toBe(true);
  });

  test("and asks again in a while when the leader says no, without turning in circles", () => {
    const desk = follower("s2");
    http(desk, getKey("k", CONSISTENT));
    answerIndex(desk, 0);
    expect(indexAsked(desk)).toEqual([]);
    pass(desk, 60);
    expect(indexAsked(desk)).toMatchObject([{ to: "s2" }]);
  });

  test("or ends after the hold time, in Consul's words", () => {
    const desk = leader();
    const id = http(desk, getKey("k", CONSISTENT));
    pass(desk, 7000);
    expect(desk.answers.get(id)).toMatchObject({
      error: { code: "no-leader", detail: "Not ready to serve consistent reads" },
    });
    expect(isClear(desk)).toBe(true);
  });

  test("a reader who hangs up while a quorum is asked leaves nothing", () => {
    const desk = leader();
    hangUp(desk, http(desk, getKey("k", CONSISTENT)));
    expect(isClear(desk)).toBe(true);
    acknowledge(desk);
    expect(desk.answers.size).toBe(0);
  });
});

describe("what is said beside an answer", () => {
  test("on the leader: it is known, and heard this moment", () => {
    const desk = leader();
    desk.nowMs += 100;
    expect(metaOf(answerTo(desk, getKey("k")))).toMatchObject({ knownLeader: true, lastContactMs: 0 });
  });

  test("on a follower: how long ago the leader was heard, in whole milliseconds", () => {
    const desk = follower();
    expect(metaOf(answerTo(desk, getKey("k", STALE)))).toMatchObject({ knownLeader: true, lastContactMs: 0 });
    desk.nowMs += 3048.9;
    expect(metaOf(answerTo(desk, getKey("k", STALE)))).toMatchObject({
      knownLeader: true,
      lastContactMs: 3048,
    });
    follow(desk, "s2");
    expect(metaOf(answerTo(desk, getKey("k", STALE)))?.lastContactMs).toBe(0);
  });

  test("on a server that campaigns: how long ago it had a leader, as long as it finds none", () => {
    const desk = follower("s2");
    const { raft } = serverOf(desk);
    while (raft.role === "follower") {
      desk.nowMs = raftDeadline(raft);
      toRaft(desk, { type: "wake" });
    }
    desk.nowMs += 20_000;
    const meta = metaOf(answerTo(desk, getKey("k", STALE)));
    expect(meta?.knownLeader).toBe(false);
    expect(meta?.lastContactMs).toBeGreaterThan(20_000);
  });

  test("on a server that led: how long ago", () => {
    const desk = leader();
    desk.nowMs += 60_000;
    toRaft(desk, { type: "wake" });
    desk.nowMs += 1_234;
    expect(metaOf(answerTo(desk, getKey("k", STALE)))).toMatchObject({
      knownLeader: false,
      lastContactMs: 1_234,
    });
  });

  test("on a server whose leader is gone: that it is", () => {
    const desk = follower("s2");
    toRaft(desk, { type: "peer-refused", peer: "s2" });
    expect(metaOf(answerTo(desk, getKey("k", STALE)))).toMatchObject({ knownLeader: false });
  });

  test("the index of the answer, which is never 0", () => {
    const desk = alone();
    expect(metaOf(answerTo(desk, getKey("k")))?.index).toBe(1);
    const index = put(desk, "k");
    put(desk, "other");
    expect(metaOf(answerTo(desk, getKey("k")))?.index).toBe(index);
    expect(metaOf(answerTo(desk, getKey("missing")))?.index).toBe(index + 1);
    expect(metaOf(answerTo(desk, listKeys("")))?.index).toBe(index + 1);
    const nodes = { kind: "catalog.nodes", nodeMeta: [], options: getKey("k").options } as const;
    expect(metaOf(answerTo(desk, nodes))?.index).toBe(1);
    http(desk, registerNode("n"));
    expect(metaOf(answerTo(desk, nodes))?.index).toBe(index + 2);
  });
});

describe("a blocking query", () => {
  test.each([
    ["with index 0", 0, true],
    ["with an older index", -1, true],
    ["with the present index", 0.5, false],
    ["with an index to come", 10, false],
  ])("%s is answered at once: %s", (_name, offset, atOnce) => {
    const desk = leader();
    const index = put(desk, "k");
    const minIndex = offset === 0 ? 0 : index + Math.floor(offset);
    const id = http(desk, getKey("k", { minIndex }));
    expect(desk.answers.has(id)).toBe(atOnce);
    if (atOnce) expect(isClear(desk)).toBe(true);
  });

  test.each<[string, ReadFields]>([
    ["default", {}],
    ["stale", STALE],
  ])("wakes when its key changes, with the new value: %s", (_name, fields) => {
    const desk = leader();
    const minIndex = put(desk, "k", "old");
    const id = http(desk, getKey("k", { ...fields, minIndex }));
    put(desk, "other");
    put(desk, "k/below");
    http(desk, kvWrite("set", "k", { value: "old" }));
    acknowledge(desk);
    expect(desk.answers.has(id)).toBe(false);
    const index = put(desk, "k", "new");
    expect(desk.answers.get(id)).toMatchObject({
      ok: true,
      body: { pairs: [{ value: "new", modifyIndex: index }] },
      meta: { index },
    });
    expect(isClear(desk)).toBe(true);
  });

  test("asks the quorum again, when it is consistent, before it answers", () => {
    const desk = alone();
    const minIndex = put(desk, "k");
    const id = http(desk, getKey("k", { ...CONSISTENT, minIndex }));
    expect(desk.answers.has(id)).toBe(false);
    put(desk, "k", "new");
    expect(metaOf(desk.answers.get(id))?.index).toBe(minIndex + 1);

    const three = leader();
    const again = http(three, getKey("k", { ...CONSISTENT, minIndex: put(three, "k") }));
    for (let rounds = 0; rounds < 2; rounds++) acknowledge(three);
    http(three, kvWrite("set", "k", { value: "new" }));
    acknowledge(three);
    expect([...three.service.asks.values()].map(({ stage }) => stage.at)).toEqual(["confirming"]);
    for (let rounds = 0; rounds < 2; rounds++) acknowledge(three);
    expect(three.answers.has(again)).toBe(true);
  });

  test.each<[string, (index: number) => ReturnType<typeof kvWrite>]>([
    ["deleted", () => kvWrite("delete", "a/k")],
    ["deleted by its index", (index) => kvWrite("delete-cas", "a/k", { index })],
    ["deleted with its tree", () => kvWrite("delete-tree", "a/")],
    ["deleted with everything", () => kvWrite("delete-tree", "")],
  ])("wakes when its key is %s, and so does one on a prefix above, at and below", (_name, deletion) => {
    const desk = leader();
    // A stone of an earlier deletion lies there already.
    put(desk, "a/k", "earlier");
    http(desk, kvWrite("delete", "a/k"));
    acknowledge(desk);
    const minIndex = put(desk, "a/k");
    const requests = [
      getKey("a/k", { minIndex }),
      ...["", "a", "a/", "a/k"].map((at) => listKeys(at, { minIndex })),
    ];
    const ids = requests.map((request) => http(desk, request));
    expect(ids.some((id) => desk.answers.has(id))).toBe(false);
    http(desk, deletion(minIndex));
    acknowledge(desk);
    for (const id of ids) {
      expect(keysIn(desk.answers.get(id))).toEqual([]);
      expect(metaOf(desk.answers.get(id))?.index).toBe(minIndex + 1);
    }
    expect(isClear(desk)).toBe(true);
  });

  test("on nodes wakes when a node changes", () => {
    const desk = leader();
    http(desk, registerNode("n"));
    acknowledge(desk);
    const minIndex = serverOf(desk).store.lastApplied;
    const options = { ...getKey("k").options, minIndex };
    const id = http(desk, { kind: "catalog.nodes", nodeMeta: [], options });
    put(desk, "k");
    expect(desk.answers.has(id)).toBe(false);
    http(desk, { kind: "catalog.deregister-node", node: "n" });
    acknowledge(desk);
    expect(desk.answers.get(id)).toMatchObject({ ok: true, body: { kind: "nodes", nodes: [] } });
  });

  test("ends with its wait and up to a sixteenth more, with what there is then", () => {
    const waitMs = 16_000;
    const took = new Set<number>();
    const desk = leader();
    const minIndex = put(desk, "k");
    for (let times = 0; times < 50; times++) {
      const beganMs = desk.nowMs;
      const id = http(desk, getKey("k", { ...STALE, minIndex, waitMs }));
      desk.nowMs = earliest(desk.service.deadlines);
      expect(desk.nowMs - beganMs).toBeGreaterThanOrEqual(waitMs);
      expect(desk.nowMs - beganMs).toBeLessThan(waitMs * (1 + 1 / 16));
      took.add(desk.nowMs - beganMs);
      pass(desk, 0);
      expect(desk.answers.get(id)).toMatchObject({
        body: { pairs: [{ key: "k" }] },
        meta: { index: minIndex },
      });
    }
    expect(took.size).toBeGreaterThan(10);
    expect(isClear(desk)).toBe(true);
  });

  test("does not wait anew each time it is woken for nothing", () => {
    const desk = leader();
    const minIndex = put(desk, "k") + 1000;
    const id = http(desk, getKey("k", { ...STALE, minIndex, waitMs: 1600 }));
    for (let times = 0; times < 20 && !desk.answers.has(id); times++) {
      pass(desk, 100);
      put(desk, "k", `${times}`);
    }
    expect(desk.answers.has(id)).toBe(true);
  });

  test("whose client hangs up leaves nothing behind, and wakes nobody", () => {
    const desk = leader();
    const minIndex = put(desk, "k");
    const requests = [
      getKey("k", { minIndex }),
      listKeys("", { minIndex }),
      getKey("k", { ...STALE, minIndex }),
    ];
    for (const request of requests) hangUp(desk, http(desk, request));
    expect(isClear(desk)).toBe(true);
    const answers = desk.answers.size;
    put(desk, "k", "new");
    expect(desk.answers.size).toBe(answers + 1);
  });

  test("that is passed on waits at the leader for as long as it said, and no longer than the leader allows", () => {
    const desk = follower("s2");
    http(desk, getKey("k", { minIndex: 5, waitMs: 60_000 }));
    expect(passedOn(desk).request).toMatchObject({ options: { minIndex: 5, waitMs: 60_000 } });

    const there = leader();
    const minIndex = put(there, "k");
    rpc(there, "s2", { type: "request", seq: 1, request: getKey("k", { minIndex, waitMs: 1e308 }) });
    const [row] = there.service.asks.values();
    expect(row?.waitUntilMs).toBeLessThanOrEqual(there.nowMs + 600_000 * (1 + 1 / 16));
  });

  test("on a follower, stale, wakes when the follower has the change", () => {
    const desk = follower("s2");
    replicate(desk, encodeCommand(kvWrite("set", "k", { value: "old" })));
    const minIndex = serverOf(desk).store.lastApplied;
    const id = http(desk, getKey("k", { ...STALE, minIndex }));
    replicate(desk, encodeCommand(kvWrite("set", "other")));
    expect(desk.answers.has(id)).toBe(false);
    replicate(desk, encodeCommand(kvWrite("set", "k", { value: "new" })));
    expect(desk.answers.get(id)).toMatchObject({ body: { pairs: [{ value: "new" }] } });
    expect(forwarded(desk)).toEqual([]);
  });

  test("goes to the next leader when this one leads no more, but for a stale one, which stays", () => {
    const desk = leader();
    const minIndex = put(desk, "k");
    const stale = http(desk, getKey("k", { ...STALE, minIndex }));
    const usual = http(desk, getKey("k", { minIndex }));
    desk.sent.length = 0;
    follow(desk, "s3");
    const question = passedOn(desk);
    expect(question).toMatchObject({ to: "s3", request: { options: { consistency: "default", minIndex } } });
    replicate(desk, encodeCommand(kvWrite("set", "k", { value: "new" })));
    expect(desk.answers.has(stale)).toBe(true);
    expect(desk.answers.has(usual)).toBe(false);
  });

  test("that waited here is not lost when leadership comes and goes", () => {
    const desk = follower("s2");
    const id = http(desk, getKey("k", { minIndex: 100, waitMs: 300_000 }));
    win(desk);
    acknowledge(desk);
    expect([...desk.service.asks.values()].map(({ stage }) => stage.at)).toEqual(["waiting"]);
    follow(desk, "s2");
    expect([...desk.service.asks.values()].map(({ stage }) => stage.at)).toEqual(["forwarded"]);
    expect(desk.answers.has(id)).toBe(false);
  });

  test("is answered after the writer that woke it", () => {
    const desk = leader();
    const minIndex = put(desk, "k");
    const reader = http(desk, getKey("k", { minIndex }));
    desk.order.length = 0;
    const writer = http(desk, kvWrite("set", "k", { value: "new" }));
    acknowledge(desk);
    expect(desk.order).toEqual([`http ${writer}`, `http ${reader}`]);
  });

  test("among very many on one key is woken in its turn, and no turn is too long", () => {
    const desk = leader();
    const minIndex = put(desk, "k");
    const ids = Array.from({ length: 600 }, () => http(desk, getKey("k", { ...STALE, minIndex })));
    const before = desk.answers.size;
    http(desk, kvWrite("set", "k", { value: "new" }));
    acknowledge(desk);
    // Each further turn takes its share; until all are done the desk wants to be woken at once.
    const shares = [desk.answers.size - before];
    while (desk.service.asks.size > 0) {
      expect(serviceDeadline(desk.service, desk.nowMs)).toBeLessThanOrEqual(desk.nowMs);
      const had = desk.answers.size;
      act(desk, () => undefined);
      shares.push(desk.answers.size - had);
    }
    // The writer is among the first.
    expect(shares.reduce((sum, each) => sum + each)).toBe(601);
    expect(Math.max(...shares)).toBeLessThan(600);
    expect(ids.every((id) => desk.answers.has(id))).toBe(true);
    expect(isClear(desk)).toBe(true);
  });
});

test("over any course of questions, changes of mind, writes and leaders, every question ends once and leaves nothing", () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("read" as const),
        consistency: fc.constantFrom("default" as const, "stale" as const, "consistent" as const),
        ahead: fc.integer({ min: -2, max: 2 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("write" as const), key: fc.constantFrom("k", "k/a", "x") }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("hang up" as const), back: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(3000) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom("acknowledge" as const, "follow" as const, "win" as const),
      }),
    },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const desk = leader();
      const asked = new Set<number>();
      const leads = (): boolean => serverOf(desk).raft.role === "leader";
      for (const each of steps) {
        if (each.do === "read") {
          const minIndex = Math.max(0, serverOf(desk).store.lastApplied + each.ahead);
          const { consistency } = each;
          asked.add(http(desk, getKey("k", { consistency, minIndex, waitMs: 5000 })));
        } else if (each.do === "write")
          asked.add(http(desk, kvWrite("set", each.key, { value: `${asked.size}` })));
        else if (each.do === "pass") pass(desk, each.ms);
        else if (each.do === "hang up") {
          const id = [...asked].at(-1 - each.back);
          if (id !== undefined && !desk.answers.has(id)) {
            hangUp(desk, id);
            asked.delete(id);
          }
        } else if (each.do === "acknowledge" && leads()) acknowledge(desk);
        else if (each.do === "follow") follow(desk, "s2");
        else if (each.do === "win" && !leads()) win(desk);
      }
      // Whoever leads: after a while nothing is open but writes in a log that nobody acknowledges.
      if (leads()) acknowledge(desk);
      pass(desk, 30_000);
      for (const id of asked) expect(desk.answers.has(id)).toBe(true);
      expect(isClear(desk)).toBe(true);
      const ends = desk.order.filter((each) => each.startsWith("http"));
      expect(new Set(ends).size).toBe(ends.length);
    }),
    { numRuns: 200 },
  );
});
