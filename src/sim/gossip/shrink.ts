// A failing run of the gossip swarm made short: fewer members, one kind of trouble, calm weather, less time, and of the
// strikes only those that it cannot fail without. What is left is a run like any other, with its seed and its options; it
// breaks the same rule. (The schedules of shrink/ name every message; of a pool's thousands nobody would read the list.)

import { ddmin } from "../shrink/ddmin.ts";
import { CALM } from "../weather.ts";
import { DEFAULT_SECONDS, type GossipReport, type GossipSwarmOptions, runGossipSeed } from "./swarm.ts";

export interface ShrunkGossip {
  readonly options: GossipSwarmOptions;
  readonly report: GossipReport;
  /** Runs that were tried. */
  readonly runs: number;
}

const FEWER_MEMBERS = [2, 3, 4, 5, 6, 8];
const LESS_SECONDS = [2, 5, 10, 20, 40, 80];

/** @returns Undefined when the run breaks no rule. */
export function shrinkGossip(options: GossipSwarmOptions): ShrunkGossip | undefined {
  const first = runGossipSeed(options);
  if (first.ok) return undefined;
  let best = { options, report: first };
  let runs = 1;
  const attempt = (change: Partial<GossipSwarmOptions>): boolean => {
    runs++;
    const tried = { ...best.options, ...change };
    const report = runGossipSeed(tried);
    // A rule of the core's own is told by its words.
    const isSame = report.violation === first.violation && isAlike(report, first);
    if (isSame) best = { options: tried, report };
    return isSame;
  };
  const { members = 12, seconds = DEFAULT_SECONDS[first.pool] } = options;
  FEWER_MEMBERS.filter((fewer) => fewer < members).some((fewer) => attempt({ members: fewer }));
  attempt({ trouble: { ...best.options.trouble, weather: CALM } });
  [[], ...[...best.report.faults.keys()].map((kind) => [kind])].some((kinds) =>
    attempt({ trouble: { ...best.options.trouble, kinds } }),
  );
  LESS_SECONDS.filter((less) => less < seconds).some((less) => attempt({ seconds: less }));
  const strikes = Array.from({ length: best.report.strikes }, (_, at) => at);
  ddmin(strikes, (fewer) => (attempt({ strikes: fewer }) ? fewer : undefined));
  return { ...best, runs };
}

function isAlike(one: GossipReport, other: GossipReport): boolean {
  return one.violation !== "invariant" || one.message === other.message;
}
