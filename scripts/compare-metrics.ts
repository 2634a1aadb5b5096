// What the original measures and what ours does: the names in /v1/agent/metrics, with their kinds and labels, of an agent in
// development mode, of three servers whose leader dies, and of a client agent, all of which do the same. What differs by
// intent stands in compare/metrics-intended.ts; anything else ends the script with 1. Takes two minutes.
//
//   npx tsx scripts/compare-metrics.ts                   compares
//   npx tsx scripts/compare-metrics.ts --keep            keeps the agents' logs and all that was measured
//   npx tsx scripts/compare-metrics.ts --quorate FILE    another build of ours than dist/quorate.js
//   npx tsx scripts/compare-metrics.ts --consul PATH     another program of the original than the one on the PATH

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exitOnSignals } from "../test/support/children.ts";
import type { Program } from "./compare/agents.ts";
import { buildIfStale, isThere, PROGRAM } from "./compare/build.ts";
import { type MeasuredAgent, type Part, startMeasured } from "./compare/metric-agents.ts";
import { playEverything, playTrouble } from "./compare/metric-play.ts";
import { INTENDED_METRICS } from "./compare/metrics-intended.ts";
import { readOptions } from "./options.ts";

/** An interval of ten seconds is shown for the ten after it. */
const LOOK_MS = 4_000;
const PARTS: readonly Part[] = ["dev", "server", "client"];

/** "counter consul.rpc.request{}" → how many values there were. */
type Measured = Map<string, number>;

interface Shown {
  readonly Name: string;
  readonly Count?: number;
  readonly Labels: Readonly<Record<string, string>>;
}

const NODE_ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const KINDS = { Gauges: "gauge", Counters: "counter", Samples: "sample" } as const;

async function look({ url, part }: MeasuredAgent, all: Readonly<Record<Part, Measured>>): Promise<void> {
  const answer = await fetch(`${url}/agent/metrics`, {
    headers: { Connection: "close" },
    signal: AbortSignal.timeout(LOOK_MS),
  }).catch(() => undefined);
  if (answer?.status !== 200) return;
  const shown = (await answer.json()) as Readonly<Record<keyof typeof KINDS, readonly Shown[]>>;
  for (const family of ["Gauges", "Counters", "Samples"] as const)
    for (const { Name, Count = 1, Labels } of shown[family]) {
      const name = Name.replace(NODE_ID, "(node id)");
      const key = `${KINDS[family]} ${name}{${Object.keys(Labels).sort().join(",")}}`;
      all[part].set(key, (all[part].get(key) ?? 0) + Count);
    }
}

/** One product's agents do everything. @returns What they measured, by what they are. */
async function measure(
  product: "consul" | "ours",
  program: Program,
  folder: string,
): Promise<Readonly<Record<Part, Measured>>> {
  const agents = await startMeasured(product, program, folder);
  const all = { dev: new Map(), server: new Map(), client: new Map() };
  let playing = true;
  const looking = (async () => {
    while (playing) {
      await Promise.all(agents.map((each) => look(each, all)));
      await sleep(LOOK_MS);
    }
  })();
  const [dev, ...others] = agents;
  const servers = others.filter(({ part }) => part === "server");
  const client = others.find(({ part }) => part === "client");
  if (dev === undefined || client === undefined) throw new Error("all were started");
  await Promise.all([dev, client, ...servers.slice(0, 1)].map((each) => playEverything(each, each.name)));
  // What it has measured of this would die with the leader.
  await sleep(3 * LOOK_MS);
  await playTrouble(servers, client);
  await sleep(3 * LOOK_MS);
  playing = false;
  await looking;
  for (const each of agents) await each.kill();
  return all;
}

async function main(): Promise<number> {
  const { values } = readOptions({
    options: {
      consul: { type: "string", default: "consul" },
      quorate: { type: "string", default: PROGRAM },
      keep: { type: "boolean", default: false },
    },
  });
  if (!isThere(values.consul)) {
    console.log(
      `skipped: there is no ${values.consul} to compare with (Debian has it in the package consul)`,
    );
    return 0;
  }
  if (values.quorate === PROGRAM) buildIfStale();
  const folder = mkdtempSync(join(tmpdir(), "compare-metrics-"));
  const [consul, ours] = await Promise.all([
    measure("consul", [values.consul], folder),
    measure("ours", [process.execPath, values.quorate], folder),
  ]);
  let unexpected = 0;
  const seen = new Set<string>();
  const tell = (who: string, part: Part, key: string): void => {
    const intended = INTENDED_METRICS.find(
      (each) => (each.only ?? who) === who && (each.part ?? part) === part && each.names.test(key),
    );
    if (intended !== undefined) return void seen.add(intended.why);
    unexpected++;
    console.log(`UNEXPECTED  ${part.padEnd(7)} only ${who}: ${key}`);
  };
  let alike = 0;
  for (const part of PARTS) {
    for (const key of [...consul[part].keys()].sort())
      if (ours[part].has(key)) alike++;
      else tell("consul", part, key);
    for (const key of [...ours[part].keys()].sort()) if (!consul[part].has(key)) tell("ours", part, key);
  }
  console.log(
    `${alike} names measured by both, ${unexpected} differences that are not intended, ${seen.size} kinds that are`,
  );
  if (values.keep || unexpected > 0) {
    const dump = (all: Readonly<Record<Part, Measured>>): string =>
      PARTS.flatMap((part) => [...all[part]].sort().map(([key, count]) => `${part} ${key} ${count}\n`)).join(
        "",
      );
    writeFileSync(join(folder, "consul.txt"), dump(consul));
    writeFileSync(join(folder, "ours.txt"), dump(ours));
    console.log(`all of it, and the logs: ${folder}`);
  } else rmSync(folder, { recursive: true, force: true });
  return unexpected === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
