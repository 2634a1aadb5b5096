// What the members of a pool may keep in common where thousands of them are in one process (the simulator's measurements of
// large pools). An agent has none, and each thing to itself.

import { type ByteString, bytesOf } from "../lib/bytes.ts";
import { decodeTags } from "../wire/gossip/tags.ts";
import { createRecord, isClaimOf, type NodeClaim, type NodeRecord } from "./node-record.ts";

/** Gives what others have already of what is equal. None of it is ever changed in place. */
export interface Sharing {
  /** A rumour's. */
  bytes(bytes: Uint8Array): Uint8Array;
  name(name: string): string;
  /** What a node's Meta comes to. */
  tags(meta: ByteString): ReadonlyMap<string, string>;
  /** What a node says of itself. */
  record(name: string, claim: NodeClaim): NodeRecord;
}

/** The record of what `name` says; `known`, when it says the same as there. */
export function recordOf(
  sharing: Sharing | undefined,
  name: string,
  known: NodeRecord | undefined,
  claim: NodeClaim,
): NodeRecord {
  if (known !== undefined && isClaimOf(known, claim)) return known;
  return sharing?.record(name, claim) ?? createRecord(claim);
}

/** What a Meta says whose sender may be unknown. */
export function tagsOf(sharing: Sharing | undefined, meta: ByteString): ReadonlyMap<string, string> {
  return sharing?.tags(meta) ?? decodeTags(bytesOf(meta));
}
