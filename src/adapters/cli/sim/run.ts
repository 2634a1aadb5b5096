// `sim run`: one story or one seed of the swarm: its trace, what happened in it, its verdict; recorded where that is wanted.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRecorder } from "../../../sim/recording.ts";
import { runStory, type Story } from "../../../sim/scenario.ts";
import { STORIES } from "../../../sim/stories.ts";
import { createSummary, summarise } from "../../../sim/summary.ts";
import { type SummedRun, summaryLines } from "../../../sim/summary-lines.ts";
import { runSwarm } from "../../../sim/swarm.ts";
import { textLines } from "../../../sim/trace.ts";
import { asViolation } from "../../../sim/violation.ts";
import type { Observer, World } from "../../../sim/world.ts";
import { type Call, type Command, say } from "../command.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { renderRun } from "./run-json.ts";
import { openTrace } from "./trace-file.ts";
import {
  EXIT_CODES,
  EXIT_OK,
  EXIT_VIOLATION,
  flagsOf,
  misuse,
  PLANTED_FLAG,
  pace,
  readSwarmWords,
  reasonOf,
  repeatLine,
  SWARM_FLAGS,
  type SwarmWords,
  simCommand,
} from "./words.ts";

const FLAGS: readonly Flag[] = [
  {
    name: "seed",
    kind: "string",
    description: "The `seed` that everything is drawn from.",
    fallback: "1",
  },
  ...SWARM_FLAGS,
  PLANTED_FLAG,
  { name: "trace", kind: "string", description: "Record the run in this `file`, for `replay`." },
  { name: "quiet", kind: "bool", description: "Print what came of it, and not every event." },
  { name: "json", kind: "bool", description: "Print what came of it as JSON, and nothing else." },
];

export const command: Command = simCommand({
  usage: (program) => `
Usage: ${program} sim run [options] <story | swarm | file>

  Tells a story and judges it. The story is one of \`sim list\`, or "swarm" for
  trouble drawn from the seed, or a file of your own: a JavaScript module whose
  default export is a function that is handed the scenario to tell. A story
  brings its own agents, time and faults; -duration, -servers, -clients and
  -faults are for the swarm.

      $ ${program} sim run leader-loss --seed 42
      $ ${program} sim run swarm --servers 3 --clients 2 --duration 5m \\
          --faults crash,partition --seed 42 --quiet

  At the end stands what happened: who led when, what trouble there was and
  when, what clients asked and what became of it, what was checked.

${EXIT_CODES}`,
  flags: FLAGS,
  names: true,
  run: runRun,
});

/** What a run came to. */
export interface Outcome extends SummedRun {
  readonly ok: boolean;
  readonly violation: string;
  readonly message: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly digest: string;
}

/** What is to be run. */
export interface RunTask {
  readonly name: string;
  readonly seed: string;
  /** Undefined: the swarm. */
  readonly story: Story | undefined;
  readonly swarm: SwarmWords;
}

async function runRun(call: Call): Promise<number> {
  const { io, args, flags } = call;
  const [name, ...more] = args;
  if (name === undefined) return misuse(io, `Which story? One name is needed.\n${call.help()}`);
  if (more.length > 0)
    return misuse(io, `Which story? One name is needed, not ${more.length + 1}: ${args.join(", ")}.`);
  const task = await readTask(name, flags, io.cwd);
  return typeof task === "string" ? misuse(io, task) : runTask(io, task, flags);
}

/** @returns What is wrong, as text. */
async function readTask(name: string, flags: FlagValues, cwd: string): Promise<RunTask | string> {
  const swarm = readSwarmWords(flags);
  if (typeof swarm === "string") return swarm;
  const seed = stringFlag(flags, "seed") ?? "";
  if (seed === "") return "-seed takes a number or a word.";
  if (name === "swarm") return { name, seed, story: undefined, swarm };
  const strange = SWARM_FLAGS.filter((flag) => flags.has(flag.name)).map((flag) => `-${flag.name}`);
  if (strange.length > 0)
    return `A story brings its own agents, time and faults: ${strange.join(", ")} ${strange.length === 1 ? "is" : "are"} for \`sim run swarm\`.`;
  const story = await findStory(name, cwd);
  return typeof story === "string" ? story : { name, seed, story, swarm };
}

/** @returns The story, or why there is none. */
async function findStory(name: string, cwd: string): Promise<Story | string> {
  const known = STORIES.find((each) => each.name === name);
  if (known !== undefined) return known.story;
  if (!/[./\\]/.test(name))
    return `There is no story "${name}". There are ${STORIES.map((each) => each.name).join(", ")} and swarm; a file of your own needs its extension.`;
  try {
    const module = (await import(pathToFileURL(resolve(cwd, name)).href)) as { default?: unknown };
    return typeof module.default === "function"
      ? (module.default as Story)
      : `${name} has no default export that is a function.`;
  } catch (error) {
    return `${name} could not be loaded: ${reasonOf(error)}`;
  }
}

async function runTask(io: Io, task: RunTask, flags: FlagValues): Promise<number> {
  const { name, seed, swarm, story } = task;
  const file = stringFlag(flags, "trace");
  const json = boolFlag(flags, "json");
  const trace =
    file === undefined
      ? undefined
      : openTrace(resolve(io.cwd, file), (write) =>
          createRecorder(name, seed, write, story === undefined ? swarm : undefined),
        );
  const summary = createSummary();
  const observers = [summarise(summary)];
  if (trace !== undefined) observers.push(trace.recorder.observer);
  if (!json && !boolFlag(flags, "quiet"))
    observers.push((world) => textLines(world, (line) => say(io, line)));
  const began = performance.now();
  const outcome = execute(task, observers, trace?.recorder.listen);
  const wallMs = performance.now() - began;
  const failed = await trace?.close(outcome);
  if (json) io.stdout(renderRun(task, summary, outcome, wallMs));
  else {
    say(io, `${boolFlag(flags, "quiet") ? "" : "\n"}run       ${describeTask(task)}`);
    for (const line of summaryLines(summary, outcome)) say(io, line);
    printVerdict(io, outcome, wallMs, repeatLine(io.program, name, seed, swarm));
    if (!outcome.ok && story === undefined)
      say(io, `shorten   ${io.program} sim shrink --seed ${seed}${flagsOf(true, swarm)}`);
  }
  if (failed !== undefined) return misuse(io, `The trace could not be written: ${failed}`);
  return outcome.ok ? EXIT_OK : EXIT_VIOLATION;
}

/** "swarm of 5 servers and 2 clients for 60 s, seed 42" */
function describeTask({ name, seed, story, swarm }: RunTask): string {
  const { servers, clients, seconds, datacenters, faults, planted } = swarm;
  const known = STORIES.find((each) => each.story === story);
  const agents = `${servers} server${servers === 1 ? "" : "s"}${clients === 0 ? "" : ` and ${clients} client${clients === 1 ? "" : "s"}`}`;
  const places =
    datacenters === undefined ? "" : ` in ${datacenters} datacenter${datacenters === 1 ? "" : "s"}`;
  const trouble = faults === undefined ? "" : `, faults ${faults.join(", ") || "none"}`;
  const what =
    story === undefined
      ? `swarm of ${agents}${places} for ${seconds} s${trouble}`
      : `${name}${known === undefined ? "" : `: ${known.about}`}`;
  return `${what}, seed ${seed}${planted === undefined ? "" : `, planted ${planted}`}`;
}

type Listen = Parameters<typeof runStory>[1]["listen"];

/** What is thrown that is no finding of the simulator's is a mistake of the story's, or of ours: the user is to see where. */
function execute(
  { seed, story, swarm }: RunTask,
  observers: readonly ((world: World) => Observer)[],
  listen: Listen,
): Outcome {
  let world: World | undefined;
  const remember = (each: World): Observer => {
    world = each;
    return {};
  };
  const stage = { seed, observers: [...observers, remember], ...(listen === undefined ? {} : { listen }) };
  const figures = (): Pick<Outcome, "simulatedMs" | "events"> => ({
    simulatedMs: (world?.nowUs ?? 0) / 1000,
    events: world?.events ?? 0,
  });
  try {
    if (story === undefined) return runSwarm({ ...stage, ...swarm });
    const scenario = runStory(story, { ...stage, planted: swarm.planted });
    return { ok: true, violation: "", message: "", ...figures(), digest: scenario.digest() };
  } catch (error) {
    return { ok: false, ...findingOf(error), ...figures(), digest: "" };
  }
}

function findingOf(error: unknown): Pick<Outcome, "violation" | "message"> {
  try {
    const { id, message } = asViolation(error);
    return { violation: id, message };
  } catch {
    return { violation: "exception", message: (error instanceof Error && error.stack) || String(error) };
  }
}

function printVerdict(io: Io, outcome: Outcome, wallMs: number, again: string): void {
  if (outcome.ok) say(io, "verdict   ok: every checker is satisfied");
  else say(io, `verdict   VIOLATED ${outcome.violation}: ${outcome.message}`);
  say(io, `          ${pace(outcome.simulatedMs, wallMs, outcome.events)}`);
  if (outcome.digest !== "") say(io, `          digest ${outcome.digest}`);
  say(io, `repeat    ${again}`);
}
