// When a new leader may begin with its duties.

import type { Server } from "./state.ts";

/** Whether this server leads, and has applied all that was committed before it did. */
export function isEstablished({ raft, store }: Server): boolean {
  return raft.leading !== undefined && store.lastApplied >= raft.leading.firstIndex;
}
