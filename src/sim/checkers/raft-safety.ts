// The properties of Figure 3 across servers, in the paper's words, after every step: Election Safety, Log Matching and
// Leader Completeness, State Machine Safety; and that nothing committed changes. Each looks only at what the step moved.

import { must } from "../../core/lib/assert.ts";
import { printDigest } from "../../core/lib/digest.ts";
import { voters } from "../../core/raft/configuration.ts";
import { checkRaft, checkRaftStep, type RaftView, viewRaft } from "../../core/raft/invariants.ts";
import { latestConfiguration, termAt } from "../../core/raft/log.ts";
import { majority } from "../../core/raft/quorum.ts";
import type { Raft } from "../../core/raft/state.ts";
import type { Server } from "../../core/service/state.ts";
import type { SimNode } from "../node.ts";
import { demand } from "../violation.ts";
import type { Observer, World } from "../world.ts";

interface Committed {
  readonly term: number;
  /** The term in which it was committed: leaders of later terms must have it. */
  readonly inTerm: number;
  /** Digest of the state after this entry, by the first server that applied it; "" until one has. */
  digest: string;
}

/** Watches all servers of a world. */
export function raftSafety(world: World): Observer {
  /** Term → who led it. */
  const leaders = new Map<number, string>();
  /** By index - 1: what is committed there. */
  const committed: Committed[] = [];
  /** What each server looked like before the step. */
  const before = new Map<SimNode, RaftView>();
  /** What each server surely has on its disk, alive or not. */
  const durable = new Map<SimNode, Durable>();
  /** How far each server's state was compared. */
  const compared = new Map<SimNode, number>();

  return {
    onCrash(node) {
      const raft = node.agent?.service.server?.raft;
      if (raft !== undefined && raft.durability.stableIndex > 0) durable.set(node, durableOf(raft));
    },
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
      if (raft.commitIndex > view.commitIndex) {
        if (raft.role === "leader") demandDurableQuorum(world, durable, node, raft);
        for (let index = view.commitIndex + 1; index <= raft.commitIndex; index++)
          onCommitted(committed, node, raft, index);
      }
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
  // A candidate of an older term may win it late, when votes were slow: it owes nothing to terms after its own.
  const missing = committed.findIndex(
    ({ term, inTerm }, at) => inTerm < raft.currentTerm && termAt(raft.log, at + 1) !== term,
  );
  demand(
    missing < 0,
    "leader-completeness",
    () =>
      `${node.name} leads term ${raft.currentTerm} without the committed entry ${missing + 1} of term ${committed[missing]?.term}: it would be present in the logs of the leaders for all higher-numbered terms (§5.4)`,
  );
}

/** What a server's disk holds: up to where, and where each term begins. */
interface Durable {
  readonly stableIndex: number;
  readonly termRuns: readonly { readonly firstIndex: number; readonly term: number }[];
}

function durableOf(raft: Raft): Durable {
  return { stableIndex: raft.durability.stableIndex, termRuns: [...raft.log.termRuns] };
}

/** What is committed is on the disks of a majority, whether they run or not (§5.3, §5.4.2). */
function demandDurableQuorum(
  world: World,
  durable: ReadonlyMap<SimNode, Durable>,
  leader: SimNode,
  raft: Raft,
): void {
  const index = raft.commitIndex;
  const term = termAt(raft.log, index);
  const ids = voters(latestConfiguration(raft.log));
  const holders = ids.filter((id) => {
    const node = must(world.byId.get(id), "servers are nodes of this world");
    const server = node.agent?.service.server;
    const disk = server?.recovered ? server.raft : undefined;
    if (disk !== undefined) return disk.durability.stableIndex >= index && termAt(disk.log, index) === term;
    const known = durable.get(node);
    return known !== undefined && known.stableIndex >= index && runAt(known, index) === term;
  });
  demand(
    holders.length >= majority(ids.length),
    "commit-without-quorum",
    () =>
      `${leader.name} commits entry ${index} of term ${term}, which is on the disks of ${holders.length} of ${ids.length}`,
  );
}

function runAt({ termRuns }: Durable, index: number): number | undefined {
  return termRuns.findLast((run) => run.firstIndex <= index)?.term;
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
    committed.push({ term, inTerm: raft.currentTerm, digest: "" });
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
