// The clocks of checks: one heap for all kinds, by kind and check.

import { clearDeadline, setDeadline } from "../lib/deadline-heap.ts";
import type { Local, TimerKey, TimerKind } from "./state.ts";

function timerKey(kind: TimerKind, checkId: string): TimerKey {
  return `${kind} ${checkId}`;
}

export function timerOf(key: TimerKey): { readonly kind: TimerKind; readonly checkId: string } {
  const space = key.indexOf(" ");
  return { kind: key.slice(0, space) as TimerKind, checkId: key.slice(space + 1) };
}

export function startTimer({ timers }: Local, kind: TimerKind, checkId: string, atMs: number): void {
  setDeadline(timers, timerKey(kind, checkId), atMs);
}

export function isTimed({ timers }: Local, kind: TimerKind, checkId: string): boolean {
  return timers.places.has(timerKey(kind, checkId));
}

export function stopTimer({ timers }: Local, kind: TimerKind, checkId: string): void {
  clearDeadline(timers, timerKey(kind, checkId));
}

export function stopTimers(local: Local, checkId: string): void {
  for (const kind of ["expire", "tell", "probe", "alias"] as const) stopTimer(local, kind, checkId);
}
