// The properties of the paper's Figure 3 that span servers, and the promises that servers make each other, judged from what
// they said and did and never from their own books: a `Witness` that remembers. It is plain data but for its questions to
// the disks, so that an exhaustive search can copy it (search/ghost.ts).

import { majority } from "../../core/raft/quorum.ts";
import { demand, Violation } from "../violation.ts";
import type { TermRuns, Witness } from "./turn.ts";

export interface Committed {
  readonly term: number;
  /** Fingerprint of its data. */
  readonly data: number;
  /** The term in which it was committed: leaders of later terms must have it. */
  readonly inTerm: number;
}

/** What one server has let others know, in all its lives. */
export interface Promises {
  /** The highest term in any message that spoke for it. */
  term: number;
  /** Term → whom it voted for. */
  readonly votes: Map<number, string>;
  /** The highest index it acknowledged to the leader of `ackTerm`. */
  ackTerm: number;
  ackIndex: number;
}

/** Everything that was ever said and done, as far as a rule depends on it. */
export interface History {
  /** Term → who led it. */
  readonly leaders: Map<number, string>;
  /** By index - 1. */
  readonly committed: Committed[];
  readonly promises: Map<string, Promises>;
  /** By index - 1: the entries that were there, of whatever term. Empty where it is not kept. */
  readonly entries: (Appended | undefined)[];
}

/** An entry that was in somebody's log. Nearly always it is the only one at its index; so those of other terms hang on. */
export interface Appended {
  readonly term: number;
  readonly previousTerm: number;
  readonly data: number;
  /** Another one at the same index, of another term. */
  readonly other: Appended | undefined;
}

export function createHistory(): History {
  return { leaders: new Map(), committed: [], promises: new Map(), entries: [] };
}

/** Term of the entry that a server surely has on its disk at `index`, up or down; undefined for none. */
export type DurableTerm = (server: string, index: number) => number | undefined;

export function promisesOf(history: History, server: string): Promises {
  let known = history.promises.get(server);
  if (known === undefined) {
    known = { term: 0, votes: new Map(), ackTerm: 0, ackIndex: 0 };
    history.promises.set(server, known);
  }
  return known;
}

/** Term of the entry at `index` in a log with these terms, wherever it ends. */
function runAt(runs: TermRuns, index: number): number | undefined {
  return runs.findLast((run) => run.firstIndex <= index)?.term;
}

/**
 * What is told with every entry and vote throws by itself: `demand` would cost it a closure each time.
 * @throws Violation, from each of its functions, when what it is told breaks a rule.
 */
export function judge(history: History, durableTerm: DurableTerm, onlyShared = false): Witness {
  // Whoever speaks has often spoken just now: a turn's messages are told one after the other.
  let speaker: string | undefined;
  let promises: Promises | undefined;
  const promisesBy = (by: string): Promises => {
    if (promises === undefined || by !== speaker) {
      promises = promisesOf(history, by);
      speaker = by;
    }
    return promises;
  };
  return {
    onlyShared,

    spoke(by, term) {
      const mine = promisesBy(by);
      if (term > mine.term) mine.term = term;
    },

    voted(by, term, candidate) {
      const { votes } = promisesBy(by);
      const before = votes.get(term);
      if (before === undefined) votes.set(term, candidate);
      else if (before !== candidate)
        throw new Violation(
          "vote-twice",
          `${by} voted twice in term ${term}: for ${before} and for ${candidate} (§5.2)`,
        );
    },

    acknowledged(by, term, index) {
      const mine = promisesBy(by);
      if (term > mine.ackTerm) {
        mine.ackTerm = term;
        mine.ackIndex = index;
      } else if (index > mine.ackIndex) mine.ackIndex = index;
    },

    elected(by, term, electorate, log) {
      const other = history.leaders.get(term);
      demand(
        other === undefined || other === by,
        "election-safety",
        () =>
          `${by} and ${other} both lead term ${term}: at most one leader can be elected in a given term (§5.2)`,
      );
      history.leaders.set(term, by);
      // The winner's own vote need not have been said to anybody.
      const given = electorate.filter(
        (id) => id === by || history.promises.get(id)?.votes.get(term) === by,
      ).length;
      demand(
        given >= majority(electorate.length),
        "elected-without-majority",
        () => `${by} leads term ${term} with ${given} votes of ${electorate.length} (§5.2)`,
      );
      // A candidate of an older term may win it late, when votes were slow: it owes nothing to terms after its own. What
      // comes before the log's first run is in a snapshot, and was committed when that was taken.
      const first = log[0]?.firstIndex ?? 1;
      const missing = history.committed.findIndex(
        (entry, at) => entry.inTerm < term && at + 1 >= first && runAt(log, at + 1) !== entry.term,
      );
      demand(
        missing < 0,
        "leader-completeness",
        () =>
          `${by} leads term ${term} without the committed entry ${missing + 1} of term ${history.committed[missing]?.term} (§5.4)`,
      );
    },

    appended(by, index, term, previousTerm, data) {
      while (history.entries.length < index) history.entries.push(undefined);
      const first = history.entries[index - 1];
      let known = first;
      while (known !== undefined && known.term !== term) known = known.other;
      if (known === undefined) history.entries[index - 1] = { term, previousTerm, data, other: first };
      else if (known.previousTerm !== previousTerm || known.data !== data)
        throw new Violation(
          "log-matching",
          `${by} has an entry ${index} of term ${term} that differs from another server's, or comes after another one (§5.3)`,
        );
    },

    committed(by, index, term, data, inTerm) {
      const known = history.committed[index - 1];
      if (known === undefined) {
        if (history.committed.length !== index - 1)
          throw new Violation(
            "commit-order",
            `${by} commits ${index} before ${history.committed.length + 1}`,
          );
        history.committed.push({ term, data, inTerm });
        return;
      }
      if (known.term !== term || known.data !== data)
        throw new Violation(
          "committed-entry-changed",
          `${by} commits an entry of term ${term} at ${index}, where one of term ${known.term} was committed (§5.4.3)`,
        );
    },

    counted(by, index, term, electorate) {
      let holders = 0;
      for (const id of electorate) if (durableTerm(id, index) === term) holders++;
      if (holders < majority(electorate.length))
        throw new Violation(
          "commit-without-quorum",
          `${by} commits entry ${index} of term ${term}, which is on the disks of ${holders} of ${electorate.length}`,
        );
    },

    recovered(by, term, votedFor, lastIndex) {
      const mine = promisesBy(by);
      demand(
        term >= mine.term,
        "term-forgotten",
        () => `${by} spoke of term ${mine.term} and came back with term ${term}`,
      );
      const vote = mine.votes.get(term);
      demand(
        vote === undefined || vote === votedFor,
        "vote-forgotten",
        () => `${by} voted for ${vote} in term ${term} and came back with a vote for ${votedFor || "nobody"}`,
      );
      // A leader of a later term may have cut what an earlier one was promised.
      demand(
        term !== mine.ackTerm || lastIndex >= mine.ackIndex,
        "entry-forgotten",
        () =>
          `${by} acknowledged entry ${mine.ackIndex} to the leader of term ${mine.ackTerm} and came back with ${lastIndex} entries`,
      );
    },
  };
}
