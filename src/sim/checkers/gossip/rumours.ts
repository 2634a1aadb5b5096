// User events and queries of a pool: nobody hears one twice in a life, nobody hears what nobody said, answers come in time
// and once; and when all trouble has ended, what one still knows of has come to everybody whom it was for.

import type { GossipEffect, GossipInput } from "../../../core/gossip/ports.ts";
import { queryTimeoutMs } from "../../../core/gossip/scaling.ts";
import { must } from "../../../core/lib/assert.ts";
import { textOfBytes } from "../../../core/lib/bytes.ts";
import type { SimMember } from "../../gossip/member.ts";
import { demand } from "../../violation.ts";

/** A query that a member asked in this life. */
interface Asked {
  readonly untilMs: number;
  readonly heard: Set<string>;
  done: boolean;
}

/** What a member has heard in this life, and asked. */
interface Ear {
  /** Lamport times by event. */
  readonly events: Map<string, number>;
  readonly queries: Set<string>;
  readonly asked: Map<number, Asked>;
}

/** Names of events and payloads of queries must be different from each other: they are known by them. */
export interface RumourWatch {
  start(member: SimMember): void;
  look(member: SimMember, input: GossipInput, nowMs: number, effects: readonly GossipEffect[]): void;
  /** Who has not heard yet what it should, in words. Costs all events times all members. */
  whatIsMissing(members: readonly SimMember[]): string | undefined;
}

export function watchRumours(): RumourWatch {
  const said = new Set<string>();
  const ears = new Map<string, Ear>();
  const earOf = ({ name }: SimMember): Ear => must(ears.get(name), "who takes steps was started");
  return {
    start({ name }) {
      ears.set(name, { events: new Map(), queries: new Set(), asked: new Map() });
    },
    look(member, input, nowMs, effects) {
      const ear = earOf(member);
      if (input.type === "user-event") said.add(input.name);
      if (input.type === "query") said.add(textOfBytes(input.question.payload));
      if (input.type === "query") ear.asked.set(input.op, askedOf(member, input, nowMs));
      for (const effect of effects) hear(member.name, ear, said, effect, nowMs);
    },
    whatIsMissing(members) {
      const running = members.filter(({ gossip }) => gossip !== undefined);
      for (const holder of running)
        for (const [event, lTime] of earOf(holder).events)
          for (const member of running)
            if (isFor(member, lTime) && !earOf(member).events.has(event))
              return `${member.name} has not heard of ${event}, of which ${holder.name} has`;
      return undefined;
    },
  };
}

/** Who joined later is not told what was before; and who has heard of so much since could not tell whether it is new. */
function isFor({ gossip }: SimMember, lTime: number): boolean {
  return gossip !== undefined && lTime >= gossip.serf.eventMinTime;
}

function askedOf(
  { gossip }: SimMember,
  { question }: Extract<GossipInput, { type: "query" }>,
  nowMs: number,
): Asked {
  const { config, counts } = must(gossip, "who asks runs");
  const timeoutMs =
    question.timeoutMs ?? queryTimeoutMs(config.gossipIntervalMs, counts.alive + counts.suspect);
  return { untilMs: nowMs + timeoutMs, heard: new Set(), done: false };
}

function hear(name: string, ear: Ear, said: ReadonlySet<string>, effect: GossipEffect, nowMs: number): void {
  switch (effect.type) {
    case "user-event": {
      const event = effect.name;
      demand(said.has(event), "gossip-rumour-invented", () => `${name} hears ${event}, which nobody fired`);
      demand(!ear.events.has(event), "gossip-rumour-twice", () => `${name} hears ${event} twice`);
      ear.events.set(event, effect.lamportTime);
      return;
    }
    case "query": {
      const query = textOfBytes(effect.payload);
      demand(said.has(query), "gossip-rumour-invented", () => `${name} hears ${query}, which nobody asked`);
      demand(!ear.queries.has(query), "gossip-rumour-twice", () => `${name} is asked ${query} twice`);
      ear.queries.add(query);
      return;
    }
    case "query-ack":
    case "query-response": {
      const asked = must(ear.asked.get(effect.op), "answers are to what was asked");
      const answer = `${effect.type} of ${effect.from}`;
      demand(
        !asked.done && nowMs < asked.untilMs,
        "gossip-answer-late",
        () => `${name} takes a late ${answer}`,
      );
      demand(!asked.heard.has(answer), "gossip-answer-twice", () => `${name} takes the ${answer} twice`);
      asked.heard.add(answer);
      return;
    }
    case "query-done": {
      const asked = must(ear.asked.get(effect.op), "what ends was asked");
      demand(!asked.done, "gossip-answer-twice", () => `a query of ${name} ends twice`);
      asked.done = true;
    }
  }
}
