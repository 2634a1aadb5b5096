// Questions for other datacenters: which servers there are, by the WAN pool, and what becomes of a question when the one
// who has it is lost.

import { describe, expect, test } from "vitest";
import { apiError, NO_DATACENTER } from "../../../src/core/api/error.ts";
import type { ServerRequest } from "../../../src/core/api/request.ts";
import { failed, type Response } from "../../../src/core/api/response.ts";
import { listDatacenters } from "../../../src/core/service/router.ts";
import { kvWrite } from "../store/shelf.ts";
import {
  client,
  type Desk,
  follow,
  follower,
  forwarded,
  getKey,
  hearWan,
  http,
  isClear,
  leader,
  losePeer,
  pass,
  passedOn,
  rpc,
} from "./desk.ts";

const GET = getKey("k");
const PUT = kvWrite("set", "k", { value: "v" });
const FOUND: Response = {
  ok: true,
  body: { kind: "kv.pairs", pairs: [] },
  meta: { index: 77, knownLeader: true, lastContactMs: 0 },
};
const LOST = failed(apiError("connection-lost", "rpc error making call: EOF"));

/** A follower that knows two servers of dc2, b1 before b2. */
function federated(): Desk {
  const desk = follower("s2");
  for (const id of ["b1", "b2"]) hearWan(desk, "join", id, "dc2");
  desk.service.router.order.set("dc2", ["b1", "b2"]);
  return desk;
}

function askThere(desk: Desk, request: ServerRequest, datacenter = "dc2"): number {
  return http(desk, request, datacenter);
}

describe("a question for another datacenter", () => {
  test("goes to a server there, which is told whose it is, and its answer comes back as it is", () => {
    const desk = federated();
    const id = askThere(desk, GET);
    const asked = forwarded(desk);
    expect(asked).toEqual([
      { to: "b1", message: expect.objectContaining({ type: "request", request: GET, dc: "dc2" }) },
    ]);
    const [{ message } = { message: undefined }] = asked;
    if (message?.type !== "request") throw new Error("a question was passed on");
    rpc(desk, "b1", { type: "response", seq: message.seq, response: FOUND });
    expect(desk.answers.get(id)).toEqual(FOUND);
    expect(isClear(desk)).toBe(true);
  });

  test("is never answered from the log of this one, whoever leads here", () => {
    const desk = leader();
    hearWan(desk, "join", "b1", "dc2");
    for (const request of [
      GET,
      getKey("k", { consistency: "stale" }),
      PUT,
      { kind: "status.leader" } as const,
    ]) {
      askThere(desk, request);
      expect(passedOn(desk).to).toBe("b1");
    }
  });

  test("has no path to a datacenter that nobody has heard of", () => {
    const desk = federated();
    expect(desk.answers.get(askThere(desk, GET, "dc9"))).toEqual(failed(NO_DATACENTER));
    expect(isClear(desk)).toBe(true);
  });

  test("is for this one when it is this one's name", () => {
    const desk = federated();
    askThere(desk, GET, "dc1");
    expect(passedOn(desk).to).toBe("s2");
  });

  test("is asked of the next server when the first is lost, and of each but once", () => {
    const desk = federated();
    const id = askThere(desk, GET);
    expect(passedOn(desk).to).toBe("b1");
    losePeer(desk, "b1");
    expect(passedOn(desk).to).toBe("b2");
    losePeer(desk, "b2");
    expect(desk.answers.get(id)).toEqual(LOST);
    expect(forwarded(desk)).toEqual([]);
  });

  test("is not asked twice when it is a write that may have happened", () => {
    const desk = federated();
    const id = askThere(desk, PUT);
    losePeer(desk, passedOn(desk).to);
    expect(desk.answers.get(id)).toEqual(LOST);
    askThere(desk, PUT);
    expect(passedOn(desk).to).toBe("b2");
  });

  test("stays where it is when another leads here", () => {
    const desk = federated();
    askThere(desk, GET);
    forwarded(desk);
    follow(desk, "s3");
    expect(forwarded(desk)).toEqual([]);
  });

  test("ends when nobody answers in time, and the next is asked of another", () => {
    const desk = federated();
    const id = askThere(desk, GET);
    forwarded(desk);
    pass(desk, 7000);
    expect(desk.answers.get(id)).toMatchObject({
      ok: false,
      error: { detail: "rpc error making call: i/o timeout" },
    });
    askThere(desk, GET);
    expect(passedOn(desk).to).toBe("b2");
  });

  test("says that the error came from there", () => {
    const desk = federated();
    const id = askThere(desk, GET);
    rpc(desk, "b1", {
      type: "response",
      seq: passedOn(desk).seq,
      response: failed(apiError("no-leader", "No cluster leader")),
    });
    expect(desk.answers.get(id)).toMatchObject({
      error: { detail: "rpc error making call: No cluster leader" },
    });
  });

  test("of a client agent goes to a server of its own, with the datacenter's name", () => {
    const desk = client("s1", "s2");
    askThere(desk, GET);
    expect(forwarded(desk)).toEqual([
      { to: "s1", message: expect.objectContaining({ request: GET, dc: "dc2" }) },
    ]);
  });

  test("of another agent here is passed on, of a server elsewhere it is not: nothing goes round in circles", () => {
    const desk = federated();
    hearWan(desk, "join", "c1", "dc3");
    rpc(desk, "agent", { type: "request", seq: 4, request: GET, dc: "dc2" });
    expect(passedOn(desk).to).toBe("b1");
    rpc(desk, "c1", { type: "request", seq: 5, request: GET, dc: "dc2" });
    expect(forwarded(desk)).toEqual([
      { to: "c1", message: { type: "response", seq: 5, response: failed(NO_DATACENTER) } },
    ]);
  });
});

describe("the servers of other datacenters", () => {
  test("that failed are asked last, and those that left not at all", () => {
    const desk = federated();
    hearWan(desk, "failed", "b1", "dc2");
    askThere(desk, GET);
    expect(passedOn(desk).to).toBe("b2");
    hearWan(desk, "leave", "b2", "dc2");
    askThere(desk, GET);
    expect(passedOn(desk).to).toBe("b1");
    hearWan(desk, "reap", "b1", "dc2");
    expect(desk.answers.get(askThere(desk, GET))).toEqual(failed(NO_DATACENTER));
  });

  test("are known by their ids: a name that comes back with another id is another server", () => {
    const desk = federated();
    hearWan(desk, "join", "b9", "dc2", "b1");
    expect([...desk.service.router.servers.keys()].sort()).toEqual(["b2", "b9"]);
  });

  test("tell which datacenters there are: ours first, the others by distance, then by name", () => {
    const desk = federated();
    for (const [id, datacenter] of [
      ["a1", "dc0"],
      ["s2", "dc1"],
      ["x1", "far"],
      ["y1", "near"],
    ] as const)
      hearWan(desk, "join", id, datacenter);
    expect(listDatacenters(desk.service)).toEqual(["dc1", "dc0", "dc2", "far", "near"]);
    const distances = new Map([
      ["x1.far", 90],
      ["y1.near", 5],
    ]);
    const distanceMs = ([name = ""]: readonly string[]): number =>
      distances.get(name) ?? Number.POSITIVE_INFINITY;
    expect(listDatacenters(desk.service, distanceMs)).toEqual(["dc1", "near", "far", "dc0", "dc2"]);
  });

  test("are listed to whoever asks", () => {
    const desk = federated();
    const id = http(desk, { kind: "catalog.datacenters" });
    expect(desk.answers.get(id)).toEqual({ ok: true, body: { kind: "datacenters", names: ["dc1", "dc2"] } });
  });
});
