// Committed entries are for ever. "Raft guarantees that committed entries are durable and will eventually be executed by
// all of the available state machines" (§5.3); what one server has committed at an index is what every server commits
// there, in the order of the log, and no log loses it.

import { termAt } from "../../../core/raft/log.ts";
import { demand } from "../../violation.ts";
import type { Ledger } from "./ledger.ts";
import { hashAt } from "./log-chain.ts";
import { baseOf, type RaftChecker, type RaftServer, type RaftStep } from "./step.ts";

const COMMITTED_ENTRY_CHANGED = "committed-entry-changed";
const COMMITTED_ENTRY_CUT = "committed-entry-cut";
const COMMIT_ORDER = "commit-order";

export function committedEntries(ledger: Ledger): RaftChecker {
  return {
    afterStep(step) {
      demandNoContradiction(step);
      demandNoneLost(step);
      const { before, raft, node } = step;
      const base = baseOf(raft.log);
      // What a snapshot stands for was compared when it was made; the log is compared with it where it begins.
      const from = Math.max(before?.commitIndex ?? 0, base.index);
      if (raft.commitIndex <= (before?.commitIndex ?? 0) && before?.baseIndex === base.index) return;
      demand(
        base.index <= ledger.length,
        COMMIT_ORDER,
        () =>
          `${node.name} has a snapshot up to ${base.index}, and only ${ledger.length} entries are committed`,
      );
      if (base.index > 0) demandSame(ledger, step, base.index, base.term);
      for (let index = from + 1; index <= raft.commitIndex; index++) onCommitted(ledger, step, index);
    },
    recheck(servers) {
      for (const server of servers) {
        const { index: base } = baseOf(server.raft.log);
        for (let index = base + 1; index <= server.raft.commitIndex; index++)
          demandSame(ledger, server, index, termAt(server.raft.log, index));
      }
    },
  };
}

/** A server that is asked to cut what is committed refuses and says so: somebody else committed something else, or will. */
function demandNoContradiction({ node, effects }: RaftStep): void {
  for (const effect of effects)
    demand(
      effect.type !== "notice" || !effect.message.startsWith("refused entries that contradict"),
      COMMITTED_ENTRY_CUT,
      () => `${node.name} was sent entries that contradict what is committed there (§5.4)`,
    );
}

function demandNoneLost({ node, raft, before, chain }: RaftStep): void {
  if (before === undefined) return;
  demand(
    raft.log.lastIndex >= before.commitIndex,
    COMMITTED_ENTRY_CUT,
    () =>
      `${node.name} had committed ${before.commitIndex} entries and has ${raft.log.lastIndex} in its log (§5.3)`,
  );
  const hash = hashAt(chain, before.commitIndex);
  demand(
    hash === undefined || before.commitHash === undefined || hash === before.commitHash,
    COMMITTED_ENTRY_CHANGED,
    () =>
      `${node.name} has changed an entry at or below ${before.commitIndex}, which it had committed (§5.3)`,
  );
}

function onCommitted(ledger: Ledger, server: RaftServer, index: number): void {
  const { node, raft, chain } = server;
  const term = termAt(raft.log, index);
  demand(
    index <= ledger.length + 1 && term !== undefined,
    COMMIT_ORDER,
    () => `${node.name} commits ${index} before ${ledger.length + 1}`,
  );
  if (index <= ledger.length) return demandSame(ledger, server, index, term);
  ledger.push({
    term,
    hash: hashAt(chain, index),
    inTerm: raft.currentTerm,
    by: node.name,
    digest: undefined,
  });
}

function demandSame(
  ledger: Ledger,
  { node, chain }: RaftServer,
  index: number,
  term: number | undefined,
): void {
  const known = ledger[index - 1];
  demand(
    known === undefined || known.term === term,
    COMMITTED_ENTRY_CHANGED,
    () =>
      `${node.name} commits an entry of term ${term} at ${index}, where one of term ${known?.term} was committed by ${known?.by} (§5.4.3)`,
  );
  const hash = hashAt(chain, index);
  demand(
    known?.hash === undefined || hash === undefined || known.hash === hash,
    COMMITTED_ENTRY_CHANGED,
    () => `what ${node.name} commits up to ${index} is not what ${known?.by} committed (§5.4.3)`,
  );
}
