// What a replay runs again: whole agents, or the machines of members of a pool of gossip.

import { createAgent, flushAgent, stepAgent } from "../core/agent/agent.ts";
import { digestAgent } from "../core/agent/checkpoint.ts";
import type { Effect, Input } from "../core/agent/ports.ts";
import type { Agent } from "../core/agent/state.ts";
import type { GossipEffect, GossipInput } from "../core/gossip/ports.ts";
import { createGossip, stepGossip } from "../core/gossip/step.ts";
import { must } from "../core/lib/assert.ts";
import type { Chance } from "../core/lib/chance.ts";
import { digestGossip } from "./gossip/recording.ts";
import { withKeys } from "./gossip/ring.ts";
import type { RecordedEffect, TraceRecord } from "./recording.ts";

type Header = Extract<TraceRecord, { type: "header" }>;
type Start = Extract<TraceRecord, { type: "start" }>;
type Step = Extract<TraceRecord, { type: "step" }>;

export interface ReplayMachine {
  /** Of a run of whole agents. */
  readonly agent: Agent | undefined;
  /** @param input As the trace has it: of a machine of another sort it is no sound record. */
  step(input: Step["input"], nowMs: number): readonly RecordedEffect[];
  /** All that it knows. */
  digest(): string;
}

/** @returns Undefined when the header has no configuration of that name. */
export function beginMachine(header: Header, record: Start, chance: Chance): ReplayMachine | undefined {
  return header.members === undefined
    ? beginAgent(header, record, chance)
    : beginMember(header.members, record, chance);
}

function beginAgent({ configs }: Header, record: Start, chance: Chance): ReplayMachine | undefined {
  const configured = configs.find((each) => each.nodeName === record.node);
  if (configured === undefined) return undefined;
  const config = { ...configured, version: record.version ?? configured.version };
  const agent = createAgent(config, chance, record.nowMs);
  return {
    agent,
    step(input, nowMs) {
      const effects: Effect[] = [];
      if (input === undefined) flushAgent(agent, nowMs, effects);
      else stepAgent(agent, input as Input, nowMs, effects);
      return effects;
    },
    digest: () => digestAgent(agent),
  };
}

function beginMember(
  members: NonNullable<Header["members"]>,
  record: Start,
  chance: Chance,
): ReplayMachine | undefined {
  const config = members.find(({ name }) => name === record.node);
  if (config === undefined) return undefined;
  const gossip = createGossip(withKeys(config, record.keys), chance, record.nowMs);
  return {
    agent: undefined,
    step(input, nowMs) {
      const effects: GossipEffect[] = [];
      stepGossip(gossip, must(input, "a pool's steps have inputs") as GossipInput, nowMs, effects);
      return effects;
    },
    digest: () => digestGossip(gossip),
  };
}
