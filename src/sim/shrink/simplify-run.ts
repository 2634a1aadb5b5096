// A failing run of the swarm made simpler while it is still one: one datacenter, fewer servers, fewer kinds of fault, calm weather, clocks
// that agree, fewer clients. It goes on failing in the same way, so that what is left to shrink is less.

import { type Edit, editDecisions, type Listen } from "../choices.ts";
import { STRIKE_KINDS, type StrikeKind } from "../fault-kinds.ts";
import { type RunReport, runSwarm, type SwarmOptions } from "../swarm.ts";
import { type Capture, createCapture } from "./capture.ts";

/** A run of the swarm, with some of its choices made otherwise. */
export interface Run {
  readonly options: SwarmOptions;
  readonly edits: readonly Edit[];
}

export interface FailedRun extends Run {
  readonly report: RunReport;
  readonly capture: Capture;
}

/** The rule that a report says was broken, as `ruleOf` names it. */
export function reportedRule({ violation, message }: RunReport): string {
  return violation === "invariant" ? `invariant: ${message}` : violation;
}

/** Runs it and takes it down. */
export function runAndCapture({ options, edits }: Run): FailedRun {
  const capture = createCapture();
  const listen: Listen = (purpose, chance) => capture.listen(purpose, editDecisions(edits)(purpose, chance));
  const report = runSwarm({ ...options, listen, observers: [capture.observer] });
  return { options, edits, report, capture };
}

const plan = (site: string, chosen: Edit["chosen"]): Edit => ({ purpose: "plan", site, chosen });

/** What the simpler run does without, one after the other; each is kept if the run still fails in the same way. */
const SIMPLER: readonly (readonly Edit[])[] = [
  [plan("swarm.lossy", 0), plan("swarm.latency", 0), plan("swarm.tail", "most"), plan("swarm.links", "most")],
  [plan("swarm.drift", 0), plan("swarm.disk", 0)],
  [plan("swarm.clients", 0), plan("swarm.keys", 0)],
];

/** @returns Ever simpler runs that break the same rule, the simplest last; the run itself first. */
export function simplifyRun(failed: FailedRun): readonly FailedRun[] {
  const rule = reportedRule(failed.report);
  const steps = [failed];
  const attempt = (run: Run): void => {
    const result = runAndCapture(run);
    if (!result.report.ok && reportedRule(result.report) === rule) steps.push(result);
  };
  const last = (): FailedRun => steps.at(-1) ?? failed;
  const { datacenters } = failed.report;
  if (datacenters > 1) attempt({ ...failed, options: { ...failed.options, datacenters: 1 } });
  // What is drawn with all kinds of fault is to stay as it is with some.
  const told = { ...last().options, datacenters: last().report.datacenters };
  if ((told.servers ?? 5) > 3) attempt({ ...failed, options: { ...told, servers: 3 } });
  for (const kinds of fewerFaults(failed.report)) {
    const { options, edits } = last();
    if ((options.faults ?? STRIKE_KINDS).some((kind) => !kinds.includes(kind)))
      attempt({ edits, options: { ...options, datacenters: last().report.datacenters, faults: kinds } });
  }
  for (const edits of SIMPLER) attempt({ options: last().options, edits: [...last().edits, ...edits] });
  return steps;
}

/** No faults at all, then one kind alone: of those that struck. */
function fewerFaults({ strikes }: RunReport): readonly (readonly StrikeKind[])[] {
  const struck = [...strikes.kinds.keys()];
  return [...struck.map((kind) => [kind]), []];
}
