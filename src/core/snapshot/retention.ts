// What goes. The newest two snapshots stay: the older is of use only when the newest turns out damaged, and for a
// follower that was being sent it. Temporary files go when whatever is under way on them has ended, so that a late write
// cannot bring one back. That a removal fails is no harm: the next start tries again.

import { must } from "../lib/assert.ts";
import type { SnapshotEffect } from "./ports.ts";
import { ask, compareAge, latestFile, type Snapshots } from "./state.ts";

const KEPT_SNAPSHOTS = 2;

/** A file on its way out. */
export interface Discard {
  readonly file: string;
  /** "wait": something else is still under way on it. */
  readonly step: "wait" | "remove";
}

/** Removes a file. @param busy The number of what is under way on it, if anything. */
export function discard(s: Snapshots, file: string, busy: number | undefined, out: SnapshotEffect[]): void {
  if (busy !== undefined) s.discards.set(busy, { file, step: "wait" });
  else s.discards.set(ask(s, { kind: "remove", file }, out), { file, step: "remove" });
}

/** Something ended on a file that is to go; whether it worked makes no difference. */
export function onDiscardAnswer(s: Snapshots, op: number, out: SnapshotEffect[]): void {
  const { file, step } = must(s.discards.get(op), "a discard is under way");
  s.discards.delete(op);
  if (step === "wait") discard(s, file, undefined, out);
}

/**
 * Removes what a newer durable snapshot has made useless. One that a follower was given pieces of since the last time is
 * spared once more: else a slow one would have to begin anew whenever we take another.
 */
export function removeOld(s: Snapshots, out: SnapshotEffect[]): void {
  const latest = latestFile(s);
  if (latest === undefined) return;
  const whole = s.files.filter(({ damaged }) => !damaged);
  const kept = whole.slice(-KEPT_SNAPSHOTS);
  const isUseful = (each: (typeof whole)[number]): boolean =>
    // Damaged ones that are newer than all we have are for an operator to look at.
    each.damaged ? compareAge(each, latest) > 0 : kept.includes(each) || each.wanted;
  for (const { file } of s.files.filter((each) => !isUseful(each))) discard(s, file, undefined, out);
  s.files = s.files.filter(isUseful);
  for (const each of s.files) each.wanted = false;
}
