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
      const { before, raft, store, node } = step;
      if (before === undefined) return;
      const grows = (what: keyof typeof WENT_BACK, was: number, is: number): void =>
        demand(is >= was, WENT_BACK[what], () => `${node.name} went back from ${what} ${was} to ${is}`);
      grows("term", before.currentTerm, raft.currentTerm);
      grows("commit", before.commitIndex, raft.commitIndex);
      grows("applied", before.lastApplied, store.lastApplied);
      grows("base", before.baseIndex, baseOf(raft.log).index);
    },
    recheck(servers) {
      for (const server of servers) demandOrder(server);
    },
  };
}

function demandOrder({ node, raft, store }: RaftServer): void {
  const order = [baseOf(raft.log).index, store.lastApplied, raft.commitIndex, raft.log.lastIndex];
  demand(
    order.every((index, at) => at === 0 || index >= (order[at - 1] as number)),
    INDEXES_OUT_OF_ORDER,
    () => `${node.name}: discarded ≤ applied ≤ committed ≤ last does not hold of ${order.join(", ")}`,
  );
}
