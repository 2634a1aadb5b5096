// Seals of gossip with the real cipher: recorded ones of Consul agents, ones that were worked out from the rules, and our
// own, whole and damaged.

import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGossipCipher } from "../../../src/adapters/net/gossip-cipher.ts";
import { keyText } from "../../../src/core/gossip/keyring.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { byteStringOf, concatBytes, hexOf, utf8, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import {
  type Envelope,
  SEAL_BYTES,
  unwrapPacket,
  unwrapStream,
  wrapPacket,
  wrapStream,
} from "../../../src/core/wire/gossip/envelope.ts";
import { NO_LABEL } from "../../../src/core/wire/gossip/label.ts";
import { measureStream } from "../../../src/core/wire/gossip/stream.ts";
import { isStream, unhex, vectors } from "../../core/wire/gossip/vectors.ts";

const cipher = createGossipCipher();
const PLAIN: Envelope = { cipher, label: NO_LABEL };

function labelled(label: string): Envelope {
  return { cipher, label: utf8(label) };
}

function keyOfHex(hex: string): string {
  return keyText(unhex(hex));
}

const OTHER = keyText(new Uint8Array(32).fill(0xee));
const ENCRYPTED = vectors.captured.filter(({ encryption }) => encryption !== undefined);
interface Worked {
  readonly keyHex: string;
  readonly plainHex: string;
  readonly packetHex: string;
  readonly streamHex: string;
}
function worked(name: string): Worked {
  return must(
    vectors.computed.find((vector) => vector.name === name),
    name,
  ) as unknown as Worked;
}

/** The cipher with a nonce that is known beforehand. */
function withNonce(nonceHex: string): Envelope["cipher"] {
  return { ...cipher, nonce: () => unhex(nonceHex) };
}

describe("recorded seals of Consul", () => {
  test.each(ENCRYPTED)("$name opens, by whichever place in the ring its key has", (vector) => {
    const { keyHex, plainHex } = must(vector.encryption, "it is encrypted");
    const unwrap = isStream(vector)
      ? (keys: string[]) => unwrapStream(PLAIN, keys, unhex(vector.hex), "dialler")
      : (keys: string[]) => unwrapPacket(PLAIN, keys, unhex(vector.hex));
    for (const keys of [[keyOfHex(keyHex)], [OTHER, keyOfHex(keyHex)]]) {
      const { bytes, seal } = unwrap(keys);
      expect([hexOf(bytes), seal]).toEqual([plainHex, "opened"]);
    }
    const shut = unwrap([OTHER]);
    expect(shut.seal).toBe(isStream(vector) ? "closed" : undefined);
    expect(hexOf(shut.bytes)).toBe(vector.hex);
  });

  test.each(ENCRYPTED)("$name is sealed byte for byte as it was", (vector) => {
    const { keyHex, plainHex, nonceHex } = must(vector.encryption, "it is encrypted");
    const envelope = { ...PLAIN, cipher: withNonce(nonceHex) };
    const key = keyOfHex(keyHex);
    const bytes = isStream(vector)
      ? wrapStream(envelope, key, unhex(plainHex), "acceptor")
      : wrapPacket(envelope, key, unhex(plainHex));
    expect(hexOf(bytes)).toBe(vector.hex);
  });
});

describe("seals by the rules", () => {
  test.each([
    ["computed-encrypt-v0-nack", PLAIN],
    ["computed-encrypt-v1-nack", PLAIN],
    ["computed-label-encrypted-v1-nack", labelled("dc-blue")],
  ] as const)("%s opens", (name, envelope) => {
    const { keyHex, plainHex, packetHex } = worked(name);
    const { bytes, seal } = unwrapPacket(envelope, [keyOfHex(keyHex)], unhex(packetHex));
    expect([hexOf(bytes), seal]).toEqual([plainHex, "opened"]);
  });

  test("a labelled stream opens, header and all", () => {
    const { keyHex, plainHex, streamHex } = worked("computed-stream-encrypted-v1-ping-with-label");
    const bytes = unhex(streamHex);
    expect(measureStream(bytes)).toEqual({ type: "complete", length: bytes.length });
    const opened = unwrapStream(labelled("dc-blue"), [keyOfHex(keyHex)], bytes, "dialler");
    expect([hexOf(opened.bytes), opened.seal]).toEqual([plainHex, "opened"]);
  });

  test.each([
    ["none", ""],
    ["of zeros", "00".repeat(16)],
    ["longer than a block", `${"0b".repeat(15)}11`],
    ["not of whole blocks", "0102030405"],
  ])("padding that is %s opens nothing", (_, plainHex) => {
    const key = Buffer.alloc(16, 9);
    const nonce = Buffer.alloc(12, 1);
    const gcm = createCipheriv("aes-128-gcm", key, nonce);
    const body = concatBytes([gcm.update(unhex(plainHex)), gcm.final(), gcm.getAuthTag()]);
    const packet = concatBytes([Uint8Array.of(0), nonce, body]);
    expect(unwrapPacket(PLAIN, [keyText(key)], packet)).toEqual({ bytes: packet });
  });
});

const anyKey = fc
  .constantFrom(16, 24, 32)
  .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
  .map(keyText);
const anyLabel = fc.string({ maxLength: 20 });
const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 300 });

describe("our own seals", () => {
  test("open under the key, with the label, and say what went in", () => {
    fc.assert(
      fc.property(anyKey, anyKey, anyLabel, anyBytes, (key, other, label, plain) => {
        const envelope = labelled(label);
        const packet = wrapPacket(envelope, key, plain);
        const header = label === "" ? 0 : 2 + utf8Bytes(label).length;
        expect(packet.length).toBe(header + SEAL_BYTES + plain.length);
        expect(unwrapPacket(envelope, [other, key], packet)).toEqual({
          bytes: Buffer.from(plain),
          seal: "opened",
        });
        for (const side of ["dialler", "acceptor"] as const) {
          const stream = wrapStream(envelope, key, plain, side);
          expect(measureStream(stream)).toEqual({ type: "complete", length: stream.length });
          expect(unwrapStream(envelope, [other, key], stream, side)).toEqual({
            bytes: Buffer.from(plain),
            seal: "opened",
          });
        }
      }),
    );
  });

  test("in which one bit was turned open for nobody", () => {
    const key = keyText(new Uint8Array(32).fill(5));
    const plain = utf8Bytes("the plain text");
    const damage = fc.record({ label: fc.constantFrom("", "blue"), at: fc.nat(), bit: fc.nat(7) });
    fc.assert(
      fc.property(damage, ({ label, at, bit }) => {
        const envelope = labelled(label);
        const packet = wrapPacket(envelope, key, plain);
        const turned = packet.slice();
        const place = at % turned.length;
        turned[place] = (turned[place] as number) ^ (1 << bit);
        const { bytes, seal } = unwrapPacket(envelope, [key], turned);
        // The version stands outside of what is vouched for: as the padded one it may open, to a part of what was meant.
        if (seal === "opened") expect(utf8Bytes("the plain text")).not.toEqual(bytes);
        if (seal === "opened") expect(hexOf(plain).startsWith(hexOf(bytes))).toBe(true);
        else expect(byteStringOf(bytes)).not.toContain("the plain text");
      }),
      { numRuns: 500 },
    );
  });

  test("are different each time, whatever they hold", () => {
    const key = keyText(new Uint8Array(16));
    const seals = Array.from({ length: 1000 }, () => hexOf(wrapPacket(PLAIN, key, Uint8Array.of(1))));
    expect(new Set(seals.map((seal) => seal.slice(2, 26))).size).toBe(1000);
  });

  test("of another pool are left as they came, with their label", () => {
    const key = keyText(new Uint8Array(16));
    for (const [sent, own] of [
      ["blue", "green"],
      ["blue", ""],
      ["", "green"],
    ] as const) {
      const packet = wrapPacket(labelled(sent), key, Uint8Array.of(1, 2));
      expect(unwrapPacket(labelled(own), [key], packet)).toEqual({ bytes: packet });
      const stream = wrapStream(labelled(sent), key, Uint8Array.of(1, 2), "dialler");
      expect(unwrapStream(labelled(own), [key], stream, "dialler").seal).not.toBe("opened");
    }
  });

  test("do not close over what is sent in the clear, nor over nothing", () => {
    expect(wrapPacket(PLAIN, undefined, Uint8Array.of(7))).toEqual(Uint8Array.of(7));
    expect(wrapStream(PLAIN, OTHER, new Uint8Array(0), "acceptor")).toEqual(new Uint8Array(0));
    expect(unwrapPacket(PLAIN, [], Uint8Array.of(7))).toEqual({ bytes: Uint8Array.of(7) });
    expect(unwrapStream(PLAIN, [OTHER], Uint8Array.of(6, 1), "dialler")).toEqual({
      bytes: Uint8Array.of(6, 1),
    });
  });

  test("are of one length limit: twenty mebibytes, checked before they are received", () => {
    const head = (length: number): Uint8Array =>
      Uint8Array.of(10, length >>> 24, length >>> 16, length >>> 8, length);
    expect(measureStream(head(20 << 20)).type).toBe("more");
    expect(measureStream(head((20 << 20) + 1)).type).toBe("bad");
  });
});
