// What a desk does without being asked: the first configuration of a cluster, its own node's record, the catalog of who is
// alive, the end of tombstones.

import { describe, expect, test } from "vitest";
import { apiError, NO_LEADER } from "../../../src/core/api/error.ts";
import { failed, type Response } from "../../../src/core/api/response.ts";
import { latestConfiguration } from "../../../src/core/raft/log.ts";
import { isBlank } from "../../../src/core/raft/step.ts";
import { listNodes, nodeByName } from "../../../src/core/store/nodes.ts";
import { kvWrite } from "../store/shelf.ts";
import {
  acknowledge,
  alone,
  blank,
  client,
  type Desk,
  follow,
  follower,
  forwarded,
  hasRead,
  hear,
  http,
  isClear,
  leader,
  leaderless,
  losePeer,
  pass,
  passedOn,
  reading,
  rpc,
  serverOf,
  wakeAutopilot,
} from "./desk.ts";

const MINUTE_MS = 60_000;

/** A server that has so many entries, and a configuration with these. */
function has(lastIndex: number, ...servers: string[]): Response {
  const status = { term: lastIndex, lastIndex, lastTerm: lastIndex, lastContactMs: -1, identity: 0, servers };
  return { ok: true, body: { kind: "raft-status", status } };
}

/** Answers every question for a server's log so. @returns Who was asked. */
function answerPeers(desk: Desk, response: Response): string[] {
  return forwarded(desk).flatMap(({ to, message }) => {
    if (message.type !== "request" || message.request.kind !== "status.raft") return [];
    rpc(desk, to, { type: "response", seq: message.seq, response });
    return [to];
  });
}

function configured(desk: Desk): string[] {
  return latestConfiguration(serverOf(desk).raft.log).servers.map(({ id, address }) => `${id} ${address}`);
}

const ALL = ["s1 10.0.0.1:8300", "s2 10.0.0.2:8300", "s3 10.0.0.3:8300"];

describe("the first configuration", () => {
  /** s1 expects three servers and has found s2. */
  function two(): Desk {
    const desk = blank({ bootstrapExpect: 3 });
    hear(desk, "join", "s2", { expect: "3" });
    return desk;
  }

  test("is that of a server that was told to begin alone: it leads at once", () => {
    const desk = alone();
    expect(configured(desk)).toEqual(["s1 10.0.0.1:8300"]);
    expect(serverOf(desk).raft.role).toBe("leader");
  });

  test("waits for as many servers as are expected", () => {
    const desk = two();
    pass(desk, 10 * MINUTE_MS);
    expect(answerPeers(desk, has(0))).toEqual([]);
    expect(isBlank(serverOf(desk).raft)).toBe(true);
  });

  test("is made of all of them, in the order of their ids, when each has said that it has no peers", () => {
    const desk = two();
    hear(desk, "join", "s3", { expect: "3" });
    expect(isBlank(serverOf(desk).raft)).toBe(true);
    expect(answerPeers(desk, has(0))).toEqual(["s2", "s3"]);
    expect(configured(desk)).toEqual(ALL);
  });

  test("is not made once somebody has peers: this server waits to be added", () => {
    const desk = two();
    hear(desk, "join", "s3", { expect: "3" });
    answerPeers(desk, has(2, "s2", "s3", "s9"));
    pass(desk, 10 * MINUTE_MS);
    expect(forwarded(desk)).toEqual([]);
    expect(isBlank(serverOf(desk).raft)).toBe(true);
  });

  test("is made by one that comes late, when all others have written it and have nothing more", () => {
    const desk = two();
    hear(desk, "join", "s3", { expect: "3" });
    answerPeers(desk, has(1, "s1", "s2", "s3"));
    expect(configured(desk)).toEqual(ALL);
  });

  test("is not made by one that comes late when somebody has campaigned since: it may have had our vote (seed 7887)", () => {
    const desk = two();
    hear(desk, "join", "s3", { expect: "3" });
    const campaigned = {
      term: 2,
      lastIndex: 1,
      lastTerm: 1,
      lastContactMs: -1,
      identity: 0,
      servers: ["s1", "s2", "s3"],
    };
    answerPeers(desk, { ok: true, body: { kind: "raft-status", status: campaigned } });
    pass(desk, 10 * MINUTE_MS);
    expect(isBlank(serverOf(desk).raft)).toBe(true);
  });

  test("is not made by one that comes late while somebody is silent: who lost its disk looks the same", () => {
    const desk = two();
    hear(desk, "join", "s3", { expect: "3" });
    const asked = forwarded(desk).find(({ to, message }) => to === "s2" && message.type === "request");
    if (asked?.message.type !== "request") throw new Error("s2 is asked");
    rpc(desk, "s2", { type: "response", seq: asked.message.seq, response: has(1, "s1", "s2", "s3") });
    pass(desk, 10 * MINUTE_MS);
    expect(isBlank(serverOf(desk).raft)).toBe(true);
  });

  test("is asked for again when others have found other servers", () => {
    const desk = two();
    hear(desk, "join", "s3", { expect: "3" });
    answerPeers(desk, has(1, "s1", "s2", "s4"));
    expect(isBlank(serverOf(desk).raft)).toBe(true);
    pass(desk, 1000);
    answerPeers(desk, has(1, "s1", "s2", "s3"));
    expect(configured(desk)).toEqual(ALL);
  });

  test("does not wait for the silent for ever: after a minute of questions they are taken to have no peers", () => {
    const desk = blank({ bootstrapExpect: 5 });
    for (const id of ["s2", "s3", "s4", "s5"]) hear(desk, "join", id, { expect: "5" });
    for (const { to, message } of forwarded(desk))
      if (message.type === "request" && to !== "s2")
        rpc(desk, to, { type: "response", seq: message.seq, response: has(0) });
    pass(desk, 62_000);
    expect(isBlank(serverOf(desk).raft)).toBe(true);
    expect(forwarded(desk).filter(({ to }) => to === "s2")).toHaveLength(16);
    pass(desk, 2000);
    expect(configured(desk)).toHaveLength(5);
  });

  test("waits for ever while the silent, and it, may have been a majority once: its disk may have been lost", () => {
    const desk = two();
    hear(desk, "join", "s3", { expect: "3" });
    for (const { to, message } of forwarded(desk))
      if (message.type === "request" && to === "s2")
        rpc(desk, to, { type: "response", seq: message.seq, response: has(0) });
    pass(desk, 60 * MINUTE_MS);
    expect(isBlank(serverOf(desk).raft)).toBe(true);
  });

  test("does not miss who asks while the log is being read: it is told as soon as that is done", () => {
    const desk = reading({ bootstrapExpect: 3 });
    rpc(desk, "s2", { type: "request", seq: 7, request: { kind: "status.raft" } });
    expect(desk.sent).toEqual([]);
    hasRead(desk);
    expect(desk.sent).toMatchObject([
      {
        to: "s2",
        message: { type: "response", seq: 7, response: { ok: true, body: { status: { lastIndex: 0 } } } },
      },
    ]);
  });

  test("is not made from an answer that is an error", () => {
    const desk = two();
    hear(desk, "join", "s3", { expect: "3" });
    answerPeers(desk, failed(NO_LEADER));
    expect(isBlank(serverOf(desk).raft)).toBe(true);
  });

  test.each([
    ["expects another number of servers", { expect: "5" }],
    ["was told to begin alone", { bootstrap: "1" }],
  ])("is not made while a server %s", (_name, tags) => {
    const desk = two();
    hear(desk, "join", "s3", tags);
    pass(desk, 10 * MINUTE_MS);
    expect(forwarded(desk)).toEqual([]);
    expect(isBlank(serverOf(desk).raft)).toBe(true);
  });

  test("is not made by a server that has a log", () => {
    const desk = leaderless({ bootstrapExpect: 3 });
    const { lastIndex } = serverOf(desk).raft.log;
    hear(desk, "update", "s2", { expect: "3" });
    pass(desk, MINUTE_MS);
    expect(serverOf(desk).raft.log.lastIndex).toBe(lastIndex);
    expect(forwarded(desk)).toEqual([]);
  });
});

describe("the agent's own node", () => {
  /** The record is not registered yet. */
  function unregistered(desk: Desk): Desk {
    desk.service.duties.nodeSynced = false;
    desk.service.duties.syncNodeAtMs = desk.nowMs;
    return desk;
  }

  test("is registered as soon as there is a leader", () => {
    const desk = unregistered(leaderless());
    pass(desk, MINUTE_MS);
    expect(forwarded(desk)).toEqual([]);
    follow(desk, "s2");
    expect(passedOn(desk)).toMatchObject({
      to: "s2",
      request: {
        kind: "catalog.register-node",
        id: "s1",
        node: "s1",
        address: "10.0.0.1",
        taggedAddresses: [
          ["lan", "10.0.0.1"],
          ["lan_ipv4", "10.0.0.1"],
          ["wan", "10.0.0.1"],
          ["wan_ipv4", "10.0.0.1"],
        ],
        meta: [["consul-network-segment", ""]],
      },
    });
  });

  test("is registered by a client agent as soon as it hears of a server, and then no more", () => {
    const desk = unregistered(client());
    hear(desk, "join", "s2");
    const { seq, request } = passedOn(desk);
    expect(request).toMatchObject({ kind: "catalog.register-node", node: "c1" });
    rpc(desk, "s2", {
      type: "response",
      seq,
      response: { ok: true, body: { kind: "applied", applied: true } },
    });
    pass(desk, 10 * MINUTE_MS);
    expect(forwarded(desk)).toEqual([]);
  });

  test("is tried again after 15 to 30 seconds when that fails", () => {
    const desk = unregistered(client());
    hear(desk, "join", "s2");
    const { seq } = passedOn(desk);
    rpc(desk, "s2", { type: "response", seq, response: failed(apiError("no-leader", "No cluster leader")) });
    pass(desk, 14_999);
    expect(forwarded(desk)).toEqual([]);
    pass(desk, 15_001);
    expect(passedOn(desk).request).toMatchObject({ kind: "catalog.register-node", node: "c1" });
  });
});

describe("the leader's catalog", () => {
  function names(desk: Desk): string[] {
    return listNodes(serverOf(desk).store, []).nodes.map(({ node }) => node);
  }

  test("has who comes, keeps who fails and loses who leaves or is reaped", () => {
    const desk = alone();
    for (const name of ["s2", "s3", "s4"]) hear(desk, "join", name);
    expect(names(desk)).toEqual(["s2", "s3", "s4"]);
    hear(desk, "failed", "s2");
    expect(names(desk)).toEqual(["s2", "s3", "s4"]);
    hear(desk, "leave", "s3");
    hear(desk, "reap", "s4");
    expect(names(desk)).toEqual(["s2"]);
    // They are servers: each is asked which log it keeps.
    answerPeers(desk, failed(NO_LEADER));
    expect(isClear(desk)).toBe(true);
  });

  test("is not written again for what it says already", () => {
    const desk = alone();
    hear(desk, "join", "s2");
    const { lastIndex } = serverOf(desk).raft.log;
    hear(desk, "update", "s2");
    expect(serverOf(desk).raft.log.lastIndex).toBe(lastIndex);
    hear(desk, "update", "s2", { id: "other" });
    expect(nodeByName(serverOf(desk).store, "s2")?.id).toBe("other");
  });

  test("never loses the leader itself", () => {
    const desk = alone();
    hear(desk, "join", "s1");
    hear(desk, "leave", "s1");
    expect(names(desk)).toEqual(["s1"]);
  });

  test("has no agents of other programs", () => {
    const desk = alone();
    hear(desk, "join", "s2", { role: "something" });
    expect(names(desk)).toEqual([]);
  });

  test("is nobody else's to write", () => {
    const desk = follower("s2");
    hear(desk, "join", "s4");
    expect(forwarded(desk)).toEqual([]);
  });
});

describe("a server that the leader would let in", () => {
  test("is asked for its log once, and when it refuses at once, not before the next look (seed 3751)", () => {
    const desk = alone();
    hear(desk, "join", "s2");
    expect(asked(desk)).toEqual(["s2"]);
    losePeer(desk, "s2");
    expect(asked(desk)).toEqual([]);
    wakeAutopilot(desk);
    pass(desk, 999);
    expect(asked(desk)).toEqual([]);
    pass(desk, 1001);
    expect(asked(desk)).toEqual(["s2"]);
  });

  /** Whose log was asked for. */
  function asked(desk: Desk): string[] {
    return forwarded(desk).flatMap(({ to, message }) =>
      message.type === "request" && message.request.kind === "status.raft" ? [to] : [],
    );
  }
});

describe("tombstones", () => {
  test("end on the leader's word after a quarter of an hour, and not before", () => {
    const desk = alone();
    http(desk, kvWrite("set", "k"));
    http(desk, kvWrite("delete", "k"));
    const { store } = serverOf(desk);
    pass(desk, 15 * MINUTE_MS - 1);
    expect(store.tombstones.size).toBe(1);
    pass(desk, 2 * 30_000);
    expect(store.tombstones.size).toBe(0);
  });

  test("that are not there cost no entry of the log", () => {
    const desk = alone();
    pass(desk, MINUTE_MS);
    const { lastIndex } = serverOf(desk).raft.log;
    pass(desk, 60 * MINUTE_MS);
    expect(serverOf(desk).raft.log.lastIndex).toBe(lastIndex);
  });

  test("live on at a follower until its leader says otherwise", () => {
    const desk = leader();
    http(desk, kvWrite("set", "k"));
    http(desk, kvWrite("delete", "k"));
    acknowledge(desk);
    follow(desk, "s2");
    pass(desk, 60 * MINUTE_MS);
    expect(serverOf(desk).store.tombstones.size).toBe(1);
  });
});
