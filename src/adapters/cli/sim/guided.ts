// `sim guided`: a search through random runs of Raft that learns which of them came to look like none before, and goes on
// from there.

import { tellStory } from "../../../sim/raft/story.ts";
import {
  type GuidedOptions,
  type GuidedResult,
  searchGuided,
  tableOptions,
} from "../../../sim/search/guided.ts";
import { type Call, type Command, say } from "../command.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { count, misuse, plantedWord, simCommand, wholeNumber } from "./words.ts";

const FLAGS: readonly Flag[] = [
  { name: "seed", kind: "string", description: "Everything is drawn from this `text`.", fallback: "1" },
  { name: "runs", kind: "int", description: "Give up after so many `runs`.", fallback: "100000" },
  { name: "servers", kind: "int", description: "How many `servers`.", fallback: "4" },
  { name: "length", kind: "int", description: "How many `decisions` a run has at most.", fallback: "160" },
  {
    name: "uniform",
    kind: "bool",
    description: "Learn nothing: draw every run afresh. What the search is compared with.",
  },
  {
    name: "slow-disks",
    kind: "bool",
    description: "When a write is on the disk is a decision too; otherwise it is at once.",
  },
  {
    name: "one-entry",
    kind: "bool",
    description: "Each message carries one entry of the log: more can happen between two.",
  },
  {
    name: "shared",
    kind: "bool",
    description:
      "Judge only what servers do to each other, not each server's own state: a fault must have consequences.",
  },
  { name: "planted", kind: "string", description: "Switch on a planted bug by `name` (see `sim list`)." },
];

export const command: Command = simCommand({
  usage: (program) => `
Usage: ${program} sim guided [options]

  Runs a small cluster again and again without a clock, where any server's
  time may be up at any moment, letters are read in any order, late, twice or
  never, servers crash, members come and go. Runs in which the cluster came to
  look like never before (who leads, who is ahead of whom, who knows which
  configuration) are kept and gone on from. Servers run the very core of the
  agent. Ends with 0 when nothing was found, with 1 and the way to the fault,
  made short, when something was, with 2 when the command line makes no sense.

      $ ${program} sim guided --runs 20000
      $ ${program} sim guided --planted raft-change-before-own-commit
      $ ${program} sim guided --planted raft-commit-older-term --uniform`,
  flags: FLAGS,
  names: false,
  run: runGuided,
});

const MOST_RUNS = 1_000_000_000;
const MOST_SERVERS = 8;
const MOST_LENGTH = 100_000;
/** How often the progress line is written anew. */
const PROGRESS_MS = 500;

async function runGuided(call: Call): Promise<number> {
  const { io, flags } = call;
  const options = readOptions(flags);
  if (typeof options === "string") return misuse(io, options);
  say(io, `search    ${describe(options)}`);
  const began = performance.now();
  const beganCpu = process.cpuUsage().user;
  const found = searchGuided({ ...options, tell: progressTeller(io, began) });
  const cpuSeconds = (process.cpuUsage().user - beganCpu) / 1e6;
  say(io, `          ${figures(found, performance.now() - began, cpuSeconds)}`);
  return printVerdict(io, options, found);
}

/** @returns What is wrong with them, as text. */
function readOptions(flags: FlagValues): GuidedOptions | string {
  const mostRuns = wholeNumber(flags, "runs", 1, MOST_RUNS);
  if (typeof mostRuns === "string") return mostRuns;
  const servers = wholeNumber(flags, "servers", 1, MOST_SERVERS);
  if (typeof servers === "string") return servers;
  const length = wholeNumber(flags, "length", 1, MOST_LENGTH);
  if (typeof length === "string") return length;
  const planted = plantedWord(flags);
  if (!planted.ok) return planted.error;
  return {
    seed: stringFlag(flags, "seed") ?? "",
    mostRuns,
    servers,
    length,
    planted: planted.name,
    uniform: boolFlag(flags, "uniform"),
    slowDisks: boolFlag(flags, "slow-disks"),
    oneEntry: boolFlag(flags, "one-entry"),
    onlyShared: boolFlag(flags, "shared"),
  };
}

function describe({ seed, servers, length, mostRuns, uniform, planted }: GuidedOptions): string {
  const how = uniform === true ? "drawn afresh" : "guided";
  const bug = planted === undefined ? "" : `, planted ${planted}`;
  return `${servers} servers, ${count(mostRuns)} runs of ${length} decisions, ${how}, seed ${seed}${bug}`;
}

function progressTeller(io: Io, began: number): NonNullable<GuidedOptions["tell"]> {
  const shown = process.stderr.isTTY === true;
  let toldMs = began;
  return ({ runs, looks, kept }) => {
    const now = performance.now();
    if (shown && now - toldMs >= PROGRESS_MS) {
      toldMs = now;
      const rate = runs / ((now - began) / 1000);
      io.stderr(
        `\r\x1b[K${count(runs)} runs  ${count(rate)}/s  ${count(looks)} looks  ${count(kept)} runs kept`,
      );
    }
    return true;
  };
}

function figures({ runs, events, looks, kept }: GuidedResult, wallMs: number, cpuSeconds: number): string {
  const learnt = looks === 0 ? "" : `, ${count(looks)} looks, ${count(kept)} runs kept`;
  const rate = cpuSeconds > 0 ? events / cpuSeconds : 0;
  return `${count(runs)} runs, ${count(events)} events${learnt}, ${(wallMs / 1000).toFixed(1)} s (${count(rate)} events a second of one core)`;
}

function printVerdict(io: Io, options: GuidedOptions, { violation, trace }: GuidedResult): number {
  if (process.stderr.isTTY === true) io.stderr("\r\x1b[K");
  if (violation === undefined) {
    say(io, "verdict   ok: no rule is broken in any of these runs");
    return 0;
  }
  say(io, `verdict   VIOLATED ${violation.id}: ${violation.message}`);
  say(io, `          a short way there, ${trace.length} actions:`);
  for (const line of tellStory(trace, tableOptions(options)).lines) say(io, `  ${line}`);
  return 1;
}
