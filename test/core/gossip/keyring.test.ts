// A pool's keys, by memberlist's rules.

import { describe, expect, test } from "vitest";
import {
  addKey,
  createKeyring,
  encodeKeyringFile,
  type Keyring,
  keyBytes,
  keyText,
  primaryKey,
  removeKey,
  useKey,
} from "../../../src/core/gossip/keyring.ts";

function keyOf(fill: number, length: number = 32): string {
  return keyText(new Uint8Array(length).fill(fill));
}

const [A, B, C] = [keyOf(1), keyOf(2, 24), keyOf(3, 16)];

function ringOf(...keys: string[]): Keyring {
  return createKeyring({ keys, verifyIncoming: true, verifyOutgoing: true });
}

describe("a keyring", () => {
  test("takes a key once, behind those it has", () => {
    const ring = ringOf(A);
    expect([addKey(ring, B), addKey(ring, B), addKey(ring, A), addKey(ring, C)]).toEqual(
      Array(4).fill(undefined),
    );
    expect(ring.keys).toEqual([A, B, C]);
  });

  test.each([0, 1, 15, 17, 31, 33])("refuses a key of %d bytes", (length) => {
    const ring = ringOf(A);
    expect(addKey(ring, keyOf(7, length))).toBe("key size must be 16, 24 or 32 bytes");
    expect(ring.keys).toEqual([A]);
  });

  test("makes a key that it has the primary, and no other", () => {
    const ring = ringOf(A, B, C);
    expect(useKey(ring, C)).toBeUndefined();
    expect(ring.keys).toEqual([C, A, B]);
    expect(primaryKey(ring)).toBe(C);
    expect(useKey(ring, keyOf(9))).toBe("Requested key is not in the keyring");
    expect(ring.keys).toEqual([C, A, B]);
  });

  test("lets go of any key but the primary", () => {
    const ring = ringOf(A, B, C);
    expect(removeKey(ring, A)).toBe("Removing the primary key is not allowed");
    expect(removeKey(ring, B)).toBeUndefined();
    expect(removeKey(ring, B)).toBeUndefined();
    expect(ring.keys).toEqual([A, C]);
  });

  test("is bounded", () => {
    const ring = ringOf(A);
    const faults = Array.from({ length: 400 }, (_, at) =>
      addKey(ring, keyText(Uint8Array.of(at >> 8, at, ...new Uint8Array(14)))),
    );
    expect(ring.keys).toHaveLength(256);
    expect(faults.at(-1)).toBe("a keyring holds at most 256 keys");
  });

  test("is kept as Consul keeps it", () => {
    expect(encodeKeyringFile([A, B])).toBe(`[\n  "${A}",\n  "${B}"\n]`);
    expect(JSON.parse(encodeKeyringFile([A, B, C]))).toEqual([A, B, C]);
  });

  test("reads keys from text, and only keys", () => {
    expect(keyBytes(C)).toBe("\x03".repeat(16));
    for (const text of ["", "aGVsbG8=", "!".repeat(24), A.slice(1)]) expect(keyBytes(text)).toBeUndefined();
  });
});
