// How much of Raft an exhaustive search looks at: so many servers, so many of each thing that may happen. Within a scope
// everything that can happen does, in every order.

import type { RaftConfig } from "../../core/raft/config.ts";

export interface Scope {
  readonly servers: number;
  /** Terms beyond the one that the cluster is born with. */
  readonly terms: number;
  /** Commands that are proposed, in all. */
  readonly entries: number;
  readonly crashes: number;
  /** Changes of the configuration, in all. */
  readonly changes: number;
  readonly transfers: number;
  /** Rounds of heartbeats, in all. */
  readonly heartbeats: number;
  /** Leaders that give up for want of a quorum. */
  readonly quits: number;
  /** Messages that arrive twice, in all; "any" for a network that may deliver everything again at any time. */
  readonly duplicates: number | "any";
  /** How many choices deep; Infinity for no limit. */
  readonly depth: number;
  /** Raft's limits of one message and of messages under way: one entry, one message, or the usual. */
  readonly raft: Partial<RaftConfig>;
}

const LEAST: Scope = {
  servers: 3,
  terms: 1,
  entries: 1,
  crashes: 0,
  changes: 0,
  transfers: 0,
  heartbeats: 0,
  quits: 0,
  duplicates: "any",
  depth: Number.POSITIVE_INFINITY,
  raft: {},
};

export const SCOPE_NAMES = ["tiny", "small", "nightly"] as const;
export type ScopeName = (typeof SCOPE_NAMES)[number];

/**
 * Scopes by name. tiny and small are exhausted within a test, nightly within some minutes. Each says why it is as it is: two
 * elections that overlap; a crash at every point of an election and of a write; a change of the configuration; and two
 * entries, so that there is an order to get wrong.
 */
export const SCOPES: Readonly<Record<ScopeName, readonly [Scope, ...Scope[]]>> = {
  tiny: [LEAST],
  small: [
    { ...LEAST, servers: 4, entries: 0 },
    { ...LEAST, entries: 0, crashes: 1 },
    { ...LEAST, terms: 2, entries: 0 },
  ],
  nightly: [
    { ...LEAST, terms: 2, entries: 0 },
    { ...LEAST, entries: 2 },
    { ...LEAST, entries: 1, crashes: 1 },
    { ...LEAST, entries: 1, changes: 1 },
  ],
};

/** What is limited by a number over the whole run; each has four bits of a state's budget. */
const BUDGETED = ["entries", "crashes", "changes", "transfers", "heartbeats", "quits", "duplicates"] as const;
export type Budgeted = (typeof BUDGETED)[number];
/** Four bits each. */
export const MOST_OF_EACH = 15;

/** How much of a kind has been used up. */
export function spent(budget: number, kind: Budgeted): number {
  return (budget >>> (4 * BUDGETED.indexOf(kind))) & 15;
}

/** The budget after one more of a kind. */
export function spend(budget: number, kind: Budgeted): number {
  return budget + (1 << (4 * BUDGETED.indexOf(kind)));
}

export function mayHappen(scope: Scope, budget: number, kind: Budgeted): boolean {
  const limit = scope[kind];
  return limit === "any" || spent(budget, kind) < limit;
}
