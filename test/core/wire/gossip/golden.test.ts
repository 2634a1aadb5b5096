import { describe, expect, test } from "vitest";
import { byteStringOf, hexOf } from "../../../../src/core/lib/bytes.ts";
import { MEMBER_STATUSES } from "../../../../src/core/model/member.ts";
import { compressMessage } from "../../../../src/core/wire/gossip/compress.ts";
import { addLabel, stripLabel } from "../../../../src/core/wire/gossip/label.ts";
import { compressLzw, decompressLzw } from "../../../../src/core/wire/gossip/lzw.ts";
import { decodePacket, encodePacket, withCrc } from "../../../../src/core/wire/gossip/packet.ts";
import { decodeFilter, decodeSerf, encodeSerf } from "../../../../src/core/wire/gossip/serf-messages.ts";
import { decodeStream } from "../../../../src/core/wire/gossip/stream-messages.ts";
import { decodeTags, encodeTags } from "../../../../src/core/wire/gossip/tags.ts";
import {
  type Captured,
  type Computed,
  isStream,
  largeStream,
  leadingClear,
  leaves,
  plainOf,
  rebuildPacket,
  rebuildStream,
  says,
  saysSerf,
  unhex,
  vectors,
} from "./vectors.ts";

const named = (list: readonly Captured[]): [string, Captured][] => list.map((each) => [each.name, each]);
const packets = named(vectors.captured.filter((each) => !isStream(each)));
const streams = named(vectors.captured.filter(isStream));

describe("what Consul and Serf agents sent", () => {
  test.each(packets)("packet %s: decoded and encoded again is the same bytes", (_name, vector) => {
    const plain = plainOf(vector);
    expect(hexOf(rebuildPacket(plain, leadingClear(vector)))).toBe(hexOf(plain));
  });

  test.each(packets)("packet %s: says what the independent decoder says", (_name, vector) => {
    const packet = decodePacket(plainOf(vector));
    expect(packet.error).toBeUndefined();
    const annotations = leaves(vector.decoded);
    expect(packet.messages).toHaveLength(annotations.length);
    for (const [at, message] of packet.messages.entries()) {
      const annotation = annotations[at];
      if (message.type === "user") expect(saysSerf(message.bytes, annotation?.serf)).toBe(true);
      else expect(says(message, annotation?.body)).toBe(true);
    }
  });

  test.each(streams)("stream %s: decoded and encoded again is the same bytes", (_name, vector) => {
    const plain = plainOf(vector);
    expect(hexOf(rebuildStream(plain, leadingClear(vector)))).toBe(hexOf(plain));
  });

  test.each(streams)("stream %s: says what the independent decoder says", (_name, vector) => {
    const decoded = decodeStream(plainOf(vector));
    if (!decoded.ok) throw new Error(decoded.error);
    const [annotation] = leaves(vector.decoded);
    if (decoded.value.type !== "push-pull") return expect(says(decoded.value, annotation?.body)).toBe(true);
    expect(decoded.value.join).toBe(annotation?.header?.Join);
    expect(says(decoded.value.nodes, annotation?.nodes)).toBe(true);
    expect(saysSerf(decoded.value.userState, annotation?.userState)).toBe(true);
  });

  test("a large stream whose LZW table starts over several times is decompressed and compressed alike", () => {
    const plain = unhex(largeStream.plainHex);
    expect(hexOf(compressMessage(plain, true))).toBe(largeStream.hex);
    const decoded = decodeStream(unhex(largeStream.hex));
    expect(decoded.ok && decoded.value.type).toBe("push-pull");
    expect(hexOf(rebuildStream(unhex(largeStream.hex), true))).toBe(largeStream.hex);
  });
});

describe("what is carried inside the messages", () => {
  const serfOf = (name: string, at: number): Uint8Array => {
    const vector = vectors.captured.find((each) => each.name === name) as Captured;
    const message = decodePacket(plainOf(vector)).messages[at];
    return message?.type === "user" ? message.bytes : new Uint8Array();
  };

  test("a key response in the payload of a query response is read and written alike", () => {
    const response = decodeSerf(serfOf("enc-keyresponse-list", 0));
    if (!response.ok || response.value.type !== "query-response") throw new Error("not a response");
    const payload = response.value.payload as Uint8Array;
    const keys = decodeSerf(payload);
    if (!keys.ok || keys.value.type !== "key-response") throw new Error("not a key response");
    expect(keys.value).toMatchObject({
      result: true,
      message: "",
      keys: ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="],
    });
    expect(hexOf(encodeSerf(keys.value))).toBe(hexOf(payload));
  });

  test("filters of queries are read", () => {
    const filters = (name: string): unknown => {
      const query = decodeSerf(serfOf(name, 0));
      if (!query.ok || query.value.type !== "query") throw new Error("not a query");
      return query.value.filters?.map((each) => decodeFilter(each ?? new Uint8Array()));
    };
    expect(filters("serf-query-node-filter")).toEqual([
      { ok: true, value: { type: "nodes", names: ["n3", "n4"] } },
    ]);
    expect(filters("serf-query-tag-filter-relay")).toEqual([
      { ok: true, value: { type: "tag", tag: "role", expr: "web" } },
    ]);
  });

  test("the answer to a name conflict is read back as it was written", () => {
    const message = {
      type: "conflict-response",
      name: "n1",
      addr: Uint8Array.of(127, 0, 0, 1),
      port: 8301,
      tags: new Map([["role", "node"]]),
      status: MEMBER_STATUSES.indexOf("alive"),
      protocolMin: 1,
      protocolMax: 5,
      protocolCur: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCur: 4,
    } as const;
    expect(decodeSerf(encodeSerf(message))).toEqual({ ok: true, value: message });
  });

  test("tags are read from a node's Meta; without the magic byte it is all the role", () => {
    const vector = vectors.captured.find((each) => each.name === "serf-alive") as Captured;
    const alive = decodePacket(unhex(vector.hex)).messages[0];
    if (alive?.type !== "alive") throw new Error("not alive");
    expect([...decodeTags(alive.meta as Uint8Array)]).toEqual([
      ["role", "db"],
      ["idx", "3"],
    ]);
    expect([...decodeTags(new TextEncoder().encode("web"))]).toEqual([["role", "web"]]);
    expect(hexOf(encodeTags(new Map()))).toBe("ff80");
    expect(decodeTags(unhex("ff81a1")).size).toBe(0);
  });
});

describe("vectors worked out from the rules", () => {
  const computed = (name: string): Computed =>
    vectors.computed.find((each) => each.name === name) as Computed;

  test.each(vectors.computed.filter((each) => each.name.includes("lzw")))("$name", (vector) => {
    const plain = unhex(vector.plainHex);
    const withClear = unhex(vector.lzwLeadingClearHex);
    expect(decompressLzw(withClear, 1 << 20)).toEqual({ ok: true, bytes: plain });
    if (plain.length === 0) return;
    expect(hexOf(compressLzw(plain, true))).toBe(vector.lzwLeadingClearHex);
    expect(hexOf(compressLzw(plain))).toBe(vector.lzwNoLeadingClearHex);
    expect(decompressLzw(compressLzw(plain), 1 << 20)).toEqual({ ok: true, bytes: plain });
  });

  test("checksum", () => {
    const vector = computed("computed-crc32");
    const data = unhex(vector.dataHex);
    expect(hexOf(withCrc(data))).toBe(vector.packetHex);
    expect(hexOf(encodePacket([data], { compress: true, crc: true }))).toBe(vector.packetHex);
    const broken = unhex(vector.packetHex);
    broken[7] = (broken[7] as number) ^ 1;
    expect(decodePacket(broken)).toEqual({ messages: [], error: "checksum mismatch" });
  });

  test("label", () => {
    const vector = computed("computed-label-plain-nack");
    const label = byteStringOf(new TextEncoder().encode(vector.label));
    const labelled = unhex(vector.packetHex);
    const plain = stripLabel(labelled, label);
    expect(plain.ok && hexOf(plain.value)).toBe("0b81a55365714e6f08");
    expect(hexOf(addLabel(unhex("0b81a55365714e6f08"), label))).toBe(vector.packetHex);
    // Not taken off, it is another pool's.
    expect(decodePacket(labelled)).toEqual({ messages: [], error: "label of another pool" });
    expect(decodeStream(labelled)).toEqual({ ok: false, error: "label of another pool" });
  });

  test.each([
    ["another label", "dc-red", "f40764632d626c75650b81"],
    ["a label where we have none", "", "f40764632d626c75650b81"],
    ["no label where we have one", "dc-red", "0b81"],
    ["an empty label", "", "f4000b81"],
    ["a label that breaks off", "dc-blue", "f40764632d62"],
  ])("%s is refused", (_name, label, hex) => {
    expect(stripLabel(unhex(hex), byteStringOf(new TextEncoder().encode(label))).ok).toBe(false);
  });
});
