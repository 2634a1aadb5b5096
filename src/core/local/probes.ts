// Checks that somebody has to make: when each is made, and what its results make of it. How one is made is the edge's
// business: effect `probe`, inputs `probed` and `probe-ended`. Consul's agent/checks (StatusHandler), 1.8.

import { type Notice, notice } from "../api/notice.ts";
import { chooseMs } from "../lib/chance.ts";
import { equalPlain } from "../lib/plain.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { CRITICAL, WARNING } from "../model/catalog.ts";
import type { CheckRegistration, CheckSpec } from "../model/local.ts";
import { outputBytes, setStatus } from "./checks.ts";
import { targetOf } from "./exposed.ts";
import type { Local, LocalCheck, LocalEffect } from "./state.ts";
import { isTimed, startTimer, stopTimer } from "./timers.ts";

/** Consul's least interval. */
const LEAST_INTERVAL_MS = 1000;

/** What came of a run. */
export interface Probed {
  readonly checkId: string;
  readonly run: number;
  readonly status: string;
  readonly output: string;
  /** It counts at once, however many failures the check bears: the check could not be made. */
  readonly atOnce?: boolean | undefined;
  /** The run has not ended with it (a program that does not die): `probe-ended` says when it has. */
  readonly goesOn?: boolean | undefined;
}

/** A run has ended that had said before what came of it. */
export interface ProbeEnded {
  readonly checkId: string;
  readonly run: number;
}

/** Whether a check is made by the agent again and again. */
export function isProbed({ intervalNs, ttlNs }: CheckSpec): boolean {
  return intervalNs > 0 && ttlNs === 0;
}

function intervalMs({ intervalNs }: CheckSpec): number {
  return Math.max(LEAST_INTERVAL_MS, intervalNs / 1e6);
}

/** What the log is told of a check that is asked to be made more often than any is. */
export function intervalNotice({ checkId, spec }: CheckRegistration): Notice | undefined {
  if (!isProbed(spec) || intervalMs(spec) === spec.intervalNs / 1e6) return undefined;
  const message = "check has interval below minimum";
  const fields = { check: checkId, minimum_interval: "1s" };
  return notice("warn", "", message, fields);
}

/** The first run comes by chance within an interval, so that what is registered together is not all made at once. */
export function startProbing(local: Local, check: LocalCheck, nowMs: number): void {
  const { checkId, spec } = check.registration;
  startTimer(
    local,
    "probe",
    checkId,
    nowMs + chooseMs(local.chance, "local.probe-stagger", 0, intervalMs(spec)),
  );
}

/**
 * A check that is registered again, to be made as before, goes on: the run that is under way, or the time until the next one,
 * and the count of results. Whoever registers anew more often than the check is made would otherwise never hear of it, or
 * of every single failure.
 * @returns Whether that is so.
 */
export function goOnProbing(local: Local, before: LocalCheck, check: LocalCheck): boolean {
  const { spec, checkId } = check.registration;
  if (!isProbed(spec) || !equalPlain(before.registration.spec, spec)) return false;
  check.run = before.run;
  check.probing = before.probing;
  check.successes = before.successes;
  check.failures = before.failures;
  return check.probing || isTimed(local, "probe", checkId);
}

/** The check is gone, or another one by now: a run that is under way is of no use to anybody. */
export function abandonProbe(local: Local, { registration, run, probing }: LocalCheck): void {
  const { checkId } = registration;
  stopTimer(local, "probe", checkId);
  if (probing) local.abandoned.push({ checkId, run });
}

/** Tells the edge of the runs that nobody wants to know of any more. */
export function stopAbandoned({ abandoned }: Local, out: LocalEffect[]): void {
  for (const each of abandoned.splice(0)) out.push({ type: "probe-stop", ...each });
}

export function probe(local: Local, check: LocalCheck, nowMs: number, out: LocalEffect[]): void {
  const { checkId, spec } = check.registration;
  check.run = ++local.lastRun;
  check.probing = true;
  if (PLANTED && planted(local.config, "probe-overlaps-itself"))
    startTimer(local, "probe", checkId, nowMs + intervalMs(spec));
  out.push({
    type: "probe",
    checkId,
    run: check.run,
    spec: targetOf(local, check),
    outputBytes: outputBytes(local, check),
  });
}

/** A run says what came of it. */
export function onProbed(local: Local, probed: Probed, nowMs: number, out: LocalEffect[]): void {
  const check = runningCheck(local, probed);
  if (check === undefined) return;
  if (probed.goesOn !== true) endRun(local, check, nowMs);
  const { checkId } = check.registration;
  const { status, output } = probed;
  const counted = count(check, probed);
  if (counted === undefined) return void out.push(notYet(check, status));
  out.push(
    counted === CRITICAL
      ? notice("warn", "", "Check is now critical", { check: checkId })
      : notice("debug", "", "Check status updated", { check: checkId, status: counted }),
  );
  setStatus(local, check, counted, output, nowMs);
}

/** A run is over that had said before what came of it. */
export function onProbeEnded(local: Local, ended: ProbeEnded, nowMs: number): void {
  const check = runningCheck(local, ended);
  if (check !== undefined) endRun(local, check, nowMs);
}

/** @returns undefined when the check is another one by now, or none. */
function runningCheck({ checks, config }: Local, { checkId, run }: ProbeEnded): LocalCheck | undefined {
  const check = checks.get(checkId);
  if (PLANTED && planted(config, "probe-late-result-counts")) return check;
  return check?.probing === true && check.run === run ? check : undefined;
}

/** The next run begins an interval after this one has ended. */
function endRun(local: Local, check: LocalCheck, nowMs: number): void {
  const { checkId, spec } = check.registration;
  check.probing = false;
  startTimer(local, "probe", checkId, nowMs + intervalMs(spec));
}

/**
 * The status that a result gives the check, if there were enough of its kind in a row. Of the first one there are: the
 * counts begin full.
 */
function count(check: LocalCheck, { status, atOnce }: Probed): string | undefined {
  const { successBeforePassing, failuresBeforeCritical, failuresBeforeWarning } = check.registration.spec;
  if (atOnce === true) return status;
  if (status === CRITICAL) {
    check.failures++;
    check.successes = 0;
    if (check.failures >= failuresBeforeCritical) return CRITICAL;
    return failuresBeforeWarning > 0 && check.failures >= failuresBeforeWarning ? WARNING : undefined;
  }
  check.successes++;
  check.failures = 0;
  return check.successes >= successBeforePassing ? status : undefined;
}

function notYet({ registration, failures, successes }: LocalCheck, status: string): Notice {
  const { checkId: check, spec } = registration;
  return status === CRITICAL
    ? notice("warn", "", "Check failed but has not reached failure threshold", {
        ...{ check, status },
        ...{ failure_count: failures, failure_threshold: spec.failuresBeforeCritical },
      })
    : notice("warn", "", "Check passed but has not reached success threshold", {
        ...{ check, status },
        ...{ success_count: successes, success_threshold: spec.successBeforePassing },
      });
}
