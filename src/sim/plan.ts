// What a run is in for, drawn from the seed (swarm testing, Groce et al. 2012): which kinds of trouble exist in it, how
// often each comes, how long it lasts and whom it is aimed at, so that runs differ in kind and not only in detail.

import type { StorageSizes } from "../core/agent/config.ts";
import type { Chance } from "../core/lib/chance.ts";
import type { RaftConfig } from "../core/raft/config.ts";
import type { WorkloadOptions } from "./clients.ts";
import type { ClockSetting } from "./clock.ts";
import { drawAtlas, type FaultAtlas, NO_LOSSES } from "./fault-atlas.ts";
import { CLUSTER_KINDS, DESTRUCTIVE_KINDS, type StrikeKind, TIMELESS_KINDS } from "./fault-kinds.ts";
import { TARGETS, type Target } from "./targets.ts";
import { CALM, type LinkWeather } from "./weather.ts";

/** What trouble a run is in for. */
export interface SwarmPlan {
  readonly kinds: readonly StrikeKind[];
  /** How often a kind strikes beside the others: its share is its weight over the sum. One for each of `kinds`. */
  readonly weights: readonly number[];
  /** Pause between two faults. */
  readonly everyUs: readonly [least: number, most: number];
  /** How long each lasts. */
  readonly lastsUs: readonly [least: number, most: number];
  /** Of a hundred faults that strike a server, how many are aimed. */
  readonly aimPercent: number;
  /** At whom. Never empty. */
  readonly targets: readonly Target[];
  /** Whose disks may lose something, if anything in the plan destroys (`atlasOf`). */
  readonly atlas: FaultAtlas;
  /** The network's everyday. */
  readonly weather: LinkWeather;
  /** Whether each direction draws a distance of its own. */
  readonly unevenLinks: boolean;
  /** Clocks run fast or slow by so much at most, in parts per million. */
  readonly driftPpm: number;
  /** How long a disk takes for anything: the slower, the more is under way when a process ends. */
  readonly diskUs: readonly [least: number, most: number];
  readonly workload: WorkloadOptions;
  /** Raft's limits: one entry a message, one message at a time, or all at once; snapshots often or hardly ever. */
  readonly raft: Pick<RaftConfig, RaftLimit>;
  /** Of the servers' files: those of production, of which a run fills one of each, or so small that it fills many. */
  readonly storage: StorageSizes | undefined;
}

/** Raft's limits that a run draws. */
export type RaftLimit = Extract<
  keyof RaftConfig,
  | "maxAppendBytes"
  | "maxInflightMessages"
  | "snapshotEntries"
  | "snapshotIntervalMs"
  | "trailingEntries"
  | "snapshotPieceBytes"
>;
export const RAFT_LIMITS: readonly RaftLimit[] = [
  "maxAppendBytes",
  "maxInflightMessages",
  "snapshotEntries",
  "snapshotIntervalMs",
  "trailingEntries",
  "snapshotPieceBytes",
];

/** Sizes of files that a run draws. */
export const STORAGE_SIZES: readonly (keyof StorageSizes)[] = [
  "firstSegmentBytes",
  "segmentBytes",
  "maxWriteBytes",
  "readBytes",
  "blockBytes",
];
const SMALL_FILES: readonly StorageSizes[] = [
  {
    firstSegmentBytes: 4 << 10,
    segmentBytes: 64 << 10,
    maxWriteBytes: 1 << 20,
    readBytes: 4 << 10,
    blockBytes: 4 << 10,
  },
  { firstSegmentBytes: 512, segmentBytes: 4 << 10, maxWriteBytes: 512, readBytes: 2 << 10, blockBytes: 512 },
];

/** How probable each kind is to exist in a run, in percent: most runs have some, few have many. */
const SHARES = [12, 25, 45] as const;
/** Those that bring terms and logs to diverge, which most of what can go wrong needs. */
const FERTILE: ReadonlySet<StrikeKind> = new Set(["churn", "crash-all", "partition", "disk-stall"]);
const FERTILE_BONUS = 20;
const WEIGHTS = [1, 3, 10] as const;

function pick<T>(chance: Chance, site: string, from: readonly T[]): T {
  return from[chance.choose(site, from.length)] as T;
}

/** @param servers Their names. @param only The kinds to draw from; all that strike any cluster unless it is said. */
export function drawPlan(
  chance: Chance,
  servers: readonly string[],
  only: readonly StrikeKind[] = CLUSTER_KINDS,
): SwarmPlan {
  const share = pick(chance, "swarm.share", SHARES);
  const kinds = only.filter((kind) => {
    const percent = share + (FERTILE.has(kind) ? FERTILE_BONUS : 0);
    return chance.choose("swarm.kind", 100) < percent;
  });
  const pace = pick(chance, "swarm.pace", [300_000, 1_000_000, 3_000_000, 8_000_000]);
  const length = pick(chance, "swarm.length", [100_000, 800_000, 3_000_000, 8_000_000]);
  // Who lost everything gets everything again: one entry a message would take longer than any bound.
  const least = kinds.some(isDestructive) ? 300 : 1;
  return {
    kinds,
    weights: kinds.map(() => pick(chance, "swarm.weight", WEIGHTS)),
    everyUs: [pace >> 1, pace << 1],
    lastsUs: [length >> 2, length],
    aimPercent: pick(chance, "swarm.aim", [0, 50, 90]),
    targets: drawTargets(chance),
    atlas: drawAtlas(chance, servers),
    weather: drawWeather(chance),
    unevenLinks: chance.choose("swarm.links", 3) === 0,
    driftPpm: pick(chance, "swarm.drift", [500, 50_000, 100_000]),
    diskUs: pick(chance, "swarm.disk", [
      [50, 300],
      [200, 4_000],
      [2_000, 20_000],
    ]),
    workload: {
      clients: 3 + chance.choose("swarm.clients", 4),
      keys: 2 + chance.choose("swarm.keys", 3),
      thinkUs: pick(chance, "swarm.think", [[2_000, 60_000] as const, [20_000, 200_000] as const]),
      patienceUs: 4_000_000,
      reads: readsUnder(kinds),
    },
    raft: {
      maxAppendBytes: Math.max(least, pick(chance, "swarm.append-bytes", [1, 300, 1 << 20])),
      maxInflightMessages: pick(chance, "swarm.inflight", [1, 3, 256]),
      snapshotEntries: pick(chance, "swarm.snapshot-entries", [1, 30, 16_384]),
      snapshotIntervalMs: pick(chance, "swarm.snapshot-interval", [200, 2000]),
      // Nothing of the log is kept behind a snapshot, or all of it.
      trailingEntries: pick(chance, "swarm.trailing", [0, 5, 10_240]),
      snapshotPieceBytes: pick(chance, "swarm.snapshot-piece", [50, 700, 256 << 10]),
    },
    storage: pick(chance, "swarm.storage", [undefined, ...SMALL_FILES]),
  };
}

/** Whose disks may lose anything in this run: nobody's, where nothing that the plan has destroys. */
export function atlasOf({ kinds, atlas }: SwarmPlan): FaultAtlas {
  return kinds.some(isDestructive) ? atlas : NO_LOSSES;
}

function isDestructive(kind: StrikeKind): boolean {
  return DESTRUCTIVE_KINDS.some((each) => each === kind);
}

/** The same plan with just these kinds of trouble, each as often as the others. */
export function planWith(plan: SwarmPlan, kinds: readonly StrikeKind[]): SwarmPlan {
  const workload = { ...plan.workload, reads: readsUnder(kinds) };
  return { ...plan, kinds, weights: kinds.map(() => 1), workload };
}

function readsUnder(kinds: readonly StrikeKind[]): WorkloadOptions["reads"] {
  return kinds.some((kind) => TIMELESS_KINDS.has(kind)) ? "consistent" : "any";
}

/** The leader always, and some of the others. */
function drawTargets(chance: Chance): readonly Target[] {
  return TARGETS.filter((target) => target === "leader" || chance.choose("swarm.target", 2) === 0);
}

function drawWeather(chance: Chance): LinkWeather {
  const lossy = chance.choose("swarm.lossy", 4);
  return {
    ...CALM,
    latencyUs: pick(chance, "swarm.latency", [
      [50, 300] as const,
      [200, 3000] as const,
      [1000, 40_000] as const,
    ]),
    longTail: chance.choose("swarm.tail", 3) === 0,
    lossPpm: [0, 2000, 50_000, 20_000][lossy] ?? 0,
    duplicatePpm: [0, 2000, 20_000, 200_000][lossy] ?? 0,
    delayPpm: [0, 5000, 50_000, 150_000][lossy] ?? 0,
    // Late enough to be of an earlier term.
    delayUs: [1000, [200_000, 200_000, 500_000, 3_000_000][lossy] ?? 0],
  };
}

/** Somewhere within a day, and a little fast or slow. */
export function drawClock(chance: Chance, { driftPpm }: SwarmPlan): ClockSetting {
  return {
    offsetMs: chance.choose("clock.offset", 86_400_000),
    driftPpm: chance.choose("clock.drift", 2 * driftPpm + 1) - driftPpm,
  };
}
