// Everything that can be in the replicated log, as the store sees it. A command says all that its effect depends on: no
// clock, no chance, no question to anybody is left for the server that applies it.

import type { WriteRequest } from "../api/request.ts";
import type { NodeCoordinate } from "../model/coordinate.ts";

/** What the leader gathered of the nodes' coordinates. */
export interface CoordinateBatchUpdate {
  readonly kind: "coordinate.batch-update";
  readonly updates: readonly NodeCoordinate[];
}

export type Command =
  | WriteRequest
  | CoordinateBatchUpdate
  /** The leader's clock says that tombstones up to this index have served their time. */
  | { readonly kind: "kv.reap-tombstones"; readonly upToIndex: number }
  /** The leader's clock says that the lock-delays that began at indexes up to this one are over. */
  | { readonly kind: "kv.reap-lock-delays"; readonly upToIndex: number }
  /** Forgets the parts of any restore before it. An empty id begins none. */
  | { readonly kind: "restore.begin"; readonly id: string }
  /** Some rows of the state that is to come, numbered from 0 (restore.ts has their form). */
  | {
      readonly kind: "restore.part";
      readonly id: string;
      readonly part: number;
      readonly rows: Uint8Array;
    }
  /** All parts are there: they take the place of all tables. */
  | {
      readonly kind: "restore.end";
      readonly id: string;
      readonly parts: number;
      /** The highest index in them. */
      readonly lastIndex: number;
      /** By the names of TableIndexes. */
      readonly tableIndexes: readonly (readonly [name: string, index: number])[];
    };
