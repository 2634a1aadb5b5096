// Whom a client agent asks first, and how much it may ask.

import { describe, expect, test } from "vitest";
import { apiError, NO_LEADER } from "../../../src/core/api/error.ts";
import { failed, type Response } from "../../../src/core/api/response.ts";
import { kvWrite } from "../store/shelf.ts";
import {
  alone,
  answerTo,
  client,
  type Desk,
  forwarded,
  getKey,
  hear,
  http,
  pass,
  passedOn,
  rpc,
} from "./desk.ts";

const PUT = kvWrite("set", "k", { value: "v" });
const GET = getKey("k");
const DONE: Response = { ok: true, body: { kind: "applied", applied: true } };
const STATUS: Response = {
  ok: true,
  body: { kind: "raft-status", hasLog: true, term: 1, lastLogTerm: 1, lastLogIndex: 1, identity: 0 } as never,
};

function answer(desk: Desk, response: Response): void {
  const { to, seq } = passedOn(desk);
  rpc(desk, to, { type: "response", seq, response });
}

/** The next time that an order is drawn. @returns Whom it asks whether it answers. */
function turn(desk: Desk): ReturnType<typeof passedOn> {
  forwarded(desk);
  pass(desk, desk.service.rotation.atMs - desk.nowMs);
  return passedOn(desk);
}

describe("a server that cannot answer", () => {
  test("for want of a leader is not asked first any more, and its question goes to another one, writes too", () => {
    const desk = client("s1", "s2");
    const id = http(desk, PUT);
    answer(desk, failed(NO_LEADER));
    expect(desk.answers.has(id)).toBe(false);
    pass(desk, 100);
    const again = passedOn(desk);
    expect(again.to).toBe("s2");
    rpc(desk, "s2", { type: "response", seq: again.seq, response: DONE });
    expect(desk.answers.get(id)).toEqual(DONE);
  });

  test("is given up with its error when the time for a leader is over", () => {
    const desk = client("s1");
    const id = http(desk, PUT);
    const { seq } = passedOn(desk);
    desk.nowMs += 7000;
    rpc(desk, "s1", { type: "response", seq, response: failed(NO_LEADER) });
    expect(desk.answers.get(id)).toEqual(
      failed(apiError("no-leader", "rpc error making call: No cluster leader")),
    );
  });

  test("and says nothing at all is not asked first any more", () => {
    const desk = client("s1", "s2", "s3");
    http(desk, GET);
    forwarded(desk);
    pass(desk, 15_000);
    http(desk, GET);
    expect(passedOn(desk).to).toBe("s2");
  });

  test("keeps its place when it only refuses what it was asked", () => {
    const desk = client("s1", "s2");
    http(desk, PUT);
    answer(desk, failed(apiError("refused", "no")));
    http(desk, PUT);
    expect(passedOn(desk).to).toBe("s1");
  });
});

describe("the order of servers", () => {
  test("is drawn anew every two to three minutes, whoever was in front", () => {
    const desk = client("s1", "s2", "s3");
    const fronts = new Set<string | undefined>();
    for (let rounds = 0; rounds < 12; rounds++) {
      const { atMs } = desk.service.rotation;
      expect(atMs - desk.nowMs).toBeGreaterThanOrEqual(119_000);
      expect(atMs - desk.nowMs).toBeLessThan(181_000);
      const { to, seq } = turn(desk);
      rpc(desk, to, { type: "response", seq, response: STATUS });
      expect(desk.service.preference[0]).toBe(to);
      fronts.add(to);
    }
    expect(fronts.size).toBe(3);
    expect(desk.service.preference.toSorted()).toEqual(["s1", "s2", "s3"]);
  });

  test("puts whoever answers in front, and who did not behind all others", () => {
    const desk = client("s1", "s2", "s3");
    const first = turn(desk);
    pass(desk, 1000);
    const second = passedOn(desk);
    rpc(desk, second.to, { type: "response", seq: second.seq, response: STATUS });
    expect(desk.service.preference[0]).toBe(second.to);
    expect(desk.service.preference.at(-1)).toBe(first.to);
    expect(desk.service.preference).toHaveLength(3);
  });

  test("is left as it is where there is one server, or where this is one", () => {
    const desk = client("s1");
    pass(desk, 600_000);
    expect(forwarded(desk)).toEqual([]);
    const server = alone();
    hear(server, "join", "s2");
    expect(server.service.rotation.atMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("an agent that may not ask more", () => {
  const LIMITED = { rpcRate: 2, rpcMaxBurst: 3 };
  const REFUSED = failed(apiError("rate-limited", "RPC rate limit exceeded"));

  test("refuses what is past its burst, and takes as many as it may in a second", () => {
    const desk = alone(LIMITED);
    const asked = (): boolean => answerTo(desk, { kind: "status.leader" })?.ok === true;
    expect([asked(), asked(), asked(), asked()]).toEqual([true, true, true, false]);
    expect(answerTo(desk, GET)).toEqual(REFUSED);
    desk.nowMs += 500;
    expect([asked(), asked()]).toEqual([true, false]);
    desk.nowMs += 60_000;
    expect([asked(), asked(), asked(), asked()]).toEqual([true, true, true, false]);
  });

  test("answers what others ask it all the same", () => {
    const desk = alone({ rpcRate: 0, rpcMaxBurst: 0 });
    expect(answerTo(desk, GET)).toEqual(REFUSED);
    forwarded(desk);
    rpc(desk, "c1", { type: "request", seq: 5, request: { kind: "status.leader" } });
    const [sent] = forwarded(desk);
    expect(sent?.message).toMatchObject({ type: "response", response: { ok: true } });
  });
});
