// What only grows, and what never overtakes what: currentTerm "increases monotonically", commitIndex and lastApplied
// "increase monotonically" (Figure 2), a snapshot "covers only committed entries" (§7), and entries are discarded only
// once a snapshot has them: discarded ≤ applied ≤ committed ≤ last. Within one life of a server: what a crash may take
// back is for promises.ts to say.

import { demand } from "../../violation.ts";
import { baseOf, type RaftChecker, type RaftServer } from "./step.ts";

const WENT_BACK = {
  term: "term-went-back",
  commit: "commit-went-back",
  applied: "applied-went-back",
  base: "discarded-came-back",
} as const;
const INDEXES_OUT_OF_ORDER = "indexes-out-of-order";

export function monotonicity(): RaftChecker {
  return {
    afterStep(step) {
      demandOrder(step);
      const { before, raft, store } = step;
      if (before === undefined) return;
      demandGrows(step, "term", before.currentTerm, raft.currentTerm);
      demandGrows(step, "commit", before.commitIndex, raft.commitIndex);
      demandGrows(step, "applied", before.lastApplied, store.lastApplied);
      demandGrows(step, "base", before.baseIndex, baseOf(raft.log).index);
    },
    recheck(servers) {
      for (const server of servers) demandOrder(server);
    },
  };
}

function demandGrows({ node }: RaftServer, what: keyof typeof WENT_BACK, was: number, is: number): void {
  demand(is >= was, WENT_BACK[what], () => `${node.name} went back from ${what} ${was} to ${is}`);
}

function demandOrder({ node, raft, store }: RaftServer): void {
  const discarded = baseOf(raft.log).index;
  const { lastApplied } = store;
  const { commitIndex, log } = raft;
  demand(
    discarded <= lastApplied && lastApplied <= commitIndex && commitIndex <= log.lastIndex,
    INDEXES_OUT_OF_ORDER,
    () =>
      `${node.name}: discarded ≤ applied ≤ committed ≤ last does not hold of ${discarded}, ${lastApplied}, ${commitIndex}, ${log.lastIndex}`,
  );
}
