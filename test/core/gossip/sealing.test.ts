// Which key seals what a pool sends, and what it lets in: `encrypt_verify_incoming` and `encrypt_verify_outgoing`.

import { describe, expect, test } from "vitest";
import { keyText } from "../../../src/core/gossip/keyring.ts";
import type { GossipEffect, Seal } from "../../../src/core/gossip/ports.ts";
import { openingKeys } from "../../../src/core/gossip/sealing.ts";
import { gossipStats } from "../../../src/core/gossip/step.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { encodeMessage, type Ping } from "../../../src/core/wire/gossip/messages.ts";
import { encodePacket } from "../../../src/core/wire/gossip/packet.ts";
import { decodeStream, encodeStream } from "../../../src/core/wire/gossip/stream-messages.ts";
import { alive, createTable, put, receive, type Table, wait } from "./single.ts";

const [OLD, NEW] = [1, 2].map((fill) => keyText(new Uint8Array(32).fill(fill))) as [string, string];

function tableWith(verifyIncoming: boolean, verifyOutgoing: boolean): Table {
  return createTable({ keyring: { keys: [OLD, NEW], verifyIncoming, verifyOutgoing } });
}

const PING: Ping = {
  type: "ping",
  seqNo: 5,
  node: "me",
  sourceAddr: null,
  sourcePort: 0,
  sourceNode: "",
};

function pinged(table: Table, seal: Seal | undefined): GossipEffect[] {
  const bytes = encodePacket([encodeMessage(PING)], { compress: false, crc: false });
  const from = "10.0.0.9:8301";
  return put(table, { type: "packet", from, bytes, ...(seal && { seal }) });
}

function asked(table: Table, seal: Seal | undefined): { error: string | undefined; key: string | undefined } {
  const bytes = encodeStream(PING, false);
  const effects = put(table, { type: "stream", stream: 3, from: "10.0.0.9:5", bytes, ...(seal && { seal }) });
  const answer = must(
    effects.find((effect) => effect.type === "stream-answer"),
    "streams are answered",
  );
  const decoded = decodeStream(answer.bytes);
  const error = decoded.ok && decoded.value.type === "err" ? decoded.value.error : undefined;
  return { error, key: answer.key };
}

/** Every key under which a pool with somebody in it sends packets and opens streams in a minute. */
function keysUsed(table: Table): Set<string | undefined> {
  receive(table, alive("p2", 1, 2));
  put(table, { type: "packet", from: "10.0.0.2:8301", bytes: PACKET, seal: "opened" });
  const effects = [
    ...wait(table, 60_000),
    ...put(table, { type: "join", op: 1, addresses: ["10.0.0.7:8301"] }),
  ];
  const out = effects.filter((effect) => effect.type === "packet" || effect.type === "stream-open");
  expect(new Set(out.map(({ type }) => type))).toEqual(new Set(["packet", "stream-open"]));
  return new Set(out.map(({ key }) => key));
}

const PACKET = encodePacket([encodeMessage(alive("p2", 1, 2))], { compress: false, crc: false });

describe("what goes out", () => {
  test("goes under the primary key, packets and streams alike", () => {
    expect(keysUsed(tableWith(true, true))).toEqual(new Set([OLD]));
  });

  test("goes in the clear while outgoing verification is off, and where there are no keys", () => {
    expect(keysUsed(tableWith(false, false))).toEqual(new Set([undefined]));
    expect(keysUsed(createTable())).toEqual(new Set([undefined]));
  });

  test("leaves room for the seal in a packet of 1400 bytes", () => {
    const longest = (table: Table): number => {
      for (let k = 0; k < 60; k++) {
        const bytes = encodePacket([encodeMessage(alive(`p${k}`, 1, k + 2))], {
          compress: false,
          crc: false,
        });
        put(table, { type: "packet", from: "10.0.0.2:8301", bytes, seal: "opened" });
      }
      const packets = wait(table, 3000).filter((effect) => effect.type === "packet");
      return Math.max(...packets.map(({ bytes }) => bytes.length));
    };
    const plain = longest(createTable({ compress: false }));
    const keyring = { keys: [OLD], verifyIncoming: true, verifyOutgoing: true };
    const underSeal = longest(createTable({ compress: false, keyring }));
    // A checksum of five bytes is outside memberlist's budget.
    expect(plain).toBeLessThanOrEqual(1405);
    expect(underSeal).toBeLessThanOrEqual(1405 - 29);
    expect(underSeal).toBeGreaterThan(1250);
  });
});

describe("what comes in", () => {
  test("under any of the keys is taken", () => {
    const table = tableWith(true, true);
    expect(openingKeys(table.gossip)).toEqual([OLD, NEW]);
    expect(pinged(table, "opened").some(({ type }) => type === "packet")).toBe(true);
    expect(asked(table, "opened")).toEqual({ error: undefined, key: OLD });
    expect(table.gossip.refused).toMatchObject({ packets: 0, plainStreams: 0, closedStreams: 0 });
  });

  test("without a seal that opens is turned away, counted, and told of once a second", () => {
    const table = tableWith(true, true);
    const told = (effects: readonly GossipEffect[]): string[] =>
      effects.flatMap((effect) => (effect.type === "notice" ? [effect.message] : []));
    expect(told(pinged(table, undefined))).toEqual([
      "memberlist: Decrypt packet failed: No installed keys could decrypt the message from=10.0.0.9:8301",
    ]);
    expect(pinged(table, undefined)).toEqual([]);
    table.nowMs += 1000;
    expect(told(pinged(table, undefined))).toHaveLength(1);
    expect(asked(table, undefined)).toEqual({
      error: "Encryption is configured but remote state is not encrypted",
      key: OLD,
    });
    expect(asked(table, "closed")).toEqual({
      error: "No installed keys could decrypt the message",
      key: OLD,
    });
    expect(table.gossip.refused).toMatchObject({ packets: 3, plainStreams: 1, closedStreams: 1 });
    expect(table.gossip.badMessages).toBe(0);
    expect([...gossipStats(table.gossip).dropped]).toEqual([
      ["unsealedPackets", 3],
      ["unsealedStreams", 1],
      ["closedStreams", 1],
    ]);
  });

  test("in the clear is taken while incoming verification is off", () => {
    const table = tableWith(false, true);
    expect(pinged(table, undefined).some(({ type }) => type === "packet")).toBe(true);
    expect(asked(table, undefined)).toEqual({ error: undefined, key: OLD });
  });

  test("on a stream under a seal says that nobody here has keys", () => {
    const table = createTable();
    expect(asked(table, "closed")).toEqual({
      error: "Remote state is encrypted and encryption is not configured",
      key: undefined,
    });
    expect(table.gossip.refused.closedStreams).toBe(1);
  });

  test("as the answer to a join must have been sealed too", () => {
    const table = tableWith(true, true);
    const [open] = put(table, { type: "join", op: 4, addresses: ["10.0.0.2:8301"] }).filter(
      (effect) => effect.type === "stream-open",
    );
    const bytes = encodeStream({ type: "err", error: "who are you?" }, false);
    const effects = put(table, { type: "stream-answer", stream: must(open, "a stream").stream, bytes });
    expect(effects.find(({ type }) => type === "joined")).toEqual({
      type: "joined",
      op: 4,
      joined: 0,
      errors: [
        {
          address: "10.0.0.2:8301",
          error: "Failed to join 10.0.0.2: Encryption is configured but remote state is not encrypted",
        },
      ],
    });
  });
});
