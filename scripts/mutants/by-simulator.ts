// Planted bugs that the simulator finds: in seeds of the swarm, or by a guided search.

import { shrinkGossip } from "../../src/sim/gossip/shrink.ts";
import { hunt, huntInGossip, searchFor } from "../../src/sim/hunt.ts";
import type { Mutant } from "../../src/sim/mutants/ways.ts";
import { countFaults, countSteps } from "../../src/sim/shrink/schedule.ts";
import { shrinkSwarm } from "../../src/sim/shrink/shrink.ts";
import { type Found, timed } from "./found.ts";

/** Runs of a search before it gives up: each takes less than a millisecond. */
const MOST_RUNS = 100_000;

/** @param patience Seeds of the swarm, at most. */
export function bySimulator(mutant: Mutant, patience: number): Found {
  if (mutant.foundBy.kind === "search") {
    const { result, cpuSeconds } = timed(() => searchFor(mutant, MOST_RUNS));
    const { by, runs, steps } = result;
    return { mutant, by, seeds: runs, cpuSeconds, ...(by === "" ? {} : { steps, faults: 0 }) };
  }
  if (mutant.foundBy.kind === "gossip") {
    const { trouble: kinds } = mutant.foundBy;
    const trouble = kinds === undefined ? {} : { kinds };
    const { result, cpuSeconds } = timed(() => huntInGossip(mutant, patience));
    const { caught, seeds, passedOver } = result;
    const remark = passedOver.length === 0 ? {} : { remark: `passed over ${passedOver.join(", ")}` };
    const gossip =
      caught === undefined ? {} : { gossip: { seed: caught.seed, planted: mutant.name, trouble } };
    return { mutant, by: caught?.violation ?? "", seeds, cpuSeconds, ...gossip, ...remark };
  }
  const { result, cpuSeconds } = timed(() => hunt(mutant, patience));
  const { caught, options, seeds, passedOver } = result;
  return {
    mutant,
    by: caught?.violation ?? "",
    seeds,
    cpuSeconds,
    ...(options === undefined ? {} : { options }),
    ...(passedOver.length === 0 ? {} : { remark: `passed over ${passedOver.join(", ")}` }),
  };
}

/** Makes the run that was found as short as it can be made. */
export function shorten(found: Found): Found {
  if (found.gossip !== undefined) {
    const shrunk = shrinkGossip(found.gossip);
    return shrunk === undefined
      ? found
      : { ...found, faults: shrunk.options.strikes?.length ?? shrunk.report.strikes };
  }
  if (found.options === undefined) return found;
  const shrunk = shrinkSwarm(found.options);
  if (shrunk.outcome !== "shrunk") return found;
  const { schedule } = shrunk.reduction;
  return { ...found, steps: countSteps(schedule), faults: countFaults(schedule) };
}
