// How a simulated machine makes checks. It finds a target as that is called: one of "critical" is critical, and at once. One
// that flaps is drawn: well or not, at once or after a while, at times given up before it has ended; and what comes of a
// run that nobody wants any more may be on its way already.

import type { Effect, Input } from "../core/agent/ports.ts";
import type { Chance } from "../core/lib/chance.ts";
import { CRITICAL, PASSING, WARNING } from "../core/model/catalog.ts";
import type { SimNode } from "./node.ts";
import type { World } from "./world.ts";

type Probe = Extract<Effect, { readonly type: "probe" }>;

/** What a target is called that flaps as long as the world's do. */
export const FLAPPING = "flapping";

/** Longer than the least interval: a run that lasts may meet the next one. */
const SLOW_US = 2_500_000;
const QUICK_US = 50_000;
/** How long one that was given up goes on. */
const LINGERS_US = 3_000_000;

/** An input, and how long it is until it comes. */
export type Later = readonly [inUs: number, input: Input];

/** What comes of making a check. */
export function resultsOf(world: World, { checkId, run, spec }: Probe): readonly Later[] {
  const target = spec.tcp === "" ? spec.http : spec.tcp;
  const probed = (status: string): Extract<Input, { readonly type: "probed" }> => ({
    ...{ type: "probed", checkId, run, status },
    output: `${target} is ${status}`,
  });
  if (!target.startsWith(FLAPPING)) return [[1, probed(/critical|warning/.exec(target)?.[0] ?? PASSING)]];
  if (!world.targetsFlap) return [[QUICK_US, probed(PASSING)]];
  const { chance } = world;
  const inUs = 1 + chance.choose("probe.takes", chance.choose("probe.slow", 3) === 0 ? SLOW_US : QUICK_US);
  if (chance.choose("probe.given-up", 8) > 0) return [[inUs, probed(drawStatus(chance, target))]];
  const lingersUs = 1 + chance.choose("probe.lingers", LINGERS_US);
  return [
    [inUs, { ...probed(CRITICAL), atOnce: true, goesOn: true }],
    [inUs + lingersUs, { type: "probe-ended", checkId, run }],
  ];
}

/** One of "down" is well now and then. */
function drawStatus(chance: Chance, target: string): string {
  if (target.includes("down")) return chance.choose("probe.up", 12) === 0 ? PASSING : CRITICAL;
  return [PASSING, PASSING, WARNING, CRITICAL][chance.choose("probe.status", 4)] ?? PASSING;
}

/** Nobody wants to know of a run: half of the time it is too late to keep quiet. */
export function endProbe({ chance }: World, { unwanted }: SimNode, run: number): void {
  if (chance.choose("probe.on-its-way", 2) === 0) unwanted.add(run);
}

export function isUnwanted({ unwanted }: SimNode, input: Input): boolean {
  return (input.type === "probed" || input.type === "probe-ended") && unwanted.has(input.run);
}
