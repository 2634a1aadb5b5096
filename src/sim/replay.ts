// A recorded run, run again: fresh agents are given what was recorded, and every choice they ask for and every effect
// they cause is compared with the recording. The first difference ends it, with both sides, what came before it, and the
// state of the agent.

import { createAgent, flushAgent, stepAgent } from "../core/agent/agent.ts";
import type { Effect, Input } from "../core/agent/ports.ts";
import type { Agent } from "../core/agent/state.ts";
import { type Chance, DOOR } from "../core/lib/chance.ts";
import { equalPlain, printPlain } from "../core/lib/plain.ts";
import { readRecord, TRACE_FORMAT, TRACE_VERSION, type TraceRecord } from "./recording.ts";
import type { Choice } from "./world.ts";

type Step = Extract<TraceRecord, { type: "step" }>;

export interface ReplayOptions {
  /** Look at this agent only; it does not need the others. */
  readonly node?: string | undefined;
  /** Stop before the first step past this, by the node's own clock. */
  readonly untilMs?: number | undefined;
  /** Called before each step that is run again. */
  readonly onStep?: (record: Step, agent: Agent, number: number) => void;
}

export interface Difference {
  /** Counted from 1, over all records of the file. */
  readonly record: number;
  readonly node: string;
  readonly nowMs: number;
  readonly input: Input | undefined;
  /** What differs: "choice 2", "effect 1", "error". */
  readonly what: string;
  readonly recorded: string;
  readonly replayed: string;
  /** The last inputs of this agent before it, oldest first. */
  readonly before: readonly string[];
}

export type ReplayResult = {
  readonly steps: number;
  readonly effects: number;
  readonly agents: ReadonlyMap<string, Agent>;
  /** What the recorded run came to, if its end was recorded. */
  readonly verdict: Extract<TraceRecord, { type: "verdict" }> | undefined;
} & (
  | { readonly outcome: "same" }
  | { readonly outcome: "different"; readonly difference: Difference }
  /** The recording ends in the middle of a record; up to there all was the same. */
  | { readonly outcome: "cut" }
  | { readonly outcome: "unreadable"; readonly error: string }
);

/** How many inputs before a difference are told. */
const TOLD_INPUTS = 8;

interface Life {
  readonly agent: Agent;
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

/** Runs a recording again. Never throws for what is in the file. */
export function replay(bytes: Uint8Array, options: ReplayOptions = {}): ReplayResult {
  const lives = new Map<string, Life>();
  const agents = new Map<string, Agent>();
  const counts = { steps: 0, effects: 0 };
  let verdict: Extract<TraceRecord, { type: "verdict" }> | undefined;
  const result = (): { steps: number; effects: number; agents: typeof agents; verdict: typeof verdict } => ({
    ...counts,
    agents,
    verdict,
  });
  let header: Header | undefined;
  let at = 0;
  for (let number = 1; ; number++) {
    const read = readRecord(bytes, at);
    if (read.type === "end") return { ...result(), outcome: "same" };
    if (read.type === "cut" && header === undefined)
      return { ...result(), outcome: "unreadable", error: "this is no trace of quorate" };
    if (read.type === "cut") return { ...result(), outcome: "cut" };
    if (read.type === "bad")
      return { ...result(), outcome: "unreadable", error: `record ${number}: ${read.error}` };
    at = read.next;
    const { record } = read;
    if (header === undefined) {
      const judged = judgeHeader(record);
      if (!judged.ok) return { ...result(), outcome: "unreadable", error: judged.error };
      header = judged.header;
      continue;
    }
    if (record.type === "verdict") verdict = record;
    if (record.type === "header" || record.type === "note" || record.type === "verdict") continue;
    if (options.node !== undefined && record.node !== options.node) continue;
    if (record.type === "end") lives.delete(record.node);
    else if (record.type === "start") {
      const config = header.configs.find((each) => each.nodeName === record.node);
      if (config === undefined)
        return {
          ...result(),
          outcome: "unreadable",
          error: `record ${number}: no configuration for ${record.node}`,
        };
      const chance = recordedChance();
      chance.expected = record.choices;
      const agent = createAgent(config, chance, record.nowMs);
      lives.set(record.node, { agent, chance, inputs: [] });
      agents.set(record.node, agent);
    } else {
      if (options.untilMs !== undefined && record.nowMs > options.untilMs)
        return { ...result(), outcome: "same" };
      const life = lives.get(record.node);
      if (life === undefined)
        return {
          ...result(),
          outcome: "unreadable",
          error: `record ${number}: ${record.node} has not started`,
        };
      options.onStep?.(record, life.agent, number);
      const difference = playStep(life, record, number);
      if (difference !== undefined) return { ...result(), outcome: "different", difference };
      counts.steps++;
      counts.effects += record.effects.length;
    }
  }
}

type Header = Extract<TraceRecord, { type: "header" }>;

function judgeHeader(
  record: TraceRecord,
): { readonly ok: true; readonly header: Header } | { readonly ok: false; readonly error: string } {
  if (record.type !== "header" || record.format !== TRACE_FORMAT)
    return { ok: false, error: "this is no trace of quorate" };
  if (record.version === TRACE_VERSION) return { ok: true, header: record };
  return {
    ok: false,
    error: `its format has version ${record.version}, and this build reads version ${TRACE_VERSION}`,
  };
}

function playStep(life: Life, record: Step, number: number): Difference | undefined {
  const { agent, chance, inputs } = life;
  chance.expected = record.choices;
  chance.asked = 0;
  const effects: Effect[] = [];
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
  try {
    if (record.input === undefined) flushAgent(agent, record.nowMs, effects);
    else stepAgent(agent, record.input, record.nowMs, effects);
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
  recorded: readonly Effect[],
  replayed: readonly Effect[],
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
