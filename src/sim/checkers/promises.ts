// What a server has said to others it must still know after a crash: its term, its votes and the entries that it
// acknowledged (Figure 2, "persistent state … updated on stable storage before responding to RPCs"). This looks at the
// messages that left and at what came back from the disk, not at the server's own books.

import type { Effect } from "../../core/agent/ports.ts";
import { voters } from "../../core/raft/configuration.ts";
import { lastTerm, latestConfiguration } from "../../core/raft/log.ts";
import type { RaftMessage, RequestVote } from "../../core/raft/messages.ts";
import { majority } from "../../core/raft/quorum.ts";
import type { Raft, Role } from "../../core/raft/state.ts";
import { isUp, type SimNode } from "../node.ts";
import { demand } from "../violation.ts";
import type { Observer } from "../world.ts";

/** What one server has let others know, in all its lives. */
interface Promises {
  /** The highest term in any message that spoke for it. */
  term: number;
  /** Term → whom it voted for. */
  readonly votes: Map<number, string>;
  /** The highest index it acknowledged to the leader of `ackTerm`. */
  ackTerm: number;
  ackIndex: number;
  /** It has come up and told nothing yet. */
  fresh: boolean;
  /** The log that it kept when its last life ended; undefined before that. */
  identity: number | undefined;
  /** What its disk had suffered before the life that last read it: what came while it read may show in the next. */
  struck: number;
  /** What it had suffered when this life began. */
  struckAtStart: number;
  /** Terms whose votes it gave while it kept another log: they counted, but it need not know them. */
  readonly forgotten: Set<number>;
  /** Where its log ended before the step, and the vote it had given by then. */
  readonly before: Before;
}

/** Written anew for each step. */
interface Before {
  term: number;
  index: number;
  inTerm: number;
  votedFor: string;
  role: Role;
}

function look(before: Before, raft: Raft): void {
  before.term = lastTerm(raft.log);
  before.index = raft.log.lastIndex;
  before.inTerm = raft.currentTerm;
  before.votedFor = raft.votedFor;
  before.role = raft.role;
}

function noPromises(): Promises {
  return {
    term: 0,
    votes: new Map(),
    ackTerm: 0,
    ackIndex: 0,
    fresh: false,
    identity: undefined,
    struck: 0,
    struckAtStart: 0,
    forgotten: new Set(),
    before: { term: 0, index: 0, inTerm: 0, votedFor: "", role: "follower" },
  };
}

export function promisesKept(): Observer {
  const promises = new Map<SimNode, Promises>();
  const of = (node: SimNode): Promises => {
    const known = promises.get(node);
    if (known !== undefined) return known;
    const none = noPromises();
    promises.set(node, none);
    return none;
  };
  return {
    skipsIdleTurns: true,
    onStart(node) {
      const mine = of(node);
      mine.fresh = true;
      mine.struckAtStart = node.disk.struck;
      const raft = node.agent?.service.server?.raft;
      if (raft !== undefined) look(mine.before, raft);
    },
    onCrash(node) {
      const server = node.agent?.service.server;
      if (server?.recovered) of(node).identity = server.raft.identity;
    },
    afterStep(node, input, _nowMs, effects) {
      const server = node.agent?.service.server;
      if (server === undefined) return;
      const mine = of(node);
      const { raft, recovered } = server;
      if (input?.type === "message" && input.message.type === "vote")
        onVoteAsked(raft, node, mine, input.from, input.message);
      if (mine.fresh && recovered) {
        mine.fresh = false;
        onRecovered(node, mine);
      }
      for (const effect of effects) if (effect.type === "message") onSent(node, mine, effect);
      if (raft.role === "leader" && mine.before.role !== "leader") onElected(promises, node, raft);
      // As it is after a step, so it is before its next.
      look(mine.before, raft);
    },
  };
}

function onSent(node: SimNode, mine: Promises, { message, to }: Extract<Effect, { type: "message" }>): void {
  if (message.type === "request" || message.type === "response" || message.type === "cancel") return;
  // Pre-votes speak for no term: they ask and answer what if.
  if (message.type === "pre-vote" || message.type === "pre-vote-reply") return;
  mine.term = Math.max(mine.term, message.term);
  if (message.type === "vote") vote(node, mine, message.term, node.config.nodeId);
  if (message.type === "vote-reply" && message.granted) vote(node, mine, message.term, to);
  if (message.type === "append-reply" && message.success) acknowledge(mine, message);
}

function vote(node: SimNode, mine: Promises, term: number, candidate: string): void {
  const before = mine.votes.get(term);
  demand(
    before === undefined || before === candidate,
    "vote-twice",
    () => `${node.name} voted twice in term ${term}: for ${before} and for ${candidate} (§5.2)`,
  );
  mine.votes.set(term, candidate);
}

/** A leader is whom a majority has voted for in its very term, whatever it has counted (§5.2). */
function onElected(promises: ReadonlyMap<SimNode, Promises>, node: SimNode, raft: Raft): void {
  const ids = voters(latestConfiguration(raft.log));
  const given = [...promises].filter(
    ([voter, { votes }]) =>
      ids.includes(voter.config.nodeId) &&
      (voter === node ? raft.votedFor : votes.get(raft.currentTerm)) === node.config.nodeId,
  );
  demand(
    given.length >= majority(ids.length),
    "elected-without-majority",
    () => `${node.name} leads term ${raft.currentTerm} with ${given.length} votes of ${ids.length} (§5.2)`,
  );
}

/** "If the logs have last entries with different terms, then the log with the later term is more up-to-date" (§5.4.1). */
function onVoteAsked(raft: Raft, node: SimNode, mine: Promises, from: string, asked: RequestVote): void {
  if (raft.currentTerm !== asked.term || raft.votedFor !== from) return;
  const { term, index, inTerm, votedFor } = mine.before;
  // A request that came twice is granted twice, whatever has been appended since.
  if (inTerm === asked.term && votedFor === from) return;
  demand(
    asked.lastLogTerm > term || (asked.lastLogTerm === term && asked.lastLogIndex >= index),
    "vote-for-stale-log",
    () =>
      `${node.name}, whose log ends at ${index}/${term}, votes for a candidate whose log ends at ${asked.lastLogIndex}/${asked.lastLogTerm} (§5.4.1)`,
  );
}

function acknowledge(mine: Promises, message: Extract<RaftMessage, { type: "append-reply" }>): void {
  if (message.term > mine.ackTerm) {
    mine.ackTerm = message.term;
    mine.ackIndex = 0;
  }
  mine.ackIndex = Math.max(mine.ackIndex, message.index);
}

function onRecovered(node: SimNode, mine: Promises): void {
  const raft = node.agent?.service.server?.raft;
  if (raft === undefined || !isUp(node)) return;
  if (mine.identity !== undefined && mine.identity !== raft.identity) forget(node, mine);
  mine.struck = mine.struckAtStart;
  demand(
    raft.currentTerm >= mine.term,
    "term-forgotten",
    () => `${node.name} spoke of term ${mine.term} and came back with term ${raft.currentTerm}`,
  );
  const voted = mine.votes.get(raft.currentTerm);
  demand(
    voted === undefined || raft.votedFor === voted || mine.forgotten.has(raft.currentTerm),
    "vote-forgotten",
    () =>
      `${node.name} voted for ${voted} in term ${raft.currentTerm} and came back with a vote for ${raft.votedFor || "nobody"}`,
  );
  // A leader of a later term may have cut what an earlier one was promised.
  if (raft.currentTerm === mine.ackTerm)
    demand(
      raft.log.lastIndex >= mine.ackIndex,
      "entry-forgotten",
      () =>
        `${node.name} acknowledged entry ${mine.ackIndex} to the leader of term ${mine.ackTerm} and came back with ${raft.log.lastIndex} entries`,
    );
}

/**
 * It keeps another log now, and is somebody else under the same name (raft/identity.ts): what the former one promised
 * binds it no more. That is an excuse, so it needs a certificate: it must have promised nothing, or its disk must have
 * lost, forged or misplaced something since.
 */
function forget(node: SimNode, mine: Promises): void {
  demand(
    mine.term === 0 || node.disk.struck > mine.struck,
    "identity-without-cause",
    () =>
      `${node.name} has spoken of term ${mine.term} and came back with another log, and nothing ever happened to its disk`,
  );
  mine.term = 0;
  mine.ackTerm = 0;
  mine.ackIndex = 0;
  for (const term of mine.votes.keys()) mine.forgotten.add(term);
}
