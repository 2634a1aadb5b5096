// `sim run`: one story or one seed of the swarm, its trace, its verdict; recorded where that is wanted.

import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRecorder, encodeRecord, type Recorder, type TraceRecord } from "../../../sim/recording.ts";
import { runStory, type Story } from "../../../sim/scenario.ts";
import { STORIES } from "../../../sim/stories.ts";
import { asViolation, runSwarm } from "../../../sim/swarm.ts";
import { textLines } from "../../../sim/trace.ts";
import type { Observer, World } from "../../../sim/world.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type Flag, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { pace, readSwarmWords, readWords, repeatLine, SWARM_FLAGS } from "./words.ts";

const FLAGS: readonly Flag[] = [
  {
    name: "seed",
    kind: "string",
    description: "The `seed` that everything is drawn from. Default 1.",
    fallback: "1",
  },
  ...SWARM_FLAGS,
  { name: "trace", kind: "string", description: "Record the run in this `file`." },
  { name: "quiet", kind: "bool", description: "Print the verdict only." },
];

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} sim run [options] <story | swarm | file>

  Tells a story and judges it. The story is one of \`sim list\`, or "swarm" for
  trouble drawn from the seed, or a file of your own: a JavaScript module whose
  default export is a function that is handed the scenario to tell. A story
  brings its own servers and takes its time; -seconds and -servers are for the
  swarm.`,
  flags: FLAGS,
  run: runRun,
};

interface Outcome {
  readonly ok: boolean;
  readonly violation: string;
  readonly message: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly digest: string;
}

async function runRun(call: Call): Promise<number> {
  const { io } = call;
  const words = readWords(FLAGS, call.flags, call.args);
  if (!words.ok) return complain(io, words.error);
  const [name, ...more] = words.args;
  if (name === undefined || more.length > 0)
    return complain(io, `Which story? One name is needed.\n${call.help()}`);
  const story = name === "swarm" ? undefined : await findStory(name, io.cwd);
  if (typeof story === "string") return complain(io, story);
  const seed = stringFlag(words.flags, "seed") ?? "1";
  const swarm = readSwarmWords(words.flags);
  if (typeof swarm === "string") return complain(io, swarm);
  const { planted } = swarm;
  const file = stringFlag(words.flags, "trace");
  const trace = file === undefined ? undefined : openTrace(resolve(io.cwd, file), name, seed);
  const observers: ((world: World) => Observer)[] = trace === undefined ? [] : [trace.recorder.observer];
  if (!boolFlag(words.flags, "quiet")) observers.push((world) => textLines(world, (line) => say(io, line)));
  const setting = {
    seed,
    planted,
    observers,
    ...(trace === undefined ? {} : { listen: trace.recorder.listen }),
  };
  const began = performance.now();
  const outcome = story === undefined ? runSwarm({ ...setting, ...swarm }) : tell(story, setting);
  const wallMs = performance.now() - began;
  const failed = trace === undefined ? undefined : await trace.close(outcome);
  if (failed !== undefined) return complain(io, `The trace could not be written: ${failed}`);
  printVerdict(io, outcome, wallMs, repeatLine(io.program, name, seed, swarm));
  return outcome.ok ? 0 : 1;
}

/** @returns The story, or why there is none. */
async function findStory(name: string, cwd: string): Promise<Story | string> {
  const known = STORIES.find((each) => each.name === name);
  if (known !== undefined) return known.story;
  if (!/[./\\]/.test(name))
    return `There is no story "${name}"; see \`sim list\`. A file of your own needs its extension.`;
  try {
    const module = (await import(pathToFileURL(resolve(cwd, name)).href)) as { default?: unknown };
    return typeof module.default === "function"
      ? (module.default as Story)
      : `${name} has no default export that is a function.`;
  } catch (error) {
    return `${name} could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Tells a story; what it throws that is no finding of the simulator's is the story's own mistake, and the user's to see. */
function tell(story: Story, stage: Parameters<typeof runStory>[1]): Outcome {
  let world: World | undefined;
  const remember = (each: World): Observer => {
    world = each;
    return {};
  };
  const observers = [...(stage.observers ?? []), remember];
  try {
    const scenario = runStory(story, { ...stage, observers });
    return { ok: true, violation: "", message: "", ...figures(scenario.world), digest: scenario.digest() };
  } catch (error) {
    const { id, message } = asViolation(error);
    return { ok: false, violation: id, message, ...figures(world), digest: "" };
  }
}

function figures(world: World | undefined): { simulatedMs: number; events: number } {
  return { simulatedMs: (world?.nowUs ?? 0) / 1000, events: world?.events ?? 0 };
}

function printVerdict(io: Io, outcome: Outcome, wallMs: number, again: string): void {
  say(io, "");
  if (outcome.ok) say(io, "verdict   ok: every checker is satisfied");
  else say(io, `verdict   VIOLATED ${outcome.violation}: ${outcome.message}`);
  say(io, `          ${pace(outcome.simulatedMs, wallMs, outcome.events)}`);
  if (outcome.digest !== "") say(io, `          digest ${outcome.digest}`);
  say(io, `repeat    ${again}`);
}

interface OpenTrace {
  readonly recorder: Recorder;
  /** @returns What went wrong, if anything. */
  close(outcome: Outcome): Promise<string | undefined>;
}

function openTrace(file: string, about: string, seed: string): OpenTrace {
  const stream: WriteStream = createWriteStream(file);
  let failure: string | undefined;
  stream.on("error", (error) => {
    failure = error.message;
  });
  const write = (record: TraceRecord): void => void stream.write(encodeRecord(record));
  return {
    recorder: createRecorder(about, seed, write),
    async close({ ok, violation, message, digest }) {
      write({ type: "verdict", ok, violation, message, digest });
      stream.end();
      if (failure === undefined)
        await Promise.race([once(stream, "close"), once(stream, "error")]).catch(() => undefined);
      return failure;
    },
  };
}
