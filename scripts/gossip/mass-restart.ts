// Nine tenths of a pool are killed at once and come back within half a minute.

import { whoListsWrongly } from "../../src/sim/checkers/gossip/convergence.ts";
import type { GossipWorld } from "../../src/sim/gossip/world.ts";
import { DOWN_MS, restartAllBut, STARTS_WITHIN_MS } from "../../test/sim/gossip/masses.ts";
import { createPool, pass, rounded } from "./pool.ts";

export interface MassRestart {
  readonly members: number;
  readonly restarted: number;
  /** How many the survivors listed as alive, every second from the kill on; the least of them. */
  readonly listed: readonly (readonly [seconds: number, alive: number])[];
  /** Bytes of a member that runs, in each second. */
  readonly bytes: readonly (readonly [seconds: number, bytes: number])[];
  /** From the last start until all but one in ten thousand pairs of members listed each other; undefined: not within the time. */
  readonly nearlySeconds: number | undefined;
  /** The same until everybody listed everybody: who missed a rumour hears it with the next push-pull. */
  readonly wholeSeconds: number | undefined;
  readonly totalBytes: number;
  readonly peakBytes: number;
}

const MOST_SECONDS = 600;
/** From the kill until all are back, in seconds. */
export const LAST_START = (DOWN_MS + STARTS_WITHIN_MS) / 1000;
const ONE_IN_TEN_THOUSAND = 1e-4;

/** Of five thousand each second takes a quarter of a minute: what there is is told every so often. */
const TOLD_EVERY_SECONDS = 5;

/**
 * @param say Told of each second as it has passed.
 * @returns What was found so far, again and again from the last start on; the last is all of it.
 */
export function* measureMassRestart(
  members: number,
  restarted: number,
  say: (second: string) => void,
): Generator<MassRestart> {
  const world = createPool({ members });
  pass(world, 40);
  const survivors = world.members.slice(0, members - restarted);
  const bytes: [number, number][] = [];
  const listed: [number, number][] = [];
  const sentBefore = sent(world);
  restartAllBut(world, members - restarted, world.chances("restart"));
  let nearly: number | undefined;
  let whole: number | undefined;
  for (let second = 1; second <= MOST_SECONDS && whole === undefined; second++) {
    const before = sent(world);
    pass(world, 1);
    const running = world.members.filter(({ gossip }) => gossip !== undefined);
    bytes.push([second, rounded((sent(world) - before) / running.length)]);
    listed.push([second, Math.min(...survivors.map(({ gossip }) => gossip?.serf.counts.alive ?? 0))]);
    const wrong = wrongPairs(world);
    say(
      `${second} s: ${listed.at(-1)?.[1]} listed, ${wrong.toPrecision(3)} of all pairs wrong, ${bytes.at(-1)?.[1]} bytes`,
    );
    if (second < LAST_START) continue;
    if (wrong <= ONE_IN_TEN_THOUSAND) nearly ??= second - LAST_START;
    if (isWhole(world)) whole = second - LAST_START;
    if (second % TOLD_EVERY_SECONDS === 0) yield found();
  }
  yield found();

  function found(): MassRestart {
    return {
      members,
      restarted,
      listed: [...listed],
      bytes: [...bytes],
      nearlySeconds: nearly,
      wholeSeconds: whole,
      totalBytes: sent(world) - sentBefore,
      peakBytes: Math.max(...bytes.map(([, each]) => each)),
    };
  }
}

function sent({ traffic }: GossipWorld): number {
  return traffic.packetBytes + traffic.streamBytes;
}

/** Pairs of which one does not list the other as alive, as a part of all. */
function wrongPairs({ members }: GossipWorld): number {
  let wrong = 0;
  for (const { gossip } of members) wrong += members.length - (gossip?.serf.counts.alive ?? 0);
  return wrong / members.length ** 2;
}

/** Everybody lists all as alive; who still counts its doubts or its rumours does not matter here. */
function isWhole(world: GossipWorld): boolean {
  const all = world.members.length;
  if (world.members.some(({ gossip }) => gossip?.serf.counts.alive !== all)) return false;
  return whoListsWrongly(world.members) === undefined;
}
