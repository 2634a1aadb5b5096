// What every section of the benchmark is given: who is compared, how long, where.

import type { Pair } from "./compare.ts";
import type { Place } from "./place.ts";
import type { Row } from "./report.ts";
import type { Product } from "./server.ts";

export interface Bench {
  readonly products: Pair<Product>;
  readonly effort: Effort;
  /** For data directories and logs: on a disk, not in memory. */
  readonly folder: string;
  /** Tells a row as soon as it is known. */
  report(row: Row): void;
  /** Measures one thing. What goes wrong is told, and costs the rows of this thing alone. */
  attempt(what: string, measure: () => Promise<void>): Promise<void>;
}

/** How much of everything. */
export interface Effort {
  readonly places: readonly Place[];
  /** Load: pairs of turns, and the seconds of one. */
  readonly loadPairs: number;
  readonly loadSeconds: number;
  /** Load that does not count, before the first turn of each kind. */
  readonly warmUpSeconds: number;
  /** Leaders killed, by raft_multiplier. */
  readonly kills: readonly { readonly raftMultiplier: number; readonly count: number }[];
  readonly startPairs: number;
  readonly restartPairs: number;
  /** Entries in the log of the server that is restarted, keys in the one whose memory is looked at. */
  readonly manyKeys: number;
  /** How long programs are left alone before their memory, or what they do at rest, is looked at. */
  readonly settleSeconds: number;
  readonly restSeconds: number;
}

export interface Section {
  /** Names its table in docs/benchmarks.md, and itself on the command line. */
  readonly id: string;
  readonly run: (bench: Bench) => Promise<void>;
}
