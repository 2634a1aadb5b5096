// Nine tenths of a pool are killed at once and come back within half a minute (what broke pools of the original:
// hashicorp/memberlist issue 311); and a pool in which as many are new.

import { whatIsUnsettled } from "../../src/sim/checkers/gossip/convergence.ts";
import { crashMember, startMember, stepMember } from "../../src/sim/gossip/run.ts";
import { callGossipAt, type GossipWorld } from "../../src/sim/gossip/world.ts";
import { createPool, memberAt, pass, rounded } from "./pool.ts";

export interface MassRestart {
  readonly members: number;
  readonly restarted: number;
  /** How many the survivors listed as alive, every second from the kill on; the least of them. */
  readonly listed: readonly (readonly [seconds: number, alive: number])[];
  /** Bytes of a member that runs, in each second. */
  readonly bytes: readonly (readonly [seconds: number, bytes: number])[];
  /** From the last start until everybody listed everybody and had nothing left to say; undefined: not within the time. */
  readonly wholeSeconds: number | undefined;
  readonly totalBytes: number;
  readonly peakBytes: number;
}

/** All are down for a while; each then begins anew at a moment of its own. */
const DOWN_SECONDS = 5;
const STARTS_WITHIN_SECONDS = 30;
const MOST_SECONDS = 600;

export function measureMassRestart(members: number, restarted: number): MassRestart {
  const world = createPool({ members });
  pass(world, 40);
  const survivors = world.members.slice(0, members - restarted);
  const chance = world.chances("restart");
  const bytes: [number, number][] = [];
  const listed: [number, number][] = [];
  const sentBefore = sent(world);
  const killedUs = world.nowUs;
  for (let at = members - restarted; at < members; at++) {
    const member = memberAt(world, at);
    crashMember(world, member, false);
    const upUs = killedUs + DOWN_SECONDS * 1e6 + chance.choose("up", STARTS_WITHIN_SECONDS * 1e6);
    callGossipAt(world, upUs, () => {
      startMember(world, member);
      const seed = memberAt(world, chance.choose("seed", survivors.length));
      stepMember(world, member, { type: "join", op: 1, addresses: [seed.address] });
    });
  }
  let whole: number | undefined;
  const lastStart = DOWN_SECONDS + STARTS_WITHIN_SECONDS;
  for (let second = 1; second <= MOST_SECONDS && whole === undefined; second++) {
    const before = sent(world);
    pass(world, 1);
    const running = world.members.filter(({ gossip }) => gossip !== undefined);
    bytes.push([second, rounded((sent(world) - before) / running.length)]);
    listed.push([second, Math.min(...survivors.map(({ gossip }) => gossip?.serf.counts.alive ?? 0))]);
    if (second >= lastStart && isWhole(world)) whole = second - lastStart;
  }
  return {
    members,
    restarted,
    listed,
    bytes,
    wholeSeconds: whole,
    totalBytes: sent(world) - sentBefore,
    peakBytes: Math.max(...bytes.map(([, each]) => each)),
  };
}

function sent({ traffic }: GossipWorld): number {
  return traffic.packetBytes + traffic.streamBytes;
}

/** Everybody lists all as alive; who still counts its doubts or its rumours does not matter here. */
function isWhole(world: GossipWorld): boolean {
  const all = world.members.length;
  if (world.members.some(({ gossip }) => gossip?.serf.counts.alive !== all)) return false;
  const unsettled = whatIsUnsettled(world.members);
  return unsettled === undefined || /doubts itself|something to say/.test(unsettled);
}
