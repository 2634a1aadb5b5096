// One turn of one simulated server: an input, the end of the turn, the server's own invariants, and what the turn meant for
// the others, told to a `Witness`. Both worlds of this folder (timed: world.ts, untimed: table.ts) and the exhaustive
// search step servers here and nowhere else.

import { must } from "../../core/lib/assert.ts";
import { createDigest, mixBytes } from "../../core/lib/digest.ts";
import { voters } from "../../core/raft/configuration.ts";
import { ENTRY_HEADER_BYTES, entryTerm } from "../../core/raft/entry.ts";
import {
  checkRaft,
  checkRaftStep,
  createRaftView,
  lookAtRaft,
  type RaftView,
} from "../../core/raft/invariants.ts";
import { type EntryPlace, lastTerm, latestConfiguration, placeOf, termAt } from "../../core/raft/log.ts";
import type { RaftMessage, RequestVote } from "../../core/raft/messages.ts";
import type { Raft, RaftEffect, RaftInput } from "../../core/raft/state.ts";
import { flushRaft, stepRaft } from "../../core/raft/step.ts";
import { demand, Violation } from "../violation.ts";

/** Where each term of a log begins, oldest first. */
export type TermRuns = readonly { readonly firstIndex: number; readonly term: number }[];

/** Who is told what a turn means beyond the server that took it. `by` is the server's id. */
export interface Witness {
  /**
   * Only what servers do to each other is judged, not each server's own invariants: the harder task for a search, as a fault
   * must have had consequences before it shows.
   */
  readonly onlyShared?: boolean;
  /** A message left that speaks for the server's term. */
  spoke(by: string, term: number): void;
  /** A vote left. */
  voted(by: string, term: number, candidate: string): void;
  /** Entries up to `index` were acknowledged to the leader of `term`. */
  acknowledged(by: string, term: number, index: number): void;
  /** It became leader; `electorate` are the voters of the configuration it knows. */
  elected(by: string, term: number, electorate: readonly string[], log: TermRuns): void;
  /** Entry `index` is in the log now, after an entry of `previousTerm`. */
  appended(by: string, index: number, term: number, previousTerm: number, data: number): void;
  /** It holds entry `index` for committed, in its own term `inTerm`. */
  committed(by: string, index: number, term: number, data: number, inTerm: number): void;
  /** As leader it committed up to `index`, by counting. */
  counted(by: string, index: number, term: number, electorate: readonly string[]): void;
  /** It came up with this from its disk. */
  recovered(by: string, term: number, votedFor: string, lastIndex: number): void;
}

/** What the server was before its turn. One for all: no turn begins within another, and each looks before it begins. */
const BEFORE: RaftView = createRaftView();

/** One input and the end of the turn. @throws Violation, InvariantError when the turn broke a rule. */
export function takeTurn(
  raft: Raft,
  input: RaftInput | undefined,
  nowMs: number,
  witness: Witness,
  out: RaftEffect[],
): void {
  lookAtRaft(raft, BEFORE);
  if (input !== undefined) stepRaft(raft, input, nowMs, out);
  flushRaft(raft, nowMs, out);
  judgeTurn(raft, BEFORE, input, witness, out);
}

/** Anything else that a server's agent may do with it (a proposal, a change of the configuration), and the end of that turn. */
export function takeTurnBy<T>(
  raft: Raft,
  act: (raft: Raft, out: RaftEffect[]) => T,
  nowMs: number,
  witness: Witness,
  out: RaftEffect[],
): T {
  lookAtRaft(raft, BEFORE);
  const result = act(raft, out);
  flushRaft(raft, nowMs, out);
  judgeTurn(raft, BEFORE, undefined, witness, out);
  return result;
}

function judgeTurn(
  raft: Raft,
  before: RaftView,
  input: RaftInput | undefined,
  witness: Witness,
  out: readonly RaftEffect[],
): void {
  if (witness.onlyShared !== true) {
    checkRaft(raft);
    checkRaftStep(before, raft);
    if (input?.type === "message" && input.message.type === "vote")
      checkVote(raft, before, input.from, input.message);
  }
  if (raft.log.lastIndex !== before.lastIndex || lastTerm(raft.log) !== before.lastTerm)
    tellAppended(raft, before, input, witness);
  for (const effect of out) {
    if (effect.type === "send") tellSent(raft.id, effect.to, effect.message, witness);
    else if (effect.type === "conflict")
      throw new Violation(
        "committed-entry-cut",
        `${raft.id} was sent entries that contradict what is committed there (§5.4)`,
      );
  }
  if (raft.role === "leader" && before.role !== "leader")
    witness.elected(raft.id, raft.currentTerm, electorate(raft), raft.log.termRuns);
  if (raft.commitIndex > before.commitIndex) tellCommitted(raft, before, witness);
}

function electorate(raft: Raft): readonly string[] {
  return voters(latestConfiguration(raft.log));
}

function tellSent(by: string, to: string, message: RaftMessage, witness: Witness): void {
  // Pre-votes speak for no term: they ask and answer what if.
  if (message.type === "pre-vote" || message.type === "pre-vote-reply") return;
  witness.spoke(by, message.term);
  if (message.type === "vote") witness.voted(by, message.term, by);
  else if (message.type === "vote-reply" && message.granted) witness.voted(by, message.term, to);
  else if (message.type === "append-reply" && message.success)
    witness.acknowledged(by, message.term, message.index);
}

/** The log ends otherwise than it did: what is new in it begins after the leader's previous entry, or after our last. */
function tellAppended(raft: Raft, before: RaftView, input: RaftInput | undefined, witness: Witness): void {
  const append = input?.type === "message" && input.message.type === "append" ? input.message : undefined;
  // What a snapshot brought is in no log.
  const last = Math.max(
    raft.log.base.index,
    Math.min(before.lastIndex, append?.prevLogIndex ?? before.lastIndex),
  );
  const first = last + 1;
  let previous = termAt(raft.log, first - 1) ?? 0;
  for (let index = first; index <= raft.log.lastIndex; index++) {
    const place = placeOf(raft.log, index);
    const term = entryTerm(place.bytes, place.start);
    witness.appended(raft.id, index, term, previous, fingerprintAt(place));
    previous = term;
  }
}

function tellCommitted(raft: Raft, before: RaftView, witness: Witness): void {
  const { log, commitIndex } = raft;
  if (raft.role === "leader")
    witness.counted(
      raft.id,
      commitIndex,
      must(termAt(log, commitIndex), "it is in the log"),
      electorate(raft),
    );
  for (let index = Math.max(before.commitIndex, log.base.index) + 1; index <= commitIndex; index++) {
    const place = placeOf(log, index);
    const term = entryTerm(place.bytes, place.start);
    witness.committed(raft.id, index, term, fingerprintAt(place), raft.currentTerm);
  }
}

/** 32 bits of an entry's data: equal data, equal bits. */
export function fingerprint(data: Uint8Array): number {
  const digest = createDigest();
  mixBytes(digest, data);
  return digest.a | 0;
}

/** That of an entry's data where it lies. */
function fingerprintAt({ bytes, start, end }: EntryPlace): number {
  const digest = createDigest();
  mixBytes(digest, bytes, start + ENTRY_HEADER_BYTES, end);
  return digest.a | 0;
}

/** "If the logs have last entries with different terms, then the log with the later term is more up-to-date" (§5.4.1). */
function checkVote(raft: Raft, before: RaftView, from: string, asked: RequestVote): void {
  if (raft.currentTerm !== asked.term || raft.votedFor !== from) return;
  // A request that came twice is granted twice, whatever has been appended since.
  if (before.currentTerm === asked.term && before.votedFor === from) return;
  demand(
    asked.lastLogTerm > before.lastTerm ||
      (asked.lastLogTerm === before.lastTerm && asked.lastLogIndex >= before.lastIndex),
    "vote-for-stale-log",
    () =>
      `${raft.id}, whose log ends at ${before.lastIndex}/${before.lastTerm}, votes for ${from}, whose log ends at ${asked.lastLogIndex}/${asked.lastLogTerm} (§5.4.1)`,
  );
}
