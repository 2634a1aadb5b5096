// A pool that keeps to certain networks: who is elsewhere is not heard, and not let in on others' word.

import { describe, expect, test } from "vitest";
import { gossipMembers } from "../../../src/core/gossip/step.ts";
import { encodeMessage, type PacketMessage } from "../../../src/core/wire/gossip/messages.ts";
import { encodePacket } from "../../../src/core/wire/gossip/packet.ts";
import { encodeStream } from "../../../src/core/wire/gossip/stream-messages.ts";
import { alive, createTable, put, sent, type Table } from "./single.ts";

const ONLY_TEN = { allowedNetworks: ["10.0.0.0/8", "fd00::/8"] };

function packetFrom(table: Table, from: string, message: PacketMessage): ReturnType<typeof put> {
  const bytes = encodePacket([encodeMessage(message)], { compress: false, crc: false });
  return put(table, { type: "packet", from, bytes });
}

function names({ gossip }: Table): string[] {
  return gossipMembers(gossip).map(({ name }) => name);
}

describe("a pool that keeps to its networks", () => {
  const PING = {
    type: "ping",
    seqNo: 7,
    node: "me",
    sourceAddr: null,
    sourcePort: 0,
    sourceNode: "",
  } as const;

  test.each(["10.9.9.9:8301", "[fd00::1]:8301", "[::ffff:10.0.0.1]:8301"])(
    "answers a ping from %s",
    (from) => {
      const [answer] = sent(packetFrom(createTable(ONLY_TEN), from, PING));
      expect(answer?.message).toMatchObject({ type: "ack", seqNo: 7 });
    },
  );

  test.each(["192.168.0.1:8301", "11.0.0.1:8301", "[fe80::1]:8301"])(
    "says nothing to a ping from %s",
    (from) => {
      expect(packetFrom(createTable(ONLY_TEN), from, PING)).toEqual([]);
    },
  );

  test("closes the stream of a stranger without a word", () => {
    const bytes = encodeStream(
      { type: "push-pull", join: true, nodes: [], userState: new Uint8Array() },
      true,
    );
    const effects = put(createTable(ONLY_TEN), { type: "stream", stream: 3, from: "192.168.0.1:999", bytes });
    expect(effects).toEqual([{ type: "stream-answer", stream: 3, bytes: new Uint8Array(0) }]);
  });

  test("lets a member in only at an address of its own networks, whoever tells of it", () => {
    const table = createTable(ONLY_TEN);
    const addr = new Uint8Array([192, 168, 0, 9]);
    packetFrom(table, "10.0.0.2:8301", alive("far", 1, 9, { addr }));
    packetFrom(table, "10.0.0.2:8301", alive("near", 1, 9));
    expect(names(table)).toEqual(["me", "near"]);
  });
});
