// "Election Safety: at most one leader can be elected in a given term. §5.2" (Figure 3)

import { demand } from "../../violation.ts";
import type { RaftChecker } from "./step.ts";

const ELECTION_SAFETY = "election-safety";

export function electionSafety(): RaftChecker {
  /** Term → who led it, in whatever life. */
  const leaders = new Map<number, string>();
  return {
    afterStep({ node, raft }) {
      if (raft.role !== "leader") return;
      const other = leaders.get(raft.currentTerm);
      demand(
        other === undefined || other === node.name,
        ELECTION_SAFETY,
        () =>
          `${node.name} and ${other} both lead term ${raft.currentTerm}: at most one leader can be elected in a given term (§5.2)`,
      );
      leaders.set(raft.currentTerm, node.name);
    },
  };
}
