// What runs of pools of gossip can be told, and what is wrong with it.

import type { GossipPool } from "../../../core/gossip/ports.ts";
import type { GossipWords } from "../../../sim/campaign/options.ts";
import { DEFAULT_SECONDS, type GossipSwarmOptions } from "../../../sim/gossip/swarm.ts";
import { GOSSIP_FAULTS, type GossipFault } from "../../../sim/gossip/trouble.ts";
import { CALM } from "../../../sim/weather.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "../flags.ts";
import { plantedWord, wholeNumber } from "./words.ts";

const MOST_MEMBERS = 10_000;
const MOST_SECONDS = 86_400;
const DEFAULT_MEMBERS = 12;
const POOLS: readonly GossipPool[] = ["lan", "wan"];

/** Of pools alone; how many seconds and which faults are said as of whole agents. */
export const POOL_FLAGS: readonly Flag[] = [
  { name: "members", kind: "int", description: `How many \`members\`. Default ${DEFAULT_MEMBERS}.` },
  {
    name: "pool",
    kind: "string",
    description:
      "A `lan`, or the wan of the servers of two datacenters. Default: the seed draws, one wan in four.",
  },
  {
    name: "founded",
    kind: "bool",
    description: "The pool has been there for long when the run begins, instead of coming together by joins.",
  },
  { name: "calm", kind: "bool", description: "The network is fair but for what strikes do to it." },
];

export const GOSSIP_FLAGS: readonly Flag[] = [
  ...POOL_FLAGS,
  {
    name: "seconds",
    kind: "int",
    description: `Of trouble, in \`seconds\`. Default ${DEFAULT_SECONDS.lan}, in a wan ${DEFAULT_SECONDS.wan}.`,
  },
  {
    name: "faults",
    kind: "string",
    description: `Just these \`kinds\` of trouble (${GOSSIP_FAULTS.join(", ")}), or "none". Default: the seed draws.`,
  },
];

/** @returns What is wrong with them, as text. */
export function readGossipWords(flags: FlagValues): GossipWords | string {
  const members = flags.has("members") ? wholeNumber(flags, "members", 1, MOST_MEMBERS) : DEFAULT_MEMBERS;
  if (typeof members === "string") return members;
  const seconds = flags.has("seconds") ? wholeNumber(flags, "seconds", 1, MOST_SECONDS) : undefined;
  if (typeof seconds === "string") return seconds;
  const text = stringFlag(flags, "pool");
  const pool = POOLS.find((each) => each === text);
  if (text !== undefined && pool === undefined) return `-pool takes lan or wan, not "${text}".`;
  const faults = readKinds(stringFlag(flags, "faults"));
  if (typeof faults === "string") return faults;
  const planted = plantedWord(flags);
  if (!planted.ok) return planted.error;
  const [founded, calm] = [boolFlag(flags, "founded"), boolFlag(flags, "calm")];
  return { members, seconds, pool, founded, calm, faults, planted: planted.name };
}

/** @returns What is wrong with them, as text. */
function readKinds(text: string | undefined): readonly GossipFault[] | string | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return [];
  const words = text.split(",").map((word) => word.trim());
  const unknown = words.find((word) => !GOSSIP_FAULTS.some((kind) => kind === word));
  if (unknown !== undefined)
    return `There is no trouble "${unknown}" for gossip. There are ${GOSSIP_FAULTS.join(", ")}; or none.`;
  return GOSSIP_FAULTS.filter((kind) => words.includes(kind));
}

/** The same for the simulator. */
export function gossipOptions({ faults, calm, ...told }: GossipWords): Omit<GossipSwarmOptions, "seed"> {
  const trouble = {
    ...(faults === undefined ? {} : { kinds: faults }),
    ...(calm ? { weather: CALM } : {}),
  };
  return { ...told, trouble };
}

/** The command line that runs a seed again. @param strikes Of a shrunk run. */
export function repeatGossip(
  program: string,
  seed: string,
  { members, seconds, pool, founded, calm, faults, planted }: GossipWords,
  strikes?: readonly number[],
): string {
  const flags = [
    members === DEFAULT_MEMBERS ? "" : ` --members ${members}`,
    pool === undefined ? "" : ` --pool ${pool}`,
    seconds === undefined ? "" : ` --seconds ${seconds}`,
    founded ? " --founded" : "",
    faults === undefined ? "" : ` --faults ${faults.join(",") || "none"}`,
    calm ? " --calm" : "",
    strikes === undefined ? "" : ` --strikes ${strikes.join(",") || "none"}`,
    planted === undefined ? "" : ` --planted ${planted}`,
  ];
  return `${program} sim gossip --seeds ${seed}${flags.join("")}`;
}
