// Real clusters under real trouble: the long form of test/cluster. Three servers and a client agent as processes, clients
// that read and write through all four, and what befalls them. Each trial ends with a judgement of everything that the
// clients were told, errors included: through the client agent they may hear none but Consul's own. One that fails says
// where its logs and data are. What is measured is printed and judged by nobody.
//
//   npm run chaos -- [--kills 10] [--pauses 3] [--blackouts 3] [--crashes 3] [--storm 60] [--seed S]

import { seededChance } from "../src/core/lib/chance.ts";
import { exitOnSignals } from "../test/support/children.ts";
import { type Cluster, untilSettled, withCluster } from "../test/support/cluster.ts";
import { complaintLines, demandErrorsOfConsul } from "../test/support/complaints.ts";
import { crashUnderWrites } from "../test/support/ledger.ts";
import { countOutcomes, demandLinearizable, Load } from "../test/support/load.ts";
import { killAllServers, killLeader, pauseLeader, storm } from "../test/support/trouble.ts";
import { readOptions } from "./options.ts";

const { values } = readOptions({
  options: {
    kills: { type: "string", default: "10" },
    pauses: { type: "string", default: "3" },
    blackouts: { type: "string", default: "3" },
    crashes: { type: "string", default: "3" },
    /** Seconds. */
    storm: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now()) },
  },
});

/** Long enough that the others elect another leader before the paused one wakes up. */
const PAUSE_MS = 6000;

type Strike = (cluster: Cluster, load: Load) => Promise<number>;

/** Runs what happens to a cluster under load, then judges it. @returns What was judged, for the report. */
async function underLoad(
  name: string,
  happens: (cluster: Cluster, load: Load) => Promise<void>,
): Promise<string> {
  let judged = "";
  await withCluster(async (cluster) => {
    const targets = cluster.agents.map(({ http }) => http);
    const load = new Load(targets, `${values.seed} ${name}`);
    await happens(cluster, load);
    await untilSettled(cluster);
    await load.stop();
    const { operationCount } = demandLinearizable(load.history);
    demandErrorsOfConsul(cluster, load.complaints);
    const counts = Object.entries(countOutcomes(load.history)).map(([kind, count]) => `${kind} ${count}`);
    const told = complaintLines(cluster, load.complaints).map((line) => `\n      ${line}`);
    judged = `${operationCount} operations linearizable (${counts.join(", ")})${told.join("")}`;
  });
  return judged;
}

/** Strikes over and over. @returns How long writes stood still, and what was judged. */
async function strikes(name: string, times: number, strike: Strike): Promise<string> {
  const gapsMs: number[] = [];
  const judged = await underLoad(name, async (cluster, load) => {
    for (let count = 1; count <= times; count++) gapsMs.push(await strike(cluster, load));
  });
  return `${times} times; writes went on after ${median(gapsMs)} ms (median), ${Math.round(Math.max(...gapsMs))} ms (max); ${judged}`;
}

async function crashes(times: number): Promise<string> {
  let line = "";
  await withCluster(async (cluster) => {
    const { acknowledged, asked } = await crashUnderWrites(cluster, times);
    line = `${times} times; all of ${acknowledged} acknowledged writes are there (${asked} were asked for)`;
  });
  return line;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return Math.round(sorted[sorted.length >> 1] ?? Number.NaN);
}

interface Trial {
  readonly name: string;
  /** Times or seconds; 0 leaves it out. */
  readonly amount: number;
  /** @returns What to report. */
  readonly run: (amount: number) => Promise<string>;
}

const TRIALS: readonly Trial[] = [
  {
    name: "leader killed",
    amount: Number(values.kills),
    run: (times) => strikes("kill", times, killLeader),
  },
  {
    name: "leader paused",
    amount: Number(values.pauses),
    run: (times) => strikes("pause", times, (cluster, load) => pauseLeader(cluster, load, PAUSE_MS)),
  },
  {
    name: "all servers killed",
    amount: Number(values.blackouts),
    run: (times) => strikes("blackout", times, killAllServers),
  },
  { name: "all servers killed under 64 writers", amount: Number(values.crashes), run: crashes },
  {
    name: "storm of kills and pauses",
    amount: Number(values.storm),
    run: async (seconds) => {
      const chance = seededChance(`${values.seed} storm`);
      const judged = await underLoad("storm", (cluster, load) => storm(cluster, load, seconds, chance));
      return `${seconds} s; ${judged}`;
    },
  },
];

exitOnSignals();
console.log(`seed ${values.seed}`);
let passed = 0;
let failed = 0;
for (const { name, amount, run } of TRIALS.filter((trial) => trial.amount > 0))
  try {
    console.log(`ok    ${name}: ${await run(amount)}`);
    passed++;
  } catch (error) {
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    failed++;
  }
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
