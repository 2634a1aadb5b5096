// `sim run -json`: what a run came to, for machines. The shape is described in docs/simulation.md.

import type { Summary } from "../../../sim/summary.ts";
import { STEP_RULES } from "../../../sim/summary-lines.ts";
import { buildId } from "./build-id.ts";
import type { Outcome, RunTask } from "./run.ts";

const FORMAT = "quorate-run";
const VERSION = 1;

export function renderRun(
  { name, seed, story, swarm }: RunTask,
  summary: Summary,
  outcome: Outcome,
  wallMs: number,
): string {
  const { ok, violation, message, simulatedMs, events, digest } = outcome;
  const { operations, recovery, effects, strikes } = outcome;
  const planted = swarm.planted ?? null;
  const datacenters = swarm.datacenters ?? null;
  const document = {
    format: FORMAT,
    version: VERSION,
    build: buildId(),
    name,
    seed,
    options:
      story === undefined ? { ...swarm, datacenters, faults: swarm.faults ?? null, planted } : { planted },
    ok,
    violation,
    message,
    digest,
    simulatedMs,
    wallMs: Math.round(wallMs),
    events,
    leaders: summary.leaders.map((reign) => ({ ...reign, untilMs: reign.untilMs ?? null })),
    trouble: summary.notes.map(({ atMs, node, text }) => ({ atMs, node: node ?? null, text })),
    strikes: strikes === undefined ? null : Object.fromEntries(strikes.kinds),
    effects: effects === undefined ? null : Object.fromEntries(effects),
    operations: Object.fromEntries(summary.operations),
    checked: {
      steps: summary.steps,
      rules: Object.keys(STEP_RULES),
      committed: summary.committed,
      judged: operations ?? null,
      recovery: recovery ?? null,
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
