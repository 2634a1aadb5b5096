// `sim shrink`: a failing seed, or a schedule from a file, made as short as it can be: printed, kept as a file that can be
// performed again, and written as a test to paste.

import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { printTest } from "../../../sim/shrink/as-test.ts";
import { perform, ruleOf } from "../../../sim/shrink/perform.ts";
import { type Reduction, reduceSchedule } from "../../../sim/shrink/reduce.ts";
import {
  countFaults,
  countSteps,
  parseSchedule,
  printSchedule,
  type Schedule,
} from "../../../sim/shrink/schedule.ts";
import { DEFAULT_BUDGET, shrinkSwarm } from "../../../sim/shrink/shrink.ts";
import type { FailedRun } from "../../../sim/shrink/simplify-run.ts";
import { textLines } from "../../../sim/trace.ts";
import { type Call, type Command, say } from "../command.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import {
  count,
  EXIT_CODES,
  EXIT_OK,
  EXIT_VIOLATION,
  misuse,
  PLANTED_FLAG,
  readSwarmWords,
  reasonOf,
  repeatLine,
  SWARM_FLAGS,
  simCommand,
  wholeNumber,
} from "./words.ts";

const MOST_BUDGET = 1_000_000_000;
/** How often the line that says how short it is by now is written anew. */
const PROGRESS_MS = 500;

const FLAGS: readonly Flag[] = [
  { name: "seed", kind: "string", description: "The failing `seed` of the swarm. Default 1.", fallback: "1" },
  ...SWARM_FLAGS,
  PLANTED_FLAG,
  {
    name: "budget",
    kind: "int",
    description: "Spend at most so many `steps` of agents on a schedule.",
    fallback: String(DEFAULT_BUDGET),
  },
  { name: "out", kind: "string", description: "Write the shrunk schedule to this `file`." },
  { name: "test", kind: "string", description: "Write a test that performs it to this `file`." },
  { name: "trace", kind: "bool", description: "Print what happens when the shrunk schedule is performed." },
];

export const command: Command = simCommand({
  usage: (program) => `
Usage: ${program} sim shrink [options] [<schedule>]

  Makes a failing run of the swarm short: fewer servers and kinds of fault, then
  a schedule that names what happened to Raft, step by step, then that schedule
  without every step that the failure does without. What is left breaks the same
  rule.

      $ ${program} sim shrink --seed 42
      $ ${program} sim shrink --seed 1 --planted kv-cas-ignores-index --out bug.schedule

  Given a schedule's file it performs that, and makes it shorter if it can:

      $ ${program} sim shrink bug.schedule --test bug.test.ts

${EXIT_CODES}`,
  flags: FLAGS,
  names: true,
  run: runShrink,
});

async function runShrink(call: Call): Promise<number> {
  const { io, args, flags } = call;
  const [file, ...more] = args;
  if (more.length > 0) return misuse(io, `One schedule at a time, not ${args.join(" ")}.\n${call.help()}`);
  const budget = wholeNumber(flags, "budget", 1, MOST_BUDGET);
  if (typeof budget === "string") return misuse(io, budget);
  const progress = createProgress(io);
  return file === undefined
    ? shrinkSeed(io, flags, budget, progress)
    : shrinkFile(io, flags, file, budget, progress);
}

async function shrinkSeed(io: Io, flags: FlagValues, budget: number, progress: Progress): Promise<number> {
  const swarm = readSwarmWords(flags);
  if (typeof swarm === "string") return misuse(io, swarm);
  const seed = stringFlag(flags, "seed") ?? "1";
  const result = shrinkSwarm({ seed, ...swarm }, { budget, onProgress: progress.show });
  progress.clear();
  const again = repeatLine(io.program, "swarm", seed, swarm);
  switch (result.outcome) {
    case "clean":
      say(io, `Seed ${seed} breaks no rule: there is nothing to shrink.`);
      say(io, `repeat    ${again}`);
      return EXIT_OK;
    case "timed":
      say(io, `VIOLATED ${result.run.report.violation}: ${result.run.report.message}`);
      say(io, `No schedule fails like it: what breaks it is a matter of time. ${simplest(result.simplest)}`);
      say(io, `repeat    ${again}`);
      return EXIT_VIOLATION;
    case "shrunk": {
      const { from, reduction, stepsBefore } = result;
      const origin =
        from.options.seed === seed
          ? `seed ${seed}`
          : `seed ${from.options.seed}, which fails like seed ${seed}`;
      return printReduction(io, flags, reduction, `of ${count(stepsBefore)} (${origin})`);
    }
  }
}

/** In words for people: how plain the run could be made that still fails. */
function simplest({ options, report }: FailedRun): string {
  const faults = options.faults === undefined ? "all its faults" : options.faults.join(", ") || "no faults";
  const places = report.datacenters === 1 ? "" : " in the first of two datacenters";
  return `The simplest run that fails: seed ${options.seed}, ${options.servers ?? 5} servers${places}, ${faults}.`;
}

async function shrinkFile(
  io: Io,
  flags: FlagValues,
  file: string,
  budget: number,
  progress: Progress,
): Promise<number> {
  let text: string;
  try {
    text = readFileSync(resolve(io.cwd, file), "utf8");
  } catch (error) {
    return misuse(io, `The schedule could not be read: ${reasonOf(error)}`);
  }
  const parsed = parseSchedule(text);
  if (!parsed.ok) return misuse(io, `${file} is no schedule: ${parsed.error}.`);
  const { schedule } = parsed;
  const { violation } = perform(schedule);
  if (violation === undefined) {
    say(io, `${file} breaks no rule: there is nothing to shrink.`);
    return EXIT_OK;
  }
  const reduction = reduceSchedule(schedule, ruleOf(violation), { budget, onProgress: progress.show });
  progress.clear();
  // The same schedule was performed just now, and failed.
  if (reduction === undefined) return misuse(io, `${file} fails now and then: the simulator has a fault.`);
  return printReduction(io, flags, reduction, `of ${count(countSteps(schedule))} (${file})`);
}

function printReduction(io: Io, flags: FlagValues, reduction: Reduction, origin: string): number {
  const { schedule, violation, tries, unfinished } = reduction;
  io.stdout(printSchedule(schedule));
  if (boolFlag(flags, "trace")) {
    say(io, "");
    perform(schedule, { observers: [(world) => textLines(world, (line) => say(io, line))] });
  }
  say(io, "");
  say(io, `verdict   VIOLATED ${violation.id}: ${violation.message}`);
  say(io, `          ${stepsOf(schedule)} ${origin}, after ${count(tries)} tries`);
  if (unfinished) say(io, "          the budget was spent: a larger -budget may make it shorter");
  const written = [
    write(io, stringFlag(flags, "out"), () => printSchedule(schedule)),
    write(io, stringFlag(flags, "test"), () =>
      printTest(nameOf(schedule, violation.id), schedule, violation),
    ),
  ];
  const failed = written.find((each) => each !== undefined);
  return failed === undefined ? EXIT_VIOLATION : misuse(io, failed);
}

/** "17 steps and 2 faults" */
function stepsOf(schedule: Schedule): string {
  const amount = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? "" : "s"}`;
  return `${amount(countSteps(schedule), "step")} and ${amount(countFaults(schedule), "fault")}`;
}

function nameOf({ planted }: Schedule, rule: string): string {
  return planted === undefined ? `what broke ${rule} once does so no more` : `${planted} is mended`;
}

/** @returns What went wrong, if anything. */
function write(io: Io, file: string | undefined, text: () => string): string | undefined {
  if (file === undefined) return undefined;
  try {
    writeFileSync(resolve(io.cwd, file), text());
    say(io, `written   ${file}`);
    return undefined;
  } catch (error) {
    return `${file} could not be written: ${reasonOf(error)}`;
  }
}

interface Progress {
  show(schedule: Schedule): void;
  clear(): void;
}

/** A line on stderr that is written over, where somebody looks at it. */
function createProgress(io: Io): Progress {
  const shown = process.stderr.isTTY === true;
  let last = Number.NEGATIVE_INFINITY;
  return {
    show(schedule) {
      const now = performance.now();
      if (!shown || now - last < PROGRESS_MS) return;
      last = now;
      io.stderr(`\r\x1b[K${stepsOf(schedule)} left`);
    },
    clear() {
      if (shown) io.stderr("\r\x1b[K");
    },
  };
}
