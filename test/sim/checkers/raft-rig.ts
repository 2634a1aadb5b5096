// A few servers' Raft made by hand, for checkers to look at: a test says what a step did to a server, right or wrong, and
// the rig shows it to `raftSafety` as the simulated world would. Nothing of Raft runs here.

import type { Effect, Input } from "../../../src/core/agent/ports.ts";
import { seededChance } from "../../../src/core/lib/chance.ts";
import { raftConfig } from "../../../src/core/raft/config.ts";
import { encodeServers } from "../../../src/core/raft/configuration.ts";
import { appendEntry } from "../../../src/core/raft/log.ts";
import { createRaft, type Raft } from "../../../src/core/raft/state.ts";
import { createStore, type Store } from "../../../src/core/store/store.ts";
import { raftSafety } from "../../../src/sim/checkers/raft-safety.ts";
import type { SimNode } from "../../../src/sim/node.ts";
import { Violation } from "../../../src/sim/violation.ts";
import type { Observer, World } from "../../../src/sim/world.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface RigServer {
  readonly node: SimNode;
  readonly raft: Mutable<Raft>;
  readonly store: Store;
}

export interface Rig {
  readonly observer: Observer;
  readonly servers: Readonly<Record<"a" | "b" | "c", RigServer>>;
  /** A step of a server: what it changes, what it causes, and upon what. @throws Violation when a checker objects. */
  step(
    name: "a" | "b" | "c",
    change: (server: RigServer) => void,
    effects?: readonly Effect[],
    input?: Input,
  ): void;
  crash(name: "a" | "b" | "c"): void;
  /** It is up again, with what it had; its next step is the first of another life. */
  restart(name: "a" | "b" | "c"): void;
}

const NAMES = ["a", "b", "c"] as const;

/** Three servers that have each other in their configuration (entry 1, of term 1) and nothing committed. */
export function createRig(observerOf: (world: World) => Observer = raftSafety): Rig {
  const servers = Object.fromEntries(NAMES.map((name) => [name, createServer(name)])) as Record<
    (typeof NAMES)[number],
    RigServer
  >;
  const nodes = NAMES.map((name) => servers[name].node);
  const byId = new Map(nodes.map((node) => [node.config.nodeId, node]));
  const observer = observerOf({ nodes, byId } as unknown as World);
  const step: Rig["step"] = (name, change, effects = [], input = { type: "wake" }) => {
    const server = servers[name];
    observer.beforeStep?.(server.node, input);
    change(server);
    observer.afterStep?.(server.node, input, 0, effects);
  };
  for (const node of nodes) observer.onStart?.(node);
  for (const name of NAMES) step(name, () => {});
  return {
    observer,
    servers,
    step,
    crash(name) {
      observer.onCrash?.(servers[name].node);
      servers[name].node.agent = undefined;
    },
    restart(name) {
      const { node, raft, store } = servers[name];
      node.agent = agentWith(raft, store);
      observer.onStart?.(node);
    },
  };
}

function createServer(name: string): RigServer {
  const raft = createRaft(name, raftConfig(1), seededChance(name)) as Mutable<Raft>;
  const store = createStore();
  const config = encodeServers(NAMES.map((id) => ({ id, address: id, voter: true, identity: 0 })));
  appendEntry(raft.log, "configuration", 1, config);
  raft.identity = 0;
  raft.currentTerm = 1;
  raft.durability.stableIndex = 1;
  const node = {
    name,
    config: { nodeId: name },
    agent: agentWith(raft, store),
    disk: { files: new Map([["log", new Uint8Array()]]), struck: 0 },
  };
  return { node: node as unknown as SimNode, raft, store };
}

function agentWith(raft: Raft, store: Store): NonNullable<SimNode["agent"]> {
  return { service: { server: { raft, store, recovered: true } } } as NonNullable<SimNode["agent"]>;
}

/** Id of the rule that is broken; "" for none. */
export function violationOf(play: () => void): string {
  try {
    play();
  } catch (error) {
    if (error instanceof Violation) return error.id;
    throw error;
  }
  return "";
}

/** Entries as `TERM` or `TERM:DATA`, appended and on the disk. */
export function append({ raft }: RigServer, ...entries: readonly string[]): void {
  for (const entry of entries) {
    const [term = "", data = "x"] = entry.split(":");
    appendEntry(raft.log, "command", Number(term), new TextEncoder().encode(data));
  }
  raft.durability.stableIndex = raft.log.lastIndex;
}

/** Makes the server a leader, as its own books have it. */
export function lead({ raft, node }: RigServer, term: number): void {
  raft.currentTerm = term;
  raft.role = "leader";
  raft.leader = node.name;
  raft.votedFor = node.name;
  raft.leading = { progress: new Map() } as unknown as NonNullable<Raft["leading"]>;
}

/** Commits up to `index` and applies all of it; `what` stands for the outcome of applying. */
export function commit({ raft, store }: RigServer, index: number, what = 0): void {
  raft.commitIndex = index;
  store.lastApplied = index;
  store.digest.a = index;
  store.digest.b = what;
}
