// Trouble for a Raft-only world, drawn from its seed (swarm testing): each run draws which kinds of fault exist in it, how
// often they come and how long they last; and most of them aim at whoever leads.

import { type Chance, shuffle } from "../../core/lib/chance.ts";
import type { RaftConfig } from "../../core/raft/config.ts";
import { between, CALM_LINKS, joinAllLinks, type LinkWeather, setLinkCut } from "./links.ts";
import {
  callRaftAt,
  crashServer,
  noteRaft,
  pauseServer,
  type RaftWorld,
  raftLeaders,
  resumeServer,
  type SimServer,
  startServer,
} from "./world.ts";

export const RAFT_FAULTS = [
  "crash",
  "crash-all",
  "pause",
  "partition",
  "one-way",
  "isolate-leader",
  "disk-stall",
] as const;
export type RaftFault = (typeof RAFT_FAULTS)[number];

export interface RaftTrouble {
  readonly kinds: readonly RaftFault[];
  /** Pause between two faults, and how long each lasts. */
  readonly everyUs: readonly [least: number, most: number];
  readonly lastsUs: readonly [least: number, most: number];
  /** Of a hundred faults that strike one server, how many strike the leader. */
  readonly aimPercent: number;
  readonly weather: LinkWeather;
  /** Raft's limits: one entry a message, one message at a time, or all at once; how soon logs are compacted. */
  readonly raft: Partial<RaftConfig>;
}

function pick<T>(chance: Chance, site: string, items: readonly [T, ...T[]]): T {
  return items[chance.choose(site, items.length)] ?? items[0];
}

/** Draws what trouble a run is in for; rates differ by a factor of thirty between runs. */
export function drawRaftTrouble(chance: Chance): RaftTrouble {
  const kinds = RAFT_FAULTS.filter(() => chance.choose("swarm.kind", 100) < 50);
  const pace = pick(chance, "swarm.pace", [200_000, 600_000, 2_000_000, 6_000_000]);
  const length = pick(chance, "swarm.length", [100_000, 800_000, 3_000_000, 8_000_000]);
  const rough = chance.choose("swarm.rough", 4);
  return {
    kinds,
    everyUs: [pace >> 1, pace << 1],
    lastsUs: [length >> 2, length],
    aimPercent: pick(chance, "swarm.aim", [0, 50, 90]),
    weather: {
      latencyUs: pick<readonly [number, number]>(chance, "swarm.latency", [
        [50, 300],
        [200, 3000],
        [1000, 40_000],
      ]),
      lossPpm: [0, 2000, 50_000, 20_000][rough] ?? 0,
      duplicatePpm: [0, 2000, 20_000, 200_000][rough] ?? 0,
      delayPpm: [0, 5000, 50_000, 150_000][rough] ?? 0,
      // Late enough to be of an earlier term.
      delayUs: [1000, [200_000, 200_000, 500_000, 3_000_000][rough] ?? 1000],
    },
    raft: {
      maxAppendBytes: pick(chance, "swarm.append-bytes", [1, 300, 1 << 20]),
      maxInflightMessages: pick(chance, "swarm.inflight", [1, 3, 256]),
      snapshotEntries: pick(chance, "swarm.snapshot-entries", [16_384, 100, 10]),
      snapshotIntervalMs: pick(chance, "swarm.snapshot-interval", [30_000, 500]),
      trailingEntries: pick(chance, "swarm.trailing", [10_240, 20, 0]),
      snapshotPieceBytes: pick(chance, "swarm.piece-bytes", [256 << 10, 3]),
    },
  };
}

/** Lets the faults loose until the given time. @returns How often each kind took effect, as it goes on. */
export function startRaftNemesis<S>(
  world: RaftWorld<S>,
  trouble: RaftTrouble,
  untilUs: number,
  chance: Chance,
): ReadonlyMap<RaftFault, number> {
  const counts = new Map<RaftFault, number>();
  if (trouble.kinds.length === 0) return counts;
  const next = (): void => {
    const atUs = world.nowUs + between(chance, "nemesis.pause", trouble.everyUs);
    if (atUs < untilUs) callRaftAt(world, atUs, strike);
  };
  const strike = (): void => {
    const kind = trouble.kinds[chance.choose("nemesis.kind", trouble.kinds.length)];
    const lastsUs = Math.min(between(chance, "nemesis.lasts", trouble.lastsUs), untilUs - world.nowUs);
    if (
      kind !== undefined &&
      applyFault(world, kind, chooseVictim(world, trouble, chance), lastsUs, chance)
    ) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      noteRaft(world, kind);
    }
    next();
  };
  next();
  return counts;
}

/** Ends all trouble at once: everyone runs, every way is open, disks and links are at their best. */
export function endRaftTrouble<S>(world: RaftWorld<S>): void {
  joinAllLinks(world.links);
  world.links.weather = CALM_LINKS;
  for (const server of world.servers) {
    server.stallUs = 0;
    resumeServer(world, server);
    startServer(world, server);
  }
}

function chooseVictim<S>(
  world: RaftWorld<S>,
  { aimPercent }: RaftTrouble,
  chance: Chance,
): SimServer<S> | undefined {
  const aimed = chance.choose("nemesis.aim", 100) < aimPercent;
  const at = chance.choose("nemesis.victim", world.servers.length);
  return (aimed ? raftLeaders(world)[0] : undefined) ?? world.servers[at];
}

/** @returns Whether anything was struck. */
function applyFault<S>(
  world: RaftWorld<S>,
  kind: RaftFault,
  victim: SimServer<S> | undefined,
  lastsUs: number,
  chance: Chance,
): boolean {
  if (victim === undefined) return false;
  const later = (undo: () => void): true => {
    callRaftAt(world, world.nowUs + lastsUs, undo);
    return true;
  };
  const heal = (): void => joinAllLinks(world.links);
  switch (kind) {
    case "crash":
      if (victim.raft === undefined) return false;
      crashServer(world, victim);
      return later(() => startServer(world, victim));
    case "crash-all":
      for (const server of world.servers) crashServer(world, server);
      return later(() => {
        for (const server of shuffle(chance, "nemesis.order", [...world.servers])) startServer(world, server);
      });
    case "pause":
      if (victim.raft === undefined || victim.paused) return false;
      pauseServer(victim);
      return later(() => resumeServer(world, victim));
    case "partition": {
      const servers = shuffle(chance, "nemesis.order", [...world.servers]);
      const size = 1 + chance.choose("nemesis.split", Math.max(1, servers.length - 1));
      cutBetween(world, servers.slice(0, size), servers.slice(size));
      return later(heal);
    }
    case "one-way":
      for (const other of world.servers)
        if (chance.choose("nemesis.direction", 2) === 0)
          setLinkCut(world.links, victim.index, other.index, true);
        else setLinkCut(world.links, other.index, victim.index, true);
      return later(heal);
    case "isolate-leader": {
      const leader = raftLeaders(world)[0];
      if (leader === undefined) return false;
      cutBetween(
        world,
        [leader],
        world.servers.filter((server) => server !== leader),
      );
      return later(heal);
    }
    case "disk-stall":
      if (victim.stallUs > 0) return false;
      victim.stallUs = lastsUs >> 2;
      return later(() => {
        victim.stallUs = 0;
      });
  }
}

function cutBetween<S>(
  world: RaftWorld<S>,
  some: readonly SimServer<S>[],
  others: readonly SimServer<S>[],
): void {
  for (const one of some)
    for (const other of others) {
      setLinkCut(world.links, one.index, other.index, true);
      setLinkCut(world.links, other.index, one.index, true);
    }
}
