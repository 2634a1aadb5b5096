// Where a question goes: to this server, to the leader, to any server, or nowhere yet; and what becomes of it when the one
// who has it is lost. A read may be asked twice, a write never.

import { describe, expect, test } from "vitest";
import { type ApiError, apiError, NO_LEADER, NO_SERVERS } from "../../../src/core/api/error.ts";
import type { ServerRequest } from "../../../src/core/api/request.ts";
import { failed, type Response } from "../../../src/core/api/response.ts";
import { utf8 } from "../../../src/core/lib/bytes.ts";
import { QUESTIONS_OF_A_LIFE } from "../../../src/core/service/state.ts";
import { MAX_COMMAND_BYTES } from "../../../src/core/wire/command.ts";
import { kvWrite, registerNode } from "../store/shelf.ts";
import {
  acknowledge,
  alone,
  answerTo,
  client,
  type Desk,
  follow,
  follower,
  forwarded,
  getKey,
  hangUp,
  hear,
  http,
  isClear,
  leader,
  leaderless,
  losePeer,
  pass,
  passedOn,
  rpc,
  serverOf,
  toRaft,
  win,
} from "./desk.ts";

const DONE: Response = { ok: true, body: { kind: "applied", applied: true } };
const NOTHING: Response = {
  ok: true,
  body: { kind: "kv.pairs", pairs: [] },
  meta: { index: 9, knownLeader: true, lastContactMs: 0 },
};
const FULL = apiError("refused", "no more");
const PUT = kvWrite("set", "k", { value: "v" });
const GET = getKey("k");

function refusal(error: ApiError): Response {
  return failed(apiError(error.code, `rpc error making call: ${error.detail}`));
}

function answer(desk: Desk, from: string, seq: number, response: Response): void {
  rpc(desk, from, { type: "response", seq, response });
}

test("an answer to a question of an earlier life is not taken for one to a question of this life", () => {
  const desk = follower("s2");
  const { firstSeq } = desk.service;
  const id = http(desk, GET);
  const { seq } = passedOn(desk);
  expect(firstSeq).toBeGreaterThan(0);
  // The earlier life's question had the same place in its order.
  for (const other of [seq - firstSeq, seq - firstSeq + 7 * QUESTIONS_OF_A_LIFE]) {
    answer(desk, "s2", other, DONE);
    expect(desk.answers.has(id)).toBe(false);
  }
  answer(desk, "s2", seq, NOTHING);
  expect(desk.answers.get(id)).toEqual(NOTHING);
});

describe("a client agent", () => {
  test("that knows no server says so", () => {
    const desk = client();
    expect(answerTo(desk, GET)).toEqual(failed(NO_SERVERS));
    expect(isClear(desk)).toBe(true);
  });

  test.each<[string, ServerRequest]>([
    ["a read", GET],
    ["a stale read", getKey("k", { consistency: "stale" })],
    ["a write", PUT],
    ["a question of status", { kind: "status.leader" }],
  ])(
    "passes %s to a server and gives back what that says, errors with a word of where they come from",
    (_name, request) => {
      for (const [said, given] of [
        [DONE, DONE],
        [failed(FULL), refusal(FULL)],
      ] as const) {
        const desk = client("s2");
        const id = http(desk, request);
        const question = passedOn(desk);
        expect(question).toMatchObject({ to: "s2", request });
        expect(desk.answers.get(id)).toBeUndefined();
        answer(desk, "s2", question.seq, said);
        expect(desk.answers.get(id)).toEqual(given);
        expect(isClear(desk)).toBe(true);
      }
    },
  );

  test("names each open question differently", () => {
    const desk = client("s2");
    for (let times = 0; times < 3; times++) http(desk, GET);
    const seqs = forwarded(desk).map(({ message }) => message.type === "request" && message.seq);
    expect(new Set(seqs).size).toBe(3);
  });

  test("asks the same server first, and another once it has lost the connection", () => {
    const desk = client("s1", "s2", "s3");
    http(desk, GET);
    expect(passedOn(desk).to).toBe("s1");
    losePeer(desk, "s1");
    http(desk, PUT);
    expect(passedOn(desk).to).toBe("s2");
  });

  test("does not ask servers that gossip holds for failed or gone, nor those of another place", () => {
    const desk = client("s1", "s2", "s3");
    hear(desk, "failed", "s1");
    hear(desk, "leave", "s2");
    http(desk, GET);
    expect(passedOn(desk).to).toBe("s3");
    hear(desk, "reap", "s3");
    expect(answerTo(desk, GET)).toEqual(failed(NO_SERVERS));
    hear(desk, "join", "s1");
    http(desk, GET);
    expect(passedOn(desk).to).toBe("s1");
  });

  test("does not serve others: who asks it is told that there is no leader here", () => {
    const desk = client("s1");
    rpc(desk, "c9", { type: "request", seq: 5, request: GET });
    expect(forwarded(desk)).toEqual([
      { to: "c9", message: { type: "response", seq: 5, response: failed(NO_LEADER) } },
    ]);
  });
});

describe("a question that was passed on", () => {
  test("and whose connection broke is asked elsewhere if it is a read", () => {
    const desk = client("s1", "s2");
    const id = http(desk, GET);
    passedOn(desk);
    losePeer(desk, "s1");
    expect(forwarded(desk)).toEqual([]);
    pass(desk, 100);
    const question = passedOn(desk);
    expect(question.to).toBe("s2");
    answer(desk, "s2", question.seq, NOTHING);
    expect(desk.answers.get(id)).toEqual(NOTHING);
  });

  test("and whose connection broke is an error if it is a write: it may have happened", () => {
    const desk = client("s1", "s2");
    const id = http(desk, PUT);
    passedOn(desk);
    losePeer(desk, "s1");
    expect(desk.answers.get(id)).toEqual(refusal(apiError("connection-lost", "EOF")));
    pass(desk, 10_000);
    expect(forwarded(desk)).toEqual([]);
  });

  test("to one who leads no more and has done nothing is asked again, write or read", () => {
    for (const request of [PUT, GET]) {
      const desk = client("s1");
      const id = http(desk, request);
      const first = passedOn(desk);
      answer(desk, "s1", first.seq, failed(apiError("not-leader", "node is not the leader")));
      expect(desk.answers.get(id)).toBeUndefined();
      pass(desk, 100);
      const second = passedOn(desk);
      answer(desk, "s1", second.seq, DONE);
      expect(desk.answers.get(id)).toEqual(DONE);
    }
  });

  test("again and again to no avail ends when a leader has been waited for long enough", () => {
    const desk = client("s1");
    const id = http(desk, GET);
    const beganMs = desk.nowMs;
    while (!desk.answers.has(id)) {
      const questions = forwarded(desk);
      for (const { message } of questions)
        if (message.type === "request")
          answer(desk, "s1", message.seq, failed(apiError("not-leader", "node is not the leader")));
      pass(desk, 60);
    }
    expect(desk.answers.get(id)).toEqual(failed(NO_LEADER));
    expect(desk.nowMs - beganMs).toBeGreaterThanOrEqual(7000);
    expect(desk.nowMs - beganMs).toBeLessThan(7200);
  });

  test("and is never answered ends by itself", () => {
    const desk = client("s1");
    const id = http(desk, GET);
    const blocking = http(desk, getKey("k", { minIndex: 5, waitMs: 60_000 }));
    pass(desk, 14_001);
    expect(desk.answers.get(id)).toEqual(refusal(apiError("connection-lost", "i/o timeout")));
    expect(desk.answers.has(blocking)).toBe(false);
    pass(desk, 60_000 + 60_000 / 16);
    expect(desk.answers.has(blocking)).toBe(true);
    expect(isClear(desk)).toBe(true);
  });

  test("is waited for as long as limits.rpc_client_timeout says", () => {
    const desk = client("s1");
    Object.assign(desk.service.config, { rpcClientTimeoutMs: 30_000 });
    const id = http(desk, GET);
    pass(desk, 29_000);
    expect(desk.answers.has(id)).toBe(false);
    pass(desk, 1_001);
    expect(desk.answers.get(id)).toEqual(refusal(apiError("connection-lost", "i/o timeout")));
  });

  test("takes one answer, from the one who was asked", () => {
    const desk = client("s1", "s2");
    const id = http(desk, GET);
    const { seq } = passedOn(desk);
    answer(desk, "s2", seq, DONE);
    answer(desk, "s1", seq + 1, DONE);
    expect(desk.answers.has(id)).toBe(false);
    answer(desk, "s1", seq, NOTHING);
    answer(desk, "s1", seq, DONE);
    expect(desk.answers.get(id)).toEqual(NOTHING);
  });

  test("is called off when a reader hangs up, and not when a writer does", () => {
    const desk = client("s1");
    const read = http(desk, GET);
    const { seq } = passedOn(desk);
    hangUp(desk, read);
    expect(forwarded(desk)).toEqual([{ to: "s1", message: { type: "cancel", seq } }]);
    const write = http(desk, PUT);
    passedOn(desk);
    hangUp(desk, write);
    expect(forwarded(desk)).toEqual([]);
    expect(isClear(desk)).toBe(true);
  });
});

describe("a leader", () => {
  test("answers a write when it is committed and applied, and not before", () => {
    const desk = leader();
    const id = http(desk, PUT);
    expect(desk.answers.has(id)).toBe(false);
    acknowledge(desk);
    expect(desk.answers.get(id)).toEqual(DONE);
    expect(serverOf(desk).store.kv.get(utf8("k"))?.value).toBe("v");
    expect(isClear(desk)).toBe(true);
  });

  test("says what came of it: done, not done, refused", () => {
    const desk = leader();
    const ids = [PUT, kvWrite("cas", "k", { index: 1 }), kvWrite("lock", "k")].map((write) =>
      http(desk, write),
    );
    acknowledge(desk);
    expect(ids.map((id) => desk.answers.get(id))).toEqual([
      DONE,
      { ok: true, body: { kind: "applied", applied: false } },
      failed(apiError("refused", "missing session")),
    ]);
  });

  test.each<[string, ServerRequest, string]>([
    ["a key", kvWrite("set", ""), "Must provide key"],
    ["a key to delete", kvWrite("delete", ""), "Must provide key"],
    ["a node", registerNode(""), "Must provide node"],
    ["an address", registerNode("n", { address: "" }), "Must provide address"],
    ["a node to remove", { kind: "catalog.deregister-node", node: "" }, "Must provide node"],
  ])("refuses a write without %s, before it enters the log", (_name, request, detail) => {
    const desk = leader();
    const { lastIndex } = serverOf(desk).raft.log;
    expect(answerTo(desk, request)).toEqual(failed(apiError("refused", detail)));
    expect(serverOf(desk).raft.log.lastIndex).toBe(lastIndex);
  });

  test("deletes the tree of everything without a key", () => {
    const desk = alone();
    http(desk, PUT);
    expect(answerTo(desk, kvWrite("delete-tree", ""))).toEqual(DONE);
    expect(serverOf(desk).store.kv.size).toBe(0);
  });

  test("refuses a write that could never be sent to a follower", () => {
    const desk = leader();
    const request = { ...PUT, value: new Uint8Array(MAX_COMMAND_BYTES) };
    const response = answerTo(desk, request);
    expect(response).toMatchObject({ ok: false, error: { code: "refused" } });
    expect(JSON.stringify(response)).toContain("too large");
    expect(isClear(desk)).toBe(true);
  });

  test("refuses writes while too much of its log waits to be committed", () => {
    const { config } = leaderless().service;
    const desk = leader({ raft: { ...config.raft, maxUncommittedBytes: 1000 } });
    http(desk, kvWrite("set", "big", { value: "x".repeat(2000) }));
    expect(answerTo(desk, PUT)).toEqual(
      failed(apiError("refused", "too many writes under way, try again later")),
    );
    acknowledge(desk);
    const id = http(desk, PUT);
    acknowledge(desk);
    expect(desk.answers.get(id)).toEqual(DONE);
  });

  test("that leads no more cannot say what becomes of its writes", () => {
    const desk = leader();
    const id = http(desk, PUT);
    follow(desk, "s2");
    expect(desk.answers.get(id)).toEqual(
      failed(apiError("leadership-lost", "leadership lost while committing log")),
    );
    expect(forwarded(desk)).toEqual([]);
    expect(isClear(desk)).toBe(true);
  });

  test("goes on with a write whose writer hung up", () => {
    const desk = leader();
    const id = http(desk, PUT);
    hangUp(desk, id);
    expect(isClear(desk)).toBe(true);
    acknowledge(desk);
    expect(serverOf(desk).store.kv.size).toBe(1);
  });

  test("serves those who pass questions to it, under their own numbers, each peer by itself", () => {
    const desk = leader();
    rpc(desk, "s2", { type: "request", seq: 7, request: PUT });
    rpc(desk, "s3", { type: "request", seq: 7, request: kvWrite("set", "k2") });
    acknowledge(desk);
    expect(forwarded(desk)).toEqual([
      { to: "s2", message: { type: "response", seq: 7, response: DONE } },
      { to: "s3", message: { type: "response", seq: 7, response: DONE } },
    ]);
  });

  test("does a write once that is passed to it twice under one number", () => {
    const desk = leader();
    const { lastIndex } = serverOf(desk).raft.log;
    for (let times = 0; times < 2; times++) rpc(desk, "s2", { type: "request", seq: 7, request: PUT });
    acknowledge(desk);
    expect(serverOf(desk).raft.log.lastIndex).toBe(lastIndex + 1);
    expect(forwarded(desk)).toHaveLength(1);
  });

  test("forgets what a peer asked when the peer is lost", () => {
    const desk = leader();
    rpc(desk, "s2", { type: "request", seq: 7, request: getKey("k", { minIndex: 100 }) });
    expect(desk.service.asks.size).toBe(1);
    losePeer(desk, "s3");
    expect(desk.service.asks.size).toBe(1);
    losePeer(desk, "s2");
    expect(isClear(desk)).toBe(true);
  });

  test("forgets what a peer calls off", () => {
    const desk = leader();
    rpc(desk, "s2", { type: "request", seq: 7, request: getKey("k", { minIndex: 100 }) });
    rpc(desk, "s3", { type: "cancel", seq: 7 });
    rpc(desk, "s2", { type: "cancel", seq: 8 });
    expect(desk.service.asks.size).toBe(1);
    rpc(desk, "s2", { type: "cancel", seq: 7 });
    expect(isClear(desk)).toBe(true);
    expect(forwarded(desk)).toEqual([]);
  });
});

describe("a follower", () => {
  test.each<[string, ServerRequest]>([
    ["a write", PUT],
    ["a default read", GET],
    ["a question for the configuration", { kind: "operator.raft-configuration", stale: false }],
  ])("passes %s to the leader", (_name, request) => {
    const desk = follower("s3");
    http(desk, request);
    expect(passedOn(desk)).toMatchObject({ to: "s3", request });
  });

  test("passes a client's question on to the leader once, and the answer back under the client's number", () => {
    const desk = follower("s2");
    rpc(desk, "c1", { type: "request", seq: 5, request: PUT });
    const question = passedOn(desk);
    expect(question.to).toBe("s2");
    answer(desk, "s2", question.seq, DONE);
    expect(forwarded(desk)).toEqual([{ to: "c1", message: { type: "response", seq: 5, response: DONE } }]);
    pass(desk, 60_000);
    expect(forwarded(desk)).toEqual([]);
  });

  test("counts the hops of an error", () => {
    const desk = follower("s2");
    rpc(desk, "c1", { type: "request", seq: 5, request: PUT });
    answer(desk, "s2", passedOn(desk).seq, failed(apiError("refused", "missing session")));
    expect(forwarded(desk)).toEqual([
      {
        to: "c1",
        message: { type: "response", seq: 5, response: refusal(apiError("refused", "missing session")) },
      },
    ]);
  });

  test("takes its reads, and not its writes, to the next leader", () => {
    const desk = follower("s2");
    const read = http(desk, GET);
    const first = passedOn(desk);
    const write = http(desk, PUT);
    const written = passedOn(desk);
    follow(desk, "s3");
    expect(forwarded(desk)).toEqual([
      { to: "s2", message: { type: "cancel", seq: first.seq } },
      { to: "s3", message: { type: "request", seq: first.seq, request: GET } },
    ]);
    // The old leader's answer is of no use any more, the new one's is.
    answer(desk, "s2", first.seq, DONE);
    expect(desk.answers.has(read)).toBe(false);
    answer(desk, "s3", first.seq, NOTHING);
    expect(desk.answers.get(read)).toEqual(NOTHING);
    answer(desk, "s2", written.seq, DONE);
    expect(desk.answers.get(write)).toEqual(DONE);
  });

  test("that is elected answers itself what it had passed on and may ask twice", () => {
    const desk = follower("s2");
    const read = http(desk, GET);
    passedOn(desk);
    win(desk);
    acknowledge(desk);
    expect(desk.answers.get(read)).toMatchObject({ ok: true, meta: { lastContactMs: 0 } });
    expect(isClear(desk)).toBe(true);
  });
});

describe("without a leader", () => {
  test("questions wait, and are asked as soon as there is one", () => {
    const desk = leaderless();
    const ids = [http(desk, PUT), http(desk, GET)];
    expect(forwarded(desk)).toEqual([]);
    pass(desk, 3000);
    expect(desk.answers.size).toBe(0);
    follow(desk, "s2");
    const questions = forwarded(desk);
    expect(questions.map(({ to, message }) => [to, message.type])).toEqual([
      ["s2", "request"],
      ["s2", "request"],
    ]);
    expect(ids.some((id) => desk.answers.has(id))).toBe(false);
  });

  test("questions wait, and are answered here when this server is elected", () => {
    const desk = leaderless();
    const write = http(desk, PUT);
    const read = http(desk, getKey("k", { consistency: "consistent" }));
    win(desk);
    acknowledge(desk);
    expect(desk.answers.get(write)).toEqual(DONE);
    expect(desk.answers.get(read)).toMatchObject({ ok: true, meta: { knownLeader: true } });
  });

  test("they end after the hold time: seven seconds", () => {
    const desk = leaderless();
    const id = http(desk, GET);
    pass(desk, 6999);
    expect(desk.answers.has(id)).toBe(false);
    pass(desk, 1);
    expect(desk.answers.get(id)).toEqual(failed(NO_LEADER));
    expect(isClear(desk)).toBe(true);
  });

  test("a question that is called off leaves nothing", () => {
    const desk = leaderless();
    hangUp(desk, http(desk, PUT));
    expect(isClear(desk)).toBe(true);
    follow(desk, "s2");
    expect(forwarded(desk)).toEqual([]);
  });

  test("questions of status are answered all the same", () => {
    const desk = leaderless();
    expect(answerTo(desk, { kind: "status.leader" })).toEqual({
      ok: true,
      body: { kind: "leader", address: "" },
    });
    expect(answerTo(desk, { kind: "status.peers" })).toEqual({
      ok: true,
      body: { kind: "peers", addresses: ["10.0.0.1:8300", "10.0.0.2:8300", "10.0.0.3:8300"] },
    });
    const configuration = answerTo(desk, { kind: "operator.raft-configuration", stale: true });
    expect(configuration).toMatchObject({
      ok: true,
      body: { index: 1, servers: [{ id: "s1", leader: false }, {}, {}] },
    });
  });
});

describe("who leads", () => {
  test("is told by its address, by leader and followers alike", () => {
    for (const [desk, address] of [
      [leader(), "10.0.0.1:8300"],
      [follower("s3"), "10.0.0.3:8300"],
    ] as const)
      expect(answerTo(desk, { kind: "status.leader" })).toEqual({
        ok: true,
        body: { kind: "leader", address },
      });
  });

  test("is marked in the configuration", () => {
    const response = answerTo(leader(), { kind: "operator.raft-configuration", stale: false });
    expect(response).toMatchObject({
      body: {
        servers: [
          { id: "s1", node: "s1", address: "10.0.0.1:8300", leader: true, voter: true },
          { id: "s2", node: "s2", leader: false },
          { id: "s3", node: "s3", leader: false },
        ],
      },
    });
  });

  test("and has lost its disk answers writes with what it cannot promise", () => {
    const desk = leader();
    const id = http(desk, PUT);
    toRaft(desk, { type: "storage-failed" });
    expect(desk.answers.get(id)).toMatchObject({ ok: false, error: { code: "leadership-lost" } });
  });
});
