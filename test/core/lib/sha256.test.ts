import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hexOf, utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { createSha256, digestSha256, sha256, updateSha256 } from "../../../src/core/lib/sha256.ts";

test("the examples of FIPS 180-4", () => {
  expect(hexOf(sha256(utf8Bytes("abc")))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  expect(hexOf(sha256(utf8Bytes("")))).toBe(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

test("equals the system's, in whatever pieces it is fed", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (parts) => {
      const ours = createSha256();
      const theirs = createHash("sha256");
      for (const part of parts) {
        updateSha256(ours, part);
        theirs.update(part);
        digestSha256(ours); // Looking changes nothing.
      }
      expect(hexOf(digestSha256(ours))).toBe(theirs.digest("hex"));
    }),
  );
});
