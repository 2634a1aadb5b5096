// A pool of thousands holds millions of records that say the same: every member's address and tags, and the news that it is
// there, once for each of the others. This keeps one copy of each for all machines. Nothing of it shows: what is shared is
// never changed in place.

import { createRecord, isClaimOf, type NodeRecord } from "../../core/gossip/node-record.ts";
import type { Sharing } from "../../core/gossip/sharing.ts";
import { type ByteString, bytesOf, equalBytes } from "../../core/lib/bytes.ts";
import { decodeTags } from "../../core/wire/gossip/tags.ts";

/** Twice as many as a pool of five thousand has different rumours under way. */
const SLOTS = 1 << 17;

/** What all members of a pool keep for themselves where it does not matter whose it is (GossipConfig.sharing). */
export function createSharing(): Sharing {
  const rumours: (Uint8Array | undefined)[] = Array.from({ length: SLOTS });
  const names = new Map<string, string>();
  const tags = new Map<ByteString, ReadonlyMap<string, string>>();
  const records = new Map<string, NodeRecord>();
  return {
    /** A place has room for one, the latest: what is not found is only kept once more. */
    bytes(bytes) {
      const slot = hashOf(bytes) & (SLOTS - 1);
      const known = rumours[slot];
      if (known !== undefined && equalBytes(known, bytes)) return known;
      // Memory of its own: what was just written shares its with many that are forgotten soon.
      const kept = new Uint8Array(bytes);
      rumours[slot] = kept;
      return kept;
    },
    name(name) {
      const known = names.get(name);
      if (known === undefined) names.set(name, name);
      return known ?? name;
    },
    tags(meta) {
      let known = tags.get(meta);
      if (known === undefined) {
        known = decodeTags(bytesOf(meta));
        tags.set(meta, known);
      }
      return known;
    },
    /** A name has room for one, too. */
    record(name, claim) {
      const known = records.get(name);
      if (known !== undefined && isClaimOf(known, claim)) return known;
      const record = createRecord(claim);
      records.set(name, record);
      return record;
    },
  };
}

function hashOf(bytes: Uint8Array): number {
  let hash = bytes.length;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}
