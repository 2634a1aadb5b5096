// The SHA-256 of a file of an archive, fed as the file comes: by the host where it has one, else ours, whose whole state is
// here. The host's belongs to the record by which it is known here: an agent that has one cannot be copied in the middle of an
// archive, nor need be (docs/adr/0018).

import { must } from "../lib/assert.ts";
import { createSha256, digestSha256, type Sha256, updateSha256 } from "../lib/sha256.ts";
import { hostCodec } from "./codec.ts";

export type FileHash = Sha256 | { readonly hosted: true };

export function createFileHash(): FileHash {
  const codec = hostCodec();
  if (codec === undefined) return createSha256();
  const hash: FileHash = { hosted: true };
  codec.beginSha256(hash);
  return hash;
}

export function updateFileHash(hash: FileHash, bytes: Uint8Array): void {
  if ("hosted" in hash) hostOf().updateSha256(hash, bytes);
  else updateSha256(hash, bytes);
}

/** The 32 bytes of the hash of all that was fed. */
export function digestFileHash(hash: FileHash): Uint8Array {
  return "hosted" in hash ? hostOf().digestSha256(hash) : digestSha256(hash);
}

function hostOf(): NonNullable<ReturnType<typeof hostCodec>> {
  return must(hostCodec(), "who began a hash goes on with it");
}
