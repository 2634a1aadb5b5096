// Nothing that comes from a socket may throw, loop or allocate without bound. The bytes are drawn from a seed of our own
// rather than by fast-check, whose bookkeeping would cost more than the decoding.

import { describe, expect, test } from "vitest";
import { concatBytes } from "../../../../src/core/lib/bytes.ts";
import { type Chance, seededChance } from "../../../../src/core/lib/chance.ts";
import { decompressMessage } from "../../../../src/core/wire/gossip/compress.ts";
import { decodePacket } from "../../../../src/core/wire/gossip/packet.ts";
import { decodeFilter, decodeSerf } from "../../../../src/core/wire/gossip/serf-messages.ts";
import { measureStream } from "../../../../src/core/wire/gossip/stream.ts";
import { decodeStream } from "../../../../src/core/wire/gossip/stream-messages.ts";
import { decodeTags } from "../../../../src/core/wire/gossip/tags.ts";
import { isStream, plainOf, unhex, vectors } from "./vectors.ts";

/** Everything that reads bytes from outside, and everything inside it. */
function decodeAll(bytes: Uint8Array): number {
  const packet = decodePacket(bytes);
  for (const message of packet.messages) {
    if (message.type === "user") decodeSerf(message.bytes);
    if (message.type === "alive") decodeTags(message.meta ?? bytes);
  }
  const stream = decodeStream(bytes);
  if (stream.ok && stream.value.type === "push-pull") decodeSerf(stream.value.userState);
  decodeSerf(bytes);
  decodeFilter(bytes);
  decodeTags(bytes);
  const measured = measureStream(bytes);
  if (measured.type === "complete") expect(measured.length).toBeLessThanOrEqual(bytes.length);
  return packet.messages.length;
}

const EDGES = [0, 0x7f, 0x80, 0xc0, 0xdf, 0xff];

/** Flips, cuts, doubles, inserts, and numbers that are liked by off-by-one errors. */
function mutate(chance: Chance, original: Uint8Array): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let left = 1 + chance.choose("count", 4); left > 0; left--) {
    const at = chance.choose("at", bytes.length + 1);
    const set = (byte: number): void => {
      if (at < bytes.length) bytes[at] = byte;
    };
    const kind = chance.choose("kind", 6);
    if (kind === 0) set((bytes[at] ?? 0) ^ (1 << chance.choose("bit", 8)));
    else if (kind === 1) set(chance.choose("byte", 256));
    else if (kind === 2) set(EDGES[chance.choose("edge", EDGES.length)] ?? 0);
    else if (kind === 3) bytes = bytes.slice(0, at);
    else if (kind === 4) bytes = concatBytes([bytes.subarray(0, at), bytes.subarray(at >> 1)]).slice(0, 4096);
    else
      bytes = concatBytes([
        bytes.subarray(0, at),
        Uint8Array.of(chance.choose("byte", 256)),
        bytes.subarray(at),
      ]);
  }
  return bytes;
}

/** The recorded packets and streams, and, as a checksum or compression hides what is inside, their insides. */
const corpus: Uint8Array[] = vectors.captured.flatMap((vector) => {
  const plain = plainOf(vector);
  const bare = plain[0] === 12 ? plain.subarray(5) : plain;
  const inner = bare[0] === 9 ? decompressMessage(bare, 1, bare.length, 1 << 20) : undefined;
  return [unhex(vector.hex), plain, bare, ...(inner?.ok === true ? [inner.value] : [])].filter(
    (bytes) => !isStream(vector) || bytes.length < 1200,
  );
});

describe("bytes from outside", () => {
  test("a hundred thousand mutated packets neither throw nor hang", () => {
    const chance = seededChance("mutated packets");
    let readable = 0;
    for (let k = 0; k < 100_000; k++) {
      const original = corpus[chance.choose("which", corpus.length)] as Uint8Array;
      readable += decodeAll(mutate(chance, original));
    }
    // Enough of them survive mutation that the decoders were truly entered.
    expect(readable).toBeGreaterThan(10_000);
  });

  test("random bytes neither throw nor hang", () => {
    const chance = seededChance("random bytes");
    for (let k = 0; k < 20_000; k++) {
      const bytes = new Uint8Array(chance.choose("length", 64));
      for (let at = 0; at < bytes.length; at++) bytes[at] = chance.choose("byte", 256);
      if (bytes.length > 0) bytes[0] = chance.choose("type", 16);
      decodeAll(bytes);
    }
  });
});
