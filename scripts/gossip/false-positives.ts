// Members that are declared dead and are not: under loss, with members that are stopped now and then, and with members
// that process messages slowly, with all of Lifeguard, with each of its parts alone, and without it.

import type { Lifeguard } from "../../src/core/gossip/config.ts";
import { blockMember, pauseMember, resumeMember, unblockMember } from "../../src/sim/gossip/faults.ts";
import type { SimMember } from "../../src/sim/gossip/member.ts";
import { callGossipAt, type GossipObserver, type GossipWorld } from "../../src/sim/gossip/world.ts";
import { createPool, memberAt, pass } from "./pool.ts";

/** As in the Lifeguard paper's experiments. */
export const POOL = 128;

export const CONFIGURATIONS: readonly (readonly [name: string, lifeguard: Lifeguard])[] = [
  ["SWIM", { probe: false, suspicion: false, buddy: false }],
  ["LHA-Probe", { probe: true, suspicion: false, buddy: false }],
  ["LHA-Suspicion", { probe: false, suspicion: true, buddy: false }],
  ["Buddy System", { probe: false, suspicion: false, buddy: true }],
  ["Lifeguard", { probe: true, suspicion: true, buddy: true }],
];

export interface Falsely {
  /** Events "failed" about members that are well, at any member, and at those that are well: the paper's FP and FP-. */
  readonly anywhere: number;
  readonly atTheWell: number;
  /** Times that one was declared dead: each of them makes many such events. */
  readonly declared: number;
  /** Members that were well, times hours. */
  readonly nodeHours: number;
}

function countFalse(
  sick: ReadonlySet<string>,
  counts: { anywhere: number; atTheWell: number; declared: number },
): GossipObserver {
  return {
    afterStep({ name }, input, _nowMs, effects) {
      for (const effect of effects) {
        if (effect.type !== "member" || effect.event !== "failed" || sick.has(effect.member.name)) continue;
        counts.anywhere++;
        if (!sick.has(name)) counts.atTheWell++;
        if (input.type === "wake") counts.declared++;
      }
    },
  };
}

interface Trial {
  readonly members: number;
  readonly lifeguard: Lifeguard;
  readonly seed: string;
  readonly sick: number;
  readonly seconds: number;
  readonly lossPpm?: number;
  /** Makes the sick ones so. */
  readonly strike: (world: GossipWorld, sick: readonly SimMember[]) => void;
}

function tryOut({ members, lifeguard, seed, sick: count, seconds, lossPpm = 0, strike }: Trial): Falsely {
  const counts = { anywhere: 0, atTheWell: 0, declared: 0 };
  const sick = new Set<string>();
  const world = createPool({
    seed,
    members,
    knobs: { lifeguard },
    weather: { lossPpm },
    observers: [() => countFalse(sick, counts)],
  });
  const chosen = Array.from({ length: count }, (_, at) =>
    memberAt(world, Math.floor((at * members) / count)),
  );
  for (const { name } of chosen) sick.add(name);
  pass(world, 5);
  strike(world, chosen);
  pass(world, seconds);
  return { ...counts, nodeHours: ((members - count) * seconds) / 3600 };
}

const SICK_SECONDS = 120;

/** `count` members whose messages wait for `blockedMs`, pass for `freeMs`, and wait again: the paper's interval experiment. */
export function slowMembers(
  lifeguard: Lifeguard,
  count: number,
  blockedMs: number,
  freeMs: number,
  members: number = POOL,
): Falsely {
  return tryOut({
    members,
    lifeguard,
    seed: `slow ${count} ${blockedMs} ${freeMs}`,
    sick: count,
    seconds: SICK_SECONDS,
    strike(world, sick) {
      for (const member of sick) alternate(world, member, blockedMs, freeMs, SLOW);
    },
  });
}

/** The same with processes that are stopped altogether, as by a hypervisor that has others to serve. */
export function stoppedMembers(
  lifeguard: Lifeguard,
  count: number,
  stoppedMs: number,
  freeMs: number,
  members: number = POOL,
): Falsely {
  return tryOut({
    members,
    lifeguard,
    seed: `stopped ${count} ${stoppedMs} ${freeMs}`,
    sick: count,
    seconds: SICK_SECONDS,
    strike(world, sick) {
      for (const member of sick) alternate(world, member, stoppedMs, freeMs, STOPPED);
    },
  });
}

/** Everybody is well, but for the network. */
export function lossyNetwork(
  lifeguard: Lifeguard,
  lossPercent: number,
  seconds: number,
  members: number = POOL,
): Falsely {
  return tryOut({
    members,
    lifeguard,
    seed: `loss ${lossPercent}`,
    sick: 0,
    seconds,
    lossPpm: lossPercent * 10_000,
    strike: () => undefined,
  });
}

interface Anomaly {
  begin(world: GossipWorld, member: SimMember): void;
  end(world: GossipWorld, member: SimMember): void;
}

const SLOW: Anomaly = { begin: (_world, member) => blockMember(member), end: unblockMember };
const STOPPED: Anomaly = { begin: pauseMember, end: resumeMember };

function alternate(
  world: GossipWorld,
  member: SimMember,
  sickMs: number,
  freeMs: number,
  how: Anomaly,
): void {
  const again = (): void => {
    how.begin(world, member);
    callGossipAt(world, world.nowUs + sickMs * 1000, () => {
      how.end(world, member);
      callGossipAt(world, world.nowUs + freeMs * 1000, again);
    });
  };
  again();
}
