// Seals and keys of the simulated world: the cipher that hides nothing still tells who may read, and the promise about
// rings is noticed when it is broken.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAgent } from "../../src/core/agent/agent.ts";
import { KEYRING_FILES } from "../../src/core/agent/keyring-files.ts";
import { seededChance } from "../../src/core/lib/chance.ts";
import { unwrapPacket, unwrapStream, wrapPacket, wrapStream } from "../../src/core/wire/gossip/envelope.ts";
import { TRUE_TIME } from "../../src/sim/clock.ts";
import { clusterConfigs } from "../../src/sim/cluster.ts";
import { checkRings, simKey, withKeptRings } from "../../src/sim/keyrings.ts";
import { createNode, type SimNode } from "../../src/sim/node.ts";
import { SIM_ENVELOPE } from "../../src/sim/seals.ts";

const KEYRING = { keys: [simKey(1), simKey(2)], verifyIncoming: true, verifyOutgoing: true };

/** An agent of a cluster of one, whose disk remembers this ring. */
function nodeWith(kept?: readonly string[]): SimNode {
  const [config] = clusterConfigs({ servers: ["a"], keyring: KEYRING });
  if (config === undefined) throw new Error("no configuration");
  const node = createNode(0, config, TRUE_TIME);
  if (kept !== undefined)
    node.disk.files.set(KEYRING_FILES.lan, new Uint8Array(Buffer.from(JSON.stringify(kept))));
  node.agent = createAgent(withKeptRings(config, node.disk), seededChance("a"), 0);
  return node;
}

describe("a simulated seal", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 });
  const key = fc.integer({ min: 1, max: 5 }).map(simKey);

  test("opens under its key and no other, and costs what a real one does", () => {
    fc.assert(
      fc.property(bytes, key, fc.array(key, { maxLength: 4 }), (plain, under, ring) => {
        const packet = wrapPacket(SIM_ENVELOPE, under, plain);
        expect(packet.length).toBe(plain.length + 29);
        const opened = unwrapPacket(SIM_ENVELOPE, ring, packet);
        expect(opened.seal).toBe(ring.includes(under) ? "opened" : undefined);
        if (opened.seal === "opened") expect(opened.bytes).toEqual(plain);
        const stream = unwrapStream(
          SIM_ENVELOPE,
          ring,
          wrapStream(SIM_ENVELOPE, under, plain, "dialler"),
          "dialler",
        );
        expect(stream.seal).toBe(ring.includes(under) ? "opened" : "closed");
      }),
    );
  });

  test("does not open when a bit behind the version was turned", () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(7), (plain, at, bit) => {
        const packet = wrapPacket(SIM_ENVELOPE, simKey(1), plain).slice();
        const place = 13 + (at % (packet.length - 13));
        packet[place] = (packet[place] as number) ^ (1 << bit);
        expect(unwrapPacket(SIM_ENVELOPE, [simKey(1)], packet).seal).toBeUndefined();
      }),
    );
  });
});

describe("the ring of a simulated agent", () => {
  test("is the one that its disk remembers, and else the one that it was given", () => {
    expect(nodeWith().agent?.pools.lan.keyring?.keys).toEqual(KEYRING.keys);
    expect(nodeWith([simKey(7)]).agent?.pools.lan.keyring?.keys).toEqual([simKey(7)]);
  });

  test.each([
    ["install", 3],
    ["use", 2],
    ["remove", 2],
  ] as const)('that was told "%s" as done and has not is a broken "keyring-promise"', (operation, number) => {
    expect(() => checkRings([nodeWith()], { operation, key: simKey(number) })).toThrow(
      expect.objectContaining({ id: "keyring-promise", message: expect.stringContaining("in memory") }),
    );
  });

  test("that only its memory has is one too", () => {
    const node = nodeWith([simKey(1)]);
    const ring = node.agent?.pools.lan.keyring;
    if (ring === undefined) throw new Error("no ring");
    ring.keys = [simKey(1), simKey(3)];
    expect(() => checkRings([node], { operation: "install", key: simKey(3) })).toThrow(/on its disk/);
  });

  test("that is as was said is none", () => {
    checkRings([nodeWith()], { operation: "install", key: simKey(2) });
    checkRings([nodeWith([simKey(2)])], { operation: "use", key: simKey(2) });
    checkRings([nodeWith([simKey(2)])], { operation: "remove", key: simKey(1) });
  });
});
