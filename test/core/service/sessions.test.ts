// The clocks of sessions: a TTL that nobody renews, and the lock-delay after a session's end. They run at the leader, and no
// change of leaders, restart or snapshot makes either shorter.

import { describe, expect, test } from "vitest";
import type { ServerRequest, SessionCreate } from "../../../src/core/api/request.ts";
import type { Response } from "../../../src/core/api/response.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { onRestored } from "../../../src/core/service/step.ts";
import { listSessions } from "../../../src/core/store/sessions.ts";
import { dumpStore, loadStore } from "../../../src/core/store/snapshot.ts";
import { kvWrite, registerNode } from "../store/shelf.ts";
import {
  acknowledge,
  act,
  alone,
  answerTo,
  type Desk,
  follow,
  http,
  leader,
  pass,
  serverOf,
  win,
} from "./desk.ts";

const READ = { consistency: "default", minIndex: 0, waitMs: 0 } as const;

/** A question to a leader, and its answer once the followers have what it takes. */
function ask(desk: Desk, request: ServerRequest): Response {
  const id = http(desk, request);
  if (desk.answers.get(id) === undefined) acknowledge(desk);
  return must(desk.answers.get(id), "a leader answers");
}

function create(desk: Desk, fields: Partial<SessionCreate> = {}): Response {
  ask(desk, registerNode("n"));
  const empty = { name: "", node: "n", ttl: "", nodeChecks: [], serviceChecks: null, checks: [] };
  return ask(desk, { kind: "session.create", id: "", lockDelayNs: 15e9, behavior: "", ...empty, ...fields });
}

function created(desk: Desk, fields: Partial<SessionCreate> = {}): string {
  const response = create(desk, fields);
  if (!response.ok || response.body.kind !== "session-created") throw new Error(JSON.stringify(response));
  return response.body.id;
}

function isAlive(desk: Desk, id: string): boolean {
  acknowledge(desk);
  return listSessions(serverOf(desk).store, { id }).sessions.length === 1;
}

function renew(desk: Desk, id: string): Response | undefined {
  return ask(desk, { kind: "session.renew", id, options: READ });
}

function acquire(desk: Desk, session: string): boolean {
  const response = ask(desk, kvWrite("lock", "k", { session }));
  return response.ok && response.body.kind === "applied" && response.body.applied;
}

/** Whoever leads hears of it and follows; then it leads again. */
function loseAndWin(desk: Desk): void {
  follow(desk, "s2");
  win(desk);
  acknowledge(desk);
}

describe("a session is refused", () => {
  test.each([
    [{ node: "" }, "Must provide Node"],
    [{ behavior: "zzz" }, "Invalid Behavior setting 'zzz'"],
    [{ ttl: "abc" }, `Session TTL 'abc' invalid: time: invalid duration "abc"`],
    [{ ttl: "9s" }, "Invalid Session TTL '9000000000', must be between [10s=24h0m0s]"],
    [{ ttl: "-10s" }, "Invalid Session TTL '-10000000000', must be between [10s=24h0m0s]"],
    [{ ttl: "24h0m1s" }, "Invalid Session TTL '86401000000000', must be between [10s=24h0m0s]"],
    [{ node: "m" }, "Missing node registration"],
  ])("%j: %s", (fields, detail) => {
    expect(create(alone({ sessionTtlMinNs: undefined }), fields)).toEqual({
      ok: false,
      error: { code: "refused", detail },
    });
  });
});

test("the least TTL can be configured", () => {
  expect(created(alone({ sessionTtlMinNs: 2e9 }), { ttl: "2s" })).toHaveLength(36);
});

test("an id that can't be a session's is refused to who asks for it, and to who renews it", () => {
  const desk = alone();
  const detail = "failed session lookup: index error: UUID must be 36 characters";
  for (const kind of ["session.info", "session.renew"] as const)
    expect(answerTo(desk, { kind, id: "abc", options: READ })).toEqual({
      ok: false,
      error: { code: "refused", detail },
    });
});

describe("a session with a TTL", () => {
  test("ends after twice that time, and not before", () => {
    const desk = leader();
    const id = created(desk, { ttl: "10s" });
    pass(desk, 19_990);
    expect(isAlive(desk, id)).toBe(true);
    pass(desk, 20);
    expect(isAlive(desk, id)).toBe(false);
  });

  test("has all of it again when it is renewed", () => {
    const desk = leader();
    const id = created(desk, { ttl: "10s" });
    pass(desk, 19_000);
    expect(renew(desk, id)).toMatchObject({ ok: true, body: { sessions: [{ id }] } });
    pass(desk, 19_990);
    expect(isAlive(desk, id)).toBe(true);
    pass(desk, 20);
    expect(isAlive(desk, id)).toBe(false);
  });

  test("has all of it again under a new leader, whatever was left", () => {
    const desk = leader();
    const id = created(desk, { ttl: "10s" });
    pass(desk, 19_000);
    loseAndWin(desk);
    pass(desk, 19_990);
    expect(isAlive(desk, id)).toBe(true);
    pass(desk, 20);
    expect(isAlive(desk, id)).toBe(false);
  });

  test("is not ended by who leads no longer", () => {
    const desk = leader();
    const id = created(desk, { ttl: "10s" });
    follow(desk, "s2");
    pass(desk, 60_000);
    expect(listSessions(serverOf(desk).store, { id }).sessions).toHaveLength(1);
  });

  test.each(["", "0s"])("of %j never ends by itself", (ttl) => {
    const desk = leader();
    const id = created(desk, { ttl });
    pass(desk, 3_600_000);
    expect(isAlive(desk, id)).toBe(true);
  });
});

describe("a lock that was lost with its session", () => {
  function lost(): { readonly desk: Desk; readonly other: string } {
    const desk = leader();
    const id = created(desk, { lockDelayNs: 5e9 });
    const other = created(desk);
    expect(acquire(desk, id)).toBe(true);
    expect(ask(desk, { kind: "session.destroy", id })).toMatchObject({ ok: true });
    return { desk, other };
  }

  test("is nobody's until its session's lock-delay is over", () => {
    const { desk, other } = lost();
    expect(acquire(desk, other)).toBe(false);
    pass(desk, 4_990);
    expect(acquire(desk, other)).toBe(false);
    pass(desk, 20);
    expect(acquire(desk, other)).toBe(true);
  });

  test("is nobody's meanwhile under a new leader either", () => {
    const { desk, other } = lost();
    loseAndWin(desk);
    expect(acquire(desk, other)).toBe(false);
    pass(desk, 5_010);
    expect(acquire(desk, other)).toBe(true);
  });

  test("is nobody's for all of that time from when a snapshot told of it", () => {
    const { desk, other } = lost();
    pass(desk, 4_000);
    const server = serverOf(desk);
    server.store = loadStore(dumpStore(server.store));
    act(desk, (out) => onRestored(desk.service, server, desk.nowMs, out));
    pass(desk, 4_990);
    expect(acquire(desk, other)).toBe(false);
    pass(desk, 20);
    expect(acquire(desk, other)).toBe(true);
  });

  test("is not taken by who asked a moment before the session ended", () => {
    const desk = leader();
    const id = created(desk, { lockDelayNs: 5e9 });
    const other = created(desk);
    expect(acquire(desk, id)).toBe(true);
    http(desk, { kind: "session.destroy", id });
    const asked = http(desk, kvWrite("lock", "k", { session: other }));
    acknowledge(desk);
    expect(desk.answers.get(asked)).toEqual({ ok: true, body: { kind: "applied", applied: false } });
  });

  test("is forgotten by the log some time after", () => {
    const { desk } = lost();
    pass(desk, 1000);
    expect(serverOf(desk).store.lockDelays.size).toBe(1);
    pass(desk, 60_000);
    acknowledge(desk);
    expect(serverOf(desk).store.lockDelays.size).toBe(0);
    expect(serverOf(desk).heldOff.size).toBe(0);
  });
});
