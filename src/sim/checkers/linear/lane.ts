// One key's part of a history as it is judged while it grows. Whenever none of the key's operations is under way, what
// came before is folded into the states it can have left the key in, so that memory does not grow with the history; a
// write of unknown outcome is carried along until an answer shows that it happened.

import type { Operation } from "../history.ts";
import { diagnose, type LinearizabilityViolation } from "./diagnosis.ts";
import { FRESH_KEY, type Ground } from "./problem.ts";
import type { Cancel } from "./search.ts";
import { type Decision, decide, fold, type Stretch } from "./stretch.ts";

export interface Lane {
  readonly key: string;
  /** What the decided operations can have come to. */
  ground: Ground;
  /** Operations not decided yet, open ones included. */
  waiting: Operation[];
  openCount: number;
  /** How many must wait before the next attempt to decide them: more than once it has failed. */
  tryAt: number;
  /** What was folded last, kept for explaining what comes after it. */
  readonly past: Stretch[];
  rememberedCount: number;
}

export interface LaneOptions {
  /** How many operations to decide at a time, at least. */
  readonly batch: number;
  /** How many decided operations to keep for explaining violations. */
  readonly remember: number;
  /** Asked now and then: true ends the judging; what is not judged by then is undecided. */
  readonly isCancelled?: Cancel;
}

export function createLane(key: string): Lane {
  return {
    key,
    ground: FRESH_KEY,
    waiting: [],
    openCount: 0,
    tryAt: 0,
    past: [],
    rememberedCount: 0,
  };
}

/** The session had ended before anybody asked for this key with it. @param position By when it had, in the history. */
export function noteEndedBefore(lane: Lane, session: string, position: number): void {
  if (lane.ground.ended?.has(session)) return;
  lane.ground = { ...lane.ground, ended: new Map(lane.ground.ended).set(session, position) };
}

/** Something the lane's operations came to, and what it cost. */
export interface LaneStep {
  readonly steps: number;
  readonly violation: LinearizabilityViolation | undefined;
}

/** Decides what waits, if no operation is under way and enough wait. */
export function settleLane(lane: Lane, options: LaneOptions): LaneStep | undefined {
  if (lane.openCount > 0 || lane.waiting.length < Math.max(lane.tryAt, options.batch)) return undefined;
  const stretch = { ground: lane.ground, operations: lane.waiting };
  const result = fold(stretch, options.isCancelled);
  const { steps } = result;
  if (result.kind === "violation") return { steps, violation: explain(lane) };
  if (result.kind === "too-much") lane.tryAt = 2 * lane.waiting.length;
  else {
    remember(lane, stretch, options.remember);
    lane.ground = result.ground;
    lane.waiting = [];
    lane.tryAt = 0;
  }
  return { steps, violation: undefined };
}

/** Decides all that waits; what is open counts as unknown. @param budget The most steps to take in one search. */
export function finishLane(lane: Lane, budget: number, isCancelled?: Cancel): Decision & LaneStep {
  const decision = decide({ ground: lane.ground, operations: lane.waiting }, budget, isCancelled);
  return { ...decision, violation: decision.verdict === "violation" ? explain(lane) : undefined };
}

function explain(lane: Lane): LinearizabilityViolation {
  const last = { ground: lane.ground, operations: lane.waiting };
  const ground = lane.past[0]?.ground ?? lane.ground;
  const operations = [...lane.past.flatMap((stretch) => stretch.operations), ...lane.waiting];
  return diagnose(lane.key, { ground, operations }, last);
}

/** @param most How many operations to remember: the oldest stretch goes when the others suffice. */
function remember(lane: Lane, stretch: Stretch, most: number): void {
  if (most === 0) return;
  lane.past.push(stretch);
  lane.rememberedCount += stretch.operations.length;
  for (let oldest = lane.past[0]; oldest !== undefined; oldest = lane.past[0]) {
    if (lane.rememberedCount - oldest.operations.length < most) break;
    lane.rememberedCount -= oldest.operations.length;
    lane.past.shift();
  }
}
