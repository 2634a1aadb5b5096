// A run of a pool of gossip taken down, in the format of whole agents' runs (sim/recording.ts): what each member was given,
// what it drew from chance meanwhile, and what it caused.

import type { Gossip } from "../../core/gossip/state.ts";
import { createDigest, printDigest } from "../../core/lib/digest.ts";
import { copyPlain, digestPlain } from "../../core/lib/plain.ts";
import { localMs } from "../clock.ts";
import { createScribe, type Listener, type TraceRecord, traceHeader } from "../recording.ts";
import type { GossipObserver, GossipWorld } from "./world.ts";

export interface GossipRecorder {
  /** To stand before each source of choices. */
  readonly listen: Listener;
  /** To look on at the world. */
  readonly observer: (world: GossipWorld) => GossipObserver;
}

/** A member's sources are "m07/life"; a strike's "nemesis/number". */
const OF_A_MEMBER = /^m\d+\/\d+$/;

/** @param write Takes records as they come. */
export function createGossipRecorder(seed: string, write: (record: TraceRecord) => void): GossipRecorder {
  const scribe = createScribe(OF_A_MEMBER, write);
  return {
    listen: scribe.listen,
    observer(world) {
      const members = world.members.map(({ config }) => config);
      write({ ...traceHeader("gossip", seed), configs: [], members });
      return {
        onStart: ({ name, clock, keptKeys: keys }) =>
          scribe.start(name, localMs(clock, world.nowUs), keys === undefined ? {} : { keys }),
        onEnd: ({ name }) => scribe.end(name),
        onNote: (member, text) => scribe.note(member?.name, world.nowUs, text),
        afterStep: ({ name, gossip }, input, nowMs, effects) =>
          scribe.step(name, nowMs, input, effects, () => gossip && digestGossip(gossip)),
      };
    },
  };
}

/** Sixteen digits that say all that the machine knows. */
export function digestGossip(gossip: Gossip): string {
  const digest = createDigest();
  digestPlain(digest, copyPlain(gossip));
  return printDigest(digest);
}
