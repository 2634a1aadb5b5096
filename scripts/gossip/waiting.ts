// How many rumours wait for their turn at a member, of a pool that loses datagrams: whether what is said of the many who are
// suspected falsely, and what contradicts it, finds room in the packets.

import { createPool, pass, rounded } from "./pool.ts";

/** What is tried: how much is lost, and to how many members each sends a packet of rumours at a time (three, in a LAN). */
export const TRIALS: readonly (readonly [name: string, lossPercent: number, gossipNodes: number])[] = [
  ["15 % lost", 15, 3],
  ["20 % lost", 20, 3],
  ["20 % lost, to four times as many", 20, 12],
];
const SECONDS: readonly number[] = [10, 20, 30, 40];

/** @returns For each of `SECONDS`, the mean over all members, without Lifeguard. */
export function measureWaiting(
  members: number,
  lossPercent: number,
  gossipNodes: number,
): Readonly<Record<string, number>> {
  const world = createPool({
    seed: `waiting ${lossPercent}`,
    members,
    knobs: { lifeguard: { probe: false, suspicion: false, buddy: false }, gossipNodes },
    weather: { lossPpm: lossPercent * 10_000 },
  });
  let passed = 0;
  return Object.fromEntries(
    SECONDS.map((second) => {
      pass(world, second - passed);
      passed = second;
      const waiting = world.members.reduce((sum, { gossip }) => sum + (gossip?.broadcasts.size ?? 0), 0);
      return [second, rounded(waiting / members)];
    }),
  );
}
