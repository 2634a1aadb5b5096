// "Log Matching: if two logs contain an entry with the same index and term, then the logs are identical in all entries up
// through the given index. §5.3" (Figure 3). Identical is what has one hash chain: so each entry of each log is compared
// once with the first entry of its index and term that any log had.

import { demand } from "../../violation.ts";
import { advanceChain, createLogChain, hashAt, type LogChain } from "./log-chain.ts";
import type { RaftChecker, RaftServer } from "./step.ts";

const LOG_MATCHING = "log-matching";

/** What a log that had an entry hashed to up to it, and whose log that was. Another term at the same index is `other`. */
interface Sighting {
  readonly term: number;
  readonly hash: number;
  readonly by: string;
  readonly other: Sighting | undefined;
}

export interface LogMatching extends RaftChecker {
  /** Compares what is new in a server's log. @param from The first index whose entry is new. */
  onEntries(server: RaftServer, from: number): void;
  /** What every log with this entry hashes to up to it; undefined for an entry that no log had, or had long ago. */
  hashOf(index: number, term: number): number | undefined;
}

/** @param chains Of all servers, down ones too: what lies below all of their snapshots is forgotten. */
export function logMatching(chains: ReadonlyMap<unknown, LogChain>): LogMatching {
  const sightings = new Map<number, Sighting>();
  let forgotten = 0;

  const find = (index: number, term: number): Sighting | undefined => {
    let seen = sightings.get(index);
    while (seen !== undefined && seen.term !== term) seen = seen.other;
    return seen;
  };
  const hashOf = (index: number, term: number): number | undefined => find(index, term)?.hash;

  function compare({ node, raft }: RaftServer, chain: LogChain, from: number): void {
    const terms = termsFrom(raft.log.termRuns, from);
    for (let index = from; index <= chain.lastIndex; index++) {
      const hash = hashAt(chain, index);
      if (hash === undefined) return;
      const term = terms(index);
      const seen = find(index, term);
      if (seen === undefined)
        sightings.set(index, { term, hash, by: node.name, other: sightings.get(index) });
      else
        demand(
          seen.hash === hash,
          LOG_MATCHING,
          () =>
            `the logs of ${node.name} and ${seen.by} both have an entry of term ${term} at ${index} and are not identical up to it (§5.3)`,
        );
    }
  }

  return {
    hashOf,
    onEntries: (server, from) => compare(server, server.chain, from),
    recheck(servers) {
      for (const server of servers) {
        const fresh = createLogChain();
        compare(server, fresh, advanceChain(fresh, server.raft.log, hashOf));
      }
      const lowest = Math.min(...[...chains.values()].map(({ baseIndex }) => baseIndex));
      // The bases themselves are kept: logs that begin with a snapshot are anchored there.
      if (lowest < Number.POSITIVE_INFINITY) for (; forgotten < lowest - 1; ) sightings.delete(++forgotten);
    },
  };
}

/** Terms by index, asked in ascending order. */
function termsFrom(
  runs: readonly { readonly firstIndex: number; readonly term: number }[],
  from: number,
): (index: number) => number {
  let at = Math.max(
    0,
    runs.findLastIndex(({ firstIndex }) => firstIndex <= from),
  );
  return (index) => {
    while ((runs[at + 1]?.firstIndex ?? Number.POSITIVE_INFINITY) <= index) at++;
    return runs[at]?.term ?? 0;
  };
}
