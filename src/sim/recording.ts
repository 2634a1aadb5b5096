// A recorded run: what each agent was given, what it drew from chance meanwhile, and what it caused. The format is
// docs/trace-format.md: frames of MessagePack, each after its length, the first one a header. The simulator writes it, of
// whole agents (here) and of members of a pool of gossip (gossip/recording.ts); so will the real agent's driver, which has the
// same inputs and effects.

import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { digestAgent } from "../core/agent/checkpoint.ts";
import type { AgentConfig } from "../core/agent/config.ts";
import type { Effect, Input } from "../core/agent/ports.ts";
import type { GossipConfig } from "../core/gossip/config.ts";
import type { KeyText } from "../core/gossip/keyring.ts";
import type { GossipEffect, GossipInput } from "../core/gossip/ports.ts";
import type { Chance } from "../core/lib/chance.ts";
import { localMs } from "./clock.ts";
import { type Choice, listening, type Observer, type World } from "./world.ts";

export const TRACE_FORMAT = "quorate-trace";
export const TRACE_VERSION = 1;

/** Options of a run of the swarm that its configurations do not show. */
export interface RecordedSwarm {
  readonly seconds: number;
  readonly servers: number;
  readonly clients: number;
  readonly datacenters: number | undefined;
  readonly faults: readonly string[] | undefined;
  readonly planted: string | undefined;
}

/** Of agents, or of a pool's members. */
export type RecordedInput = Input | GossipInput;
export type RecordedEffect = Effect | GossipEffect;

export type TraceRecord =
  | {
      readonly type: "header";
      readonly format: typeof TRACE_FORMAT;
      readonly version: number;
      /** What was run, for people: "swarm", a story's name. */
      readonly about: string;
      readonly seed: string;
      readonly configs: readonly AgentConfig[];
      /** Of a pool of gossip alone: its members, and no agents. */
      readonly members?: readonly GossipConfig[];
      /** What else a run of the swarm was told: with it `sim shrink` can run it again. */
      readonly swarm?: RecordedSwarm;
    }
  /** An agent begins a life. */
  | {
      readonly type: "start";
      readonly node: string;
      readonly nowMs: number;
      /** Of the build that it runs, where that is not the header's. */
      readonly version?: string;
      /** Of a pool's member: its ring, where that is not the configured one. */
      readonly keys?: readonly KeyText[];
      readonly choices: readonly Choice[];
    }
  /** Its process ends. */
  | { readonly type: "end"; readonly node: string }
  | {
      readonly type: "step";
      readonly node: string;
      /** The node's own clock. */
      readonly nowMs: number;
      /** Undefined: the flush that ends a turn. */
      readonly input: RecordedInput | undefined;
      readonly choices: readonly Choice[];
      readonly effects: readonly RecordedEffect[];
    }
  /** Now and then: all that the agent knows at this point, as sixteen digits. */
  | { readonly type: "state"; readonly node: string; readonly digest: string }
  /** For the reader of the text face of the trace: a fault, in words. */
  | {
      readonly type: "note";
      readonly node: string | undefined;
      readonly trueMs: number;
      readonly text: string;
    }
  /** The end: what the run came to. */
  | {
      readonly type: "verdict";
      readonly ok: boolean;
      readonly violation: string;
      readonly message: string;
      readonly digest: string;
    };

// Records of MessagePack's record extension tell objects from Maps, which configurations and requests hold.
const packr = new Packr({ useRecords: true, mapsAsObjects: false, moreTypes: true });
const unpackr = new Unpackr({ useRecords: true, mapsAsObjects: false, moreTypes: true });

/** One record with its length before it, as it stands in the file. */
export function encodeRecord(record: TraceRecord): Uint8Array {
  const body = packr.pack(record);
  const bytes = new Uint8Array(4 + body.length);
  bytes.set([body.length >>> 24, body.length >>> 16, body.length >>> 8, body.length]);
  bytes.set(body, 4);
  return bytes;
}

export type ReadRecord =
  | { readonly type: "record"; readonly record: TraceRecord; readonly next: number }
  /** The file ends here. */
  | { readonly type: "end" }
  /** It ends in the middle of a record: the recording was cut off. */
  | { readonly type: "cut" }
  | { readonly type: "bad"; readonly error: string };

/** The record at `at`. */
export function readRecord(bytes: Uint8Array, at: number): ReadRecord {
  if (at === bytes.length) return { type: "end" };
  if (at + 4 > bytes.length) return { type: "cut" };
  const [a, b, c, d] = bytes.subarray(at, at + 4) as unknown as readonly [number, number, number, number];
  const length = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if (at + 4 + length > bytes.length) return { type: "cut" };
  try {
    const record: unknown = unpackr.unpack(bytes.subarray(at + 4, at + 4 + length));
    if (typeof record !== "object" || record === null || !("type" in record))
      return { type: "bad", error: "no record" };
    return { type: "record", record: record as TraceRecord, next: at + 4 + length };
  } catch (error) {
    return { type: "bad", error: error instanceof Error ? error.message : String(error) };
  }
}

/** Stands before a source of choices. */
export type Listener = (purpose: string, chance: Chance) => Chance;

export interface Recorder {
  /** To stand before each source of choices, so that the recorder hears what the agents draw. */
  readonly listen: Listener;
  /** To look on at the world. */
  readonly observer: (world: World) => Observer;
}

/** A machine is fingerprinted after so many steps of it: effects tell most differences, but not all, and late. */
const STEPS_BETWEEN_STATES = 500;

/** Agents are "name/life"; the world's own choices (latencies, faults) are in what they are given. */
const OF_AN_AGENT = /\/\d+$/;

/** @param write Takes records as they come. */
export function createRecorder(
  about: string,
  seed: string,
  write: (record: TraceRecord) => void,
  swarm?: RecordedSwarm,
): Recorder {
  const scribe = createScribe(OF_AN_AGENT, write);
  return {
    listen: scribe.listen,
    observer(world) {
      const configs = world.nodes.map((node) => node.config);
      const more = swarm === undefined ? {} : { swarm };
      write({ ...traceHeader(about, seed), configs, ...more });
      return {
        onStart({ name, clock, build, config }) {
          const { version } = build;
          scribe.start(name, localMs(clock, world.nowUs), version === config.version ? {} : { version });
        },
        onCrash: ({ name }) => scribe.end(name),
        onNote: (node, text) => scribe.note(node?.name, world.nowUs, text),
        afterStep: ({ name, agent }, input, nowMs, effects) =>
          scribe.step(name, nowMs, input, effects, () => agent && digestAgent(agent)),
      };
    },
  };
}

type Header = Extract<TraceRecord, { type: "header" }>;
type Start = Extract<TraceRecord, { type: "start" }>;

/** What every header says. */
export function traceHeader(about: string, seed: string): Omit<Header, "configs"> {
  return { type: "header", format: TRACE_FORMAT, version: TRACE_VERSION, about, seed };
}

/** Writes down what machines do, of whatever sort. */
export interface Scribe {
  readonly listen: Listener;
  /** A machine begins a life. @param nowMs By its own clock. @param more What is unlike its configuration. */
  start(name: string, nowMs: number, more: Pick<Start, "version" | "keys">): void;
  end(name: string): void;
  note(name: string | undefined, nowUs: number, text: string): void;
  /** @param digest All that it knows after the step, where it is still there. */
  step(
    name: string,
    nowMs: number,
    input: RecordedInput | undefined,
    effects: readonly RecordedEffect[],
    digest: () => string | undefined,
  ): void;
}

/** @param ofMachines Purposes of the sources from which machines draw. */
export function createScribe(ofMachines: RegExp, write: (record: TraceRecord) => void): Scribe {
  const heard: Choice[] = [];
  const steps = new Map<string, number>();
  return {
    listen: (purpose, chance) => (ofMachines.test(purpose) ? listening(chance, heard) : chance),
    start: (node, nowMs, more) => write({ type: "start", node, nowMs, ...more, choices: heard.splice(0) }),
    end: (node) => write({ type: "end", node }),
    note: (node, nowUs, text) => write({ type: "note", node, trueMs: nowUs / 1000, text }),
    step(node, nowMs, input, effects, digest) {
      write({ type: "step", node, nowMs, input, choices: heard.splice(0), effects });
      const count = (steps.get(node) ?? 0) + 1;
      steps.set(node, count);
      const state = count % STEPS_BETWEEN_STATES === 0 ? digest() : undefined;
      if (state !== undefined) write({ type: "state", node, digest: state });
    },
  };
}
