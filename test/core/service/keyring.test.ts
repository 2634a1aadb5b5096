// A question about the keys of gossip at a server's desk: who else is asked, and when it is answered.

import { describe, expect, test } from "vitest";
import { NO_DATACENTER } from "../../../src/core/api/error.ts";
import type { KeyringRequest, KeyringResponse } from "../../../src/core/api/keyring.ts";
import { failed, type Response } from "../../../src/core/api/response.ts";
import { onKeyringReport } from "../../../src/core/service/keyring.ts";
import {
  act,
  type Desk,
  follower,
  forwarded,
  hangUp,
  hearWan,
  http,
  isClear,
  losePeer,
  pass,
  rpc,
} from "./desk.ts";

const INSTALL: KeyringRequest = {
  kind: "operator.keyring",
  operation: "install",
  key: "k",
  relayFactor: 3,
  localOnly: false,
};
/** What other datacenters are asked: their LANs, and to ask nobody else. */
const ERRAND: KeyringRequest = { ...INSTALL, localOnly: true };

/** A server of dc1 that knows one of each of these. */
function federated(...datacenters: string[]): Desk {
  const desk = follower("s2");
  for (const datacenter of ["dc1", ...datacenters]) hearWan(desk, "join", `b.${datacenter}`, datacenter);
  return desk;
}

function report(datacenter: string, wan = false): KeyringResponse {
  return { wan, datacenter, messages: [], keys: [], primaryKeys: [], nodes: 1, error: "" };
}

function reports(...responses: KeyringResponse[]): Response {
  return { ok: true, body: { kind: "keyring", operation: "install", responses } };
}

/** The pools of this agent have answered question `id` of the desk. */
function hereIs(desk: Desk, id: number, ...responses: KeyringResponse[]): void {
  act(desk, (out) => onKeyringReport(desk.service, id, "", reports(...responses), out));
}

/** The questions that went out, by who got them. */
function errands(desk: Desk): Map<string, number> {
  const asked = new Map<string, number>();
  for (const { to, message } of forwarded(desk)) {
    expect(message).toMatchObject({ request: ERRAND, dc: to.slice(2) });
    if (message.type === "request") asked.set(to, message.seq);
  }
  return asked;
}

/** The desk's own number of the only question that is open. */
function openQuestion({ service }: Desk): number {
  const [id = 0] = [...service.asks.keys()];
  return id;
}

function answerFrom(
  desk: Desk,
  errand: ReadonlyMap<string, number>,
  datacenter: string,
  response: Response,
): void {
  rpc(desk, `b.${datacenter}`, { type: "response", seq: errand.get(`b.${datacenter}`) ?? 0, response });
}

describe("a question about keys", () => {
  test("goes to every other datacenter, and is answered in order when all are through, whoever was first", () => {
    const desk = federated("dc3", "dc2");
    const id = http(desk, INSTALL);
    const question = openQuestion(desk);
    const asked = errands(desk);
    expect([...asked.keys()]).toEqual(["b.dc2", "b.dc3"]);
    answerFrom(desk, asked, "dc3", reports(report("dc3")));
    hereIs(desk, question, report("dc1", true), report("dc1"));
    expect(desk.answers.has(id)).toBe(false);
    answerFrom(desk, asked, "dc2", reports(report("dc2")));
    expect(desk.answers.get(id)).toEqual(
      reports(report("dc1", true), report("dc1"), report("dc2"), report("dc3")),
    );
    expect(isClear(desk)).toBe(true);
  });

  test("of the LAN alone goes nowhere else, nor does one that came from another datacenter", () => {
    const desk = federated("dc2");
    const id = http(desk, { ...INSTALL, operation: "list", localOnly: true });
    hereIs(desk, openQuestion(desk), report("dc1"));
    expect(desk.answers.get(id)).toEqual(reports(report("dc1")));
    rpc(desk, "b.dc2", { type: "request", seq: 4, request: ERRAND, dc: "dc1" });
    expect(forwarded(desk)).toEqual([]);
    hereIs(desk, openQuestion(desk), report("dc1"));
    expect(forwarded(desk)).toEqual([
      { to: "b.dc2", message: { type: "response", seq: 4, response: reports(report("dc1")) } },
    ]);
  });

  test("comes to nothing where a datacenter has no server that answers, whatever the others say later", () => {
    const desk = federated("dc2", "dc3");
    const id = http(desk, INSTALL);
    const question = openQuestion(desk);
    const asked = errands(desk);
    losePeer(desk, "b.dc2");
    expect(desk.answers.get(id)).toMatchObject({
      ok: false,
      error: { detail: "rpc error making call: EOF" },
    });
    answerFrom(desk, asked, "dc3", reports(report("dc3")));
    hereIs(desk, question, report("dc1", true), report("dc1"));
    expect(desk.order.filter((each) => each === `http ${id}`)).toHaveLength(1);
    expect(isClear(desk)).toBe(true);
  });

  test("is an error when a datacenter answers one, or what nobody asked", () => {
    for (const strange of [failed(NO_DATACENTER), { ok: true, body: { kind: "done" } } as const]) {
      const desk = federated("dc2");
      const id = http(desk, INSTALL);
      const question = openQuestion(desk);
      const asked = errands(desk);
      hereIs(desk, question, report("dc1", true), report("dc1"));
      answerFrom(desk, asked, "dc2", strange);
      expect(desk.answers.get(id)).toMatchObject({ ok: false });
    }
  });

  test("ends when somebody is silent for too long, and is nobody's when its caller has hung up", () => {
    const desk = federated("dc2");
    const id = http(desk, INSTALL);
    hereIs(desk, openQuestion(desk), report("dc1"));
    pass(desk, 120_000);
    expect(desk.answers.get(id)).toMatchObject({
      ok: false,
      error: { detail: expect.stringContaining("timeout") },
    });
    const other = http(desk, INSTALL);
    const question = openQuestion(desk);
    hangUp(desk, other);
    hereIs(desk, question, report("dc1"));
    pass(desk, 120_000);
    expect(desk.answers.has(other)).toBe(false);
    expect(isClear(desk)).toBe(true);
  });
});
