// Coordinates on their way into the catalog: each agent tells where it is, the leader gathers and writes them together.

import { describe, expect, test } from "vitest";
import type { ServerRequest } from "../../../src/core/api/request.ts";
import { type Coordinate, ORIGIN } from "../../../src/core/model/coordinate.ts";
import type { Member } from "../../../src/core/model/member.ts";
import { coordinatesOf } from "../../../src/core/store/coordinates.ts";
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
  hear,
  http,
  isClear,
  leader,
  pass,
  passedOn,
  serverOf,
} from "./desk.ts";

const DONE = { ok: true, body: { kind: "done" } } as const;
const PERIOD_MS = 5000;

function at(x: number): Coordinate {
  return { ...ORIGIN, vec: [x, 0, 0, 0, 0, 0, 0, 0] };
}

function update(node: string, coordinate: Coordinate, segment = ""): ServerRequest {
  return { kind: "coordinate.update", node, segment, coordinate };
}

function knows(desk: Desk, ...nodes: readonly string[]): void {
  for (const node of nodes) http(desk, registerNode(node));
}

function placesOf(desk: Desk, node: string): number[] {
  return coordinatesOf(serverOf(desk).store, node).map(({ coordinate }) => coordinate.vec[0] ?? Number.NaN);
}

describe("the leader", () => {
  test("answers an update at once, and writes the last of each node five seconds after the first", () => {
    const desk = alone();
    knows(desk, "a", "b");
    expect(answerTo(desk, update("a", at(1)))).toEqual(DONE);
    pass(desk, PERIOD_MS - 1);
    expect(answerTo(desk, update("A", at(2)))).toEqual(DONE);
    expect(answerTo(desk, update("b", at(3)))).toEqual(DONE);
    expect(placesOf(desk, "a")).toEqual([]);
    const before = serverOf(desk).raft.log.lastIndex;
    pass(desk, 1);
    expect([placesOf(desk, "a"), placesOf(desk, "b")]).toEqual([[2], [3]]);
    expect(serverOf(desk).raft.log.lastIndex).toBe(before + 1);
    expect(isClear(desk)).toBe(true);
  });

  test("in dev mode does so after a tenth of a second", () => {
    const desk = alone({ dev: true });
    knows(desk, "a");
    http(desk, update("a", at(1)));
    pass(desk, 100);
    expect(placesOf(desk, "a")).toEqual([1]);
  });

  test("writes nothing when nothing would change: the log of a cluster at rest does not grow", () => {
    const desk = alone();
    knows(desk, "a");
    http(desk, update("a", at(1)));
    pass(desk, PERIOD_MS);
    const before = serverOf(desk).raft.log.lastIndex;
    http(desk, update("a", at(1)));
    http(desk, update("nobody", at(1)));
    pass(desk, PERIOD_MS);
    expect(serverOf(desk).raft.log.lastIndex).toBe(before);
  });

  test.each([
    ["invalid coordinate", { ...ORIGIN, height: Number.NaN }],
    ["incompatible coordinate", { ...ORIGIN, vec: [1, 2, 3] }],
  ])("refuses an %s", (detail, coordinate) => {
    const desk = alone();
    expect(answerTo(desk, update("a", coordinate))).toEqual({
      ok: false,
      error: { code: "refused", detail },
    });
    expect(desk.service.gathered.updates.size).toBe(0);
  });

  test("writes at most five times 128 in a period, drops the rest, and counts it", () => {
    const desk = alone();
    const names = Array.from({ length: 700 }, (_, k) => `n${k}`);
    knows(desk, ...names);
    for (const name of names) http(desk, update(name, at(1)));
    http(desk, update("n0", at(2)));
    expect(desk.service.gathered.dropped).toBe(60);
    const before = serverOf(desk).raft.log.lastIndex;
    pass(desk, PERIOD_MS);
    expect(serverOf(desk).raft.log.lastIndex).toBe(before + 5);
    expect(placesOf(desk, "n0")).toEqual([2]);
    expect(placesOf(desk, "n639")).toEqual([1]);
    expect(placesOf(desk, "n640")).toEqual([]);
    expect(desk.service.gathered.dropped).toBe(0);
  });

  test("that leads no more lets go of what it gathered", () => {
    const desk = leader();
    http(desk, update("a", at(1)));
    follow(desk, "s2");
    pass(desk, PERIOD_MS);
    expect(desk.service.gathered).toMatchObject({ dropped: 0, flushAtMs: Number.POSITIVE_INFINITY });
    expect(desk.service.gathered.updates.size).toBe(0);
  });

  test("wakes who waits for a node's coordinate by that node's alone", () => {
    const desk = alone();
    knows(desk, "a", "b");
    http(desk, update("a", at(1)));
    pass(desk, PERIOD_MS);
    const index = serverOf(desk).store.tableIndexes.coordinates;
    const options = { consistency: "default", minIndex: index, waitMs: 60_000 } as const;
    const one = http(desk, { kind: "coordinate.node", node: "A", options });
    const all = http(desk, { kind: "coordinate.nodes", options });
    http(desk, update("b", at(5)));
    pass(desk, PERIOD_MS);
    expect(desk.answers.has(one)).toBe(false);
    expect(desk.answers.get(all)).toMatchObject({ body: { coordinates: [{ node: "a" }, { node: "b" }] } });
    http(desk, update("a", at(6)));
    pass(desk, PERIOD_MS);
    const body = { kind: "coordinates", coordinates: [{ node: "A", segment: "", coordinate: at(6) }] };
    expect(desk.answers.get(one)).toMatchObject({ ok: true, body });
  });
});

test("a follower and a client pass an update on to a server", () => {
  for (const desk of [follower("s2"), client("s2")]) {
    http(desk, update("a", at(1)));
    expect(passedOn(desk)).toMatchObject({ to: "s2", request: { kind: "coordinate.update", node: "a" } });
  }
});

test("nodes near another come first, by what the catalog says", () => {
  const desk = alone();
  knows(desk, "a", "b", "c");
  for (const [node, x] of [
    ["a", 1],
    ["b", 3],
    ["c", 2],
  ] as const)
    http(desk, update(node, at(x)));
  pass(desk, PERIOD_MS);
  const options = { consistency: "default", minIndex: 0, waitMs: 0 } as const;
  const response = answerTo(desk, { kind: "catalog.nodes", nodeMeta: [], near: "b", options });
  expect(response).toMatchObject({ body: { nodes: [{ node: "b" }, { node: "c" }, { node: "a" }] } });
});

describe("an agent", () => {
  function member(name: string, tags: Readonly<Record<string, string>>): Member {
    const versions = { min: 1, max: 5, current: 2, delegateMin: 2, delegateMax: 5, delegateCurrent: 4 };
    return {
      name,
      ip: "10.0.0.1",
      port: 8301,
      tags: new Map(Object.entries(tags)),
      status: "alive",
      versions,
    };
  }

  const SERVER = member("s2", { role: "consul", vsn_min: "2", vsn_max: "3" });

  /** When, in ms, it told its coordinate. */
  function tells(desk: Desk, forMs: number, members: readonly Member[]): number[] {
    const times: number[] = [];
    const endMs = desk.nowMs + forMs;
    while (desk.nowMs < endMs) {
      pass(desk, 100, members);
      for (const { message } of forwarded(desk))
        if (message.type === "request" && message.request.kind === "coordinate.update")
          times.push(desk.nowMs);
    }
    return times;
  }

  function gaps(times: readonly number[]): number[] {
    return times.slice(1).map((time, k) => time - (times[k] ?? 0));
  }

  test("tells where it is every fifteen to thirty seconds", () => {
    const desk = client("s2");
    const all = gaps(tells(desk, 600_000, [SERVER]));
    expect(all.length).toBeGreaterThan(18);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(14_900);
    expect(Math.max(...all)).toBeLessThanOrEqual(30_100);
  });

  test("more seldom in a large datacenter: two thousand agents make sixty-four updates a second at most", () => {
    const members = [SERVER, ...Array.from({ length: 1999 }, (_, k) => member(`c${k}`, { role: "node" }))];
    const all = gaps(tells(client("s2"), 600_000, members));
    expect(Math.min(...all)).toBeGreaterThanOrEqual((2000 / 64) * 1000 - 100);
  });

  test.each([
    ["without a server", []],
    [
      "with a server that knows of no coordinates",
      [SERVER, member("s3", { role: "consul", vsn_min: "1", vsn_max: "2" })],
    ],
    ["with a server that does not say", [SERVER, member("s3", { role: "consul" })]],
  ])("tells nobody %s", (_, members) => {
    expect(tells(client("s2"), 120_000, members)).toEqual([]);
  });

  test("is silent from the moment a server comes that knows of no coordinates, until that one is forgotten", () => {
    const desk = client("s2");
    const old = member("s3", { role: "consul", vsn_min: "1", vsn_max: "2" });
    expect(tells(desk, 60_000, [SERVER])).not.toEqual([]);
    hear(desk, "join", "s3");
    expect(tells(desk, 60_000, [SERVER, old])).toEqual([]);
    hear(desk, "reap", "s3");
    expect(tells(desk, 60_000, [SERVER])).not.toEqual([]);
  });

  test("tells nobody where coordinates are disabled", () => {
    const desk = client("s2");
    desk.service.coordinateSync.own = undefined;
    expect(tells(desk, 120_000, [SERVER])).toEqual([]);
  });

  test("that leads gathers its own too", () => {
    const desk = alone();
    knows(desk, desk.service.config.nodeName);
    desk.service.coordinateSync.own = at(7);
    pass(desk, 40_000, [SERVER]);
    expect(placesOf(desk, desk.service.config.nodeName)).toEqual([7]);
  });
});

test("a write in between does not hold coordinates up, nor they it", () => {
  const desk = leader();
  http(desk, kvWrite("set", "k"));
  http(desk, update("a", at(1)));
  acknowledge(desk);
  expect(desk.answers.size).toBe(2);
});
