// "State Machine Safety: if a server has applied a log entry at a given index to its state machine, no other server will
// ever apply a different log entry for the same index. §5.4.3" (Figure 3). The log up to what is applied has one hash
// chain on all servers, and the fingerprint of all that was applied, outcomes included, is one as well.

import { copyDigest, printDigest } from "../../../core/lib/digest.ts";
import type { SimNode } from "../../node.ts";
import { demand } from "../../violation.ts";
import type { Ledger } from "./ledger.ts";
import { hashAt } from "./log-chain.ts";
import type { RaftChecker, RaftServer } from "./step.ts";

const STATE_MACHINE_SAFETY = "state-machine-safety";

export function stateMachineSafety(ledger: Ledger): RaftChecker {
  /** How far each server's state was compared in this life. */
  const compared = new Map<SimNode, number>();
  return {
    onCrash: ({ node }) => void compared.delete(node),
    afterStep(step) {
      const index = step.store.lastApplied;
      if (step.before !== undefined && compared.get(step.node) === index) return;
      compared.set(step.node, index);
      compareState(ledger, step);
    },
    recheck(servers) {
      for (const server of servers) compareState(ledger, server);
    },
  };
}

function compareState(ledger: Ledger, { node, store, chain }: RaftServer): void {
  const index = store.lastApplied;
  if (index === 0) return;
  const known = ledger[index - 1];
  demand(
    known !== undefined,
    STATE_MACHINE_SAFETY,
    () => `${node.name} has applied entry ${index}, and only ${ledger.length} are committed (§5.3)`,
  );
  const hash = hashAt(chain, index);
  demand(
    hash === undefined || known.hash === undefined || hash === known.hash,
    STATE_MACHINE_SAFETY,
    () => `what ${node.name} has applied up to entry ${index} is not what ${known.by} committed (§5.4.3)`,
  );
  known.digest ??= copyDigest(store.digest);
  const theirs = known.digest;
  demand(
    theirs.a === store.digest.a && theirs.b === store.digest.b,
    STATE_MACHINE_SAFETY,
    () =>
      `after entry ${index} the state of ${node.name} is ${printDigest(store.digest)}, and another server's was ${printDigest(theirs)} (§5.4.3)`,
  );
}
