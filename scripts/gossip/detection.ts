// How long until a member that was killed is declared dead by the first, and until all know.

import { crashMember } from "../../src/sim/gossip/run.ts";
import type { GossipObserver, GossipWorld } from "../../src/sim/gossip/world.ts";
import { createPool, memberAt, pass } from "./pool.ts";

export interface Detection {
  readonly members: number;
  /** Of each victim, in seconds after its end. */
  readonly firstSuspected: readonly number[];
  readonly firstDeclared: readonly number[];
  readonly allKnow: readonly number[];
  /** Bytes of datagrams, of a member in a second, while nothing happened. */
  readonly quietBytes: number;
  /** Of one push-pull, both ways. */
  readonly pushPullBytes: number;
  /** Of a member that runs, in seconds. */
  readonly pushPullEvery: number;
}

interface Victim {
  readonly endUs: number;
  suspectedUs: number;
  declaredUs: number;
  knownUs: number;
  known: number;
}

/** Of members so far apart in time that one death is no help with the next. */
const VICTIMS = 12;
const BETWEEN_SECONDS = 3;
/** The first exchange of everything comes within 30 s of the beginning, and is not how it goes on. */
const SETTLING_SECONDS = 31;
const QUIET_SECONDS = 10;

export function measureDetection(members: number): Detection {
  const victims = new Map<string, Victim>();
  const world = createPool({ members, observers: [(each) => watch(each, victims)] });
  pass(world, SETTLING_SECONDS);
  const { traffic } = world;
  const pushPullBytes = (2 * traffic.streamBytes) / traffic.streams;
  const before = traffic.packetBytes;
  pass(world, QUIET_SECONDS);
  const quietBytes = (traffic.packetBytes - before) / members / QUIET_SECONDS;
  for (let at = 0; at < VICTIMS; at++) {
    const victim = memberAt(world, Math.floor(((at + 0.5) * members) / VICTIMS));
    const never = Number.POSITIVE_INFINITY;
    victims.set(victim.name, {
      endUs: world.nowUs,
      suspectedUs: never,
      declaredUs: never,
      knownUs: never,
      known: 0,
    });
    crashMember(world, victim, false);
    pass(world, BETWEEN_SECONDS);
  }
  while ([...victims.values()].some(({ known }) => known < members - VICTIMS)) pass(world, 1);
  const after = (pick: (victim: Victim) => number): number[] =>
    [...victims.values()].map((victim) => (pick(victim) - victim.endUs) / 1e6);
  return {
    members,
    firstSuspected: after(({ suspectedUs }) => suspectedUs),
    firstDeclared: after(({ declaredUs }) => declaredUs),
    allKnow: after(({ knownUs }) => knownUs),
    quietBytes,
    pushPullBytes,
    pushPullEvery: 30 * (members <= 32 ? 1 : Math.ceil(Math.log2(members) - 5) + 1),
  };
}

function watch(world: GossipWorld, victims: ReadonlyMap<string, Victim>): GossipObserver {
  return {
    afterStep(_member, _input, _nowMs, effects) {
      for (const effect of effects) {
        if (effect.type === "notice" && effect.message.startsWith("memberlist: Suspect ")) {
          const victim = victims.get(effect.message.split(" ")[2] ?? "");
          if (victim !== undefined) victim.suspectedUs = Math.min(victim.suspectedUs, world.nowUs);
        }
        if (effect.type !== "member" || effect.event !== "failed") continue;
        const victim = victims.get(effect.member.name);
        if (victim === undefined) continue;
        victim.declaredUs = Math.min(victim.declaredUs, world.nowUs);
        victim.knownUs = world.nowUs;
        // Of those who will be killed later some hear of it too: they are not waited for, and do not count twice.
        if (!victims.has(_member.name)) victim.known++;
      }
    },
  };
}
