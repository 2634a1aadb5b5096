// The history that a state carries along: what was said and done on the way to it, as far as a rule may still depend on it.
// What a server's step says is noted as data (a step of the same server in the same state says the same), and told to a copy
// of the history when it is taken.

import { createDigest, type Digest } from "../../core/lib/digest.ts";
import { type DurableTerm, type History, judge, type Promises } from "../raft/history.ts";
import type { TermRuns, Witness } from "../raft/turn.ts";
import { mixRenamed, type Renaming } from "./renaming.ts";

/** One call of a `Witness`. */
export type Statement =
  | readonly ["spoke", string, number]
  | readonly ["voted", string, number, string]
  | readonly ["acknowledged", string, number, number]
  | readonly ["elected", string, number, readonly string[], TermRuns]
  | readonly ["committed", string, number, number, number, number]
  | readonly ["counted", string, number, number, readonly string[]]
  | readonly ["recovered", string, number, string, number];

/** Notes what it is told. Entries that are appended are left out: logs are compared where they lie (explore.ts). */
export function noteTaker(statements: Statement[]): Witness {
  return {
    spoke: (...told) => statements.push(["spoke", ...told]),
    voted: (...told) => statements.push(["voted", ...told]),
    acknowledged: (...told) => statements.push(["acknowledged", ...told]),
    elected: (by, term, electorate, log) =>
      statements.push(["elected", by, term, electorate, log.map((run) => ({ ...run }))]),
    appended: () => undefined,
    committed: (...told) => statements.push(["committed", ...told]),
    counted: (...told) => statements.push(["counted", ...told]),
    recovered: (...told) => statements.push(["recovered", ...told]),
  };
}

/** A history that has heard these statements too; what no rule can depend on any more is left out. @throws Violation */
export function hear(history: History, statements: readonly Statement[], durableTerm: DurableTerm): History {
  const copy = copyHistory(history);
  const witness = judge(copy, durableTerm);
  for (const each of statements) tell(witness, each);
  forget(copy);
  return copy;
}

function tell(witness: Witness, statement: Statement): void {
  switch (statement[0]) {
    case "spoke":
      return witness.spoke(statement[1], statement[2]);
    case "voted":
      return witness.voted(statement[1], statement[2], statement[3]);
    case "acknowledged":
      return witness.acknowledged(statement[1], statement[2], statement[3]);
    case "elected":
      return witness.elected(statement[1], statement[2], statement[3], statement[4]);
    case "committed":
      return witness.committed(statement[1], statement[2], statement[3], statement[4], statement[5]);
    case "counted":
      return witness.counted(statement[1], statement[2], statement[3], statement[4]);
    case "recovered":
      return witness.recovered(statement[1], statement[2], statement[3], statement[4]);
  }
}

function copyHistory({ leaders, committed, promises }: History): History {
  const copied = [...promises].map(([id, each]): [string, Promises] => [
    id,
    { ...each, votes: new Map(each.votes) },
  ]);
  return { leaders: new Map(leaders), committed: [...committed], promises: new Map(copied), entries: [] };
}

/**
 * When every server has spoken of a term, nobody can win an older one any more, or vote in it: its votes and its leader are
 * past. An acknowledgement counts as long as its server has spoken of no later term.
 */
function forget({ leaders, promises }: History): void {
  let least = Number.POSITIVE_INFINITY;
  for (const { term } of promises.values()) least = Math.min(least, term);
  for (const mine of promises.values()) {
    for (const term of mine.votes.keys()) if (term < least) mine.votes.delete(term);
    if (mine.ackTerm < mine.term) {
      mine.ackTerm = 0;
      mine.ackIndex = 0;
    }
  }
  for (const term of leaders.keys()) if (term < least) leaders.delete(term);
}

export function digestHistory({ leaders, committed, promises }: History, renaming: Renaming): Digest {
  const digest = createDigest();
  mixRenamed(digest, leaders, renaming);
  mixRenamed(digest, committed, renaming);
  mixRenamed(digest, promises, renaming);
  return digest;
}
