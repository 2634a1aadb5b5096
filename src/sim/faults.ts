// Trouble: what can be done to a world, one kind at a time, with the undoing of each. A scripted scenario and the nemesis
// use the same list. Every fault says when it really took effect, so that a campaign can tell what it has tried.

import { isLeader } from "../core/raft/role.ts";
import { healAll, type LinkWeather, setCut } from "./network.ts";
import { isUp, type SimNode } from "./node.ts";
import { crash, note, resetConnection, resume, start, type World } from "./world.ts";

export const FAULT_KINDS = [
  "crash",
  "crash-all",
  "pause",
  "partition",
  "one-way",
  "isolate-leader",
  "bridge",
  "reset",
  "storm",
  "disk-stall",
  "churn",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** The servers that are up. */
export function liveServers(world: World): SimNode[] {
  return world.nodes.filter((node) => isUp(node) && node.config.server);
}

/** Servers that believe they lead, that of the highest term first. */
export function leaders(world: World): SimNode[] {
  const term = (node: SimNode): number => node.agent?.service.server?.raft.currentTerm ?? 0;
  return liveServers(world)
    .filter((node) => {
      const raft = node.agent?.service.server?.raft;
      return raft !== undefined && isLeader(raft);
    })
    .sort((a, b) => term(b) - term(a));
}

/** Cuts the network between two groups, both ways. */
export function partition(world: World, some: readonly SimNode[], others: readonly SimNode[]): void {
  for (const a of some)
    for (const b of others) {
      setCut(world.network, a.index, b.index, true);
      setCut(world.network, b.index, a.index, true);
    }
  note(world, undefined, `partition  ${names(some)} | ${names(others)}`);
}

/** Nothing that `some` send reaches `others`; the other way is open. */
export function cutOneWay(world: World, some: readonly SimNode[], others: readonly SimNode[]): void {
  for (const a of some) for (const b of others) setCut(world.network, a.index, b.index, true);
  note(world, undefined, `one-way cut  ${names(some)} ↛ ${names(others)}`);
}

export function heal(world: World): void {
  healAll(world.network);
  note(world, undefined, "network healed");
}

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

export function setWeather(world: World, weather: LinkWeather): void {
  world.network.weather = weather;
}

export function reset(world: World, a: SimNode, b: SimNode): void {
  note(world, undefined, `connection reset  ${a.name} — ${b.name}`);
  resetConnection(world, a, b);
}

/** Everything is as it should be: all run, all are connected, no disk is slow. */
export function endAllTrouble(world: World, calm: LinkWeather): void {
  heal(world);
  setWeather(world, calm);
  for (const node of world.nodes) {
    node.diskStallUs = 0;
    if (node.paused) resume(world, node);
    restart(world, node);
  }
}

function names(nodes: readonly SimNode[]): string {
  return nodes.map((node) => node.name).join(" ");
}
