// What making a check is to all that make one: what they are given, what they find, and how they are told to end.

import type { Effect } from "../../core/agent/ports.ts";
import { CRITICAL, PASSING, WARNING } from "../../core/model/catalog.ts";
import type { Pipes } from "./pipes.ts";
import type { TlsSettings } from "./tls.ts";

export type ProbeEffect = Extract<Effect, { readonly type: "probe" }>;

/** One run of a check. */
export interface Run extends Pick<ProbeEffect, "checkId" | "spec" | "outputBytes"> {
  /** Aborted when its time is up (`isOverdue`), or when nobody wants to know any more. */
  readonly signal: AbortSignal;
  /** How long it may take; undefined for as long as it wants. */
  readonly timeoutNs: number | undefined;
}

/** What came of it. */
export interface Result {
  readonly status: string;
  readonly output: string;
  /** It counts at once, however many failures the check bears. */
  readonly atOnce?: boolean;
  /** The run is not over before that. */
  readonly ending?: Promise<void>;
}

/** What of the world around the agent checks see. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pipes: Pipes;
  /** With whose certificates TLS is spoken. */
  readonly tls: () => TlsSettings;
  readonly log: Log;
}

export type Log = (
  level: "warn" | "error",
  message: string,
  fields: Readonly<Record<string, string>>,
) => void;

/** Never rejects for what a target does. */
export type MakeCheck = (run: Run, around: Surroundings) => Promise<Result>;

export function passing(output: string): Result {
  return { status: PASSING, output };
}

export function warning(output: string): Result {
  return { status: WARNING, output };
}

export function critical(output: string): Result {
  return { status: CRITICAL, output };
}

/** Why runs are aborted. */
export const OVERDUE: unique symbol = Symbol("overdue");
export const UNWANTED: unique symbol = Symbol("unwanted");

export function isOverdue({ reason }: AbortSignal): boolean {
  return reason === OVERDUE;
}

/** Calls back when the run is aborted, at once if it is already. @returns What takes that back. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
}
