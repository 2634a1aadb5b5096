// The gossip machine alone on real sockets: a member that is no agent, and so can do what Consul has no command for, such
// as asking queries. Answers those of others with its name.

import { monotonicMs } from "../../src/adapters/driver.ts";
import { type GossipSockets, openGossipSockets } from "../../src/adapters/net/gossip.ts";
import { CONSUL_GOSSIP_VERSIONS, gossipTimings } from "../../src/core/gossip/config.ts";
import type { GossipEffect, GossipInput, Question } from "../../src/core/gossip/ports.ts";
import { createGossip, gossipDeadline, stepGossip } from "../../src/core/gossip/step.ts";
import { textOfBytes, utf8Bytes } from "../../src/core/lib/bytes.ts";
import { seededChance } from "../../src/core/lib/chance.ts";

/** What came of a query. */
export interface Answers {
  readonly acks: readonly string[];
  /** By who gave it. */
  readonly responses: ReadonlyMap<string, Uint8Array>;
}

export interface GossipNode {
  readonly name: string;
  /** Everything that it was told. */
  readonly told: readonly GossipEffect[];
  join(addresses: readonly string[]): void;
  fire(name: string, payload: string): void;
  /** Waits until nothing more can come. */
  ask(question: Question): Promise<Answers>;
  close(): Promise<void>;
}

const STREAM_TIMEOUT_MS = 10_000;
const LONGEST_SLEEP_MS = 1000;

export async function startGossipNode(name: string, ip: string, port: number): Promise<GossipNode> {
  const config = {
    ...gossipTimings("lan"),
    ...{ name, ip, port, versions: CONSUL_GOSSIP_VERSIONS },
    tags: new Map([["role", "bare"]]),
  };
  const gossip = createGossip(config, seededChance(`${name} ${process.pid}`), monotonicMs());
  const told: GossipEffect[] = [];
  const waiting = new Map<number, (answers: Answers) => void>();
  let timer: NodeJS.Timeout | undefined;
  let nextOp = 1;

  const sockets: GossipSockets = await openGossipSockets({
    pool: "lan",
    ip,
    port,
    streamTimeoutMs: STREAM_TIMEOUT_MS,
    feed: (input) => step(input as GossipInput),
  });

  function step(input: GossipInput): void {
    const effects: GossipEffect[] = [];
    stepGossip(gossip, input, monotonicMs(), effects);
    for (const effect of effects) carryOut(effect);
    clearTimeout(timer);
    const inMs = gossipDeadline(gossip) - monotonicMs();
    // Too early does no harm; a timer cannot be set to never.
    timer = setTimeout(() => step({ type: "wake" }), Math.min(Math.max(1, inMs), LONGEST_SLEEP_MS));
  }

  function carryOut(effect: GossipEffect): void {
    told.push(effect);
    if (effect.type === "packet") sockets.sendPacket(effect.to, effect.bytes);
    else if (effect.type === "stream-open")
      sockets.openStream(effect.stream, effect.to, effect.bytes, effect.timeoutMs);
    else if (effect.type === "stream-answer") sockets.answerStream(effect.stream, effect.bytes);
    else if (effect.type === "query")
      setImmediate(() => step({ type: "query-answer", query: effect.query, payload: utf8Bytes(name) }));
    else if (effect.type === "query-done") waiting.get(effect.op)?.(answersOf(told, effect.op));
  }

  step({ type: "wake" });
  return {
    name,
    told,
    join: (addresses) => step({ type: "join", op: nextOp++, addresses }),
    fire: (event, payload) =>
      step({ type: "user-event", name: event, payload: utf8Bytes(payload), coalesce: false }),
    ask(question) {
      const op = nextOp++;
      return new Promise((resolve) => {
        waiting.set(op, resolve);
        step({ type: "query", op, question });
      });
    },
    async close() {
      clearTimeout(timer);
      await sockets.close();
    },
  };
}

function answersOf(told: readonly GossipEffect[], op: number): Answers {
  const acks: string[] = [];
  const responses = new Map<string, Uint8Array>();
  for (const effect of told) {
    if (effect.type === "query-ack" && effect.op === op) acks.push(effect.from);
    if (effect.type === "query-response" && effect.op === op) responses.set(effect.from, effect.payload);
  }
  return { acks: acks.sort(), responses };
}

/** The events that it heard of by this name, as texts. */
export function eventsHeard({ told }: GossipNode, name: string): string[] {
  return told.flatMap((effect) =>
    effect.type === "user-event" && effect.name === name ? [textOfBytes(effect.payload)] : [],
  );
}
