// Somebody else says that our name is his: the members are asked whom they mean by it.

import { utf8Bytes } from "../../lib/bytes.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { startQuery } from "./ask-query.ts";

/** Begins the vote, unless one is under way or the pool does not vote. */
export function startVote(gossip: Gossip, nowMs: number, out: GossipEffect[]): void {
  const { config, serf } = gossip;
  if (config.resolveNameConflicts !== true) return;
  if ([...serf.asked.values()].some(({ owner }) => owner.by === "conflict")) return;
  const question = { name: "_serf_conflict", payload: utf8Bytes(config.name) };
  const error = startQuery(gossip, question, { by: "conflict", responses: 0, matching: 0 }, nowMs, out);
  if (error !== undefined) notice(out, "error", "serf", `Failed to start name resolution query: ${error}`);
}
