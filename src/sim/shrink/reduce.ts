// Makes a failing schedule as short as it can be and still break the same rule. First the broad strokes (disks that take
// no time, no watchers, one server less), then delta debugging, then what delta debugging can't do: disks that are held
// up for less long, fewer exact times; around and around until nothing helps.

import type { Violation } from "../violation.ts";
import { ddmin } from "./ddmin.ts";
import { type Performance, perform, ruleOf } from "./perform.ts";
import { countFaults, countSteps, type Schedule, type Step } from "./schedule.ts";

export interface ReduceOptions {
  /** Agents' steps that may be spent: time, but the same on every machine. */
  readonly budget: number;
  /** Called now and then with what is left. */
  readonly onProgress?: (schedule: Schedule) => void;
}

export interface Reduction {
  readonly schedule: Schedule;
  readonly violation: Violation;
  /** Performances, and agents' steps spent on them. */
  readonly tries: number;
  readonly cost: number;
  /** The budget was spent before nothing helped any more. */
  readonly unfinished: boolean;
}

interface Work {
  readonly rule: string;
  readonly options: ReduceOptions;
  schedule: Schedule;
  violation: Violation;
  tries: number;
  cost: number;
}

/** Whether a schedule breaks the rule; what it came to. */
export function failsBy(schedule: Schedule, rule: string): Performance | undefined {
  const performed = perform(schedule);
  const { violation } = performed;
  return violation !== undefined && ruleOf(violation) === rule ? performed : undefined;
}

/** @returns Undefined when the schedule does not break the rule to begin with. */
export function reduceSchedule(
  schedule: Schedule,
  rule: string,
  options: ReduceOptions,
): Reduction | undefined {
  // Where requests arrive at once the rest is easier; where that changes too much, they arrive as they did.
  const begin = [{ ...schedule, requests: false }, schedule].find(
    (each) => failsBy(each, rule) !== undefined,
  );
  const first = begin === undefined ? undefined : failsBy(begin, rule);
  if (begin === undefined || first?.violation === undefined) return undefined;
  const work: Work = {
    rule,
    options,
    schedule: { ...begin, steps: first.done },
    violation: first.violation,
    tries: 1,
    cost: first.cost,
  };
  broadStrokes(work);
  for (let size = Number.POSITIVE_INFINITY; weigh(work.schedule) < size && !isSpent(work); ) {
    size = weigh(work.schedule);
    minimise(work);
    holdLess(work);
    fewerServers(work);
    simplify(work);
  }
  const { violation, tries, cost } = work;
  return { schedule: work.schedule, violation, tries, cost, unfinished: isSpent(work) };
}

/** What is to become small: steps, then faults, then whatever else there is to say. */
function weigh(schedule: Schedule): number {
  const timed = schedule.steps.filter(({ atMs }) => atMs > 0).length;
  return (
    countSteps(schedule) * 1000 +
    countFaults(schedule) * 1000 +
    schedule.steps.length * 10 +
    timed +
    schedule.servers.length
  );
}

function isSpent({ cost, options }: Work): boolean {
  return cost >= options.budget;
}

/** Takes a schedule if it fails as the first one did. */
function attempt(work: Work, schedule: Schedule): boolean {
  if (isSpent(work)) return false;
  const result = perform(schedule);
  work.tries++;
  work.cost += result.cost;
  const { violation } = result;
  if (violation === undefined || ruleOf(violation) !== work.rule) return false;
  work.schedule = { ...schedule, steps: result.done };
  work.violation = violation;
  work.options.onProgress?.(work.schedule);
  return true;
}

function attemptSteps(work: Work, steps: readonly Step[]): boolean {
  return attempt(work, { ...work.schedule, steps });
}

function without(work: Work, leaveOut: (step: Step) => boolean): boolean {
  const { steps } = work.schedule;
  const rest = steps.filter((step) => !leaveOut(step));
  return rest.length < steps.length && attemptSteps(work, rest);
}

const OF_HELD_DISKS: ReadonlySet<Step["kind"]> = new Set(["hold", "store", "release"]);

function broadStrokes(work: Work): void {
  if (work.schedule.requests) attempt(work, { ...work.schedule, requests: false });
  if (!without(work, ({ kind }) => OF_HELD_DISKS.has(kind)))
    for (const name of work.schedule.servers)
      without(work, (step) => OF_HELD_DISKS.has(step.kind) && "node" in step && step.node === name);
  without(work, ({ kind }) => kind === "watch");
  without(work, ({ kind }) => kind === "ask");
  without(work, ({ kind }) => kind === "lose");
  without(work, (step) => step.kind === "deliver" && step.again);
  without(work, ({ kind }) => kind === "wake");
  fewerServers(work);
}

function minimise(work: Work): void {
  ddmin(work.schedule.steps, (steps) => (attemptSteps(work, steps) ? work.schedule.steps : undefined));
}

/** A server that is not needed goes, with all that happened to it: majorities are smaller without it. */
function fewerServers(work: Work): void {
  for (const name of [...work.schedule.servers].reverse()) {
    const { servers, steps } = work.schedule;
    if (servers.length === 1) return;
    attempt(work, {
      ...work.schedule,
      servers: servers.filter((each) => each !== name),
      steps: steps.filter((step) => !isAbout(step, name)),
    });
  }
}

function isAbout(step: Step, name: string): boolean {
  if (step.kind === "deliver") return step.from === name || step.to === name;
  return step.node === name || (step.kind === "lose" && step.peer === name);
}

/** Disks are held up from later on, let go for good, or not at all. */
function holdLess(work: Work): void {
  for (let at = work.schedule.steps.length - 1; at >= 0; at--) {
    const { steps } = work.schedule;
    const step = steps[at];
    if (step?.kind === "store") {
      const { node, atMs } = step;
      attemptSteps(work, steps.toSpliced(at, 1, { kind: "release", node, atMs }));
    }
    if (step?.kind === "hold") holdLater(work, at, step.node);
  }
}

/** Moves a hold behind the stores that follow it, the farthest first: what was stored by command is then stored at once. */
function holdLater(work: Work, from: number, node: string): void {
  const { steps } = work.schedule;
  const ends = steps.findIndex(
    (step, at) => at > from && (step.kind === "crash" || step.kind === "release") && step.node === node,
  );
  const until = ends < 0 ? steps.length : ends;
  for (let to = until - 1; to > from; to--) {
    const between = steps.slice(from + 1, to + 1);
    if (!between.some((step) => step.kind === "store" && step.node === node)) return;
    const kept = between.filter((step) => step.kind !== "store" || step.node !== node);
    const hold = steps[from] as Step;
    if (attemptSteps(work, [...steps.slice(0, from), ...kept, hold, ...steps.slice(to + 1)])) return;
  }
}

/** Not shorter, but plainer: no exact times, no torn writes, nobody's limits, plain puts. */
function simplify(work: Work): void {
  if (work.schedule.requests) attempt(work, { ...work.schedule, requests: false });
  const untimed = work.schedule.steps.map((step) => ({ ...step, atMs: 0 }));
  if (!attemptSteps(work, untimed))
    for (let at = work.schedule.steps.length - 1; at >= 0; at--)
      replace(work, at, (step) => ({ ...step, atMs: 0 }));
  attemptSteps(work, work.schedule.steps.map(closed));
  if (Object.keys(work.schedule.raft).length > 0) attempt(work, { ...work.schedule, raft: {} });
  if (Object.keys(work.schedule.storage).length > 0) attempt(work, { ...work.schedule, storage: {} });
  for (let at = work.schedule.steps.length - 1; at >= 0; at--) {
    replace(work, at, closed);
    replace(work, at, (step) => (step.kind === "crash" ? { ...step, keeps: [] } : step));
    replace(work, at, (step) => (step.kind === "deliver" && step.again ? { ...step, again: false } : step));
    replace(work, at, (step) =>
      step.kind === "ask" && step.question !== "get" && step.question !== "put"
        ? { ...step, question: step.question === "get-consistent" ? "get" : "put" }
        : step,
    );
    replace(work, at, (step) =>
      step.kind === "ask" || step.kind === "watch" ? { ...step, key: "k0" } : step,
    );
  }
}

function closed(step: Step): Step {
  const { open: _, ...rest } = step;
  return rest;
}

function replace(work: Work, at: number, change: (step: Step) => Step): void {
  const { steps } = work.schedule;
  const step = steps[at];
  if (step === undefined) return;
  const changed = change(step);
  if (JSON.stringify(changed) !== JSON.stringify(step)) attemptSteps(work, steps.toSpliced(at, 1, changed));
}
