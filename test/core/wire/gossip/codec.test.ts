import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, hexOf } from "../../../../src/core/lib/bytes.ts";
import {
  compressIfShorter,
  compressMessage,
  decompressMessage,
} from "../../../../src/core/wire/gossip/compress.ts";
import { compressLzw, decompressLzw } from "../../../../src/core/wire/gossip/lzw.ts";
import {
  decodeMessage,
  encodeMessage,
  type PacketMessage,
  versionsOf,
  vsnOf,
} from "../../../../src/core/wire/gossip/messages.ts";
import { createReader, skipValue } from "../../../../src/core/wire/gossip/msgpack.ts";
import { compoundOf, decodePacket, encodePacket } from "../../../../src/core/wire/gossip/packet.ts";
import {
  decodeFilter,
  decodeSerf,
  encodeFilter,
  encodeSerf,
  type SerfMessage,
} from "../../../../src/core/wire/gossip/serf-messages.ts";
import {
  decodeStream,
  encodeStream,
  type StreamMessage,
} from "../../../../src/core/wire/gossip/stream-messages.ts";
import { decodeKind, encodeKind, i64, u64 } from "../../../../src/core/wire/gossip/struct.ts";
import { decodeTags, encodeTags } from "../../../../src/core/wire/gossip/tags.ts";
import { unhex } from "./vectors.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const u64Value = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((value) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value));
const blob = fc.uint8Array({ maxLength: 300 });
const maybeBlob = fc.option(blob);
const source = {
  sourceAddr: fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 })),
  sourcePort: u16,
  sourceNode: text,
};

const packetMessage: fc.Arbitrary<PacketMessage> = fc.oneof(
  fc.record({ type: fc.constant("ping" as const), seqNo: u32, node: text, ...source }),
  fc.record({
    type: fc.constant("indirect-ping" as const),
    seqNo: u32,
    target: maybeBlob,
    port: u16,
    node: text,
    nack: fc.boolean(),
    ...source,
  }),
  fc.record({ type: fc.constant("ack" as const), seqNo: u32, payload: maybeBlob }),
  fc.record({ type: fc.constant("nack" as const), seqNo: u32 }),
  fc.record({ type: fc.constant("suspect" as const), incarnation: u32, node: text, from: text }),
  fc.record({ type: fc.constant("dead" as const), incarnation: u32, node: text, from: text }),
  fc.record({
    type: fc.constant("alive" as const),
    incarnation: u32,
    node: text,
    addr: maybeBlob,
    port: u16,
    meta: maybeBlob,
    vsn: maybeBlob,
  }),
  fc.record({ type: fc.constant("user" as const), bytes: blob }),
);

const eventContent = fc.record({ name: text, payload: maybeBlob });

const serfMessage: fc.Arbitrary<SerfMessage> = fc.oneof(
  fc.record({ type: fc.constant("leave" as const), lTime: u64Value, node: text, prune: fc.boolean() }),
  fc.record({ type: fc.constant("join" as const), lTime: u64Value, node: text }),
  fc.record({
    type: fc.constant("push-pull" as const),
    lTime: u64Value,
    statusLTimes: fc.array(fc.tuple(text, u64Value)).map((each) => new Map(each)),
    leftMembers: fc.option(fc.array(text)),
    eventLTime: u64Value,
    events: fc.option(
      fc.array(fc.option(fc.record({ lTime: u64Value, events: fc.option(fc.array(eventContent)) }))),
    ),
    queryLTime: u64Value,
  }),
  fc.record({
    type: fc.constant("user-event" as const),
    lTime: u64Value,
    name: text,
    payload: maybeBlob,
    coalesce: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("query" as const),
    lTime: u64Value,
    id: u32,
    addr: maybeBlob,
    port: u16,
    sourceNode: text,
    filters: fc.option(fc.array(maybeBlob)),
    flags: u32,
    relayFactor: u8,
    timeout: fc.integer(),
    name: text,
    payload: maybeBlob,
  }),
  fc.record({
    type: fc.constant("query-response" as const),
    lTime: u64Value,
    id: u32,
    from: text,
    flags: u32,
    payload: maybeBlob,
  }),
  fc.record({ type: fc.constant("key-request" as const), key: maybeBlob }),
  fc.record({
    type: fc.constant("relay" as const),
    destAddr: fc.record({ ip: maybeBlob, port: u16, zone: text }),
    destName: text,
    message: blob,
  }),
);

const streamMessage: fc.Arbitrary<StreamMessage> = fc.oneof(
  fc.record({
    type: fc.constant("push-pull" as const),
    join: fc.boolean(),
    nodes: fc.array(
      fc.record({
        name: text,
        addr: maybeBlob,
        port: u16,
        meta: maybeBlob,
        incarnation: u32,
        state: fc.nat(3),
        vsn: maybeBlob,
      }),
    ),
    userState: blob,
  }),
  fc.record({ type: fc.constant("user" as const), bytes: blob }),
  fc.record({ type: fc.constant("err" as const), error: text }),
  fc.record({ type: fc.constant("ack" as const), seqNo: u32, payload: maybeBlob }),
);

describe("whatever is encoded is decoded to the same", () => {
  test("memberlist's messages", () => {
    fc.assert(
      fc.property(packetMessage, (message) => {
        const bytes = encodeMessage(message);
        expect(decodeMessage(bytes, 0, bytes.length)).toEqual({ ok: true, value: message });
      }),
    );
  });

  test("Serf's messages", () => {
    fc.assert(
      fc.property(serfMessage, (message) => {
        expect(decodeSerf(encodeSerf(message))).toEqual({ ok: true, value: message });
      }),
    );
  });

  test("streams, compressed or not", () => {
    fc.assert(
      fc.property(streamMessage, fc.boolean(), (message, compress) => {
        expect(decodeStream(encodeStream(message, compress))).toEqual({ ok: true, value: message });
      }),
    );
  });

  test("packets with all their layers", () => {
    const messages = fc.array(packetMessage, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(messages, fc.boolean(), fc.boolean(), (list, compress, crc) => {
        expect(decodePacket(encodePacket(list.map(encodeMessage), { compress, crc }))).toEqual({
          messages: list,
          error: undefined,
        });
      }),
    );
  });

  test("LZW of any bytes, repetitive ones too, with and without the leading clear code", () => {
    const repetitive = fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(2000))
      .map(([piece, times]) => concatBytes(Array.from({ length: times + 1 }, () => piece)));
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 9000 }), repetitive),
        fc.boolean(),
        (plain, clear) => {
          const unpacked = decompressLzw(compressLzw(plain, clear), plain.length);
          expect(unpacked.ok && hexOf(unpacked.bytes)).toBe(hexOf(plain));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("tags, in an order that does not depend on how they were put together", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        const tags = new Map(pairs);
        expect(new Map(decodeTags(encodeTags(tags)))).toEqual(tags);
        expect(encodeTags(new Map([...tags].reverse()))).toEqual(encodeTags(tags));
      }),
    );
  });

  test("filters and versions", () => {
    const tag = { type: "tag", tag: "role", expr: "^web" } as const;
    const nodes = { type: "nodes", names: ["a", "b"] } as const;
    expect(decodeFilter(encodeFilter(tag))).toEqual({ ok: true, value: tag });
    expect(decodeFilter(encodeFilter(nodes))).toEqual({ ok: true, value: nodes });
    expect(hexOf(vsnOf(versionsOf(unhex("010502020504")) as never))).toBe("010502020504");
    expect(versionsOf(unhex("0105020205"))).toBeUndefined();
  });
});

describe("the dialect", () => {
  const nack = (seqNo: string): unknown => {
    const bytes = unhex(`0b81a55365714e6f${seqNo}`);
    const decoded = decodeMessage(bytes, 0, bytes.length);
    return decoded.ok && decoded.value.type === "nack" ? decoded.value.seqNo : decoded;
  };

  test.each([
    ["fixint", "05", 5],
    ["uint8", "cc05", 5],
    ["uint16", "cd0005", 5],
    ["uint32", "ce00000005", 5],
    ["uint64", "cf0000000000000005", 5],
    ["int8", "d005", 5],
    ["int16", "d10105", 261],
    ["int32", "d200000105", 261],
    ["int64", "d30000000000000105", 261],
    ["nil", "c0", 0],
  ])("a whole number may come as %s", (_name, hex, want) => {
    expect(nack(hex)).toBe(want);
  });

  test.each([
    ["a negative number", "ff"],
    ["a number out of range", "cf0000000100000000"],
    ["a float", "cb3ff0000000000000"],
    ["a string", "a131"],
    ["a number that breaks off", "cd00"],
    ["nothing", ""],
  ])("%s is no uint32", (_name, hex) => {
    expect(nack(hex)).toMatchObject({ ok: false });
  });

  test.each([
    ["unknown keys are skipped", "0b83a161cb3ff0000000000000a55365714e6f07a17a81c0d7ff0000000000000000", 7],
    ["missing keys are zero", "0b80", 0],
    ["nil stands for a whole struct", "0bc0", 0],
    ["a key may be str8", "0b82d90161c0a55365714e6f07", 7],
    ["trailing bytes are ignored", "0b81a55365714e6f07ffff", 7],
  ])("%s", (_name, hex, want) => {
    const bytes = unhex(hex);
    expect(decodeMessage(bytes, 0, bytes.length)).toEqual({ ok: true, value: { type: "nack", seqNo: want } });
  });

  test("keys may come in any order, strings as str8 or bin, addresses too", () => {
    const hex = "0584a44e6f6465c40163a446726f6dd90173ab496e6361726e6174696f6ed10102a3787878c0";
    const bytes = unhex(hex);
    expect(decodeMessage(bytes, 0, bytes.length)).toEqual({
      ok: true,
      value: { type: "dead", node: "c", from: "s", incarnation: 258 },
    });
  });

  test("a name that is not UTF-8 is refused: passed on it would be another name", () => {
    for (const raw of ["a1ff", "a3efbfc0", "a2c080", "a3eda080"]) {
      const bytes = unhex(`0381a44e6f6465${raw}`);
      expect(decodeMessage(bytes, 0, bytes.length)).toEqual({ ok: false, error: "not UTF-8" });
    }
  });

  test.each([0n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])(
    "%i survives as a uint64",
    (value) => {
      const given = value < 2n ** 53n ? Number(value) : value;
      expect(decodeKind(u64, encodeKind(u64, given))).toEqual({ ok: true, value: given });
    },
  );

  test.each([-1, -32, -33, -129, -40_000, -(2 ** 40), -(2n ** 63n)])("%s survives as an int64", (value) => {
    expect(decodeKind(i64, encodeKind(i64, value))).toEqual({ ok: true, value });
    expect(decodeKind(u64, encodeKind(i64, value))).toMatchObject({ ok: false });
  });
});

describe("limits", () => {
  test("announced counts and lengths cost nothing when the bytes are not there", () => {
    for (const hex of ["dfffffffff", "ddffffffff", "dbffffffff", "c9ffffffff00", "c6ffffffff"]) {
      const reader = createReader(unhex(hex));
      skipValue(reader);
      expect(reader.error).toBe("truncated");
    }
  });

  test("values nested without end are refused", () => {
    const reader = createReader(new Uint8Array(100_000).fill(0x91));
    skipValue(reader);
    expect(reader.error).toBe("nested too deep");
  });

  test("layers nested without end are refused", () => {
    let bytes: Uint8Array = encodeMessage({ type: "nack", seqNo: 1 });
    for (let k = 0; k < 40; k++) bytes = compoundOf([bytes]);
    expect(decodePacket(bytes)).toEqual({ messages: [], error: "layers nested too deep" });
  });

  test("a compound that was cut off loses only the parts that are not whole", () => {
    const message = encodeMessage({ type: "nack", seqNo: 1 });
    const bytes = compoundOf([message, message, message]);
    const packet = decodePacket(bytes.subarray(0, bytes.length - 1));
    expect(packet.messages).toHaveLength(2);
    expect(packet.error).toBe("truncated compound: 1 messages lost");
  });

  test("what decompresses to more than a datagram is refused in a datagram", () => {
    const bomb = compressIfShorter(new Uint8Array(1_000_000));
    expect(bomb.length).toBeLessThan(4000);
    expect(decodePacket(bomb)).toEqual({ messages: [], error: "lzw: too long when decompressed" });
    expect(decompressMessage(bomb, 1, bomb.length, 1_000_000).ok).toBe(true);
  });

  test("compressed parts within compressed parts are not all decompressed", () => {
    const nack = encodeMessage({ type: "nack", seqNo: 1 });
    const part = compressMessage(compoundOf(Array.from({ length: 200 }, () => nack)));
    const packet = decodePacket(compressMessage(compoundOf(Array.from({ length: 100 }, () => part))));
    expect(packet.messages).toHaveLength(3 * 200);
    expect(packet.error).toBe("too many compressed parts");
  });

  test("more items than any pool has are refused", () => {
    const state = {
      type: "push-pull",
      lTime: 1,
      statusLTimes: new Map(),
      eventLTime: 1,
      queryLTime: 1,
    } as const;
    const leftMembers = Array.from({ length: 140_000 }, () => "");
    expect(decodeSerf(encodeSerf({ ...state, leftMembers, events: null }))).toEqual({
      ok: false,
      error: "too many items",
    });
  });

  test("an unknown compression and an unknown message are said to be so", () => {
    expect(decodePacket(unhex("0982a4416c676f01a3427566c0")).error).toBe(
      "compression algorithm 1 not supported",
    );
    expect(decodePacket(unhex("3000")).error).toBe("message type 48 not supported");
    expect(decodePacket(new Uint8Array()).error).toBe("empty message");
  });

  test("a push-pull that announces more than its bytes is truncated", () => {
    expect(decodeStream(unhex("0683a44a6f696ec2a54e6f64657303ac5573657253746174654c656e00"))).toEqual({
      ok: false,
      error: "truncated",
    });
  });
});
