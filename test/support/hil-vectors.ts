// Templates and what the original makes of them, as scripts/record-hil.ts writes them down.

import { join } from "node:path";

export const HIL_VECTORS: string = join(import.meta.dirname, "../vectors/hil.json");

export interface HilCase {
  readonly template: string;
  /** Of the query. */
  readonly prefix: string;
  /** That is looked up. */
  readonly name: string;
  /** What match() takes its parts from. */
  readonly regexp: string;
  /** Null where the original ended the connection or itself. */
  readonly result: { readonly text: string } | { readonly error: string } | null;
}

export interface HilVectors {
  readonly note: string;
  readonly cases: readonly HilCase[];
}
