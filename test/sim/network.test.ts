// The simulated network: what lies over a link changes it, and each trouble is taken away by itself.

import { describe, expect, test } from "vitest";
import { seededChance } from "../../src/core/lib/chance.ts";
import {
  addTrouble,
  createNetwork,
  datagramArrivals,
  endTroubles,
  healCuts,
  isCut,
  type Network,
  orderedArrival,
  removeTrouble,
  setWeather,
  type Trouble,
} from "../../src/sim/network.ts";
import { CALM, drawDoublings, type LinkWeather } from "../../src/sim/weather.ts";

const STEADY: LinkWeather = { ...CALM, latencyUs: [1000, 1000] };
const chance = seededChance("network");

function network(weather: LinkWeather = STEADY): Network {
  return createNetwork(3, weather, new Map());
}

/** From node 0 to node 1, and no other way. */
const THERE: ReadonlySet<number> = new Set([1]);
const cutting = (kind: Trouble["kind"]): Trouble => ({ kind, aspects: ["cut"], directions: THERE });

function packet(net: Network, { from = 0, to = 1, nowUs = 0, bytes = 100 } = {}): number[] {
  return datagramArrivals(net, chance, from, to, nowUs, bytes, "udp").map(({ atUs }) => atUs);
}

describe("a cut", () => {
  test("swallows one direction, and is counted by its name", () => {
    const net = network();
    addTrouble(net, cutting("one-way"));
    expect(packet(net)).toEqual([]);
    expect(packet(net, { from: 1, to: 0 })).toEqual([1000]);
    expect(orderedArrival(net, chance, 0, 1, 0, 10).type).toBe("cut");
    expect(net.effects).toEqual(new Map([["one-way", 2]]));
  });

  test("stays until the last of those that overlap is gone", () => {
    const net = network();
    const [first, second] = [cutting("partition"), cutting("bridge")];
    addTrouble(net, first);
    addTrouble(net, second);
    removeTrouble(net, first);
    expect(isCut(net, 0, 1)).toBe(true);
    removeTrouble(net, second);
    removeTrouble(net, second);
    expect(isCut(net, 0, 1)).toBe(false);
    expect(packet(net)).toEqual([1000]);
  });

  test("is healed with all others, and the weather stays", () => {
    const net = network();
    addTrouble(net, cutting("partition"));
    addTrouble(net, {
      kind: "slow-link",
      aspects: ["latency"],
      directions: THERE,
      change: (weather) => ({ ...weather, latencyUs: [7000, 7000] }),
    });
    healCuts(net);
    expect(packet(net)).toEqual([7000]);
    endTroubles(net);
    expect(packet(net)).toEqual([1000]);
  });
});

describe("a link", () => {
  test("of limited bandwidth sends one thing after the other, by size, and drops when too much waits", () => {
    const net = network({ ...STEADY, bytesPerSecond: 1000 });
    expect(packet(net, { bytes: 500 })).toEqual([501_000]);
    expect(packet(net, { bytes: 500 })).toEqual([1_001_000]);
    expect(packet(net, { bytes: 100, nowUs: 1_000_000 })).toEqual([1_101_000]);
    expect(packet(net, { bytes: 3000, nowUs: 1_000_000 })).toEqual([4_101_000]);
    expect(packet(net, { bytes: 1, nowUs: 1_000_000 })).toEqual([]);
    expect(orderedArrival(net, chance, 0, 1, 1_000_000, 1).type).toBe("broken");
    setWeather(net, () => STEADY);
    expect(packet(net, { nowUs: 1_000_000 })).toEqual([1_001_000]);
  });

  test("loses datagrams that are too long, and never what goes over TCP", () => {
    const net = network({ ...STEADY, mtuBytes: 576 });
    expect(packet(net, { bytes: 576 })).toEqual([1000]);
    expect(packet(net, { bytes: 577 })).toEqual([]);
    expect(datagramArrivals(net, chance, 0, 1, 0, 9000, "tcp")).toEqual([{ atUs: 1000, corrupt: false }]);
  });

  test("that turns bits says so of the datagram, and breaks a connection now and then", () => {
    const net = network({ ...STEADY, corruptPpm: 1_000_000 });
    expect(datagramArrivals(net, chance, 0, 1, 0, 10, "udp")).toEqual([{ atUs: 1000, corrupt: true }]);
    expect(datagramArrivals(net, chance, 0, 1, 0, 10, "tcp")).toEqual([{ atUs: 1000, corrupt: false }]);
    const passages = Array.from({ length: 2000 }, () => orderedArrival(net, chance, 0, 1, 0, 10).type);
    expect(passages.filter((type) => type === "broken").length).toBeGreaterThan(5);
    expect(passages.filter((type) => type === "broken").length).toBeLessThan(60);
  });

  test("of its own weather is not like the others", () => {
    const net = network();
    setWeather(net, (direction) => ({ ...STEADY, latencyUs: [direction, direction] }));
    expect([packet(net), packet(net, { from: 1, to: 0 })]).toEqual([[1], [3]]);
  });
});

test("a long tail doubles one time in four, and each further doubling is half as likely", () => {
  const counts = new Array<number>(8).fill(0);
  for (let draw = 0; draw < 64_000; draw++) {
    const doublings = drawDoublings(chance);
    counts[doublings] = (counts[doublings] ?? 0) + 1;
  }
  const expected = [48_000, 8_000, 4_000, 2_000, 1_000, 500, 500, 0];
  for (const [at, count] of counts.entries())
    expect(Math.abs(count - (expected[at] as number))).toBeLessThan(500);
});

test("messages of one connection stay in order in any weather", () => {
  const net = network({ ...CALM, latencyUs: [10, 50_000], longTail: true });
  let last = 0;
  for (let message = 0; message < 500; message++) {
    const passage = orderedArrival(net, chance, 0, 1, message * 100, 10);
    const atUs = passage.type === "arrives" ? passage.atUs : Number.NaN;
    expect(atUs).toBeGreaterThan(last);
    last = atUs;
  }
});
