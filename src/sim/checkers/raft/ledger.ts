// What is committed, as the first server that knew it had it: the yardstick for all others. Kept from outside, so that it
// does not forget with a server that crashes. committed-entries.ts writes it; other properties read it.

import type { Digest } from "../../../core/lib/digest.ts";
import { holds, type RaftServer } from "./step.ts";

export interface Committed {
  readonly term: number;
  /** Hash of the log up to the entry; undefined if the log's chain had no anchor. */
  readonly hash: number | undefined;
  /** The term in which it was committed: leaders of later terms must have it. */
  readonly inTerm: number;
  readonly by: string;
  /** Digest of the state after this entry, by the first server that stood there between two steps; undefined until one has. */
  digest: Digest | undefined;
}

/** By index - 1, without gaps. */
export type Ledger = Committed[];

/** The first index up to `upTo` at which the server has not what is committed there; undefined for none. */
export function firstMissing(ledger: Ledger, { raft }: RaftServer, upTo: number): number | undefined {
  const at = ledger.findIndex(({ term }, place) => place < upTo && !holds(raft, place + 1, term));
  return at < 0 ? undefined : at + 1;
}
