// What a leader remembers of the servers that it watches over. All of it is gone when it leads no longer: the next leader
// begins to watch anew, as in Consul.

import type { RaftStatus } from "../api/response.ts";

export interface Autopilot {
  /** When every server is next asked how far it is; Infinity while this server does not lead. */
  lookAtMs: number;
  /** When learners are next promoted and dead servers removed; Infinity while this server does not lead. */
  reconcileAtMs: number;
  /** When this server began to lead. */
  sinceMs: number;
  readonly watched: Map<string, WatchedServer>;
  /** Servers that left, were reaped, or were given up, and are in the configuration still. */
  readonly departed: Set<string>;
  /** Live servers that were taken out by hand: until when they are not added again. */
  readonly dismissed: Map<string, number>;
  /** Ids of the configuration when it was last looked at. */
  members: readonly string[];
  /** Index of the change that autopilot is waiting for; Infinity when there is none. */
  changeIndex: number;
  /** That change lets a new server in: dead ones may go. */
  admitting: boolean;
  /** Learners that are ready are promoted, until nothing is left to be changed. */
  promoting: boolean;
  /** The configuration that autopilot begins with is in the log, or was not needed. */
  initialized: boolean;
  /** What was said of a server that can't be added, so that it is said once. */
  readonly told: Map<string, string>;
}

export interface WatchedServer {
  /** Its last answer; undefined when it did not answer the last question. */
  status: RaftStatus | undefined;
  /** When it last answered; -Infinity for never. */
  answeredMs: number;
  /** When it was last found not to answer; -Infinity for never. */
  silentMs: number;
  /** A question to it is open. */
  asked: boolean;
  healthy: boolean;
  /** Since when it is what `healthy` says. */
  stableSinceMs: number;
}

/** Of a server that does not lead. */
export function createAutopilot(): Autopilot {
  return {
    lookAtMs: Number.POSITIVE_INFINITY,
    reconcileAtMs: Number.POSITIVE_INFINITY,
    sinceMs: 0,
    watched: new Map(),
    departed: new Set(),
    dismissed: new Map(),
    members: [],
    changeIndex: Number.POSITIVE_INFINITY,
    admitting: false,
    promoting: false,
    initialized: false,
    told: new Map(),
  };
}
