// What the checkers of Raft's properties are told: one step of one server, what it was before, and the hash chain of its
// log. Each property has a file of its own beside this one, in the paper's words; raft-safety.ts calls them all.

import type { Effect } from "../../../core/agent/ports.ts";
import { termAt } from "../../../core/raft/log.ts";
import type { Raft, Role } from "../../../core/raft/state.ts";
import type { Store } from "../../../core/store/store.ts";
import type { SimNode } from "../../node.ts";
import type { LogChain } from "./log-chain.ts";

/** A server whose disk has been read, as it is between two steps. */
export interface RaftServer {
  readonly node: SimNode;
  readonly raft: Raft;
  /** Index of the last entry that its state machine has applied, and the fingerprint of all of them. */
  readonly store: Pick<Store, "lastApplied" | "digest">;
  /** Of its log as it is now. */
  readonly chain: LogChain;
}

/** What a server was before the step, as far as a step may not undo it. Written anew for each step: not to be kept. */
export interface Before {
  currentTerm: number;
  role: Role;
  commitIndex: number;
  lastApplied: number;
  lastIndex: number;
  baseIndex: number;
  /** Hash of the log up to its last entry and up to its committed part; undefined where the chain has no anchor. */
  lastHash: number | undefined;
  commitHash: number | undefined;
}

export interface RaftStep extends RaftServer {
  /** Undefined at the first look at a server in each of its lives. */
  readonly before: Readonly<Before> | undefined;
  readonly effects: readonly Effect[];
}

/** One property. Every call throws a Violation when the property does not hold. */
export interface RaftChecker {
  /** After a step of a server: looks only at what the step moved. */
  afterStep?(step: RaftStep): void;
  /** A server's process ends; it can still be looked at. */
  onCrash?(server: RaftServer): void;
  /** Everything from the beginning, for what one step at a time cannot see. */
  recheck?(servers: readonly RaftServer[]): void;
}

/** The part of a log that a snapshot stands for: entries up to `index` are gone. */
interface LogBase {
  readonly index: number;
  readonly term: number;
}

const WHOLE: LogBase = { index: 0, term: 0 };

/** What a snapshot stands for in a log; index 0 for a log that is kept whole. */
export function baseOf(log: Raft["log"] & { readonly base?: LogBase }): LogBase {
  return log.base ?? WHOLE;
}

/** Whether a log holds the entry of this term at `index`, itself or under its snapshot, which holds committed ones only. */
export function holds({ log }: Raft, index: number, term: number): boolean {
  return index <= baseOf(log).index || termAt(log, index) === term;
}
