// The search for an order of operations that explains every answer (Wing & Gong, "Testing and verifying concurrent
// objects", 1993; with Lowe's memory of positions already tried, "Testing for linearizability", 2017). Depth first over
// an explicit stack, so that a history of a million operations does not end in a stack overflow, and counted in steps, so
// that it can be given up.
//
// What keeps it from exploding: answers that the state allows and that change nothing are placed at once; known indexes
// prune (linear/levels.ts); operations that nothing can tell apart count once (linear/moves.ts); and a write of unknown
// outcome is placed only where the very next operation needs it, since one that nobody notices might as well come later.

import type { Chance } from "../../../core/lib/chance.ts";
import type { Operation } from "../history.ts";
import { applyEffect, type KvState, stateAllows, stateKey } from "../kv/specification.ts";
import { levelsAllow } from "./levels.ts";
import { nextEntries, nextLost, type Twins, twinsOf } from "./moves.ts";
import {
  createPlacement,
  entryAt,
  isLost,
  orderUpTo,
  type Placed,
  type Placement,
  place,
  placeAllowedAnswers,
  placementKey,
  takeBack,
} from "./placement.ts";
import type { Possibility, Problem } from "./problem.ts";
import { isOrderly, WANTS_ANY, WANTS_NOTHING, type Wants, wantsOf } from "./wants.ts";

/**
 * `one`: any order will do; nothing comes after these operations.
 * `quick`: the same, but writes of unknown outcome are tried only where nothing else can be placed. It finds nearly every
 * order that there is, and gives up where only a longer search can tell.
 * `all`: every possibility in which they can leave the key, for what comes after.
 */
export type SearchGoal = "quick" | "one" | "all";

/** `order`: the operations of the order found; otherwise of the longest that explains its part of the answers. */
export type SearchResult = { readonly steps: number; readonly order: readonly Operation[] } & (
  | { readonly kind: "found"; readonly ends: readonly Possibility[] }
  | { readonly kind: "none" }
  | { readonly kind: "gave-up" }
);

/** A position of the search, and what is still to be tried from it. */
interface Frame {
  readonly state: KvState;
  /** Ids of the lost writes placed so far, ascending. */
  readonly spent: readonly number[];
  /** If the last operation placed was a lost write: the state before it. */
  readonly idle: KvState | undefined;
  /** The highest place among the entries that have been placed. */
  readonly high: number;
  /** What to go back to when nothing is left to try. */
  readonly mark: Placed | undefined;
  /** What began after this cannot come next. */
  readonly minEnd: number;
  /** What to try, first entries, then lost writes, and how much of it was tried. */
  moves: readonly number[];
  tried: number;
  triedLost: boolean;
  /** Whether any of the moves so far could be made. */
  moved: boolean;
  /** Which lost writes are worth trying. */
  wants: Wants;
}

interface Search {
  readonly goal: SearchGoal;
  /** Becomes 0 when the search is cancelled. */
  budget: number;
  readonly isCancelled: Cancel | undefined;
  readonly guesses: Chance | undefined;
  /** At how many steps to ask next. */
  askAt: number;
  readonly placement: Placement;
  readonly twins: Twins;
  /** See isOrderly. */
  readonly orderly: boolean;
  /** Positions taken up before: what follows from them is known to fail, or found already. */
  readonly seen: Set<string>;
  readonly frames: Frame[];
  readonly ends: Possibility[];
  longest: Placed | undefined;
  /** Whether lost writes were left untried somewhere. */
  skipped: boolean;
  steps: number;
}

/** Asked now and then while a search goes on: true ends it, as if its budget were used up. */
export type Cancel = () => boolean;

/** How many steps a search takes between two questions whether to go on: some milliseconds. */
const STEPS_BETWEEN_QUESTIONS = 4_096;

/**
 * @param budget The most steps to take: one for each attempt to place an operation.
 * @param guesses If given, other moves than the most promising are tried first now and then. What is found then is as
 *   true, and takes more steps or fewer: of two searches for one order the second may be short where the first is not.
 */
export function search(
  problem: Problem,
  goal: SearchGoal,
  budget: number,
  isCancelled?: Cancel,
  guesses?: Chance,
): SearchResult {
  const s: Search = {
    goal,
    budget,
    placement: createPlacement(problem),
    twins: twinsOf(problem, goal !== "all"),
    orderly: problem.lost.length === 0 || isOrderly(problem),
    seen: new Set(),
    frames: [],
    ends: [],
    longest: undefined,
    skipped: false,
    steps: 0,
    isCancelled,
    guesses,
    askAt: STEPS_BETWEEN_QUESTIONS,
  };
  for (const { state, spent } of problem.ground.possibilities) {
    if (levelsAllow(s.placement.levels, state)) enter(s, state, spent, undefined, -1, undefined);
    while (s.frames.length > 0 && !isOver(s)) advance(s);
    if (isOver(s)) break;
  }
  return resultOf(s);
}

function isOver(s: Search): boolean {
  if (s.isCancelled !== undefined && s.steps >= s.askAt) {
    s.askAt = s.steps + STEPS_BETWEEN_QUESTIONS;
    if (s.isCancelled()) s.budget = 0;
  }
  return isSatisfied(s) || s.steps > s.budget;
}

function isSatisfied(s: Search): boolean {
  return s.goal !== "all" && s.ends.length > 0;
}

function resultOf(s: Search): SearchResult {
  const { steps, budget, ends } = s;
  const order = orderUpTo(s.placement, s.longest);
  if (steps > budget && !isSatisfied(s)) return { kind: "gave-up", steps, order };
  if (ends.length === 0) return { kind: s.skipped ? "gave-up" : "none", steps, order };
  return { kind: "found", steps, ends: withoutDominated(ends), order };
}

/**
 * Takes up a position: places what can be placed at once, and leaves a frame if there is anything left to decide.
 * @param mark What was placed last before the operation that led here.
 */
function enter(
  s: Search,
  state: KvState,
  spent: readonly number[],
  idleBefore: KvState | undefined,
  highBefore: number,
  mark: Placed | undefined,
): void {
  const { placement } = s;
  const { last } = placement;
  const high = placeAllowedAnswers(placement, state, highBefore);
  s.steps += (placement.last?.count ?? 0) - (last?.count ?? 0);
  // An answer that the state allows only now is what the lost write was needed for.
  const idle = placement.last === last ? idleBefore : undefined;
  if ((placement.last?.count ?? 0) > (s.longest?.count ?? 0)) s.longest = placement.last;
  if (placement.left === 0) {
    if (idle === undefined) finish(s, { state, spent });
    return takeBack(placement, mark);
  }
  const position = positionKey(placementKey(placement, high), spent, state, idle);
  if (s.seen.has(position)) return takeBack(placement, mark);
  s.seen.add(position);
  const { places: moves, minEnd } = nextEntries(placement, s.twins, state);
  if (s.guesses !== undefined) guessAgain(s, s.guesses, moves, spent, minEnd);
  const wants = s.orderly ? WANTS_NOTHING : WANTS_ANY;
  const untried = { moves, tried: 0, triedLost: false, moved: false, wants };
  s.frames.push({ state, spent, idle, high, mark, minEnd, ...untried });
}

/** How often something else is tried first: one time in so many. */
const DOUBT = { move: 3, lost: 6 };

/** Now and then some other move takes the place of the most promising one, or a lost write comes before all. */
function guessAgain(
  s: Search,
  guesses: Chance,
  moves: number[],
  spent: readonly number[],
  minEnd: number,
): void {
  if (moves.length > 1 && guesses.choose("doubt", DOUBT.move) === 0) {
    const other = 1 + guesses.choose("other", moves.length - 1);
    const promising = moves[0] as number;
    moves[0] = moves[other] as number;
    moves[other] = promising;
  }
  if (s.goal === "quick" || guesses.choose("lost", DOUBT.lost) > 0) return;
  const lost = nextLost(s.placement.problem, spent, WANTS_ANY, minEnd);
  if (lost.length > 0) moves.unshift(lost[guesses.choose("which", lost.length)] as number);
}

/** Everything is placed. A lost write at the very end would not have been needed: it can come later as well. */
function finish(s: Search, end: Possibility): void {
  s.longest = s.placement.last;
  s.ends.push(end);
}

/** One more attempt from the newest position. */
function advance(s: Search): void {
  const { problem } = s.placement;
  const frame = s.frames[s.frames.length - 1] as Frame;
  if (frame.tried < frame.moves.length) {
    s.steps++;
    attempt(s, frame, frame.moves[frame.tried++] as number);
  } else if (!frame.triedLost && frame.wants !== WANTS_NOTHING && problem.lost.length > 0) {
    frame.triedLost = true;
    frame.tried = 0;
    const skip = s.goal === "quick" && frame.moved;
    frame.moves = skip ? [] : nextLost(problem, frame.spent, frame.wants, frame.minEnd);
    s.skipped ||= skip;
  } else {
    s.frames.pop();
    takeBack(s.placement, frame.mark);
  }
}

function attempt(s: Search, frame: Frame, at: number): void {
  const { placement } = s;
  const lost = isLost(placement, at);
  const { effect, known, operation } = entryAt(placement, at);
  const state = applyEffect(frame.state, effect, known);
  if (!lost) frame.wants |= wantsOf(effect, known, frame.state, state);
  if (state === undefined || (lost && state === frame.state)) return;
  if (frame.idle !== undefined) {
    const without = applyEffect(frame.idle, effect, known);
    if (without !== undefined && stateAllows(without, state)) return;
  }
  const mark = placement.last;
  place(placement, at);
  if (!levelsAllow(placement.levels, state)) return takeBack(placement, mark);
  frame.moved = true;
  if (lost) enter(s, state, withId(frame.spent, operation.id), frame.state, frame.high, mark);
  else enter(s, state, frame.spent, undefined, Math.max(frame.high, at), mark);
}

/** A text that is equal for equal positions only. */
function positionKey(
  placed: string,
  spent: readonly number[],
  state: KvState,
  idle: KvState | undefined,
): string {
  const key = spent.length === 0 ? `${placed}|` : `${placed};${spent.join()}|`;
  return idle === undefined ? key + stateKey(state) : `${key}${stateKey(state)}|${stateKey(idle)}`;
}

function withId(ids: readonly number[], id: number): number[] {
  return [...ids, id].sort((a, b) => a - b);
}

/** Drops each possibility whose every future another one allows as well, with no more lost writes spent. */
function withoutDominated(ends: readonly Possibility[]): Possibility[] {
  let kept: Possibility[] = [];
  for (const end of ends) {
    if (kept.some((other) => dominates(other, end))) continue;
    kept = [...kept.filter((other) => !dominates(end, other)), end];
  }
  return kept;
}

function dominates(a: Possibility, b: Possibility): boolean {
  return stateAllows(a.state, b.state) && a.spent.every((id) => b.spent.includes(id));
}
