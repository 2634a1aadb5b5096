// A session: a claim of a node's, to which locks are tied. It lasts while the node and the checks that it rests on do, and
// while it is renewed in time.

import { parseDuration } from "../lib/duration.ts";

export interface Session {
  /** UUID in lower case. */
  readonly id: string;
  readonly name: string;
  /** Whose session it is: it ends with that node's registration. */
  readonly node: string;
  /** Nanoseconds that its locks can't be taken after it was invalidated; Consul takes anything and heeds a minute at most. */
  readonly lockDelayNs: number;
  /** What becomes of its locks' keys. */
  readonly behavior: SessionBehavior;
  /** As it was given: "600s"; "" for none. */
  readonly ttl: string;
  /** Ids of the node's checks that end it. Null is what Consul prints for no list at all, here and below. */
  readonly nodeChecks: readonly string[] | null;
  readonly serviceChecks: readonly ServiceCheck[] | null;
  /** Ids of checks of either kind, as clients of before Consul 1.7 give them. */
  readonly checks: readonly string[];
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export const SESSION_BEHAVIORS = ["release", "delete"] as const;
export type SessionBehavior = (typeof SESSION_BEHAVIORS)[number];

export interface ServiceCheck {
  readonly id: string;
  readonly namespace: string;
}

/** A TTL is within these; the least can be configured (session_ttl_min). */
export const SESSION_TTL_MIN_NS: number = 10e9;
export const SESSION_TTL_MAX_NS: number = 24 * 3600e9;
const LOCK_DELAY_MAX_MS = 60_000;

/** Ids of all checks that it rests on. */
export function checksOfSession({
  nodeChecks,
  serviceChecks,
  checks,
}: Pick<Session, "nodeChecks" | "serviceChecks" | "checks">): ReadonlySet<string> {
  return new Set([...checks, ...(nodeChecks ?? []), ...(serviceChecks ?? []).map(({ id }) => id)]);
}

/** 0 for none. */
export function sessionTtlMs({ ttl }: Session): number {
  const parsed = parseDuration(ttl);
  return parsed.ok && parsed.ns > 0 ? parsed.ns / 1e6 : 0;
}

/** For how long its locks are held off when it ends; 0 for not at all. */
export function lockDelayMs({ lockDelayNs }: Session): number {
  return Math.max(0, Math.min(LOCK_DELAY_MAX_MS, lockDelayNs / 1e6));
}
