// The file of a campaign's results: JSON, the shape that docs/simulation.md describes ("quorate-campaign", version 1). What
// is read may come from another machine, another version, or an editor: nothing in it is believed unchecked.

import type { Coverage } from "../coverage.ts";
import { STRIKE_KINDS } from "../fault-kinds.ts";
import { GOSSIP_FAULTS } from "../gossip/trouble.ts";
import { type FailureGroups, inOrder } from "./failures.ts";
import type { CampaignOptions } from "./options.ts";
import { type CampaignResults, createResults, failedSeeds } from "./results.ts";
import { parseSeeds, renderSeeds } from "./seeds.ts";

const FORMAT = "quorate-campaign";
const VERSION = 1;

/** The results as JSON; equal results give equal texts, but for `cpuMs`. */
export function renderResults(results: CampaignResults): string {
  const { build, options, seeds, asked, done, totals } = results;
  const failed = failedSeeds(results);
  const complete = asked.every((seed) => done.has(seed));
  const document = {
    format: FORMAT,
    version: VERSION,
    build,
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, value ?? null])),
    seeds: renderSeeds(seeds),
    asked: renderSeeds(asked),
    done: renderSeeds(done),
    ok: failed === 0 && complete,
    complete,
    totals: {
      seeds: done.size,
      failed,
      simulatedMs: totals.simulatedMs,
      cpuMs: Math.round(totals.cpuMs),
      events: totals.events,
      operations: totals.operations,
    },
    failures: inOrder(results.failures).map(({ rule, shape, seeds: failing, example }) => ({
      rule,
      shape,
      count: failing.size,
      seeds: renderSeeds(failing),
      example,
    })),
    coverage: coverageData(results.coverage),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function coverageData({ runs, kinds, pairs, targets, recovery }: Coverage): unknown {
  const sorted = <T>(map: ReadonlyMap<string, T>): Record<string, T> =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    runs,
    kinds: sorted(kinds),
    pairs: sorted(pairs),
    targets: sorted(targets),
    recovery: Object.fromEntries([...recovery].map(([key, values]) => [key, histogram(values)])),
  };
}

/** Milliseconds → in how many runs. */
function histogram(values: readonly number[]): Record<string, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => a - b));
}

/** What is wrong with a file, in words. Never leaves this file. */
class Unreadable extends Error {}

/** @returns Why it is no file of results, as text. */
export function parseResults(text: string): CampaignResults | string {
  try {
    return readDocument(JSON.parse(text));
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    return `it is no JSON (${error instanceof Error ? error.message : String(error)})`;
  }
}

function readDocument(document: unknown): CampaignResults {
  if (!isRecord(document) || at(document, "format") !== FORMAT)
    throw new Unreadable("it holds no results of a campaign");
  if (at(document, "version") !== VERSION)
    throw new Unreadable(`it is of version ${String(at(document, "version"))} of the format, not ${VERSION}`);
  const results = createResults({
    build: text(document, "build"),
    options: readOptions(record(document, "options")),
    seeds: seeds(document, "seeds"),
    asked: seeds(document, "asked"),
  });
  for (const seed of seeds(document, "done")) results.done.add(seed);
  const totals = record(document, "totals");
  const operations = record(totals, "operations");
  results.totals.simulatedMs = amount(totals, "simulatedMs");
  results.totals.cpuMs = amount(totals, "cpuMs");
  results.totals.events = amount(totals, "events");
  for (const key of ["ok", "failed", "unknown"] as const)
    results.totals.operations[key] = amount(operations, key);
  readFailures(at(document, "failures"), results.failures);
  readCoverage(record(document, "coverage"), results.coverage);
  if (results.coverage.runs !== results.done.size)
    throw new Unreadable(`it counts ${results.coverage.runs} runs of ${results.done.size} seeds`);
  return results;
}

function readOptions(options: Record<string, unknown>): CampaignOptions {
  const planted = at(options, "planted") === null ? undefined : text(options, "planted");
  const twice = at(options, "twice") === true;
  // Files of before there were campaigns of gossip do not say of what they are.
  if (at(options, "of") !== "gossip") {
    const datacenters = at(options, "datacenters");
    return {
      of: "swarm",
      seconds: amount(options, "seconds"),
      servers: amount(options, "servers"),
      clients: amount(options, "clients"),
      datacenters: datacenters === 1 || datacenters === 2 ? datacenters : undefined,
      faults: readFaults(options, STRIKE_KINDS),
      planted,
      twice,
    };
  }
  const pool = at(options, "pool");
  return {
    of: "gossip",
    members: amount(options, "members"),
    seconds: at(options, "seconds") === null ? undefined : amount(options, "seconds"),
    pool: pool === "lan" || pool === "wan" ? pool : undefined,
    founded: at(options, "founded") === true,
    calm: at(options, "calm") === true,
    faults: readFaults(options, GOSSIP_FAULTS),
    planted,
    twice,
  };
}

function readFaults<T extends string>(
  options: Record<string, unknown>,
  known: readonly T[],
): readonly T[] | undefined {
  const faults = at(options, "faults");
  if (faults === null) return undefined;
  if (!Array.isArray(faults)) throw new Unreadable('its "faults" is no list');
  return faults.map((each: unknown) => {
    const kind = known.find((one) => one === each);
    if (kind === undefined) throw new Unreadable(`it knows a kind of fault ${JSON.stringify(each)}`);
    return kind;
  });
}

function readFailures(list: unknown, failures: FailureGroups): void {
  if (!Array.isArray(list)) throw new Unreadable('its "failures" is no list');
  for (const each of list as readonly unknown[]) {
    if (!isRecord(each)) throw new Unreadable('its "failures" holds what is no failure');
    const [rule, shape] = [text(each, "rule"), text(each, "shape")];
    const example = record(each, "example");
    failures.set(`${rule}\n${shape}`, {
      rule,
      shape,
      seeds: new Set(seeds(each, "seeds")),
      example: { seed: text(example, "seed"), message: text(example, "message") },
    });
  }
}

function readCoverage(from: Record<string, unknown>, into: Coverage): void {
  const { kinds: known, targets: aims } = into.ground;
  into.runs = amount(from, "runs");
  const kinds = record(from, "kinds");
  for (const kind of knownKeys(kinds, known)) {
    const counts = record(kinds, kind);
    into.kinds.set(kind, { runs: amount(counts, "runs"), times: amount(counts, "times") });
  }
  const pairs = record(from, "pairs");
  for (const pair of Object.keys(pairs)) {
    for (const kind of pair.split("+")) mustKnow(kind, known);
    into.pairs.set(pair, amount(pairs, pair));
  }
  const targets = record(from, "targets");
  for (const target of knownKeys(targets, aims)) into.targets.set(target, amount(targets, target));
  const recovery = record(from, "recovery");
  for (const [key, values] of into.recovery) readHistogram(record(recovery, key), values, into.runs);
}

/** @param most Of values: each run has one at most. */
function readHistogram(counts: Record<string, unknown>, into: number[], most: number): void {
  for (const ms of Object.keys(counts)) {
    const times = amount(counts, ms);
    if (!(Number(ms) >= 0) || into.length + times > most)
      throw new Unreadable("its times to recover make no sense");
    for (let each = 0; each < times; each++) into.push(Number(ms));
  }
}

function knownKeys<T extends string>(data: Record<string, unknown>, known: readonly T[]): T[] {
  return Object.keys(data).map((key) => mustKnow(key, known));
}

function mustKnow<T extends string>(key: string, known: readonly T[]): T {
  const found = known.find((each) => each === key);
  if (found === undefined) throw new Unreadable(`it counts "${key}", which this build does not know`);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at(data: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(data, key) ? data[key] : undefined;
}

function record(data: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = at(data, key);
  if (!isRecord(value)) throw new Unreadable(`its "${key}" is no object`);
  return value;
}

function text(data: Record<string, unknown>, key: string): string {
  const value = at(data, key);
  if (typeof value !== "string") throw new Unreadable(`its "${key}" is no text`);
  return value;
}

/** A number that counts or measures something. */
function amount(data: Record<string, unknown>, key: string): number {
  const value = at(data, key);
  if (typeof value !== "number" || !(value >= 0) || value > Number.MAX_SAFE_INTEGER)
    throw new Unreadable(`its "${key}" is no number`);
  return value;
}

function seeds(data: Record<string, unknown>, key: string): readonly string[] {
  const value = text(data, key);
  const parsed = value === "" ? [] : parseSeeds(value);
  if (parsed === undefined) throw new Unreadable(`its "${key}" is no set of seeds`);
  return parsed;
}
