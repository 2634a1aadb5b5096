// Everything that can be in the replicated log, as the store sees it. A command says all that its effect depends on: no
// clock, no chance, no question to anybody is left for the server that applies it.

import type { WriteRequest } from "../api/request.ts";

export type Command =
  | WriteRequest
  /** The leader's clock says that tombstones up to this index have served their time. */
  | { readonly kind: "kv.reap-tombstones"; readonly upToIndex: number };
