// Checks that somebody has to make: when each is made, and what its results make of it. How one is made is the edge's
// business: effect `probe`, input `probed`. Consul's agent/checks (StatusHandler), 1.8.

import { chooseMs } from "../lib/chance.ts";
import { CRITICAL } from "../model/catalog.ts";
import type { CheckSpec } from "../model/local.ts";
import { outputBytes, setStatus } from "./checks.ts";
import type { Local, LocalCheck, LocalEffect } from "./state.ts";
import { startTimer } from "./timers.ts";

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
}

/** Whether a check is made by the agent again and again. */
export function isProbed({ intervalNs, ttlNs }: CheckSpec): boolean {
  return intervalNs > 0 && ttlNs === 0;
}

function intervalMs({ intervalNs }: CheckSpec): number {
  return Math.max(LEAST_INTERVAL_MS, intervalNs / 1e6);
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

export function probe(local: Local, check: LocalCheck, out: LocalEffect[]): void {
  const { checkId, spec } = check.registration;
  check.run = ++local.lastRun;
  out.push({ type: "probe", checkId, run: check.run, spec, outputBytes: outputBytes(local, check) });
}

/** A run has ended: the next one begins an interval later. */
export function onProbed(local: Local, probed: Probed, nowMs: number, out: LocalEffect[]): void {
  const check = local.checks.get(probed.checkId);
  // The check is another one by now, or none.
  if (check === undefined || check.run !== probed.run) return;
  const { checkId, spec } = check.registration;
  startTimer(local, "probe", checkId, nowMs + intervalMs(spec));
  if (counts(check, probed)) return setStatus(local, check, probed.status, probed.output, nowMs);
  const message =
    probed.status === CRITICAL
      ? "Check failed but has not reached failure threshold"
      : "Check passed but has not reached success threshold";
  out.push({
    type: "notice",
    level: "warn",
    logger: "",
    message,
    fields: {
      check: checkId,
      status: probed.status,
      failure_count: check.failures,
      success_count: check.successes,
    },
  });
}

/** Whether there were enough results of this kind in a row. Of the first one there are: the counts begin full. */
function counts(check: LocalCheck, { status, atOnce }: Probed): boolean {
  const { successBeforePassing, failuresBeforeCritical } = check.registration.spec;
  if (atOnce === true) return true;
  if (status === CRITICAL) {
    check.failures++;
    check.successes = 0;
    return check.failures >= failuresBeforeCritical;
  }
  check.successes++;
  check.failures = 0;
  return check.successes >= successBeforePassing;
}
