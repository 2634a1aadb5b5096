// An answer to a query of ours, or word that somebody got it. What comes too late, or was heard before, counts for
// nothing.

import { QUERY_FLAG_ACK, type QueryResponse } from "../../wire/gossip/serf-messages.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { askedQuery, recordAck, recordAnswer } from "./asked-queries.ts";
import { lamportOf } from "./lamport.ts";

export function onQueryResponse(
  gossip: Gossip,
  { lTime, id, from, flags, payload }: QueryResponse,
  nowMs: number,
  out: GossipEffect[],
): void {
  const query = askedQuery(gossip, lamportOf(lTime) ?? 0, id, nowMs);
  if (query === undefined)
    return notice(
      out,
      "debug",
      "serf",
      `reply for non-running query (LTime: ${lTime}, ID: ${id}) From: ${from}`,
    );
  if ((flags & QUERY_FLAG_ACK) !== 0) recordAck(gossip, query, from, out);
  else recordAnswer(gossip, query, from, payload ?? new Uint8Array(0), out);
}
