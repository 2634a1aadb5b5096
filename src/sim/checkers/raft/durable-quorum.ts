// "A log entry is committed once the leader that created the entry has replicated it on a majority of the servers" (§5.3),
// and servers answer once it is on stable storage (Figure 2): so whatever a leader takes for committed is on the disks of a
// majority of the voters of the configuration in force at that leader, whether those voters run or not. Counted from
// outside, not by the leader's books.

import type { Configuration, ServerRecord } from "../../../core/raft/configuration.ts";
import { latestConfiguration, type RaftLog, termAt } from "../../../core/raft/log.ts";
import type { LogIdentity } from "../../../core/raft/messages.ts";
import { majority } from "../../../core/raft/quorum.ts";
import type { Raft } from "../../../core/raft/state.ts";
import type { SimNode } from "../../node.ts";
import { demand } from "../../violation.ts";
import { runAt } from "./log-chain.ts";
import { baseOf, holds, type RaftChecker } from "./step.ts";

const COMMIT_WITHOUT_QUORUM = "commit-without-quorum";

/** What the disk of a server that is down surely holds: up to where, from where on entry by entry, and their terms. */
interface Durable {
  readonly identity: LogIdentity;
  readonly stableIndex: number;
  readonly baseIndex: number;
  readonly termRuns: RaftLog["termRuns"];
}

/** @param nodeOf The simulated machine of a server's id; undefined for a machine that is not of this world any more. */
export function durableQuorum(nodeOf: (id: string) => SimNode | undefined): RaftChecker {
  const durable = new Map<SimNode, Durable>();

  /**
   * Whether the log with which a voter was added has the entry, or had it when it was last seen: what was confirmed before
   * a disk was emptied may be under way to the leader. Who lost it abstains, and elects nobody without it.
   */
  function holdsDurably({ id, identity }: ServerRecord, index: number, term: number): boolean {
    const node = nodeOf(id);
    if (node === undefined) return false;
    const server = node.agent?.service.server;
    if (server?.recovered && server.raft.identity === identity)
      return server.raft.durability.stableIndex >= index && holds(server.raft, index, term);
    const known = durable.get(node);
    if (known === undefined || known.identity !== identity) return false;
    return known.stableIndex >= index && (index <= known.baseIndex || runAt(known.termRuns, index) === term);
  }

  return {
    onCrash({ node, raft }) {
      durable.set(node, durableOf(raft));
    },
    afterStep({ node, raft, before }) {
      const index = raft.commitIndex;
      if (raft.role !== "leader" || before === undefined || index <= before.commitIndex) return;
      const term = termAt(raft.log, index) ?? 0;
      const { servers } = configurationAt(raft.log, before.lastIndex);
      const voters = servers.filter(({ voter }) => voter);
      const holders = voters.filter((server) => holdsDurably(server, index, term));
      demand(
        holders.length >= majority(voters.length),
        COMMIT_WITHOUT_QUORUM,
        () =>
          `${node.name} commits entry ${index} of term ${term}, which is on the disks of ${holders.length} of ${voters.length} (§5.3)`,
      );
    },
  };
}

/**
 * The one in force when the step began: a commit may let the leader append the next change in the same step, and that
 * one has not counted.
 */
function configurationAt(log: RaftLog, lastIndex: number): Configuration {
  return log.configurations.findLast(({ index }) => index <= lastIndex) ?? latestConfiguration(log);
}

function durableOf({ log, durability, identity }: Raft): Durable {
  return {
    identity,
    stableIndex: durability.stableIndex,
    baseIndex: baseOf(log).index,
    termRuns: [...log.termRuns],
  };
}
