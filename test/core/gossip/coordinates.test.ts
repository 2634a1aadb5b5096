// Network coordinates in a pool: who is told what, what is believed of whom, and that places come to mean something.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coordinateOf } from "../../../src/core/gossip/serf/coordinates.ts";
import { must } from "../../../src/core/lib/assert.ts";
import type { Address } from "../../../src/core/model/address.ts";
import { type Coordinate, distanceBetween, ORIGIN, rawDistance } from "../../../src/core/model/coordinate.ts";
import { decodePingPayload, encodePingPayload } from "../../../src/core/wire/gossip/coordinate.ts";
import { type Agent, createNetwork, type Network, run, startCluster } from "./network.ts";
import { notices, receive, sentOf, type Table, tableWith, wait } from "./single.ts";

const near: Coordinate = { ...ORIGIN, vec: [0.01, 0, 0, 0, 0, 0, 0, 0], error: 0.5 };

/** Waits for the next ping and lets its answer come so much later. @returns The answer's effects as notices. */
function answerNextPing(table: Table, payload: Uint8Array | null, afterMs: number): string[] {
  const untilMs = table.gossip.timers.probeAtMs - table.nowMs;
  const { seqNo } = must(sentOf(wait(table, untilMs), "ping").at(-1), "a period begins with a ping").message;
  wait(table, afterMs);
  return notices(receive(table, { type: "ack", seqNo, payload }));
}

function ownCoordinate({ gossip }: Table): Coordinate | undefined {
  return coordinateOf(gossip, "me");
}

describe("what is told", () => {
  const ping = {
    type: "ping",
    seqNo: 3,
    node: "me",
    sourceAddr: null,
    sourcePort: 0,
    sourceNode: "",
  } as const;

  test("an ack brings our coordinate, 130 bytes of it", () => {
    const table = tableWith(1);
    answerNextPing(table, encodePingPayload(near), 20);
    const payload = must(sentOf(receive(table, ping), "ack")[0], "it is answered").message.payload;
    expect(payload?.length).toBe(130);
    expect(decodePingPayload(must(payload, "there is one"))).toEqual({
      ok: true,
      value: ownCoordinate(table),
    });
  });

  test("nothing is told, taken in or counted where coordinates are disabled", () => {
    const table = tableWith(1, { disableCoordinates: true });
    expect(answerNextPing(table, encodePingPayload(near), 20)).toEqual([]);
    expect(must(sentOf(receive(table, ping), "ack")[0], "answered").message.payload).toBeNull();
    expect(ownCoordinate(table)).toBeUndefined();
  });
});

describe("what is taken in", () => {
  test("an answer in time moves us, and is remembered until its sender is forgotten", () => {
    const table = tableWith(1);
    answerNextPing(table, encodePingPayload(near), 20);
    expect(ownCoordinate(table)).not.toEqual(ORIGIN);
    expect(coordinateOf(table.gossip, "p2")).toEqual(near);
    receive(table, { type: "dead", incarnation: 5, node: "p2", from: "p2" });
    wait(table, table.gossip.config.tombstoneTimeoutMs + 60_000);
    expect(table.gossip.serf.members.has("p2")).toBe(false);
    expect(coordinateOf(table.gossip, "p2")).toBeUndefined();
    expect(table.gossip.serf.coordinates?.own.latencies.size).toBe(0);
  });

  test("an answer that came after others were asked says nothing of the way", () => {
    const table = tableWith(2);
    answerNextPing(table, encodePingPayload(near), table.gossip.config.probeTimeoutMs + 1);
    expect(ownCoordinate(table)).toEqual(ORIGIN);
  });

  test("an answer without a coordinate is an answer", () => {
    const table = tableWith(1);
    expect(answerNextPing(table, null, 20)).toEqual([]);
    expect(answerNextPing(table, new Uint8Array(0), 20)).toEqual([]);
    expect(table.gossip.serf.coordinates?.rejected).toBe(0);
  });

  test.each([
    ["another version", Uint8Array.of(2, 0x80)],
    ["broken bytes", encodePingPayload(near).subarray(0, 60)],
    ["no number", encodePingPayload({ ...near, vec: [Number.NaN, 0, 0, 0, 0, 0, 0, 0] })],
    ["two dimensions", encodePingPayload({ ...near, vec: [0, 0] })],
    ["a negative error", encodePingPayload({ ...near, error: -1.4 })],
    ["a negative height", encodePingPayload({ ...near, height: -1 })],
    ["an endless adjustment", encodePingPayload({ ...near, adjustment: Number.POSITIVE_INFINITY })],
    ["a place beyond the world", encodePingPayload({ ...near, vec: [1e300, 0, 0, 0, 0, 0, 0, 0] })],
  ])("%s is counted, and moves nobody", (_, payload) => {
    const table = tableWith(1);
    expect(answerNextPing(table, payload, 20)[0]).toMatch(/^serf: Rejected coordinate from p2: /);
    expect(table.gossip.serf.coordinates?.rejected).toBe(1);
    expect(ownCoordinate(table)).toEqual(ORIGIN);
    expect(coordinateOf(table.gossip, "p2")).toBeUndefined();
  });
});

test("whatever bytes an answer brings, our coordinate stays one of numbers, and within reach of the honest", () => {
  const double = fc.double();
  const claimed = fc
    .record({
      vec: fc.array(double, { minLength: 7, maxLength: 9 }),
      error: fc.oneof(double, fc.double({ min: 0, max: 1.5, noNaN: true })),
      adjustment: fc.oneof(double, fc.constant(0)),
      height: fc.oneof(double, fc.constant(0.001)),
    })
    .map(encodePingPayload);
  const damaged = fc
    .tuple(fc.nat(129), fc.nat(255))
    .map(([at, byte]) => encodePingPayload(near).map((each, k) => (k === at ? byte : each)));
  const payload = fc.oneof(claimed, damaged, fc.uint8Array({ maxLength: 140 }));
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 20 }), (payloads) => {
      const table = tableWith(1);
      // The invariants of the table are looked at after every step.
      for (const each of payloads) answerNextPing(table, each, 20);
      const own = must(ownCoordinate(table), "coordinates are on");
      // Each answer that is believed moves us by a quarter of ten seconds at most.
      expect(rawDistance(own, ORIGIN)).toBeLessThanOrEqual(2.6 * payloads.length + 1);
    }),
  );
});

/** Cities on a plane: where each agent is, in milliseconds of one-way travel. */
function placeOf(address: Address): readonly [x: number, y: number] {
  const host = Number(/\.(\d+):/.exec(address)?.[1] ?? 0);
  return [(host % 4) * 30, Math.floor(host / 4) * 40];
}

function wayMs(from: Address, to: Address): number {
  const [a, b] = [placeOf(from), placeOf(to)];
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** By how much the round trips that coordinates tell are wrong, pair by pair, sorted: a share of the true ones. */
function errors(network: Network, agents: readonly Agent[]): number[] {
  const all = agents.flatMap((a) =>
    agents
      .filter((b) => b !== a)
      .map((b) => {
        const told = distanceBetween(coordinateOf(a.gossip, a.name), coordinateOf(b.gossip, b.name)) * 1e3;
        // Each packet's own latency, too, at its mean.
        const true_ = 2 * (wayMs(a.address, b.address) + (network.latencyMs[0] + network.latencyMs[1]) / 2);
        return Math.abs(told - true_) / true_;
      }),
  );
  return all.sort((a, b) => a - b);
}

function world(seed: string, liars: number, planted?: string): { network: Network; honest: Agent[] } {
  const network = createNetwork(seed, { planted });
  network.wayMs = wayMs;
  const agents = startCluster(network, 12 + liars);
  const honest = agents.slice(0, 12);
  for (let minutes = 0; minutes < 15; minutes++) {
    for (const [at, agent] of agents.slice(12).entries()) {
      const own = must(agent.gossip.serf.coordinates, "enabled").own;
      const vec = ORIGIN.vec.map(() => (at % 2 === 0 ? 900 : -9));
      own.coordinate = { vec, error: at % 2 === 0 ? 0.001 : 0, adjustment: 0, height: 0.001 };
    }
    run(network, 60_000);
  }
  return { network, honest };
}

describe("after a quarter of an hour in a world of twelve cities", () => {
  test.each(["a", "b"])(
    "coordinates tell the round trips: half of them within 5 in 100, nine in ten within 20 (seed %s)",
    (seed) => {
      const { network, honest } = world(seed, 0);
      const wrong = errors(network, honest);
      expect(wrong[wrong.length >> 1]).toBeLessThan(0.05);
      expect(wrong[Math.floor(wrong.length * 0.9)]).toBeLessThan(0.2);
    },
  );

  test("members that lie about their place move nobody out of theirs; believed, they would", () => {
    const sane = ({ network, honest }: ReturnType<typeof world>): boolean =>
      (errors(network, honest).at(-1) ?? 0) < 1;
    expect(sane(world("liars", 2))).toBe(true);
    expect(sane(world("liars", 2, "coordinate-believes-anything"))).toBe(false);
  });
});
