// Makes checks for the agent's core, which says when: takes effects `probe` and `probe-stop`, hands back inputs `probed` and
// `probe-ended`. So many at a time as a machine bears; the others wait their turn. Nothing is decided here that a user
// could notice, but how long a check may take.

import type { Input } from "../../core/agent/ports.ts";
import { type Kind, kindOf, type Resource } from "./kinds.ts";
import { Pipes } from "./pipes.ts";
import { critical, OVERDUE, type ProbeEffect, type Result, type Surroundings, UNWANTED } from "./run.ts";

const MOST_AT_ONCE: Readonly<Record<Resource, number>> = { connection: 512, program: 128, container: 128 };

export interface Checks {
  make(effect: ProbeEffect): void;
  /** Nobody wants to know any more. */
  stop(run: number): void;
  /** Ends all of them, and tells nothing more. */
  close(): void;
}

/** A timer that rings so much too late finds that this process was not running. */
const LATE_MS = 100;

/**
 * Calls back after a time. If that turns out to be over because this process itself stood still, what came meanwhile is
 * yet to be read: it gets as long again as was lost.
 * @returns What takes it back.
 */
function inTime(ms: number, act: () => void): () => void {
  const dueMs = performance.now() + ms;
  let timer = setTimeout(() => {
    const lateMs = performance.now() - dueMs;
    if (lateMs < LATE_MS) act();
    else timer = setTimeout(act, Math.min(ms, lateMs));
  }, ms);
  return () => clearTimeout(timer);
}

type Feed = (input: Extract<Input, { type: "probed" | "probe-ended" }>) => void;

export function createChecks(feed: Feed, around: Omit<Surroundings, "pipes">): Checks {
  const pipes = new Pipes();
  const surroundings: Surroundings = { ...around, pipes };
  const runs = new Map<number, AbortController>();
  const busy: Record<Resource, number> = { connection: 0, program: 0, container: 0 };
  const waiting: Record<Resource, (() => void)[]> = { connection: [], program: [], container: [] };

  function make(effect: ProbeEffect): void {
    const { spec, run } = effect;
    const its = kindOf(spec);
    // An interval and nothing to do in it: no definition that was let in is so.
    if (its === undefined) return;
    const controller = new AbortController();
    runs.set(run, controller);
    const begin = (): void => void perform(its, effect, controller).finally(() => release(its.takes));
    if (busy[its.takes] < MOST_AT_ONCE[its.takes]) {
      busy[its.takes]++;
      begin();
    } else waiting[its.takes].push(begin);
  }

  function release(resource: Resource): void {
    const next = waiting[resource].shift();
    if (next === undefined) busy[resource]--;
    else next();
  }

  async function perform(its: Kind, effect: ProbeEffect, { signal }: AbortController): Promise<void> {
    const { checkId, run, spec, outputBytes } = effect;
    if (signal.aborted) return;
    const timeoutNs = spec.timeoutNs > 0 ? spec.timeoutNs : its.timeoutNs;
    const forget =
      timeoutNs === undefined ? undefined : inTime(timeoutNs / 1e6, () => runs.get(run)?.abort(OVERDUE));
    let result: Result;
    try {
      result = await its.make({ checkId, spec, outputBytes, signal, timeoutNs }, surroundings);
    } catch (error) {
      result = critical(error instanceof Error ? error.message : String(error));
    } finally {
      forget?.();
    }
    const { status, output, atOnce, ending } = result;
    const isWanted = (): boolean => runs.has(run);
    if (isWanted())
      feed({
        type: "probed",
        checkId,
        run,
        status,
        output,
        ...(atOnce ? { atOnce } : {}),
        ...(ending ? { goesOn: true } : {}),
      });
    await ending;
    if (ending !== undefined && isWanted()) feed({ type: "probe-ended", checkId, run });
    runs.delete(run);
  }

  function stop(run: number): void {
    const controller = runs.get(run);
    runs.delete(run);
    controller?.abort(UNWANTED);
  }

  return {
    make,
    stop,
    close() {
      for (const run of [...runs.keys()]) stop(run);
      pipes.close();
    },
  };
}
