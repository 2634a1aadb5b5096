// Guided search: runs of the untimed world that come to look like none before are kept, and altered to go on from there.
// A run is a list of decisions (raft/table.ts); what is done to such lists is what fuzzers do to bytes: longer, shorter, one
// number changed, the head of one and the tail of another. Lists whose best find is rare are taken more often (the power
// schedule of AFLFast: Böhme et al. 2016). Everything is drawn from a seed.

import { must } from "../../core/lib/assert.ts";
import type { Chance } from "../../core/lib/chance.ts";
import { seededChance } from "../../core/lib/chance.ts";
import type { StoryStep } from "../raft/story.ts";
import { createTable, play, TABLE_KINDS, type Table } from "../raft/table.ts";
import { ddmin } from "../shrink/ddmin.ts";
import type { Violation } from "../violation.ts";
import { abstractState } from "./abstraction.ts";
import { failureOf } from "./steps.ts";

export interface GuidedOptions {
  readonly seed: string;
  readonly servers: number;
  readonly planted?: string | undefined;
  /** When a write finishes is a choice too. Default false: at once. */
  readonly slowDisks?: boolean;
  /** Judge only what servers do to each other (raft/turn.ts). Default false. */
  readonly onlyShared?: boolean;
  /** Gives up after so many runs. */
  readonly mostRuns: number;
  /** Decisions in a run at most. Default 160. */
  readonly length?: number;
  /** Draw every run afresh and learn nothing: what the search is compared with. */
  readonly uniform?: boolean;
  /** Hears how far the search is, every now and then. @returns false to end it. */
  readonly tell?: (progress: GuidedProgress) => boolean;
}

export interface GuidedProgress {
  readonly runs: number;
  /** Things that happened in all runs. */
  readonly events: number;
  /** Different looks of the cluster that were seen, and runs that are kept for having shown one first. */
  readonly looks: number;
  readonly kept: number;
}

export interface GuidedResult extends GuidedProgress {
  readonly violation: Violation | undefined;
  /** The run that broke the rule, as short as leaving things out makes it. */
  readonly decisions: readonly number[];
  readonly trace: readonly StoryStep[];
}

/** A run that is kept. */
interface Kept {
  readonly decisions: readonly number[];
  /** The look that it was kept for. */
  readonly look: number;
  /** How often it was altered since. */
  used: number;
}

interface Guided {
  readonly options: GuidedOptions;
  readonly length: number;
  readonly chance: Chance;
  /** Look → how often a run came to it. */
  readonly looks: Map<number, number>;
  readonly corpus: Kept[];
  runs: number;
  events: number;
}

interface Failure {
  readonly violation: Violation;
  readonly decisions: readonly number[];
}

const DEFAULT_LENGTH = 160;
const TELL_EVERY = 64;
/** Runs among which the rarest is taken. */
const CANDIDATES = 6;

export function searchGuided(options: GuidedOptions): GuidedResult {
  const guided: Guided = {
    options,
    length: options.length ?? DEFAULT_LENGTH,
    chance: seededChance(`guided ${options.seed}`),
    looks: new Map(),
    corpus: [],
    runs: 0,
    events: 0,
  };
  let failure: Failure | undefined;
  while (failure === undefined && guided.runs < options.mostRuns) {
    failure = run(guided, nextRun(guided));
    if (guided.runs % TELL_EVERY === 0 && options.tell?.(progressOf(guided)) === false) break;
  }
  const decisions = failure === undefined ? [] : shorten(options, failure);
  return {
    ...progressOf(guided),
    violation: failure?.violation,
    decisions,
    trace: traceOf(options, decisions),
  };
}

function progressOf({ runs, events, looks, corpus }: Guided): GuidedProgress {
  return { runs, events, looks: looks.size, kept: corpus.length };
}

function createGuidedTable({ servers, planted, slowDisks, onlyShared }: GuidedOptions): Table {
  return createTable({ servers, planted, promptDisks: slowDisks !== true, onlyShared: onlyShared === true });
}

/** Plays a list from the beginning, and keeps what of it led to a new look. */
function run(guided: Guided, decisions: readonly number[]): Failure | undefined {
  const { options, looks, corpus } = guided;
  const table = createGuidedTable(options);
  guided.runs++;
  /** Decisions that something came of: the others are left out of what is kept. */
  const done: number[] = [];
  const seen = new Set<number>();
  let newest = 0;
  let fresh = -1;
  try {
    for (const decision of decisions) {
      done.push(decision);
      if (playDecision(table, decision) === undefined) {
        done.pop();
        continue;
      }
      guided.events++;
      if (options.uniform === true) continue;
      const look = abstractState(table.seats);
      if (seen.has(look)) continue;
      seen.add(look);
      const before = looks.get(look) ?? 0;
      looks.set(look, before + 1);
      if (before === 0) {
        newest = done.length;
        fresh = look;
      }
    }
  } catch (error) {
    return { violation: failureOf(error), decisions: done };
  }
  if (newest > 0) corpus.push({ decisions: done.slice(0, newest), look: fresh, used: 0 });
  return undefined;
}

/** What, where and which (raft/table.ts) in one number. */
const PLACES = 32;
const WHICHES = 16;

function drawDecision({ chance, options }: Guided): number {
  const what = chance.choose("guided.what", TABLE_KINDS.length);
  const where = chance.choose("guided.where", options.servers);
  return (what * PLACES + where) * WHICHES + chance.choose("guided.which", WHICHES);
}

function playDecision(table: Table, decision: number): ReturnType<typeof play> {
  const which = decision % WHICHES;
  const where = Math.floor(decision / WHICHES) % PLACES;
  const what = TABLE_KINDS[Math.floor(decision / (WHICHES * PLACES))];
  return play(table, must(what, "decisions are drawn from what there is"), where % table.seats.length, which);
}

function nextRun(guided: Guided): readonly number[] {
  const { chance, corpus, length, options } = guided;
  if (options.uniform === true || corpus.length === 0 || chance.choose("guided.afresh", 50) === 0)
    return Array.from({ length }, () => drawDecision(guided));
  const parent = choose(guided);
  parent.used++;
  const altered = alter(guided, parent.decisions);
  const tail = 8 + chance.choose("guided.tail", 56);
  for (let left = Math.min(tail, length - altered.length); left > 0; left--)
    altered.push(drawDecision(guided));
  return altered.slice(0, length);
}

/** Of some kept runs the one whose look is the rarest, weighed with how often it has been tried. */
function choose({ chance, corpus, looks }: Guided): Kept {
  let best: Kept | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let left = CANDIDATES; left > 0; left--) {
    const kept = must(corpus[chance.choose("guided.parent", corpus.length)], "the corpus is not empty");
    const weight = (looks.get(kept.look) ?? 1) * (1 + kept.used);
    if (weight < least) {
      least = weight;
      best = kept;
    }
  }
  return must(best, "there was a candidate");
}

/** Most often the run is left as it is, to be gone on from; or one of the things that fuzzers do to their inputs. */
function alter(guided: Guided, decisions: readonly number[]): number[] {
  const { chance, corpus } = guided;
  const place = (): number => chance.choose("guided.place", decisions.length);
  switch (chance.choose("guided.alteration", 10)) {
    case 0: {
      const copy = [...decisions];
      copy[place()] = drawDecision(guided);
      return copy;
    }
    case 1: {
      const at = place();
      return [...decisions.slice(0, at), ...decisions.slice(at + 1 + chance.choose("guided.cut", 8))];
    }
    case 2:
      return decisions.slice(0, place());
    case 3: {
      const at = place();
      return [...decisions.slice(0, at), drawDecision(guided), ...decisions.slice(at)];
    }
    case 4: {
      const other = must(corpus[chance.choose("guided.mate", corpus.length)], "the corpus is not empty");
      return [
        ...decisions.slice(0, place()),
        ...other.decisions.slice(chance.choose("guided.from", other.decisions.length)),
      ];
    }
    default:
      return [...decisions];
  }
}

/** Leaves out whatever can be left out so that the same rule is still broken. */
function shorten(options: GuidedOptions, { violation, decisions }: Failure): readonly number[] {
  return ddmin(decisions, (fewer) => {
    const table = createGuidedTable(options);
    const done: number[] = [];
    try {
      for (const decision of fewer) {
        done.push(decision);
        if (playDecision(table, decision) === undefined) done.pop();
      }
    } catch (error) {
      return failureOf(error).id === violation.id ? done : undefined;
    }
    return undefined;
  });
}

function traceOf(options: GuidedOptions, decisions: readonly number[]): readonly StoryStep[] {
  const table = createGuidedTable(options);
  const trace: StoryStep[] = [];
  for (const decision of decisions) {
    table.last = undefined;
    try {
      playDecision(table, decision);
    } catch (error) {
      failureOf(error);
    }
    // Letters that are lost do nothing to anybody.
    if (table.last !== undefined) trace.push(table.last);
  }
  return trace;
}
