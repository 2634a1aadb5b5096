// Trouble: what can be done to a world, one thing at a time, with the undoing of each. A scripted scenario and the strikes
// of the nemesis use the same list. Whatever overlaps is undone each by itself.

import { type Journal, REGISTRATIONS } from "../core/local/journal.ts";
import { readJournal } from "../core/local/journal-format.ts";
import { isLeader } from "../core/raft/role.ts";
import type { Raft } from "../core/raft/state.ts";
import type { AgentBuild } from "./builds.ts";
import { localMs } from "./clock.ts";
import { freezeClock, leapForward, unfreezeClock } from "./clock-faults.ts";
import type { Population } from "./datacenters.ts";
import { resetConnection } from "./delivery.ts";
import { calmDisk } from "./disk.ts";
import { tookEffect } from "./effects.ts";
import type { FaultKind } from "./fault-kinds.ts";
import {
  type Aspect,
  addTrouble,
  directionOf,
  endTroubles,
  healCuts,
  removeTrouble,
  setWeather as setNetworkWeather,
  type Trouble,
} from "./network.ts";
import { isUp, type SimNode } from "./node.ts";
import type { LinkWeather } from "./weather.ts";
import { crash, note, pause, resume, start, type World } from "./world.ts";

/** Takes back what was done. Doing so twice, or after everything was ended, changes nothing. */
export type Undo = () => void;

/** Which way between two nodes: from, to. */
export type Direction = readonly [from: SimNode, to: SimNode];

export function raftOf(node: SimNode): Raft | undefined {
  return node.agent?.service.server?.raft;
}

/** The servers that are up. */
export function liveServers({ nodes }: Population): SimNode[] {
  return nodes.filter((node) => isUp(node) && node.config.server);
}

/** Servers that believe they lead, that of the highest term first. */
export function leaders(of: Population): SimNode[] {
  const term = (node: SimNode): number => raftOf(node)?.currentTerm ?? 0;
  return liveServers(of)
    .filter((node) => {
      const raft = raftOf(node);
      return raft !== undefined && isLeader(raft);
    })
    .sort((a, b) => term(b) - term(a));
}

// The network.

/** Every way between two groups. */
export function between(some: readonly SimNode[], others: readonly SimNode[]): Direction[] {
  return some.flatMap((a) =>
    others.flatMap((b): Direction[] =>
      a === b
        ? []
        : [
            [a, b],
            [b, a],
          ],
    ),
  );
}

/** Nothing passes in these directions. */
export function cut(world: World, kind: FaultKind, directions: readonly Direction[]): Undo {
  return lay(world, { kind, aspects: ["cut"], directions: numbered(world, directions) });
}

/** The weather of these directions changes. @param aspects What of it, so that effects are counted where they show. */
export function worsen(
  world: World,
  kind: FaultKind,
  aspects: readonly Aspect[],
  directions: readonly Direction[],
  change: (weather: LinkWeather) => LinkWeather,
): Undo {
  return lay(world, { kind, aspects, directions: numbered(world, directions), change });
}

function lay(world: World, trouble: Trouble): Undo {
  addTrouble(world.network, trouble);
  return () => removeTrouble(world.network, trouble);
}

function numbered(world: World, directions: readonly Direction[]): ReadonlySet<number> {
  return new Set(directions.map(([from, to]) => directionOf(world.network, from.index, to.index)));
}

/** Cuts the network between two groups, both ways. */
export function partition(
  world: World,
  some: readonly SimNode[],
  others: readonly SimNode[],
  kind: FaultKind = "partition",
): Undo {
  note(world, undefined, `${kind}  ${names(some)} | ${names(others)}`);
  return healed(world, cut(world, kind, between(some, others)));
}

/** Nothing that `some` send reaches `others`; the other way is open. */
export function cutOneWay(
  world: World,
  some: readonly SimNode[],
  others: readonly SimNode[],
  kind: FaultKind = "one-way",
): Undo {
  note(world, undefined, `one-way cut  ${names(some)} ↛ ${names(others)}`);
  const directions = some.flatMap((a) => others.map((b): Direction => [a, b]));
  return healed(world, cut(world, kind, directions));
}

function healed(world: World, undo: Undo): Undo {
  return () => {
    undo();
    note(world, undefined, "network healed");
  };
}

/** Every cut is joined again. */
export function heal(world: World): void {
  healCuts(world.network);
  note(world, undefined, "network healed");
}

/** What the weather is on every link while nothing else lies over it. */
export function setWeather(world: World, weather: LinkWeather): void {
  setNetworkWeather(world.network, () => weather);
}

export function reset(world: World, a: SimNode, b: SimNode, kind: FaultKind = "reset"): void {
  note(world, undefined, `connection reset  ${a.name} — ${b.name}`);
  if (isUp(a) && isUp(b)) tookEffect(world.effects, kind);
  resetConnection(world, a, b);
}

// Processes.

export function restart(world: World, node: SimNode): void {
  if (isUp(node)) return;
  note(world, node, "starts");
  start(world, node);
}

export function kill(world: World, node: SimNode): void {
  if (!isUp(node)) return;
  note(world, node, "killed");
  crash(world, node);
}

/** The machine is suspended: the process stops, and its monotonic clock with it. */
export function suspend(world: World, node: SimNode): Undo {
  pause(world, node);
  freezeClock(world, node);
  return () => {
    unfreezeClock(world, node);
    resume(world, node);
  };
}

/** The process ends, and comes back as another build on the same disk. */
export function replaceBuild(world: World, node: SimNode, build: AgentBuild): void {
  node.build = build;
  if (!isUp(node)) return;
  note(world, node, `is replaced by ${build.version}`);
  crash(world, node);
  start(world, node);
}

// Clocks.

/** @returns Whether something was due then that had not been before. */
export function jumpForward(world: World, node: SimNode, byMs: number): boolean {
  const { agent, build, clock } = node;
  const nowMs = localMs(clock, world.nowUs);
  const dueMs = agent === undefined ? Number.POSITIVE_INFINITY : build.agentDeadline(agent, nowMs);
  leapForward(world, node, byMs);
  const rang = dueMs > nowMs && dueMs <= nowMs + byMs;
  if (rang) tookEffect(world.effects, "clock-jump");
  return rang;
}

// Disks.

/** Whether this server has given up its disk: it neither votes nor leads until somebody starts it again. */
export function distrustsDisk(node: SimNode): boolean {
  return raftOf(node)?.durability.broken === true;
}

/** What an operator does about a server that has given up its disk. */
export function operatorRestarts(world: World, node: SimNode): void {
  const forged = hasForgedRegistrations(node);
  // Somebody else may have started it a moment ago, on what it will not start on.
  if (distrustsDisk(node) || (forged && isOpeningRegistrations(node))) kill(world, node);
  if (forged && !isUp(node)) movesAside(world, node);
  restart(world, node);
}

function hasForgedRegistrations({ disk: { files, struck } }: SimNode): boolean {
  const kept = files.get(REGISTRATIONS);
  return struck > 0 && kept !== undefined && !readJournal(kept).ok;
}

function isOpeningRegistrations({ agent }: SimNode): boolean {
  const journal = agent?.local.journal;
  return journal !== undefined && OPENING.has(journal.stage);
}

const OPENING: ReadonlySet<Journal["stage"]> = new Set(["new", "listing", "consul", "reading"]);

/** An agent does not start on registrations that a lying disk has forged, and says so: somebody moves the file away. */
function movesAside(world: World, node: SimNode): void {
  note(world, node, "registrations are moved aside");
  node.disk.files.delete(REGISTRATIONS);
}

/** Everything is as it should be: all run, all are connected, clocks run on, no disk is slow or full or failing. */
export function endAllTrouble(world: World, calm: LinkWeather): void {
  endTroubles(world.network);
  note(world, undefined, "network healed");
  setWeather(world, calm);
  for (const node of world.nodes) {
    node.diskStallUs = 0;
    calmDisk(node.disk);
    unfreezeClock(world, node);
    if (node.paused) resume(world, node);
    operatorRestarts(world, node);
  }
}

function names(nodes: readonly SimNode[]): string {
  return nodes.map((node) => node.name).join(" ");
}
