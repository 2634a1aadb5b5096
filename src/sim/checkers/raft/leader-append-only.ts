// "Leader Append-Only: a leader never overwrites or deletes entries in its log; it only appends new entries. §5.3"
// (Figure 3)

import { demand } from "../../violation.ts";
import { hashAt } from "./log-chain.ts";
import type { RaftChecker } from "./step.ts";

const LEADER_APPEND_ONLY = "leader-append-only";

export function leaderAppendOnly(): RaftChecker {
  return {
    afterStep({ node, raft, before, chain }) {
      const leads =
        raft.role === "leader" && before?.role === "leader" && before.currentTerm === raft.currentTerm;
      if (!leads) return;
      demand(
        raft.log.lastIndex >= before.lastIndex,
        LEADER_APPEND_ONLY,
        () =>
          `${node.name}, which leads term ${raft.currentTerm}, has cut its log from ${before.lastIndex} to ${raft.log.lastIndex} entries (§5.3)`,
      );
      const hash = hashAt(chain, before.lastIndex);
      demand(
        hash === undefined || before.lastHash === undefined || hash === before.lastHash,
        LEADER_APPEND_ONLY,
        () =>
          `${node.name}, which leads term ${raft.currentTerm}, has changed an entry of its own at or below ${before.lastIndex} (§5.3)`,
      );
    },
  };
}
