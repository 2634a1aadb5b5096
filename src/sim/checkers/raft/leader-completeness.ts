// "Leader Completeness: if a log entry is committed in a given term, then that entry will be present in the logs of the
// leaders for all higher-numbered terms. §5.4" (Figure 3)

import { demand } from "../../violation.ts";
import { firstMissing, type Ledger } from "./ledger.ts";
import { hashAt } from "./log-chain.ts";
import { holds, type RaftChecker, type RaftServer } from "./step.ts";

const LEADER_COMPLETENESS = "leader-completeness";

export function leaderCompleteness(ledger: Ledger): RaftChecker {
  return {
    afterStep(step) {
      const elected =
        step.raft.role === "leader" &&
        (step.before?.role !== "leader" || step.before.currentTerm !== step.raft.currentTerm);
      if (elected) demandComplete(ledger, step);
    },
    recheck(servers) {
      for (const server of servers) if (server.raft.role === "leader") demandComplete(ledger, server);
    },
  };
}

/** O(1) where the logs' hashes are known and equal, as they are unless something is wrong. */
function demandComplete(ledger: Ledger, leader: RaftServer): void {
  const { node, raft, chain } = leader;
  // A candidate of an older term may win it late, when votes were slow: it owes nothing to terms after its own.
  const owed = ledger.findLastIndex(({ inTerm }) => inTerm < raft.currentTerm) + 1;
  const last = ledger[owed - 1];
  if (last === undefined) return;
  const hash = hashAt(chain, owed);
  if (hash !== undefined && hash === last.hash) return;
  const missing = firstMissing(ledger, leader, owed) ?? (holds(raft, owed, last.term) ? undefined : owed);
  demand(
    missing === undefined,
    LEADER_COMPLETENESS,
    () =>
      `${node.name} leads term ${raft.currentTerm} without the committed entry ${missing} of term ${ledger[(missing ?? 1) - 1]?.term}: it would be present in the logs of the leaders for all higher-numbered terms (§5.4)`,
  );
  demand(
    hash === undefined || last.hash === undefined,
    LEADER_COMPLETENESS,
    () =>
      `${node.name} leads term ${raft.currentTerm}, and its log up to ${owed} is not what ${last.by} committed (§5.4)`,
  );
}
