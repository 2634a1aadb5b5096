// Whether a Raft-only world has come to rest: one leader, everything committed, and applied by every member.

import { must } from "../../core/lib/assert.ts";
import { latestConfiguration } from "../../core/raft/log.ts";
import { type RaftWorld, raftLeaders } from "./world.ts";

/** What is not as it should be once all trouble has ended, in words; undefined when all is well. */
export function whatIsLeft<S>(world: RaftWorld<S>): string | undefined {
  const leaders = raftLeaders(world);
  const raft = leaders[0]?.raft;
  if (raft === undefined || leaders.length > 1) return `${leaders.length} servers lead`;
  const { log, commitIndex } = raft;
  if (commitIndex < log.lastIndex) return `entries after ${commitIndex} are not committed`;
  for (const { id } of latestConfiguration(log).servers) {
    const { applied } = must(world.byId.get(id), "members are servers of this world");
    if (applied !== commitIndex) return `${id} has applied ${applied} of ${commitIndex} entries`;
  }
  return undefined;
}
