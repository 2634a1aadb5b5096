// A recorded run, run again: fresh agents, or members of a pool, are given what was recorded, and every choice they ask for and every effect
// they cause is compared with the recording. The first difference ends it, with both sides, what came before it, and the
// state of the agent.

import type { Agent } from "../core/agent/state.ts";
import { type Chance, DOOR } from "../core/lib/chance.ts";
import { equalPlain, printPlain } from "../core/lib/plain.ts";
import {
  type ReadRecord,
  type RecordedEffect,
  type RecordedInput,
  readRecord,
  TRACE_FORMAT,
  TRACE_VERSION,
  type TraceRecord,
} from "./recording.ts";
import { beginMachine, type ReplayMachine } from "./replay-machines.ts";
import type { Choice } from "./world.ts";

type Step = Extract<TraceRecord, { type: "step" }>;

export interface ReplayOptions {
  /** Look at this agent only; it does not need the others. */
  readonly node?: string | undefined;
  /** Stop before the first step past this, by the node's own clock. */
  readonly untilMs?: number | undefined;
  /** Called before each step that is run again. */
  readonly onStep?: (record: Step, number: number) => void;
}

export interface Difference {
  /** Counted from 1, over all records of the file. */
  readonly record: number;
  readonly node: string;
  readonly nowMs: number;
  readonly input: RecordedInput | undefined;
  /** What differs: "choice 2", "effect 1", "error", "state". */
  readonly what: string;
  readonly recorded: string;
  readonly replayed: string;
  /** The last inputs of this agent before it, oldest first. */
  readonly before: readonly string[];
}

export type ReplayResult = {
  readonly steps: number;
  readonly effects: number;
  /** The last agent of each name, living or not; of a pool of gossip none. */
  readonly agents: ReadonlyMap<string, Agent>;
  /** What the recorded run came to, if its end was recorded. */
  readonly verdict: Verdict | undefined;
} & Ending;

/** How many inputs before a difference are told. */
const TOLD_INPUTS = 8;

interface Life {
  readonly machine: ReplayMachine;
  /** Of its last step. */
  nowMs: number;
  readonly chance: RecordedChance;
  readonly inputs: string[];
}

/** Plays a recording's choices; a question that was not asked then is a difference. */
interface RecordedChance extends Chance {
  expected: readonly Choice[];
  asked: number;
  wrong: { readonly at: number; readonly recorded: string; readonly replayed: string } | undefined;
}

function recordedChance(): RecordedChance {
  return {
    [DOOR]: true,
    expected: [],
    asked: 0,
    wrong: undefined,
    choose(site, n) {
      const at = this.asked++;
      const choice = this.expected[at];
      if (choice?.site === site && choice.n === n) return choice.chosen;
      const recorded = choice === undefined ? "nothing" : `${choice.site} of ${choice.n}`;
      this.wrong ??= { at: at + 1, recorded, replayed: `${site} of ${n}` };
      return 0;
    },
  };
}

/** A replay under way. */
interface Replay {
  readonly options: ReplayOptions;
  readonly lives: Map<string, Life>;
  /** The last agent of each name, living or not. */
  readonly agents: Map<string, Agent>;
  header: Header | undefined;
  verdict: Verdict | undefined;
  steps: number;
  effects: number;
}

type Header = Extract<TraceRecord, { type: "header" }>;
type Verdict = Extract<TraceRecord, { type: "verdict" }>;
/** Why a replay goes no further. */
type Ending =
  | { readonly outcome: "same" }
  /** The recording ends in the middle of a record; up to there all was the same. */
  | { readonly outcome: "cut" }
  | { readonly outcome: "different"; readonly difference: Difference }
  | { readonly outcome: "unreadable"; readonly error: string };

const SAME: Ending = { outcome: "same" };

function unreadable(error: string): Ending {
  return { outcome: "unreadable", error };
}

/** Runs a recording again. Never throws for what is in the file. */
export function replay(bytes: Uint8Array, options: ReplayOptions = {}): ReplayResult {
  const run: Replay = {
    options,
    lives: new Map(),
    agents: new Map(),
    header: undefined,
    verdict: undefined,
    steps: 0,
    effects: 0,
  };
  const { steps, effects, agents, verdict, ending } = playAll(run, bytes);
  return { steps, effects, agents, verdict, ...ending };
}

function playAll(run: Replay, bytes: Uint8Array): Replay & { readonly ending: Ending } {
  let at = 0;
  for (let number = 1; ; number++) {
    const read = readRecord(bytes, at);
    if (read.type !== "record") return { ...run, ending: endOfFile(run, read, number) };
    const ending = tryRecord(run, read.record, number);
    if (ending !== undefined) return { ...run, ending };
    at = read.next;
  }
}

function endOfFile(run: Replay, read: Exclude<ReadRecord, { type: "record" }>, number: number): Ending {
  if (read.type === "bad") return unreadable(`record ${number}: ${read.error}`);
  if (run.header === undefined) return unreadable("this is no trace of quorate");
  return { outcome: read.type === "end" ? "same" : "cut" };
}

/** A file that somebody edited may hold anything under a record's name. */
function tryRecord(run: Replay, record: TraceRecord, number: number): Ending | undefined {
  try {
    return playRecord(run, record, number);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return unreadable(`record ${number} is no sound ${record.type}: ${why}`);
  }
}

function playRecord(run: Replay, record: TraceRecord, number: number): Ending | undefined {
  if (run.header === undefined) return openTrace(run, record);
  if (record.type === "header" || record.type === "note") return undefined;
  if (record.type === "verdict") {
    run.verdict = record;
    return undefined;
  }
  if (run.options.node !== undefined && record.node !== run.options.node) return undefined;
  switch (record.type) {
    case "start":
      return beginLife(run, run.header, record, number);
    case "end":
      run.lives.delete(record.node);
      return undefined;
    case "step":
    case "state": {
      const life = run.lives.get(record.node);
      if (life === undefined) return unreadable(`record ${number}: ${record.node} has not started`);
      return record.type === "step" ? takeStep(run, life, record, number) : judgeState(life, record, number);
    }
  }
}

function openTrace(run: Replay, record: TraceRecord): Ending | undefined {
  if (record.type !== "header" || record.format !== TRACE_FORMAT)
    return unreadable("this is no trace of quorate");
  if (record.version !== TRACE_VERSION)
    return unreadable(
      `its format has version ${record.version}, and this build reads version ${TRACE_VERSION}`,
    );
  run.header = record;
  return undefined;
}

function beginLife(
  run: Replay,
  header: Header,
  record: Extract<TraceRecord, { type: "start" }>,
  number: number,
): Ending | undefined {
  const chance = recordedChance();
  chance.expected = record.choices;
  const machine = beginMachine(header, record, chance);
  if (machine === undefined) return unreadable(`record ${number}: no configuration for ${record.node}`);
  run.lives.set(record.node, { machine, chance, nowMs: record.nowMs, inputs: [] });
  if (machine.agent !== undefined) run.agents.set(record.node, machine.agent);
  return undefined;
}

function takeStep(run: Replay, life: Life, record: Step, number: number): Ending | undefined {
  const { untilMs, onStep } = run.options;
  if (untilMs !== undefined && record.nowMs > untilMs) return SAME;
  onStep?.(record, number);
  life.nowMs = record.nowMs;
  const difference = playStep(life, record, number);
  if (difference !== undefined) return { outcome: "different", difference };
  run.steps++;
  run.effects += record.effects.length;
  return undefined;
}

/** Equal effects so far, and yet another state: the next effects that differ would be far from the cause. */
function judgeState(
  { machine, nowMs, inputs }: Life,
  record: Extract<TraceRecord, { type: "state" }>,
  number: number,
): Ending | undefined {
  const replayed = machine.digest();
  if (replayed === record.digest) return undefined;
  const { node, digest: recorded } = record;
  const difference: Difference = {
    record: number,
    node,
    nowMs,
    input: undefined,
    what: "state",
    recorded,
    replayed,
    before: [...inputs],
  };
  return { outcome: "different", difference };
}

function playStep(life: Life, record: Step, number: number): Difference | undefined {
  const { machine, chance, inputs } = life;
  chance.expected = record.choices;
  chance.asked = 0;
  const differ = (what: string, recorded: string, replayed: string): Difference => ({
    record: number,
    node: record.node,
    nowMs: record.nowMs,
    input: record.input,
    what,
    recorded,
    replayed,
    before: [...inputs],
  });
  let effects: readonly RecordedEffect[];
  try {
    effects = machine.step(record.input, record.nowMs);
  } catch (error) {
    return differ("error", "none", error instanceof Error ? error.message : String(error));
  }
  if (chance.wrong !== undefined)
    return differ(`choice ${chance.wrong.at}`, chance.wrong.recorded, chance.wrong.replayed);
  if (chance.asked < record.choices.length)
    return differ(`choice ${chance.asked + 1}`, chance.expected[chance.asked]?.site ?? "", "nothing");
  const difference = firstDifference(record.effects, effects);
  if (difference !== undefined) return differ(...difference);
  inputs.push(
    `${record.nowMs.toFixed(3)}  ${record.input === undefined ? "end of turn" : printPlain(record.input)}`,
  );
  if (inputs.length > TOLD_INPUTS) inputs.shift();
  return undefined;
}

function firstDifference(
  recorded: readonly RecordedEffect[],
  replayed: readonly RecordedEffect[],
): [what: string, recorded: string, replayed: string] | undefined {
  for (let at = 0; at < Math.max(recorded.length, replayed.length); at++) {
    if (equalPlain(recorded[at], replayed[at])) continue;
    const [then, now] = [recorded[at], replayed[at]].map((effect) =>
      effect === undefined ? "nothing" : printPlain(effect),
    );
    return [`effect ${at + 1}`, then as string, now as string];
  }
  return undefined;
}
