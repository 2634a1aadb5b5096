// Handing leadership over (thesis §3.10): take no more proposals, bring the target up to date, tell it to campaign at once.
// Its request for votes says that we asked for it, so followers that hear us answer it all the same.

import { PLANTED, planted } from "../lib/planted.ts";
import { recordOf } from "./configuration.ts";
import { isTrusted } from "./identity.ts";
import { latestConfiguration } from "./log.ts";
import type { ServerId, TimeoutNow } from "./messages.ts";
import { becomeCandidate, canCampaign } from "./role.ts";
import type { Raft, RaftEffect } from "./state.ts";

/** Why leadership is not handed over. */
export type TransferRefusal =
  | "not-leader"
  /** To another server, and not over yet. */
  | "under-way"
  /** It is no voter of this cluster, or it is this server. */
  | "bad-target"
  /** There is no other voter that we have heard of. */
  | "nobody-else";

/**
 * Begins to hand leadership over. Effect `transfer` says what came of it, within an election timeout.
 * @param target The other voter that has most of the log unless it is given.
 */
export function transferLeadership(
  raft: Raft,
  target: ServerId | undefined,
  nowMs: number,
  out: RaftEffect[],
): "started" | TransferRefusal {
  const { leading } = raft;
  if (leading === undefined) return "not-leader";
  if (target !== undefined && !isEligible(raft, target)) return "bad-target";
  const chosen = target ?? mostAdvanced(raft);
  if (chosen === undefined) return "nobody-else";
  if (leading.transfer !== undefined) return leading.transfer.target === chosen ? "started" : "under-way";
  leading.transfer = { target: chosen, untilMs: nowMs + raft.config.electionTimeoutMs, told: false };
  considerTransfer(raft, chosen, out);
  return "started";
}

function isEligible(raft: Raft, target: ServerId): boolean {
  const voter = recordOf(latestConfiguration(raft.log), target)?.voter === true;
  return voter && target !== raft.id;
}

/** Of the voters whose words count the one that has most; the first of equals. */
function mostAdvanced(raft: Raft): ServerId | undefined {
  let best: { readonly id: ServerId; readonly match: number } | undefined;
  for (const [id, { match }] of raft.leading?.progress ?? [])
    if (isEligible(raft, id) && isTrusted(raft, id) && (best === undefined || match > best.match))
      best = { id, match };
  return best?.id;
}

/** Tells the target to campaign once it has everything. To be called when a follower has acknowledged something. */
export function considerTransfer(raft: Raft, from: ServerId, out: RaftEffect[]): void {
  const { leading } = raft;
  const transfer = leading?.transfer;
  if (leading === undefined || transfer?.target !== from || transfer.told) return;
  const behind = (leading.progress.get(from)?.match ?? 0) < raft.log.lastIndex;
  if (behind && !(PLANTED && planted(raft.config, "raft-transfer-too-early"))) return;
  transfer.told = true;
  leading.leaseless = !(PLANTED && planted(raft.config, "raft-lease-outlives-transfer"));
  out.push({ type: "send", to: from, message: { type: "timeout-now", term: raft.currentTerm } });
}

/** Gives the transfer up when its time is over or its target is no voter any more: proposals are taken again. */
export function reviewTransfer(raft: Raft, nowMs: number, out: RaftEffect[]): void {
  const { leading } = raft;
  const transfer = leading?.transfer;
  if (leading === undefined || transfer === undefined) return;
  if (nowMs < transfer.untilMs && isEligible(raft, transfer.target)) return;
  leading.transfer = undefined;
  out.push({ type: "transfer", target: transfer.target, outcome: "given-up" });
}

/** The leader asks this server to take its place. */
export function onTimeoutNow(
  raft: Raft,
  from: ServerId,
  message: TimeoutNow,
  nowMs: number,
  out: RaftEffect[],
): void {
  // Anything but the word of our leader of this term comes too late, or from somebody else.
  if (message.term !== raft.currentTerm || raft.leader !== from || raft.role !== "follower") return;
  if (canCampaign(raft)) becomeCandidate(raft, true, nowMs, out);
}
