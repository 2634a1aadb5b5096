// When all trouble has ended everybody lists exactly those as alive who are there, suspects nobody, itself
// included, and has nothing left to say: within a bound (gossip/swarm.ts), with no help from outside.

import type { Gossip } from "../../../core/gossip/state.ts";
import { hasBroadcasts } from "../../../core/gossip/timers.ts";
import type { SimMember } from "../../gossip/member.ts";

/** What is still missing, in words; undefined when nothing is. Costs all records of all members. */
export function whatIsUnsettled(members: readonly SimMember[]): string | undefined {
  const running = members.filter(({ gossip }) => gossip !== undefined);
  return firstAmong(running, (gossip) => moodOf(gossip) ?? wrongListAt(gossip, members, running.length));
}

/** Who does not list exactly those as alive who are there, in words; whether it doubts itself or has news does not matter. */
export function whoListsWrongly(members: readonly SimMember[]): string | undefined {
  const running = members.filter(({ gossip }) => gossip !== undefined);
  return firstAmong(running, (gossip) => wrongListAt(gossip, members, running.length));
}

function firstAmong(
  running: readonly SimMember[],
  look: (gossip: Gossip) => string | undefined,
): string | undefined {
  for (const { name, gossip } of running) {
    const wrong = gossip && look(gossip);
    if (wrong !== undefined) return `${name} ${wrong}`;
  }
  return undefined;
}

function moodOf(gossip: Gossip): string | undefined {
  const { counts, awareness } = gossip;
  if (counts.suspect > 0) return `suspects ${counts.suspect}`;
  if (awareness > 0) return `doubts itself by ${awareness}`;
  return hasBroadcasts(gossip) ? "has something to say" : undefined;
}

function wrongListAt(gossip: Gossip, members: readonly SimMember[], running: number): string | undefined {
  const { counts, nodes, serf } = gossip;
  for (const { name, gossip: theirs } of members) {
    const state = nodes.get(name)?.state;
    const status = serf.members.get(name)?.status;
    if (theirs === undefined ? state === "alive" : state !== "alive")
      return `has ${name} as ${state ?? "unknown"}, who is ${theirs === undefined ? "not" : ""} there`;
    if (theirs === undefined ? status === "alive" || status === "leaving" : status !== "alive")
      return `lists ${name} as ${status ?? "unknown"}, who is ${theirs === undefined ? "not" : ""} there`;
  }
  return counts.alive === running ? undefined : `has ${counts.alive} alive, and ${running} are`;
}
