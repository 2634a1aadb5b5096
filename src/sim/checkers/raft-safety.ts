// Watches the servers of a world for every property of Figure 3 and a few more (the files in raft/, one each). After every
// step only what moved is looked at; from time to time, and at the end, everything from the beginning. Here stands what
// they share: who the servers are, what each was before the step, and the hash chains of their logs.

import type { Effect, Input } from "../../core/agent/ports.ts";
import {
  checkRaft,
  checkRaftStep,
  createRaftView,
  lookAtRaft,
  type RaftView,
} from "../../core/raft/invariants.ts";
import type { Server } from "../../core/service/state.ts";
import { clustersOf } from "../datacenters.ts";
import type { SimNode } from "../node.ts";
import type { Observer, World } from "../world.ts";
import { committedEntries } from "./raft/committed-entries.ts";
import { durableQuorum } from "./raft/durable-quorum.ts";
import { electionSafety } from "./raft/election-safety.ts";
import { leaderAppendOnly } from "./raft/leader-append-only.ts";
import { leaderCompleteness } from "./raft/leader-completeness.ts";
import type { Ledger } from "./raft/ledger.ts";
import { advanceChain, createLogChain, hashAt, type LogChain } from "./raft/log-chain.ts";
import { logMatching } from "./raft/log-matching.ts";
import { monotonicity } from "./raft/monotonicity.ts";
import { stateMachineSafety } from "./raft/state-machine-safety.ts";
import { type Before, baseOf, type RaftServer } from "./raft/step.ts";

/** What is kept of one server's life: what it was after the step before, and its log's hashes. */
interface Known {
  /** For the core's own invariants. */
  readonly view: RaftView;
  /** For the properties here; undefined until there has been a step. */
  before: Before | undefined;
  readonly chain: LogChain;
}

/** A full recheck takes time in proportion to all logs: so many steps must have been taken for each entry in them. */
const STEPS_FOR_EACH_ENTRY = 8;
const LEAST_STEPS_BETWEEN_RECHECKS = 1_000;

/** Each datacenter's servers are a cluster of their own. */
export function raftSafety(world: World): Observer {
  const clusters = clustersOf(world);
  if (clusters.length <= 1) return clusterSafety(world);
  const watchers = new Map<string, Observer>();
  for (const { datacenter, nodes } of clusters)
    watchers.set(datacenter, clusterSafety({ nodes, byId: world.byId }));
  const of = (node: SimNode): Observer | undefined => watchers.get(node.config.datacenter);
  return {
    skipsIdleTurns: true,
    onCrash: (node) => of(node)?.onCrash?.(node),
    onStart: (node) => of(node)?.onStart?.(node),
    afterStep: (node, input, nowMs, effects) => of(node)?.afterStep?.(node, input, nowMs, effects),
    onEnd: () => {
      for (const watcher of watchers.values()) watcher.onEnd?.();
    },
  };
}

function clusterSafety(world: Pick<World, "nodes" | "byId">): Observer {
  const chains = new Map<SimNode, LogChain>();
  const known = new Map<SimNode, Known>();
  const ledger: Ledger = [];
  const matching = logMatching(chains);
  const checkers = [
    electionSafety(),
    leaderCompleteness(ledger),
    leaderAppendOnly(),
    durableQuorum((id) => world.byId.get(id)),
    committedEntries(ledger),
    matching,
    stateMachineSafety(ledger),
    monotonicity(),
  ];
  const steppers = checkers.flatMap((checker) => checker.afterStep?.bind(checker) ?? []);
  let stepsSinceRecheck = 0;

  function serverOf(node: SimNode): RaftServer | undefined {
    const server = node.agent?.service.server;
    const chain = chains.get(node);
    if (!server?.recovered || chain === undefined) return undefined;
    const { raft, store } = server;
    return { node, raft, store, chain };
  }

  function newlyKnown(node: SimNode): Known {
    const chain = createLogChain();
    const fresh: Known = { view: createRaftView(), before: undefined, chain };
    chains.set(node, chain);
    known.set(node, fresh);
    return fresh;
  }

  function recheck(): void {
    stepsSinceRecheck = 0;
    const servers = world.nodes.map(serverOf).filter((server) => server !== undefined);
    for (const checker of checkers) checker.recheck?.(servers);
  }

  function recheckIsDue(): boolean {
    if (++stepsSinceRecheck < LEAST_STEPS_BETWEEN_RECHECKS) return false;
    let entries = 0;
    for (const { hashes } of chains.values()) entries += hashes.length;
    return stepsSinceRecheck >= STEPS_FOR_EACH_ENTRY * entries;
  }

  return {
    skipsIdleTurns: true,
    onCrash(node) {
      const server = serverOf(node);
      if (server !== undefined) for (const checker of checkers) checker.onCrash?.(server);
    },
    onStart(node) {
      known.delete(node);
      chains.delete(node);
    },
    afterStep(node, input, _nowMs, effects) {
      const server = node.agent?.service.server;
      if (!server?.recovered) return;
      const { raft, store } = server;
      const mine = known.get(node) ?? newlyKnown(node);
      const { before, chain } = mine;
      const moved = before === undefined || hasMoved(server, before) || effects.some(isNotice);
      // What any other input breaks without moving the server, the next look at it finds.
      if (!moved && !isForRaft(input)) return;
      const from = advanceChain(chain, raft.log, matching.hashOf);
      if (moved || from <= raft.log.lastIndex) {
        const step = { node, raft, store, chain, before, effects };
        matching.onEntries(step, from);
        for (const each of steppers) each(step);
      }
      checkRaft(raft);
      if (before !== undefined) checkRaftStep(mine.view, raft);
      lookAtRaft(raft, mine.view);
      mine.before ??= createBefore();
      remember(mine.before, server, chain);
      if (recheckIsDue()) recheck();
    },
    onEnd: recheck,
  };
}

/** What Raft and its log hear, and the ends of turns, in which they write and send. */
function isForRaft(input: Input | undefined): boolean {
  switch (input?.type) {
    case undefined:
    case "disk-done":
    case "wake":
      return true;
    case "message":
      return input.message.type !== "request" && input.message.type !== "response";
    default:
      return false;
  }
}

/**
 * Whether there is anything in a step for the properties here to look at, besides entries that are new and refusals that it
 * told of: every one of them is about these, and was judged of a server that stands where it stood. Half of all steps are
 * ends of turns and heartbeats that move nothing.
 */
function hasMoved({ raft, store }: Server, before: Before): boolean {
  return (
    raft.currentTerm !== before.currentTerm ||
    raft.role !== before.role ||
    raft.commitIndex !== before.commitIndex ||
    store.lastApplied !== before.lastApplied ||
    raft.log.lastIndex !== before.lastIndex ||
    baseOf(raft.log).index !== before.baseIndex
  );
}

function isNotice({ type }: Effect): boolean {
  return type === "notice";
}

function createBefore(): Before {
  return {
    currentTerm: 0,
    role: "follower",
    commitIndex: 0,
    lastApplied: 0,
    lastIndex: 0,
    baseIndex: 0,
    lastHash: undefined,
    commitHash: undefined,
  };
}

/** What a server is after a step is what it was before its next. Into the record of the step before: a run looks a million times. */
function remember(before: Before, { raft, store }: Server, chain: LogChain): void {
  const { log, commitIndex } = raft;
  before.currentTerm = raft.currentTerm;
  before.role = raft.role;
  before.commitIndex = commitIndex;
  before.lastApplied = store.lastApplied;
  before.lastIndex = log.lastIndex;
  before.baseIndex = baseOf(log).index;
  before.lastHash = hashAt(chain, log.lastIndex);
  before.commitHash = hashAt(chain, commitIndex);
}
