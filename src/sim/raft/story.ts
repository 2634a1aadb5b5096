// A run of the untimed world as aligned lines, one an action, made for reading: who did what, and what became of its role.
// The actions are done again by the very core, one after the other, so what is printed has happened.

import { hexOf } from "../../core/lib/bytes.ts";
import type { ConfigurationChange } from "../../core/raft/membership.ts";
import type { Raft } from "../../core/raft/state.ts";
import { describeRaft } from "../trace.ts";
import type { Violation } from "../violation.ts";
import { asViolation } from "../violation.ts";
import type { SeatAction } from "./seat.ts";
import { createTable, type TableDeed, type TableOptions, tryAct } from "./table.ts";

export interface Story {
  readonly lines: readonly string[];
  /** What the last action broke; undefined when nothing was broken, or earlier. */
  readonly violation: Violation | undefined;
}

/** Number, who, what, details. */
const NUMBER_WIDTH = 3;
const WHO_WIDTH = 7;
const WHAT_WIDTH = 20;
const DETAILS_WIDTH = 40;

/** Does the actions again, from a cluster that was just born. */
export function tellStory(steps: readonly TableDeed[], options: TableOptions): Story {
  const table = createTable(options);
  const lines: string[] = [];
  for (const [at, { server, action }] of steps.entries()) {
    const seat = table.seats.find(({ id }) => id === server);
    if (seat === undefined) continue;
    const before = roleOf(seat.raft);
    let violation: Violation | undefined;
    try {
      tryAct(table, seat, action);
    } catch (error) {
      violation = asViolation(error);
    }
    const after = roleOf(seat.raft);
    const change = before === after ? "" : `${before} → ${after}`;
    lines.push(line(at + 1, server, action, change));
    if (violation !== undefined) return { lines, violation };
  }
  return { lines, violation: undefined };
}

function roleOf({ role, currentTerm, commitIndex }: Raft): string {
  return `${role} t${currentTerm}${commitIndex > 0 ? ` commit ${commitIndex}` : ""}`;
}

function line(number: number, server: string, action: SeatAction, change: string): string {
  const [what, details] = describeAction(action);
  const who = action.type === "deliver" ? `${action.from} → ${server}` : server;
  return `${String(number).padStart(NUMBER_WIDTH)}  ${who.padEnd(WHO_WIDTH)}${what.padEnd(WHAT_WIDTH)} ${details.padEnd(DETAILS_WIDTH)} ${change}`.trimEnd();
}

/** What an action is, in a word and its details. */
export function describeAction(action: SeatAction): readonly [what: string, details: string] {
  switch (action.type) {
    case "deliver":
      return describeRaft(action.message);
    case "time-out":
      return ["time out", ""];
    case "heartbeat":
      return ["heartbeat", ""];
    case "tell-commit":
      return ["tell commit", ""];
    case "lose-quorum":
      return ["lose quorum", ""];
    case "stored":
      return ["write done", ""];
    case "crash":
      return ["crash, restart", action.kept > 0 ? `${action.kept} of its writes were made` : ""];
    case "propose":
      return ["propose", hexOf(action.data)];
    case "change":
      return ["change members", describeChange(action.change)];
    case "transfer":
      return ["transfer to", action.target];
  }
}

function describeChange(change: ConfigurationChange): string {
  return `${change.kind} ${change.id}`;
}
