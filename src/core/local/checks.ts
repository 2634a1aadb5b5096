// How checks are: what a result, a caller or the end of a TTL makes of them, and when the catalog is to hear of it. Consul's
// agent/local/state.go (UpdateCheck) and agent/checks, 1.8.

import { notice } from "../api/notice.ts";
import { textOfBytes, utf8Bytes } from "../lib/bytes.ts";
import { chooseMs } from "../lib/chance.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { CRITICAL } from "../model/catalog.ts";
import { checkSyncKey, type SyncKey } from "./keys.ts";
import type { Local, LocalCheck, LocalEffect } from "./state.ts";
import { isTimed, startTimer, stopTimer } from "./timers.ts";

/** Consul's check_update_interval and check_output_max_size. */
const UPDATE_INTERVAL_MS = 300_000;
const OUTPUT_BYTES = 4096;

/** The catalog must be told of this again. */
export function touch({ sync, changed }: Local, key: SyncKey): void {
  changed.add(key);
  sync.dirty.add(key);
  sync.stuck.delete(key);
  sync.reading?.touched.add(key);
}

/** A check is so now. What only its output says may wait; what its status says may not. */
export function setStatus(
  local: Local,
  check: LocalCheck,
  status: string,
  output: string,
  nowMs: number,
): void {
  const { config } = local;
  const { checkId } = check.registration;
  const said = config.discardCheckOutput === true ? "" : output;
  const turns = check.status !== status;
  if (!turns && check.output === said) return;
  check.status = status;
  check.output = said;
  if (turns) check.criticalSinceMs = status === CRITICAL ? nowMs : undefined;
  const intervalMs = config.checkUpdateIntervalMs ?? UPDATE_INTERVAL_MS;
  if (turns || intervalMs === 0) return tell(local, checkId);
  if (isTimed(local, "tell", checkId)) return;
  const waitMs = intervalMs / 2 + chooseMs(local.chance, "local.output-stagger", 0, intervalMs);
  startTimer(local, "tell", checkId, nowMs + waitMs);
}

/** Has the catalog told of a check, with whatever it says by now. */
export function tell(local: Local, checkId: string): void {
  stopTimer(local, "tell", checkId);
  touch(local, checkSyncKey(checkId));
}

/** How many bytes of its output are wanted. */
export function outputBytes({ config }: Local, { registration }: LocalCheck): number {
  const { outputMaxSize } = registration.spec;
  const most = config.checkOutputMaxBytes ?? OUTPUT_BYTES;
  return outputMaxSize > 0 ? Math.min(outputMaxSize, most) : most;
}

/** A TTL check is told how it is: its time begins anew. */
export function tellCheck(
  local: Local,
  check: LocalCheck,
  status: string,
  output: string,
  nowMs: number,
): void {
  const ttlMs = startTtl(local, check, nowMs);
  check.expiresAtMs = nowMs + (local.config.wallOffsetMs ?? 0) + ttlMs;
  setStatus(local, check, status, cutOutput(output, outputBytes(local, check)), nowMs);
}

/** @returns How long it is. */
export function startTtl(local: Local, check: LocalCheck, nowMs: number): number {
  const { checkId, spec } = check.registration;
  const ttlMs = spec.ttlNs / 1e6;
  const keeps =
    PLANTED && planted(local.config, "local-ttl-not-restarted") && isTimed(local, "expire", checkId);
  if (!keeps) startTimer(local, "expire", checkId, nowMs + ttlMs);
  return ttlMs;
}

/** What is longer is cut, and says so, as Consul does of what TTL checks are told. */
function cutOutput(output: string, most: number): string {
  if (output.length <= most / 3) return output;
  const bytes = utf8Bytes(output);
  if (bytes.length <= most) return output;
  return `${textOfBytes(bytes.subarray(0, most))} ... (captured ${most} of ${bytes.length} bytes)`;
}

/** Nobody has told it anything for the length of its TTL. */
export function expireCheck(local: Local, check: LocalCheck, nowMs: number, out: LocalEffect[]): void {
  const { checkId } = check.registration;
  out.push(notice("warn", "", "Check missed TTL, is now critical", { check: checkId }));
  const last = check.output;
  const output = last === "" ? "TTL expired" : `TTL expired (last output before timeout follows): ${last}`;
  check.expiresAtMs = 0;
  setStatus(local, check, CRITICAL, output, nowMs);
}
