// Trouble drawn from the seed (swarm testing, Groce et al. 2012): each run draws which kinds of fault exist in it, how
// often they come and how long they last, so that runs differ in kind and not only in detail. Where it matters it aims:
// at the leader, at whoever is about to be one, at the moment after an election.

import { type Chance, shuffle } from "../core/lib/chance.ts";
import type { RaftConfig } from "../core/raft/config.ts";
import type { WorkloadOptions } from "./clients.ts";
import {
  cutOneWay,
  FAULT_KINDS,
  type FaultKind,
  heal,
  kill,
  leaders,
  liveServers,
  partition,
  reset,
  restart,
  setWeather,
} from "./faults.ts";
import type { LinkWeather } from "./network.ts";
import { isUp, type SimNode } from "./node.ts";
import { callAt, note, pause, resume, type World } from "./world.ts";

/** What trouble a run is in for. */
export interface SwarmPlan {
  readonly kinds: readonly FaultKind[];
  /** Pause between two faults. */
  readonly everyUs: readonly [least: number, most: number];
  /** How long each lasts. */
  readonly lastsUs: readonly [least: number, most: number];
  /** Of a hundred faults that strike a server, how many strike the leader. */
  readonly aimPercent: number;
  /** The network's everyday. */
  readonly weather: LinkWeather;
  readonly workload: WorkloadOptions;
  /** Raft's limits: one entry a message, one message at a time, or all at once; snapshots often or hardly ever. */
  readonly raft: Pick<
    RaftConfig,
    | "maxAppendBytes"
    | "maxInflightMessages"
    | "snapshotEntries"
    | "snapshotIntervalMs"
    | "trailingEntries"
    | "snapshotPieceBytes"
  >;
}

/** Counts how often each kind really took effect. */
export type FaultCounts = Map<FaultKind, number>;

function between(chance: Chance, site: string, least: number, most: number): number {
  return least + chance.choose(site, most - least + 1);
}

/** Draws a plan: some kinds of fault, at rates that differ by a factor of thirty between runs. */
export function drawPlan(chance: Chance): SwarmPlan {
  const kinds = FAULT_KINDS.filter(() => chance.choose("swarm.kind", 100) < 45);
  const pace = [300_000, 1_000_000, 3_000_000, 8_000_000][chance.choose("swarm.pace", 4)] ?? 1_000_000;
  const length = [100_000, 800_000, 3_000_000, 8_000_000][chance.choose("swarm.length", 4)] ?? 1_000_000;
  const lossy = chance.choose("swarm.lossy", 4);
  return {
    kinds,
    everyUs: [pace >> 1, pace << 1],
    lastsUs: [length >> 2, length],
    aimPercent: [0, 50, 90][chance.choose("swarm.aim", 3)] ?? 50,
    weather: {
      latencyUs: [[50, 300] as const, [200, 3000] as const, [1000, 40_000] as const][
        chance.choose("swarm.latency", 3)
      ] ?? [100, 1000],
      lossPpm: [0, 2000, 50_000, 20_000][lossy] ?? 0,
      duplicatePpm: [0, 2000, 20_000, 200_000][lossy] ?? 0,
      delayPpm: [0, 5000, 50_000, 150_000][lossy] ?? 0,
      // Late enough to be of an earlier term.
      delayUs: [1000, [200_000, 200_000, 500_000, 3_000_000][lossy] ?? 0],
    },
    workload: {
      clients: 3 + chance.choose("swarm.clients", 4),
      keys: 2 + chance.choose("swarm.keys", 3),
      thinkUs: [[2_000, 60_000] as const, [20_000, 200_000] as const][chance.choose("swarm.think", 2)] ?? [
        20_000, 200_000,
      ],
      patienceUs: 4_000_000,
    },
    raft: {
      maxAppendBytes: [1, 300, 1 << 20][chance.choose("swarm.append-bytes", 3)] ?? 1,
      maxInflightMessages: [1, 3, 256][chance.choose("swarm.inflight", 3)] ?? 1,
      // Snapshots at every turn, now and then, or hardly ever; with nothing of the log kept behind them, or all of it.
      snapshotEntries: [1, 30, 16_384][chance.choose("swarm.snapshot-entries", 3)] ?? 30,
      snapshotIntervalMs: [200, 2000][chance.choose("swarm.snapshot-interval", 2)] ?? 2000,
      trailingEntries: [0, 5, 10_240][chance.choose("swarm.trailing", 3)] ?? 0,
      snapshotPieceBytes: [50, 700, 256 << 10][chance.choose("swarm.snapshot-piece", 3)] ?? 700,
    },
  };
}

/** Lets the plan's faults loose until the given time. */
export function startNemesis(world: World, plan: SwarmPlan, untilUs: number, chance: Chance): FaultCounts {
  const counts: FaultCounts = new Map();
  if (plan.kinds.length === 0) return counts;
  const next = (): void => {
    const atUs = world.nowUs + between(chance, "nemesis.pause", ...plan.everyUs);
    if (atUs < untilUs) callAt(world, atUs, strike);
  };
  const strike = (): void => {
    const kind = plan.kinds[chance.choose("nemesis.kind", plan.kinds.length)];
    const lastsUs = Math.min(between(chance, "nemesis.lasts", ...plan.lastsUs), untilUs - world.nowUs);
    if (kind !== undefined && applyFault(world, plan, kind, lastsUs, chance))
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    next();
  };
  next();
  return counts;
}

/** @returns Whether anything was struck. */
function applyFault(
  world: World,
  plan: SwarmPlan,
  kind: FaultKind,
  lastsUs: number,
  chance: Chance,
): boolean {
  const later = (undo: () => void): boolean => {
    callAt(world, world.nowUs + lastsUs, undo);
    return true;
  };
  const victim = chooseVictim(world, plan, chance);
  const servers = shuffle(
    chance,
    "nemesis.order",
    world.nodes.filter((node) => node.config.server),
  );
  switch (kind) {
    case "crash":
      if (victim === undefined) return false;
      kill(world, victim);
      return later(() => restart(world, victim));
    case "crash-all":
      for (const node of liveServers(world)) kill(world, node);
      return later(() => {
        for (const node of servers) restart(world, node);
      });
    case "pause":
      if (victim === undefined || victim.paused) return false;
      pause(world, victim);
      return later(() => resume(world, victim));
    case "partition": {
      const size = 1 + chance.choose("nemesis.split", Math.max(1, servers.length - 1));
      const some = servers.slice(0, size);
      partition(
        world,
        some,
        world.nodes.filter((node) => !some.includes(node)),
      );
      return later(() => heal(world));
    }
    case "one-way": {
      if (victim === undefined) return false;
      const others = world.nodes.filter((node) => node !== victim);
      if (chance.choose("nemesis.direction", 2) === 0) cutOneWay(world, [victim], others);
      else cutOneWay(world, others, [victim]);
      return later(() => heal(world));
    }
    case "isolate-leader": {
      const leader = leaders(world)[0];
      if (leader === undefined) return false;
      partition(
        world,
        [leader],
        world.nodes.filter((node) => node !== leader),
      );
      return later(() => heal(world));
    }
    case "bridge": {
      // Two halves that both reach one server, and not each other: elections without end, but for pre-vote.
      const middle = Math.floor(servers.length / 2);
      if (servers.length < 3) return false;
      partition(world, servers.slice(0, middle), servers.slice(middle + 1));
      return later(() => heal(world));
    }
    case "reset": {
      const other = servers.find((node) => node !== victim && isUp(node));
      if (victim === undefined || other === undefined) return false;
      reset(world, victim, other);
      return true;
    }
    case "storm":
      note(world, undefined, "storm");
      setWeather(world, { ...plan.weather, lossPpm: 300_000, delayPpm: 300_000, delayUs: [1000, 500_000] });
      return later(() => setWeather(world, plan.weather));
    case "churn":
      churn(world, world.nowUs + Math.max(lastsUs, 1_000_000), chance);
      return true;
    case "disk-stall": {
      if (victim === undefined) return false;
      // All of them, at times: a shared array that is busy. Then what is asked of the disks overlaps with whole elections.
      const victims = chance.choose("nemesis.stall-all", 3) === 0 ? liveServers(world) : [victim];
      for (const each of victims) {
        note(world, each, "disk stalls");
        each.diskStallUs = between(chance, "nemesis.stall", 5_000, 1_500_000);
      }
      return later(() => {
        for (const each of victims) each.diskStallUs = 0;
      });
    }
  }
}

function chooseVictim(world: World, plan: SwarmPlan, chance: Chance): SimNode | undefined {
  const leader = leaders(world)[0];
  if (leader !== undefined && chance.choose("nemesis.aim", 100) < plan.aimPercent) return leader;
  const live = world.nodes.filter(isUp);
  return live[chance.choose("nemesis.victim", Math.max(1, live.length))];
}

/**
 * Elections on elections, each leader let out with something that only a few others have: the stuff of Figure 8. Whoever
 * leads is cut off from some or all, given a moment, and killed, now and then with everyone else; those killed come back,
 * and the next leader is dealt with.
 */
function churn(world: World, untilUs: number, chance: Chance): void {
  const strikeAgain = (pauseUs: number): void => callAt(world, world.nowUs + pauseUs, strike);
  const strike = (): void => {
    if (world.nowUs >= untilUs) return heal(world);
    const leader = leaders(world)[0];
    if (leader === undefined) return strikeAgain(20_000);
    const others = shuffle(
      chance,
      "churn.order",
      world.nodes.filter((node) => node !== leader && node.config.server),
    );
    partition(world, [leader], others.slice(0, chance.choose("churn.cut", others.length + 1)));
    callAt(world, world.nowUs + between(chance, "churn.moment", 0, 150_000), () => {
      const victims = chance.choose("churn.everyone", 4) === 0 ? liveServers(world) : [leader];
      for (const victim of victims) kill(world, victim);
      heal(world);
      for (const victim of victims)
        callAt(world, world.nowUs + between(chance, "churn.down", 1_000, 600_000), () =>
          restart(world, victim),
        );
      strikeAgain(between(chance, "churn.pause", 1_000, 400_000));
    });
  };
  strike();
}
