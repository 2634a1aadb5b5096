// A member's tags as memberlist carries them: the node's Meta, at most 512 bytes, is 0xff and a MessagePack map.

import { compareStrings, textOfBytes } from "../../lib/bytes.ts";
import { decodeKind, encodeKind, type Kind, mapOf, text } from "./struct.ts";

/** memberlist refuses more (MetaMaxSize). */
export const MAX_META_BYTES = 512;

const TAG_MAGIC = 0xff;
const TAGS: Kind<ReadonlyMap<string, string>> = mapOf(text);

/** The tags, sorted by name so that equal tags are equal bytes. The caller minds the limit. */
export function encodeTags(tags: ReadonlyMap<string, string>): Uint8Array {
  const sorted = [...tags].sort((a, b) => compareStrings(a[0], b[0]));
  return encodeKind(TAGS, new Map(sorted), TAG_MAGIC);
}

/**
 * The tags in a node's Meta. Without the magic byte all of it is the tag `role`, as before Serf's protocol 3; a block
 * that cannot be read has no tags.
 */
export function decodeTags(meta: Uint8Array): ReadonlyMap<string, string> {
  if (meta[0] === TAG_MAGIC) {
    const decoded = decodeKind(TAGS, meta, 1);
    return decoded.ok ? decoded.value : new Map();
  }
  return new Map([["role", textOfBytes(meta)]]);
}
