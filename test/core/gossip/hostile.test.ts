// Whatever peers send, the machine neither throws nor breaks its invariants, and what it keeps stays bounded.

import { describe, expect, test } from "vitest";
import { type Chance, seededChance } from "../../../src/core/lib/chance.ts";
import { encodeMessage } from "../../../src/core/wire/gossip/messages.ts";
import { encodePacket } from "../../../src/core/wire/gossip/packet.ts";
import { isStream, plainOf, vectors } from "../wire/gossip/vectors.ts";
import { alive, put, receive, type Table, tableWith, wait } from "./single.ts";

const NAMES = ["me", "p2", "p3", "p4", "p5", "x1", "x2", ""];
const INCARNATIONS = [0, 1, 4, 5, 6, 0x7fffffff, 0xfffffffe, 0xffffffff];

/** A well-formed packet of lies. */
function lie(chance: Chance): Uint8Array {
  const pick = <T>(of: readonly T[]): T => of[chance.choose("pick", of.length)] as T;
  const node = pick(NAMES);
  const incarnation = pick(INCARNATIONS);
  const host = 1 + chance.choose("host", 6);
  const messages = [
    alive(node, incarnation, host, { port: pick([0, 8301, 9999]) }),
    { type: "suspect", incarnation, node, from: pick(NAMES) } as const,
    { type: "dead", incarnation, node, from: pick(NAMES) } as const,
    { type: "ack", seqNo: chance.choose("seq", 40), payload: null } as const,
    { type: "nack", seqNo: chance.choose("seq", 40) } as const,
  ];
  return encodePacket([encodeMessage(pick(messages)), encodeMessage(pick(messages))], {
    compress: false,
    crc: false,
  });
}

function survives(table: Table, chance: Chance, steps: number, bytesOf: () => Uint8Array): void {
  for (let k = 0; k < steps; k++) {
    const bytes = bytesOf();
    const from = "10.0.0.66:8301";
    if (chance.choose("how", 8) > 0) put(table, { type: "packet", from, bytes });
    else put(table, { type: "stream", stream: k, from, bytes });
    if (chance.choose("wait", 4) === 0) wait(table, chance.choose("ms", 700));
  }
}

describe("it survives", () => {
  test("well-formed lies in any order", () => {
    for (let seed = 0; seed < 10; seed++) {
      const chance = seededChance(`lies ${seed}`);
      const table = tableWith(4, {}, `${seed}`);
      survives(table, chance, 400, () => lie(chance));
      expect(table.gossip.nodes.size).toBeLessThanOrEqual(7);
      expect(table.gossip.leave).toBeUndefined();
    }
  });

  test("real packets and streams of other pools, whole and damaged", () => {
    const chance = seededChance("captured");
    const corpus = vectors.captured
      .filter((each) => !isStream(each) || plainOf(each).length < 1000)
      .map(plainOf);
    const table = tableWith(4);
    survives(table, chance, 3000, () => {
      const bytes = (corpus[chance.choose("which", corpus.length)] as Uint8Array).slice();
      const damaged = bytes[0] === 12 ? bytes.slice(5) : bytes;
      if (chance.choose("damage", 2) === 0 && damaged.length > 0)
        damaged[chance.choose("at", damaged.length)] = chance.choose("byte", 256);
      return damaged;
    });
    expect(table.gossip.badMessages).toBeGreaterThan(100);
  });

  test("inputs that answer nothing", () => {
    const table = tableWith(2);
    expect(put(table, { type: "stream-answer", stream: 99, bytes: Uint8Array.of(2, 0x80) })).toEqual([]);
    expect(put(table, { type: "stream-failed", stream: 99, error: "?" })).toEqual([]);
    expect(put(table, { type: "wake" })).toEqual([]);
  });

  test("accusations of ourselves at the highest incarnation, without being silenced", () => {
    const table = tableWith(2);
    for (let k = 0; k < 5; k++)
      receive(table, { type: "dead", incarnation: 0xffffffff, node: "me", from: "p2" });
    expect(table.gossip.nodes.get("me")).toMatchObject({ state: "alive", incarnation: 0xffffffff });
  });
});
