// `sim gossip`: seeds of the gossip-only swarm: pools of a dozen members or of thousands, trouble, calm, and the rules of
// membership looked at after every step. One seed is told event by event; of many only what came of them is said.

import { resolve } from "node:path";
import type { GossipWords } from "../../../sim/campaign/options.ts";
import { parseSeeds } from "../../../sim/campaign/seeds.ts";
import { createGossipRecorder } from "../../../sim/gossip/recording.ts";
import { shrinkGossip } from "../../../sim/gossip/shrink.ts";
import {
  DEFAULT_SECONDS,
  type GossipReport,
  type GossipSwarmOptions,
  runGossipSeed,
} from "../../../sim/gossip/swarm.ts";
import type { GossipObserver, GossipWorld } from "../../../sim/gossip/world.ts";
import { type Call, type Command, say } from "../command.ts";
import { boolFlag, type Flag, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { GOSSIP_FLAGS, gossipOptions, readGossipWords, repeatGossip } from "./gossip-words.ts";
import { openTrace } from "./trace-file.ts";
import {
  count,
  EXIT_CODES,
  EXIT_OK,
  EXIT_VIOLATION,
  misuse,
  PLANTED_FLAG,
  pace,
  simCommand,
} from "./words.ts";

const FLAGS: readonly Flag[] = [
  { name: "seeds", kind: "string", description: "Which `seeds`: 42, or 1..100, or 3,7.", fallback: "1" },
  ...GOSSIP_FLAGS,
  {
    name: "strikes",
    kind: "string",
    description: "Of the strikes only those with these `numbers`: 0,3. What a shrunk run is made of.",
  },
  { name: "shrink", kind: "bool", description: "Make a failing run short, and say how to repeat that." },
  PLANTED_FLAG,
  { name: "trace", kind: "string", description: "Record the run in this `file`, for `replay`." },
  { name: "quiet", kind: "bool", description: "Print what came of it, and not every event." },
];

export const command: Command = simCommand({
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
  names: false,
  run: runGossip,
});

async function runGossip(call: Call): Promise<number> {
  const { io, flags } = call;
  const text = stringFlag(flags, "seeds") ?? "";
  const seeds = parseSeeds(text);
  if (seeds === undefined) return misuse(io, `-seeds takes 1..100, 42 or 3,7, not "${text}".`);
  const told = readGossipWords(flags);
  if (typeof told === "string") return misuse(io, told);
  const strikes = readNumbers(stringFlag(flags, "strikes"));
  if (typeof strikes === "string") return misuse(io, strikes);
  const file = stringFlag(flags, "trace");
  if (file !== undefined && seeds.length > 1) return misuse(io, "-trace is of one seed.");
  if (file !== undefined && told.founded)
    return misuse(
      io,
      "-trace is of pools that come together: in one that was there before, nobody was given what he knows.",
    );
  const isTold = seeds.length === 1 && !boolFlag(flags, "quiet");
  let failed = 0;
  for (const seed of seeds) {
    const began = performance.now();
    const options = { seed, strikes, ...gossipOptions(told) };
    const trace =
      file === undefined
        ? undefined
        : openTrace(resolve(io.cwd, file), (write) => createGossipRecorder(seed, write));
    const { recorder } = trace ?? {};
    const report = runGossipSeed({
      observers: [
        ...(recorder === undefined ? [] : [recorder.observer]),
        ...(isTold ? [(world: GossipWorld) => tellEvents(io, world)] : []),
      ],
      listen: recorder?.listen,
      ...options,
    });
    if (!report.ok) failed++;
    const unwritten = await trace?.close(report);
    if (unwritten !== undefined) return misuse(io, `The trace could not be written: ${unwritten}`);
    const repeat = repeatGossip(io.program, seed, told, strikes);
    if (!report.ok || seeds.length === 1) printReport(io, report, told, repeat, performance.now() - began);
    if (!report.ok && boolFlag(flags, "shrink")) printShrunk(io, told, options);
  }
  if (seeds.length > 1) say(io, `${count(seeds.length)} seeds, ${count(failed)} failed`);
  return failed === 0 ? EXIT_OK : EXIT_VIOLATION;
}

/** @returns What is wrong with them, as text. */
function readNumbers(text: string | undefined): readonly number[] | string | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return [];
  return /^\d{1,6}(,\d{1,6})*$/.test(text)
    ? text.split(",").map(Number)
    : `-strikes takes numbers like 0,3, or none, not "${text}".`;
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

function printReport(io: Io, report: GossipReport, words: GossipWords, repeat: string, wallMs: number): void {
  const { seed, pool, ok, violation, message, simulatedMs, events, digest, settledMs, deaths, faults } =
    report;
  const { members, seconds = DEFAULT_SECONDS[pool] } = words;
  const sort = pool === "wan" ? " of two datacenters" : "";
  say(io, `run       gossip of ${count(members)} members${sort}, ${seconds} s of trouble, seed ${seed}`);
  const kinds = [...faults].map(([kind, times]) => `${kind} ${times}x`);
  say(io, `trouble   ${kinds.length === 0 ? "none" : kinds.join(", ")}`);
  say(io, `deaths    ${deaths.ofRunning} declared of members that ran, ${deaths.ofWell} among the well`);
  if (settledMs !== undefined) say(io, `calm      all of one mind after ${settledMs / 1000} s`);
  say(io, ok ? "verdict   ok: every rule is kept" : `verdict   VIOLATED ${violation}: ${message}`);
  say(io, `          ${pace(simulatedMs, wallMs, events)}`);
  say(io, `          digest ${digest}`);
  say(io, `repeat    ${repeat}`);
}

function printShrunk(io: Io, words: GossipWords, options: GossipSwarmOptions): void {
  const shrunk = shrinkGossip(options);
  if (shrunk === undefined) return;
  const { members = words.members, seconds, strikes, trouble } = shrunk.options;
  const told = seconds ?? DEFAULT_SECONDS[shrunk.report.pool];
  say(
    io,
    `short     ${members} members, ${told} s, ${strikes?.length ?? 0} strikes; ${shrunk.runs} runs were tried`,
  );
  const { kinds: faults = words.faults, weather } = trouble ?? {};
  const short = { ...words, members, seconds, faults, calm: weather !== undefined };
  say(io, `          ${repeatGossip(io.program, options.seed, short, strikes)}`);
}
