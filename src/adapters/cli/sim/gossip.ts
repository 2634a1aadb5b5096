// `sim gossip`: seeds of the gossip-only swarm: pools of a dozen members or of thousands, trouble, calm, and the rules of
// membership looked at after every step. One seed is told event by event; of many only what came of them is said.

import { parseSeeds } from "../../../sim/campaign/seeds.ts";
import { shrinkGossip } from "../../../sim/gossip/shrink.ts";
import { type GossipReport, type GossipSwarmOptions, runGossipSeed } from "../../../sim/gossip/swarm.ts";
import { GOSSIP_FAULTS, type GossipFault } from "../../../sim/gossip/trouble.ts";
import type { GossipObserver, GossipWorld } from "../../../sim/gossip/world.ts";
import { CALM } from "../../../sim/weather.ts";
import { type Call, type Command, say } from "../command.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import {
  count,
  EXIT_CODES,
  EXIT_OK,
  EXIT_USAGE,
  EXIT_VIOLATION,
  misuse,
  PLANTED_FLAG,
  pace,
  plantedWord,
  readWords,
  wholeNumber,
} from "./words.ts";

const MOST_MEMBERS = 10_000;
const MOST_SECONDS = 86_400;
const DEFAULT_MEMBERS = 12;
const DEFAULT_SECONDS = 120;

const FLAGS: readonly Flag[] = [
  { name: "seeds", kind: "string", description: "Which `seeds`: 42, or 1..100, or 3,7.", fallback: "1" },
  { name: "members", kind: "int", description: `How many \`members\`. Default ${DEFAULT_MEMBERS}.` },
  { name: "seconds", kind: "int", description: `Of trouble, in \`seconds\`. Default ${DEFAULT_SECONDS}.` },
  {
    name: "faults",
    kind: "string",
    description: `Just these \`kinds\` of trouble (${GOSSIP_FAULTS.join(", ")}), or "none". Default: the seed draws.`,
  },
  { name: "calm", kind: "bool", description: "The network is fair but for what strikes do to it." },
  {
    name: "strikes",
    kind: "string",
    description: "Of the strikes only those with these `numbers`: 0,3. What a shrunk run is made of.",
  },
  { name: "shrink", kind: "bool", description: "Make a failing run short, and say how to repeat that." },
  {
    name: "founded",
    kind: "bool",
    description: "The pool has been there for long when the run begins, instead of coming together by joins.",
  },
  PLANTED_FLAG,
  { name: "quiet", kind: "bool", description: "Print what came of it, and not every event." },
];

export const command: Command = {
  type: "command",
  usageCode: EXIT_USAGE,
  usage: (program) => `
Usage: ${program} sim gossip [options]

  Runs pools of gossip alone: members that probe, suspect, refute, join and leave
  while processes die, stop and slow down and the network loses, cuts and delays;
  then calm, in which all must find each other. Every rule of membership is looked
  at after every step.

      $ ${program} sim gossip --seeds 1..100
      $ ${program} sim gossip --members 1000 --founded --faults crash --quiet

${EXIT_CODES}`,
  flags: FLAGS,
  run: runGossip,
};

async function runGossip(call: Call): Promise<number> {
  const { io } = call;
  const words = readWords(FLAGS, call.flags, call.args);
  if (!words.ok) return misuse(io, words.error);
  if (words.args.length > 0) return misuse(io, `Unexpected: ${words.args.join(" ")}\n${call.help()}`);
  const { flags } = words;
  const text = stringFlag(flags, "seeds") ?? "";
  const seeds = parseSeeds(text);
  if (seeds === undefined) return misuse(io, `-seeds takes 1..100, 42 or 3,7, not "${text}".`);
  const options = readOptions(flags);
  if (typeof options === "string") return misuse(io, options);
  const told = seeds.length === 1 && !boolFlag(flags, "quiet");
  let failed = 0;
  for (const seed of seeds) {
    const began = performance.now();
    const report = runGossipSeed({
      ...options,
      seed,
      observers: told ? [(world) => tellEvents(io, world)] : [],
    });
    if (!report.ok) failed++;
    if (!report.ok || seeds.length === 1) printReport(io, report, options, performance.now() - began);
    if (!report.ok && boolFlag(flags, "shrink")) printShrunk(io, { ...options, seed });
  }
  if (seeds.length > 1) say(io, `${count(seeds.length)} seeds, ${count(failed)} failed`);
  return failed === 0 ? EXIT_OK : EXIT_VIOLATION;
}

type Options = Required<Pick<GossipSwarmOptions, "members" | "seconds" | "founded">> &
  Pick<GossipSwarmOptions, "trouble" | "planted" | "strikes">;

/** @returns What is wrong with them, as text. */
function readOptions(flags: FlagValues): Options | string {
  const members = flags.has("members") ? wholeNumber(flags, "members", 1, MOST_MEMBERS) : DEFAULT_MEMBERS;
  if (typeof members === "string") return members;
  const seconds = flags.has("seconds") ? wholeNumber(flags, "seconds", 1, MOST_SECONDS) : DEFAULT_SECONDS;
  if (typeof seconds === "string") return seconds;
  const kinds = readKinds(stringFlag(flags, "faults"));
  if (typeof kinds === "string") return kinds;
  const planted = plantedWord(flags);
  if (!planted.ok) return planted.error;
  const strikes = readNumbers(stringFlag(flags, "strikes"));
  if (typeof strikes === "string") return strikes;
  return {
    members,
    seconds,
    founded: boolFlag(flags, "founded"),
    trouble: {
      ...(kinds === undefined ? {} : { kinds }),
      ...(boolFlag(flags, "calm") ? { weather: CALM } : {}),
    },
    planted: planted.name,
    strikes,
  };
}

/** @returns What is wrong with them, as text. */
function readNumbers(text: string | undefined): readonly number[] | string | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return [];
  return /^\d{1,6}(,\d{1,6})*$/.test(text)
    ? text.split(",").map(Number)
    : `-strikes takes numbers like 0,3, or none, not "${text}".`;
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

/** One line for each thing that happens to a member, or that a member learns of another. */
function tellEvents(io: Io, world: GossipWorld): GossipObserver {
  const line = (who: string, what: string): void =>
    say(io, `${(world.nowUs / 1e6).toFixed(3).padStart(9)}  ${who.padEnd(6)} ${what}`);
  return {
    onStart: ({ name }) => line(name, "starts"),
    onEnd: ({ name }, left) => line(name, left ? "has left" : "is gone"),
    onNote: (member, text) => line(member?.name ?? "", text),
    afterStep({ name }, _input, _nowMs, effects) {
      for (const effect of effects)
        if (effect.type === "member") line(name, `${effect.event} ${effect.member.name}`);
    },
  };
}

function printReport(io: Io, report: GossipReport, options: Options, wallMs: number): void {
  const { seed, ok, violation, message, simulatedMs, events, digest, settledMs, deaths, faults } = report;
  const { members, seconds } = options;
  say(io, `run       gossip of ${count(members)} members, ${seconds} s of trouble, seed ${seed}`);
  const kinds = [...faults].map(([kind, times]) => `${kind} ${times}x`);
  say(io, `trouble   ${kinds.length === 0 ? "none" : kinds.join(", ")}`);
  say(io, `deaths    ${deaths.ofRunning} declared of members that ran, ${deaths.ofWell} among the well`);
  if (settledMs !== undefined) say(io, `calm      all of one mind after ${settledMs / 1000} s`);
  say(io, ok ? "verdict   ok: every rule is kept" : `verdict   VIOLATED ${violation}: ${message}`);
  say(io, `          ${pace(simulatedMs, wallMs, events)}`);
  say(io, `          digest ${digest}`);
  say(io, `repeat    ${repeatLine(io, seed, options)}`);
}

function repeatLine(io: Io, seed: string, options: Options): string {
  const { members, seconds, founded, trouble, planted, strikes } = options;
  const flags = [
    members === DEFAULT_MEMBERS ? "" : ` --members ${members}`,
    seconds === DEFAULT_SECONDS ? "" : ` --seconds ${seconds}`,
    founded ? " --founded" : "",
    trouble?.kinds === undefined ? "" : ` --faults ${trouble.kinds.join(",") || "none"}`,
    trouble?.weather === undefined ? "" : " --calm",
    strikes === undefined ? "" : ` --strikes ${strikes.join(",") || "none"}`,
    planted === undefined ? "" : ` --planted ${planted}`,
  ];
  return `${io.program} sim gossip --seeds ${seed}${flags.join("")}`;
}

function printShrunk(io: Io, options: Options & { readonly seed: string }): void {
  const shrunk = shrinkGossip(options);
  if (shrunk === undefined) return;
  const { members = options.members, seconds = options.seconds, strikes } = shrunk.options;
  say(
    io,
    `short     ${members} members, ${seconds} s, ${strikes?.length ?? 0} strikes; ${shrunk.runs} runs were tried`,
  );
  say(io, `          ${repeatLine(io, options.seed, { ...options, ...shrunk.options, members, seconds })}`);
}
