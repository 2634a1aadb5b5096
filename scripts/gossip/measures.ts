// What is measured of pools, by name: measure.ts runs it in a bundle of its own.

import type { Lifeguard } from "../../src/core/gossip/config.ts";
import { measureDetection } from "./detection.ts";
import {
  CONFIGURATIONS,
  type Falsely,
  lossyNetwork,
  slowMembers,
  stoppedMembers,
} from "./false-positives.ts";
import { addFigures, type CurvesName, type Figures, readFigures } from "./figures.ts";
import { measureMassRestart } from "./mass-restart.ts";
import { rounded } from "./pool.ts";
import { measureWaiting, TRIALS } from "./waiting.ts";

const SICK = [1, 2, 4, 8, 16, 32];
/** Longer than a suspicion of SWIM's, which is 8.4 s in a pool of 128. */
const SICK_MS = 16_384;
/** Between two such times. */
const FREE_MS = 256;
const LOSS_PERCENT = [0, 5, 10, 15, 20, 25, 30];
const LOSS_SECONDS = 300;

/** The same with a thousand members, which is what takes long: fewer points, and a shorter time. */
const THOUSAND = 1000;
const SLOW_OF_THOUSAND = [4, 16];
const STOPPED_OF_THOUSAND = [4, 16, 64];
const LOSS_OF_THOUSAND = [10, 15, 20];
const LOSS_SECONDS_OF_THOUSAND = 120;

/** All of Lifeguard, and nothing of it. */
const WITH_AND_WITHOUT = CONFIGURATIONS.filter(([name]) => name === "SWIM" || name === "Lifeguard");

/** What each adds to the numbers that are in a file, piece by piece: what was found is kept if somebody loses patience. */
const MEASURES: Readonly<Record<string, (numbers: string) => Iterable<Partial<Figures>>>> = {
  "detection-30": () => detectionIn(30),
  "detection-100": () => detectionIn(100),
  "detection-300": () => detectionIn(300),
  "detection-1000": () => detectionIn(1000),
  "detection-5000": () => detectionIn(5000),
  slow: (numbers) =>
    curves(numbers, "slow", CONFIGURATIONS, SICK, (lifeguard, count) => {
      return slowMembers(lifeguard, count, SICK_MS, FREE_MS).atTheWell;
    }),
  stopped: (numbers) =>
    curves(numbers, "stopped", WITH_AND_WITHOUT, SICK, (lifeguard, count) => {
      return stoppedMembers(lifeguard, count, SICK_MS, FREE_MS).atTheWell;
    }),
  loss: (numbers) =>
    curves(numbers, "loss", WITH_AND_WITHOUT, LOSS_PERCENT, (lifeguard, percent) =>
      inNodeHour(lossyNetwork(lifeguard, percent, LOSS_SECONDS)),
    ),
  "slow-1000": (numbers) =>
    curves(numbers, "slowOfThousand", WITH_AND_WITHOUT, SLOW_OF_THOUSAND, (lifeguard, count) =>
      inNodeHour(slowMembers(lifeguard, count, SICK_MS, FREE_MS, THOUSAND)),
    ),
  "stopped-1000": (numbers) =>
    curves(numbers, "stoppedOfThousand", WITH_AND_WITHOUT, STOPPED_OF_THOUSAND, (lifeguard, count) =>
      inNodeHour(stoppedMembers(lifeguard, count, SICK_MS, FREE_MS, THOUSAND)),
    ),
  "loss-1000": (numbers) => {
    const ofThousand = WITH_AND_WITHOUT.map(([name, lifeguard]) => [`${name}, 1,000`, lifeguard] as const);
    return curves(numbers, "loss", ofThousand, LOSS_OF_THOUSAND, (lifeguard, percent) =>
      inNodeHour(lossyNetwork(lifeguard, percent, LOSS_SECONDS_OF_THOUSAND, THOUSAND)),
    );
  },
  "waiting-1000": function* () {
    for (const [name, lossPercent, gossipNodes] of TRIALS)
      yield { waitingOfThousand: { [name]: measureWaiting(THOUSAND, lossPercent, gossipNodes) } };
  },
  "restart-100": (numbers) => restartOf(numbers, 100),
  "restart-300": (numbers) => restartOf(numbers, 300),
  "restart-1000": (numbers) => restartOf(numbers, 1000),
  "restart-2500": (numbers) => restartOf(numbers, 2500),
  "restart-5000": (numbers) => restartOf(numbers, 5000),
};

function detectionIn(members: number): Partial<Figures>[] {
  return [{ detection: { [members]: measureDetection(members) } }];
}

/** Somebody who loses patience does not lose what was found with more of it. */
function* restartOf(numbers: string, members: number): Generator<Partial<Figures>> {
  const before = readFigures(numbers).restart[members];
  const foundSoFar = measureMassRestart(members, 0.9 * members, (second) => {
    const { rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const cost = `${(rss / 1e9).toFixed(1)} GB, ${((user + system) / 1e6).toFixed(0)} s of processor time`;
    console.error(`${members} members, ${second}; ${cost}`);
  });
  for (const found of foundSoFar)
    if (found.wholeSeconds !== undefined || found.listed.length >= (before?.listed.length ?? 0))
      yield { restart: { [members]: found } };
}

function inNodeHour({ declared, nodeHours }: Falsely): number {
  return rounded(declared / nodeHours);
}

/** The points that are not there yet. */
function* curves(
  numbers: string,
  figure: CurvesName,
  configurations: typeof CONFIGURATIONS,
  troubles: readonly number[],
  measure: (lifeguard: Lifeguard, trouble: number) => number,
): Generator<Partial<Figures>> {
  for (const [name, lifeguard] of configurations)
    for (const trouble of troubles) {
      if (readFigures(numbers)[figure][name]?.[trouble] !== undefined) continue;
      const value = measure(lifeguard, trouble);
      say(`${figure} ${name} ${trouble}: ${value}`);
      yield { [figure]: { [name]: { [trouble]: value } } };
    }
}

function say(text: string): void {
  console.log(text);
}

export const NAMES: readonly string[] = Object.keys(MEASURES);

/** Measures one of them, and puts what it finds among the numbers. */
export function measureInto(numbers: string, name: string): void {
  const began = process.cpuUsage();
  for (const found of MEASURES[name]?.(numbers) ?? []) addFigures(numbers, found);
  const { user, system } = process.cpuUsage(began);
  say(`${name}: ${((user + system) / 1e6).toFixed(0)} s of processor time`);
}
