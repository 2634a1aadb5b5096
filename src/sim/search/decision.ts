// A decision of a guided search in one number: what happens next in the untimed world, where, and which of several
// (raft/table.ts). Any number is one, in any state: so lists of them may be cut, spliced and shortened at will.

import { must } from "../../core/lib/assert.ts";
import type { Chance } from "../../core/lib/chance.ts";
import {
  play,
  TABLE_ACTIONS,
  TABLE_KINDS,
  TABLE_WHICH,
  type Table,
  type TableActionKind,
} from "../raft/table.ts";

export type Decision = number;

/** Seats at a table at most. */
const PLACES = 32;

export function decide(what: TableActionKind, where: number, which: number): Decision {
  const kind = TABLE_ACTIONS.findIndex(([name]) => name === what);
  return (kind * PLACES + where) * TABLE_WHICH + which;
}

/** The three numbers that a decision stands for. */
export function readDecision(decision: Decision): {
  readonly what: TableActionKind;
  readonly where: number;
  readonly which: number;
} {
  const rest = Math.floor(decision / TABLE_WHICH);
  const [what] = must(TABLE_ACTIONS[Math.floor(rest / PLACES)], "decisions are of a known kind");
  return { what, where: rest % PLACES, which: decision % TABLE_WHICH };
}

/** Kinds of decisions that a stretch of a run is made of, each as often as its share says. */
export type Diet = readonly TableActionKind[];

/** Of these there is never none: without them nothing happens at all. */
const STAPLES: readonly TableActionKind[] = ["exchange", "time-out"];

/**
 * Some of all kinds, drawn by tossing a coin for each (swarm testing: Groce et al. 2012): what is left out makes room for long
 * stretches of the rest, and most faults need few kinds.
 */
export function drawDiet(chance: Chance): Diet {
  const left = new Set(
    TABLE_ACTIONS.flatMap(([kind]) =>
      STAPLES.includes(kind) || chance.choose("guided.kind", 2) === 0 ? [kind] : [],
    ),
  );
  return TABLE_KINDS.filter((kind) => left.has(kind));
}

/** Any decision of these kinds. */
export function drawDecision(chance: Chance, diet: Diet, servers: number): Decision {
  const what = must(diet[chance.choose("guided.what", diet.length)], "every place has a kind");
  const where = chance.choose("guided.where", servers);
  return decide(what, where, chance.choose("guided.which", TABLE_WHICH));
}

/** @returns How many things happened. @throws Violation, InvariantError when a rule was broken. */
export function playDecision(table: Table, decision: Decision): number {
  const { what, where, which } = readDecision(decision);
  return play(table, what, where % table.seats.length, which);
}
