// Judges the checks that agents make, from outside: every run and every result is seen, and what the check's status must be
// is counted anew from all results since it was registered. A check is made once at a time, an interval after the run
// before; results count when there are enough of them in a row, of its own runs alone; and a service goes by itself only
// when its check has been critical for a minute at least, or for longer if it says so.

import type { Effect, Input } from "../../core/agent/ports.ts";
import { equalPlain } from "../../core/lib/plain.ts";
import type { LocalCheck } from "../../core/local/state.ts";
import { CRITICAL } from "../../core/model/catalog.ts";
import type { CheckSpec } from "../../core/model/local.ts";
import type { SimNode } from "../node.ts";
import { FLAPPING } from "../probes.ts";
import { demand } from "../violation.ts";
import type { Observer } from "../world.ts";

interface Watched {
  /** As the agent has it. One that is registered again as it was goes on as it was. */
  spec: CheckSpec;
  /** Its status when it was registered, or seen first. */
  initial: string;
  /** What its runs said since it is so, the eldest first. */
  results: { readonly status: string; readonly atOnce: boolean }[];
  /** What its status must be, and since when that is critical. */
  status: string;
  criticalSinceMs: number | undefined;
  /** The run under way. */
  run: number | undefined;
  /** When the last one ended, if the check was the same then. */
  endedMs: number;
}

/** What a run of the swarm may last shorter than this by: clocks are sums of fractions. */
const A_MICROSECOND = 0.001;
/** Consul's least interval, and the least time for which a check must be critical before its service goes. */
const LEAST_INTERVAL_MS = 1000;
const LEAST_REAP_MS = 60_000;

/** @throws Violation "probe-overlap", "probe-status", "reap-early" */
export function probedChecks(): Observer {
  const ofNodes = new Map<SimNode, Map<string, Watched>>();
  return {
    skipsIdleTurns: true,
    onCrash(node) {
      ofNodes.delete(node);
    },
    afterStep(node, input, nowMs, effects) {
      if (input === undefined || !isOfInterest(input)) return;
      const local = node.agent?.local;
      if (local === undefined) return;
      const watched = ofNodes.get(node) ?? new Map<string, Watched>();
      if (local.checks.size === 0 && watched.size === 0) return;
      ofNodes.set(node, watched);
      takeResult(watched, input, nowMs);
      for (const [id, each] of watched)
        if (!local.checks.has(id)) {
          judgeRemoval(node, id, each, input, nowMs);
          watched.delete(id);
        }
      for (const [id, check] of local.checks)
        if (check.registration.spec.tcp.startsWith(FLAPPING)) judge(node, watched, id, check, nowMs);
      for (const effect of effects) takeRun(node, watched, effect, nowMs);
    },
  };
}

/** Nothing else begins a run, ends one, or changes a check. */
function isOfInterest({ type }: Input): boolean {
  return type === "wake" || type === "http" || type === "probed" || type === "probe-ended";
}

function takeResult(watched: ReadonlyMap<string, Watched>, input: Input, nowMs: number): void {
  if (input.type !== "probed" && input.type !== "probe-ended") return;
  const its = watched.get(input.checkId);
  if (its === undefined || its.run !== input.run) return;
  if (input.type === "probe-ended" || input.goesOn !== true) {
    its.run = undefined;
    its.endedMs = nowMs;
  }
  if (input.type === "probe-ended") return;
  its.results.push({ status: input.status, atOnce: input.atOnce === true });
  setStatus(its, statusOf(its), nowMs);
}

function setStatus(its: Watched, status: string, nowMs: number): void {
  if (status !== its.status) its.criticalSinceMs = status === CRITICAL ? nowMs : undefined;
  its.status = status;
}

/** What all results since the registration come to; the first one of them counts by itself. */
function statusOf({ initial, results, spec }: Watched): string {
  const { successBeforePassing, failuresBeforeCritical } = spec;
  let status = initial;
  let inRow = 0;
  let wasGood: boolean | undefined;
  for (const each of results) {
    const isGood = each.status !== CRITICAL;
    if (!each.atOnce) {
      // Those before the first count as many as are needed, of either kind.
      if (wasGood === undefined) inRow = Number.POSITIVE_INFINITY;
      else inRow = wasGood === isGood ? inRow + 1 : 1;
      wasGood = isGood;
    }
    const needed = isGood ? successBeforePassing : failuresBeforeCritical;
    if (each.atOnce || inRow >= needed) status = each.status;
  }
  return status;
}

function judge(
  node: SimNode,
  watched: Map<string, Watched>,
  id: string,
  check: LocalCheck,
  nowMs: number,
): void {
  const { status } = check;
  const { spec } = check.registration;
  const before = watched.get(id);
  const its = before ?? begun(check, nowMs);
  if (before === undefined) watched.set(id, its);
  // Another one keeps its status, and its first result counts at once.
  if (!equalPlain(its.spec, spec))
    Object.assign(its, { spec, initial: its.status, results: [], endedMs: Number.NEGATIVE_INFINITY });
  demand(
    status === its.status,
    "probe-status",
    () => `${node.name}: ${id} is ${status}; by what its runs said it is ${its.status}`,
  );
}

function begun({ registration, status }: LocalCheck, nowMs: number): Watched {
  return {
    spec: registration.spec,
    initial: status,
    results: [],
    status,
    criticalSinceMs: status === CRITICAL ? nowMs : undefined,
    run: undefined,
    endedMs: Number.NEGATIVE_INFINITY,
  };
}

function takeRun(node: SimNode, watched: ReadonlyMap<string, Watched>, effect: Effect, nowMs: number): void {
  if (effect.type !== "probe" && effect.type !== "probe-stop") return;
  const its = watched.get(effect.checkId);
  if (its === undefined) return;
  if (effect.type === "probe-stop") {
    if (its.run === effect.run) its.run = undefined;
    return;
  }
  const { run, endedMs } = its;
  const what = `${node.name} begins to make ${effect.checkId}`;
  demand(run === undefined, "probe-overlap", () => `${what} while it is being made`);
  const sinceMs = nowMs - endedMs;
  demand(
    sinceMs >= LEAST_INTERVAL_MS - A_MICROSECOND,
    "probe-overlap",
    () =>
      `${what} ${Math.round(sinceMs)} ms after the run before, its interval being ${LEAST_INTERVAL_MS} ms`,
  );
  its.run = effect.run;
}

/** By itself a service goes when time passes; else somebody has asked for it. */
function judgeRemoval(node: SimNode, id: string, its: Watched, input: Input, nowMs: number): void {
  if (input.type !== "wake") return;
  const { criticalSinceMs = nowMs, spec } = its;
  const bearsMs = Math.max(LEAST_REAP_MS, spec.deregisterCriticalServiceAfterNs / 1e6);
  const sinceMs = nowMs - criticalSinceMs;
  demand(
    sinceMs > bearsMs - A_MICROSECOND,
    "reap-early",
    () =>
      `${node.name} takes the service of ${id} out, which has been critical for ${Math.round(sinceMs)} ms`,
  );
}
