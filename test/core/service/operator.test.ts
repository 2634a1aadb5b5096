// What operators ask of the leader: peers removed, leadership handed over, the servers' health.

import { describe, expect, test } from "vitest";
import { latestConfiguration } from "../../../src/core/raft/log.ts";
import { raftDeadline } from "../../../src/core/raft/step.ts";
import {
  acknowledge,
  alone,
  answerTo,
  client,
  follow,
  follower,
  http,
  leader,
  pass,
  passedOn,
  serverOf,
  toRaft,
} from "./desk.ts";

const remove = (by: "id" | "address", value: string) =>
  ({ kind: "operator.remove-peer", by, value }) as const;
const transfer = (id: string) => ({ kind: "operator.transfer-leader", id }) as const;
const refusal = (detail: string) => ({ ok: false, error: { code: "refused", detail } });

describe("removing a peer", () => {
  test.each([
    ["id", "foo", 'id "foo" was not found in the Raft configuration'],
    ["id", "", 'id "" was not found in the Raft configuration'],
    ["address", "1.2.3.4:5", 'address "1.2.3.4:5" was not found in the Raft configuration'],
  ] as const)("by %s %s", (by, value, detail) => {
    expect(answerTo(leader(), remove(by, value))).toEqual(refusal(detail));
  });

  test("is answered when a majority has the change", () => {
    const desk = leader();
    const id = http(desk, remove("address", "10.0.0.3:8300"));
    expect(desk.answers.get(id)).toBeUndefined();
    acknowledge(desk);
    expect(desk.answers.get(id)).toEqual({ ok: true, body: { kind: "done" } });
    const { servers } = latestConfiguration(serverOf(desk).raft.log);
    expect(servers.map((server) => server.id)).toEqual(["s1", "s2"]);
  });

  test("one at a time, and never the last voter", () => {
    const desk = leader();
    http(desk, remove("id", "s3"));
    expect(answerTo(desk, remove("id", "s2"))).toMatchObject({ ok: false, error: { code: "refused" } });
    expect(answerTo(alone(), remove("id", "s1"))).toMatchObject({ ok: false, error: { code: "refused" } });
  });

  test("is not asked again where it may have happened", () => {
    const desk = leader();
    const id = http(desk, remove("id", "s3"));
    follow(desk, "s2");
    expect(desk.answers.get(id)).toMatchObject({ ok: false, error: { code: "leadership-lost" } });
  });

  test("goes to the leader", () => {
    const desk = follower("s2");
    http(desk, remove("id", "s3"));
    expect(passedOn(desk)).toMatchObject({ to: "s2", request: { kind: "operator.remove-peer" } });
    const asked = client("s1");
    http(asked, transfer(""));
    expect(passedOn(asked)).toMatchObject({ to: "s1", request: { kind: "operator.transfer-leader" } });
  });
});

describe("handing leadership over", () => {
  test.each([
    ["nobody", 'id "nobody" was not found in the Raft configuration'],
    ["s1", "the server is no other voter of the cluster"],
  ])("to %s is refused", (id, detail) => {
    expect(answerTo(leader(), transfer(id))).toEqual(refusal(detail));
  });

  test("is refused where there is nobody else", () => {
    expect(answerTo(alone(), transfer(""))).toEqual(refusal("cannot find peer"));
  });

  test("tells the other to campaign, and is answered when another leads", () => {
    const desk = leader();
    const id = http(desk, transfer("s2"));
    acknowledge(desk);
    expect(desk.sent.some(({ to, message }) => to === "s2" && message.type === "timeout-now")).toBe(true);
    expect(desk.answers.get(id)).toBeUndefined();
    follow(desk, "s2");
    expect(desk.answers.get(id)).toEqual({ ok: true, body: { kind: "done" } });
  });

  test("is given up after an election timeout, and says so", () => {
    const desk = leader();
    const id = http(desk, transfer("s3"));
    const { raft } = serverOf(desk);
    for (let times = 0; times < 50 && desk.answers.get(id) === undefined; times++) {
      desk.nowMs = Math.max(desk.nowMs, raftDeadline(raft));
      toRaft(desk, { type: "wake" });
      acknowledge(desk);
    }
    expect(desk.answers.get(id)).toEqual(refusal("leadership transfer timeout"));
    expect(raft.leading).toBeDefined();
  });

  test("ends for the one who asks, whatever Raft says", () => {
    const desk = leader();
    const id = http(desk, transfer("s3"));
    pass(desk, 60_000);
    expect(desk.answers.get(id)).toMatchObject({ ok: false });
  });
});

test("the leader says how the servers are, as far as it knows", () => {
  const response = answerTo(leader({ wallOffsetMs: 1_700_000_000_000 }), {
    kind: "operator.autopilot-health",
  });
  if (!response?.ok || response.body.kind !== "autopilot-health") throw new Error("no health");
  const { health } = response.body;
  expect(health.healthy).toBe(false);
  expect(health.servers.map(({ id, leader: leads, voter }) => [id, leads, voter])).toEqual([
    ["s1", true, true],
    ["s2", false, true],
    ["s3", false, true],
  ]);
  expect(health.servers[0]?.stableSinceMs).toBeGreaterThan(1_700_000_000_000);
});
