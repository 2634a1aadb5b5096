// A run of the untimed world that breaks a rule, made short: action after action is left out for as long as the same rule is
// still broken, and then any rule. A letter may be delivered whenever one just like it was ever sent, as on a network that delivers late and
// twice: so that what is left out moves nothing else.

import { createDigest, printDigest } from "../../core/lib/digest.ts";
import type { RaftMessage } from "../../core/raft/messages.ts";
import type { SeatAction } from "../raft/seat.ts";
import { createTable, type Table, type TableDeed, type TableOptions, tryAct } from "../raft/table.ts";
import { ddmin } from "../shrink/ddmin.ts";
import type { Violation } from "../violation.ts";
import { mixRenamed, type Renaming } from "./renaming.ts";
import { failureOf } from "./steps.ts";

export interface ShortRun {
  readonly deeds: readonly TableDeed[];
  readonly violation: Violation;
}

/**
 * @param violation What the whole of the deeds leads to.
 * @returns At least as short: in the end no single action can go. What is broken at last may be another rule, which the same
 *   fault breaks sooner.
 */
export function shorten(options: TableOptions, deeds: readonly TableDeed[], violation: Violation): ShortRun {
  let best: ShortRun = { deeds, violation };
  const shortenTo = (accepts: (found: Violation) => boolean): void => {
    ddmin(best.deeds, (fewer) => {
      const run = playDeeds(options, fewer);
      if (run === undefined || !accepts(run.violation)) return undefined;
      best = run;
      return run.deeds;
    });
  };
  shortenTo(({ id }) => id === violation.id);
  shortenTo(() => true);
  return best;
}

/** Does what of it can be done. @returns undefined when no rule was broken. */
function playDeeds(options: TableOptions, deeds: readonly TableDeed[]): ShortRun | undefined {
  const table = createTable(options);
  const sent = createSent();
  for (const deed of deeds) {
    try {
      play(table, deed, sent);
    } catch (error) {
      return { deeds: table.deeds, violation: failureOf(error) };
    }
  }
  return undefined;
}

/** Letters that were ever sent: those just alike, and the newest of each kind from one server to another. */
interface Sent {
  readonly all: Set<string>;
  readonly newest: Map<string, RaftMessage>;
}

function createSent(): Sent {
  return { all: new Set(), newest: new Map() };
}

function play(table: Table, { server, action }: TableDeed, sent: Sent): void {
  const seat = table.seats.find(({ id }) => id === server);
  const possible = action.type === "deliver" ? ofThoseSent(server, action, sent) : action;
  if (seat === undefined || possible === undefined || tryAct(table, seat, possible) === 0) return;
  for (const effect of table.out) {
    if (effect.type !== "send") continue;
    sent.all.add(letterKey(server, effect.to, effect.message));
    sent.newest.set(kindKey(server, effect.to, effect.message), effect.message);
  }
}

/** The very letter if there was one like it, or one of its kind: its numbers may have changed with what was left out. */
function ofThoseSent(server: string, { from, message }: Delivery, sent: Sent): Delivery | undefined {
  if (sent.all.has(letterKey(from, server, message))) return { type: "deliver", from, message };
  const like = sent.newest.get(kindKey(from, server, message));
  return like && { type: "deliver", from, message: like };
}

type Delivery = Extract<SeatAction, { readonly type: "deliver" }>;

const AS_THEY_ARE: Renaming = new Map();

function letterKey(from: string, to: string, message: RaftMessage): string {
  const digest = createDigest();
  mixRenamed(digest, message, AS_THEY_ARE);
  return `${from} ${to} ${printDigest(digest)}`;
}

function kindKey(from: string, to: string, { type }: RaftMessage): string {
  return `${from} ${to} ${type}`;
}
