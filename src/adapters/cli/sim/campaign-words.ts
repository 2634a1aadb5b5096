// What `sim campaign` can be told, and what is wrong with it.

import { availableParallelism } from "node:os";
import type { GroundName } from "../../../sim/campaign/ground.ts";
import type { CampaignOptions } from "../../../sim/campaign/options.ts";
import { parseSeeds, type Shard, shardOf } from "../../../sim/campaign/seeds.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "../flags.ts";
import { COVERAGE_FLAGS } from "./coverage.ts";
import { POOL_FLAGS, readGossipWords } from "./gossip-words.ts";
import { count, PLANTED_FLAG, readSwarmWords, SWARM_FLAGS, wholeNumber } from "./words.ts";

export const CAMPAIGN_FLAGS: readonly Flag[] = [
  {
    name: "seeds",
    kind: "string",
    description: "Which `seeds`: 1..1000, 42, or 3,7,12.",
    fallback: "1..1000",
  },
  ...SWARM_FLAGS,
  ...POOL_FLAGS,
  PLANTED_FLAG,
  { name: "workers", kind: "int", description: "How many `threads`. Default: one for each core." },
  {
    name: "shard",
    kind: "string",
    description: "Run the i-th of n parts of the seeds only: `i/n`. The other parts are for other machines.",
  },
  {
    name: "out",
    kind: "string",
    description: "Keep the results in this `file`. A campaign that was interrupted goes on from there.",
  },
  {
    name: "twice",
    kind: "bool",
    description: "Run each seed again by way of bytes and dumps, and compare the digests.",
  },
  { name: "keep-going", kind: "bool", description: "Do not stop at the first seed that fails." },
  { name: "json", kind: "bool", description: "Print the results as JSON, and nothing else." },
  ...COVERAGE_FLAGS,
];

const MOST_WORKERS = 256;
const MOST_SHARDS = 10_000;

export interface CampaignWords {
  readonly seeds: readonly string[];
  /** Those of the shard. */
  readonly asked: readonly string[];
  readonly options: CampaignOptions;
  readonly threads: number;
  readonly out: string | undefined;
  readonly coverage: string | undefined;
  readonly demandCoverage: boolean;
  readonly keepGoing: boolean;
  readonly json: boolean;
}

/** @param args What the campaign is of. @returns What is wrong with them, as text. */
export function readCampaignWords(args: readonly string[], flags: FlagValues): CampaignWords | string {
  const text = stringFlag(flags, "seeds") ?? "";
  const seeds = parseSeeds(text);
  if (seeds === undefined)
    return `-seeds takes a range like 1..1000 (of a million at most) or a list like 3,7,12, not "${text}".`;
  const shard = readShard(stringFlag(flags, "shard"));
  if (typeof shard === "string") return shard;
  const asked = shard === undefined ? seeds : shardOf(seeds, shard);
  if (asked.length === 0) return `There are fewer seeds than shards: ${count(seeds.length)}.`;
  const options = readOptions(args, flags);
  if (typeof options === "string") return options;
  const threads = flags.has("workers")
    ? wholeNumber(flags, "workers", 1, MOST_WORKERS)
    : availableParallelism();
  if (typeof threads === "string") return threads;
  return {
    seeds,
    asked,
    options,
    threads,
    out: stringFlag(flags, "out"),
    coverage: stringFlag(flags, "coverage"),
    demandCoverage: boolFlag(flags, "demand-coverage"),
    keepGoing: boolFlag(flags, "keep-going"),
    json: boolFlag(flags, "json"),
  };
}

/** Flags that mean something for one of the two only. */
const OWN_FLAGS: Readonly<Record<GroundName, readonly string[]>> = {
  swarm: ["duration", "servers", "clients", "datacenters"],
  gossip: POOL_FLAGS.map(({ name }) => name),
};

/** @returns What is wrong with them, as text. */
function readOptions(args: readonly string[], flags: FlagValues): CampaignOptions | string {
  const [of = "swarm", ...more] = args;
  if ((of !== "swarm" && of !== "gossip") || more.length > 0)
    return `A campaign is of swarm or of gossip, not of "${args.join(" ")}".`;
  const other = of === "swarm" ? "gossip" : "swarm";
  const strange = OWN_FLAGS[other].find((name) => flags.has(name));
  if (strange !== undefined) return `-${strange} is for a campaign of ${other}.`;
  const twice = boolFlag(flags, "twice");
  if (of === "gossip") {
    const words = readGossipWords(flags);
    return typeof words === "string" ? words : { of, ...words, twice };
  }
  const words = readSwarmWords(flags);
  return typeof words === "string" ? words : { of, ...words, twice };
}

/** @returns What is wrong with it, as text. */
function readShard(text: string | undefined): Shard | string | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  return index >= 1 && index <= of && of <= MOST_SHARDS
    ? { index, of }
    : `-shard takes i/n, from 1/n to n/n (of ${count(MOST_SHARDS)} at most), not "${text}".`;
}
