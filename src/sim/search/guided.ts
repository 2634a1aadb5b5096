// Guided search: runs of the untimed world that come to look like none before are kept, and altered to go on from there.
// A run is a list of decisions (raft/table.ts); what is done to such lists is what fuzzers do to bytes: longer, shorter, one
// number changed, the head of one and the tail of another. Lists whose best find is rare are taken more often (the power
// schedule of AFLFast: Böhme et al. 2016). Everything is drawn from a seed.

import { must } from "../../core/lib/assert.ts";
import type { Chance } from "../../core/lib/chance.ts";
import { seededChance } from "../../core/lib/chance.ts";
import { createTable, type TableDeed, type TableOptions } from "../raft/table.ts";
import type { Violation } from "../violation.ts";
import { abstractState, SIDES } from "./abstraction.ts";
import { type Decision, drawDecision, drawDiet, playDecision } from "./decision.ts";
import { shorten } from "./shorten.ts";
import { failureOf } from "./steps.ts";

export interface GuidedOptions {
  readonly seed: string;
  readonly servers: number;
  readonly planted?: string | undefined;
  /** When a write finishes is a choice too. Default false: at once. */
  readonly slowDisks?: boolean;
  /** Each AppendEntries carries one entry: more can happen between two. Default false: as many as there are. */
  readonly oneEntry?: boolean;
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
  readonly trace: readonly TableDeed[];
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
  /** By side (abstraction.ts): the runs that showed something new from there. */
  readonly corpora: readonly Kept[][];
  kept: number;
  runs: number;
  events: number;
}

interface Failure {
  readonly violation: Violation;
  readonly deeds: readonly TableDeed[];
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
    corpora: Array.from({ length: SIDES }, () => []),
    kept: 0,
    runs: 0,
    events: 0,
  };
  let failure: Failure | undefined;
  while (failure === undefined && guided.runs < options.mostRuns) {
    failure = run(guided, nextRun(guided));
    if (guided.runs % TELL_EVERY === 0 && options.tell?.(progressOf(guided)) === false) break;
  }
  const shortest = failure && shorten(tableOptions(options), failure.deeds, failure.violation);
  return {
    ...progressOf(guided),
    violation: shortest?.violation,
    trace: shortest?.deeds ?? [],
  };
}

function progressOf({ runs, events, looks, kept }: Guided): GuidedProgress {
  return { runs, events, looks: looks.size, kept };
}

/** The world that such a search looks at: for those who tell its trace (raft/story.ts). */
export function tableOptions(options: GuidedOptions): TableOptions {
  const { servers, planted, slowDisks, oneEntry, onlyShared } = options;
  return {
    servers,
    planted,
    promptDisks: slowDisks !== true,
    onlyShared: onlyShared === true,
    raft: oneEntry === true ? { maxAppendBytes: 1 } : {},
  };
}

/** Plays a list from the beginning, and keeps what of it led to a new look. */
function run(guided: Guided, decisions: readonly number[]): Failure | undefined {
  const { options, looks, corpora } = guided;
  const table = createTable(tableOptions(options));
  guided.runs++;
  /** Decisions that something came of: the others are left out of what is kept. */
  const done: number[] = [];
  const seen = new Set<number>();
  const sides: number[] = [];
  /** By side: after how many of them came the last new look, and which. */
  const newest: ({ readonly length: number; readonly look: number } | undefined)[] = [];
  try {
    for (const decision of decisions) {
      done.push(decision);
      const happened = playDecision(table, decision);
      if (happened === 0) {
        done.pop();
        continue;
      }
      guided.events += happened;
      if (options.uniform === true) continue;
      abstractState(table.seats, sides);
      for (const [side, look] of sides.entries()) {
        if (seen.has(look)) continue;
        seen.add(look);
        const before = looks.get(look) ?? 0;
        looks.set(look, before + 1);
        if (before === 0) newest[side] = { length: done.length, look };
      }
    }
  } catch (error) {
    return { violation: failureOf(error), deeds: table.deeds };
  }
  for (const [side, found] of newest.entries()) {
    if (found === undefined) continue;
    corpora[side]?.push({ decisions: done.slice(0, found.length), look: found.look, used: 0 });
    guided.kept++;
  }
  return undefined;
}

function drawStretch({ chance, options }: Guided, length: number): Decision[] {
  const diet = drawDiet(chance);
  return Array.from({ length }, () => drawDecision(chance, diet, options.servers));
}

function nextRun(guided: Guided): readonly number[] {
  const { chance, corpora, length, options } = guided;
  const corpus = corpora[chance.choose("guided.side", SIDES)] ?? [];
  if (options.uniform === true || corpus.length === 0 || chance.choose("guided.afresh", 50) === 0)
    return drawStretch(guided, length);
  const parent = choose(guided, corpus);
  parent.used++;
  const altered = alter(guided, parent.decisions, corpus);
  const tail = 4 + chance.choose("guided.tail", 44);
  return [...altered, ...drawStretch(guided, tail)].slice(0, length);
}

/** Of some kept runs the one whose look is the rarest, weighed with how often it has been tried. */
function choose({ chance, looks }: Guided, corpus: readonly Kept[]): Kept {
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
function alter(guided: Guided, decisions: readonly number[], corpus: readonly Kept[]): number[] {
  const { chance } = guided;
  const place = (): number => chance.choose("guided.place", decisions.length);
  switch (chance.choose("guided.alteration", 10)) {
    case 0: {
      const copy = [...decisions];
      copy[place()] = drawStretch(guided, 1)[0] as Decision;
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
      return [...decisions.slice(0, at), ...drawStretch(guided, 1), ...decisions.slice(at)];
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
