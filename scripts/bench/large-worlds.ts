// Simulated pools of a thousand, every checker on and nothing wrong, and what they cost the processor: while nothing happens,
// while all exchange everything they know, and over a whole cycle of both. Where everybody has been there for long when the
// run begins; what it takes to bring that about is not counted.

import { runGossipSeed } from "../../src/sim/gossip/swarm.ts";
import { runSwarm } from "../../src/sim/swarm.ts";
import type { Verdict } from "../../src/sim/violation.ts";
import { CALM } from "../../src/sim/weather.ts";

/** The parts of a run, in simulated seconds. */
const PARTS = [
  /** Everybody's push-pull comes at a moment of its own within the first 30 s; before 5 s the cluster comes to life. */
  ["while all exchange everything", 5, 30],
  ["nothing but probes", 40, 100],
  /** In a pool of 512 to 1,024 a push-pull of each member comes once in so long. */
  ["a whole cycle, three minutes", 5, 185],
] as const;
const END_SECONDS = 186;
/** The calm at the end of a swarm's run. */
const CALM_SECONDS = 20;

/** What says that simulated time has come so far, as often as it likes. */
type Clock = (nowUs: number) => void;

export const LARGE_WORLDS: Readonly<Record<string, (seed: string, clock: Clock) => Verdict>> = {
  "1,000 whole agents, 5 of them servers": (seed, clock) =>
    runSwarm({
      seed,
      servers: 5,
      clients: 995,
      seconds: END_SECONDS + CALM_SECONDS,
      faults: [],
      weather: CALM,
      observers: [(world) => ({ afterStep: () => clock(world.nowUs), skipsIdleTurns: true })],
    }),
  "1,000 members of gossip": (seed, clock) =>
    runGossipSeed({
      seed,
      members: 1000,
      founded: true,
      seconds: END_SECONDS,
      talk: false,
      trouble: { kinds: [], weather: CALM },
      observers: [(world) => ({ afterStep: () => clock(world.nowUs) })],
    }),
};

export interface MeasuredPart {
  readonly part: string;
  /** Simulated time over processor time of one core. */
  readonly ratio: number;
  /** When it was, by the clock that V8 stamps its samples with, in microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
}

export interface MeasuredLarge {
  readonly parts: readonly MeasuredPart[];
  /** Highest resident size of the process, in MiB. */
  readonly mebibytes: number;
  /** What it broke; "" for nothing. */
  readonly failure: string;
}

interface Mark {
  readonly cpuUs: number;
  readonly atUs: number;
}

export function measureLarge(name: string, seed: string): MeasuredLarge {
  const run = LARGE_WORLDS[name];
  if (run === undefined) throw new Error(`there is no large world "${name}"`);
  const wanted = [...new Set(PARTS.flatMap(([, from, to]) => [from, to]))].sort((a, b) => a - b);
  const marks = new Map<number, Mark>();
  let next = 0;
  const report = run(seed, (nowUs) => {
    // At 0 itself the world is still being founded.
    while (next < wanted.length && nowUs > (wanted[next] as number) * 1e6)
      marks.set(wanted[next++] as number, mark());
  });
  return {
    parts: PARTS.map(([part, from, to]) => partBetween(part, from, to, marks)),
    mebibytes: Math.round(process.resourceUsage().maxRSS / 1024),
    failure: report.ok ? "" : `${report.violation}: ${report.message}`,
  };
}

function mark(): Mark {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, atUs: Number(process.hrtime.bigint() / 1000n) };
}

function partBetween(part: string, from: number, to: number, marks: ReadonlyMap<number, Mark>): MeasuredPart {
  const [began, ended] = [marks.get(from), marks.get(to)];
  if (began === undefined || ended === undefined) return { part, ratio: Number.NaN, fromUs: 0, toUs: 0 };
  const ratio = ((to - from) * 1e6) / (ended.cpuUs - began.cpuUs);
  return { part, ratio, fromUs: began.atUs, toUs: ended.atUs };
}
