// BLAKE2b beside another implementation: Node's is of 512 bits alone, so the expected digests were made by Python's hashlib.

import { expect, test } from "vitest";
import { blake2b256 } from "../../../src/core/lib/blake2b.ts";

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

test.each([
  [0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"],
  [1, "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"],
  [127, "f2fe67ff342e21b8f45e8f2e0bcd1d9243245d50ee6c78042e9c491388791c72"],
  [128, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1"],
  [129, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9"],
  [1000, "b372d0608f720c8c3dd41e9c8eecb10143b41abe520b616607e754bf79c08331"],
])("the digest of %d bytes", (length, digest) => {
  expect(hexOf(blake2b256(Uint8Array.from({ length }, (_, at) => at % 251)))).toBe(digest);
});
