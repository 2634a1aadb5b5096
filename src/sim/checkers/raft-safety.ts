// The properties of Figure 3 across servers, in the paper's words, after every step: Election Safety, Log Matching and
// Leader Completeness, State Machine Safety; and that nothing committed changes. Each looks only at what the step moved.

import { must } from "../../core/lib/assert.ts";
import { printDigest } from "../../core/lib/digest.ts";
import { checkRaft, checkRaftStep, type RaftView, viewRaft } from "../../core/raft/invariants.ts";
import { termAt } from "../../core/raft/log.ts";
import type { Raft } from "../../core/raft/state.ts";
import type { Server } from "../../core/service/state.ts";
import type { SimNode } from "../node.ts";
import { demand } from "../violation.ts";
import type { Observer } from "../world.ts";

interface Committed {
  readonly term: number;
  /** Digest of the state after this entry, by the first server that applied it; "" until one has. */
  digest: string;
}

/** Watches all servers of a world. */
export function raftSafety(): Observer {
  /** Term → who led it. */
  const leaders = new Map<number, string>();
  /** By index - 1: what is committed there. */
  const committed: Committed[] = [];
  /** What each server looked like before the step. */
  const before = new Map<SimNode, RaftView>();
  /** How far each server's state was compared. */
  const compared = new Map<SimNode, number>();

  return {
    onStart: (node) => {
      before.delete(node);
      compared.delete(node);
    },
    beforeStep(node) {
      const server = node.agent?.service.server;
      if (server?.recovered) before.set(node, viewRaft(server.raft));
    },
    afterStep(node, _input, _nowMs, effects) {
      for (const effect of effects)
        demand(
          effect.type !== "notice" || !effect.message.startsWith("refused entries that contradict"),
          "committed-entry-cut",
          () => `${node.name} was sent entries that contradict what is committed there (§5.4)`,
        );
      const server = node.agent?.service.server;
      if (!server?.recovered) return;
      const { raft } = server;
      checkRaft(raft);
      const view = before.get(node);
      if (view === undefined) return;
      checkRaftStep(view, raft);
      if (raft.role === "leader" && view.role !== "leader") onElected(leaders, committed, node, raft);
      for (let index = view.commitIndex + 1; index <= raft.commitIndex; index++)
        onCommitted(committed, node, raft, index);
      compareState(committed, compared, node, server);
    },
  };
}

function onElected(
  leaders: Map<number, string>,
  committed: readonly Committed[],
  node: SimNode,
  raft: Raft,
): void {
  const other = leaders.get(raft.currentTerm);
  demand(
    other === undefined || other === node.name,
    "election-safety",
    () =>
      `${node.name} and ${other} both lead term ${raft.currentTerm}: at most one leader can be elected in a given term (§5.2)`,
  );
  leaders.set(raft.currentTerm, node.name);
  const missing = committed.findIndex(({ term }, at) => termAt(raft.log, at + 1) !== term);
  demand(
    missing < 0,
    "leader-completeness",
    () =>
      `${node.name} leads term ${raft.currentTerm} without the committed entry ${missing + 1} of term ${committed[missing]?.term}: it would be present in the logs of the leaders for all higher-numbered terms (§5.4)`,
  );
}

function onCommitted(committed: Committed[], node: SimNode, raft: Raft, index: number): void {
  const term = must(termAt(raft.log, index), "what is committed is in the log");
  const known = committed[index - 1];
  if (known === undefined) {
    demand(
      committed.length === index - 1,
      "commit-order",
      () => `${node.name} commits ${index} before ${committed.length + 1}`,
    );
    committed.push({ term, digest: "" });
    return;
  }
  demand(
    known.term === term,
    "committed-entry-changed",
    () =>
      `${node.name} commits an entry of term ${term} at ${index}, where one of term ${known.term} was committed (§5.4.3)`,
  );
}

/** State Machine Safety: equal logs give equal states. */
function compareState(
  committed: Committed[],
  compared: Map<SimNode, number>,
  node: SimNode,
  { store }: Server,
): void {
  const index = store.lastApplied;
  if (index === 0 || compared.get(node) === index) return;
  compared.set(node, index);
  const known = must(committed[index - 1], "only committed entries are applied");
  const digest = printDigest(store.digest);
  if (known.digest === "") known.digest = digest;
  demand(
    known.digest === digest,
    "state-machine-safety",
    () =>
      `after entry ${index} the state of ${node.name} is ${digest}, and another server's was ${known.digest} (§5.4.3)`,
  );
}
