// Each rule of gossip notices what it is there for: a machine's books are forged between two looks, and the rule that this
// breaks is named.

import { describe, expect, test } from "vitest";
import type { GossipInput } from "../../../src/core/gossip/ports.ts";
import { toMember } from "../../../src/core/gossip/serf/members.ts";
import type { Gossip, NodeState } from "../../../src/core/gossip/state.ts";
import { must } from "../../../src/core/lib/assert.ts";
import { encodeMessage, type PacketMessage } from "../../../src/core/wire/gossip/messages.ts";
import { encodePacket } from "../../../src/core/wire/gossip/packet.ts";
import { whatIsUnsettled } from "../../../src/sim/checkers/gossip/convergence.ts";
import { createDeathWatch } from "../../../src/sim/checkers/gossip/false-deaths.ts";
import { checkIncarnations, createAnnounced } from "../../../src/sim/checkers/gossip/incarnations.ts";
import { checkPackets } from "../../../src/sim/checkers/gossip/packets.ts";
import { checkHearsay, checkResurrections } from "../../../src/sim/checkers/gossip/resurrection.ts";
import { checkAgreement, createSweep } from "../../../src/sim/checkers/gossip/serf-agreement.ts";
import { type Mentions, mentionsIn } from "../../../src/sim/checkers/gossip/step.ts";
import { foundPool } from "../../../src/sim/gossip/founding.ts";
import type { SimMember } from "../../../src/sim/gossip/member.ts";
import { crashMember } from "../../../src/sim/gossip/run.ts";
import { createGossipWorld, type GossipWorld } from "../../../src/sim/gossip/world.ts";
import { Violation } from "../../../src/sim/violation.ts";

const WELL_AFTER_US = 60_000_000;

interface Bench {
  readonly world: GossipWorld;
  readonly me: SimMember;
  readonly gossip: Gossip;
  /** How m0 knows m1. */
  readonly other: NodeState;
}

function bench(): Bench {
  const world = createGossipWorld({ seed: "checkers", members: 4 });
  foundPool(world);
  const me = must(world.members[0], "m0");
  const gossip = must(me.gossip, "m0 runs");
  return { world, me, gossip, other: must(gossip.nodes.get("m1"), "m0 knows m1") };
}

function packet(...messages: readonly PacketMessage[]): GossipInput {
  const bytes = encodePacket(messages.map(encodeMessage), { compress: false, crc: false });
  return { type: "packet", from: "10.0.0.3:8301", bytes };
}

const suspect = (node: string, incarnation: number): GossipInput =>
  packet({ type: "suspect", node, incarnation, from: "m2" });
const dead = (node: string, incarnation: number): GossipInput =>
  packet({ type: "dead", node, incarnation, from: "m2" });

function idOf(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    if (error instanceof Violation) return error.id;
    throw error;
  }
  return "";
}

/** Looks at the input, forges the books as if the machine had made it of it, and asks the rule. */
function judged(
  { gossip }: Bench,
  input: GossipInput,
  forge: () => void,
  rule: (gossip: Gossip, mentions: Mentions) => void,
): string {
  const mentions = mentionsIn(gossip, input, true);
  forge();
  return idOf(() => rule(gossip, mentions));
}

const incarnations = (gossip: Gossip, mentions: Mentions): void => checkIncarnations("m0", gossip, mentions);
const resurrections = (gossip: Gossip, mentions: Mentions): void =>
  checkResurrections("m0", gossip, mentions);

describe("what is known of incarnations", () => {
  test("never falls", () => {
    const on = bench();
    on.other.incarnation = 7;
    const forge = (): void => {
      on.other.incarnation = 6;
    };
    expect(judged(on, suspect("m1", 3), forge, incarnations)).toBe("gossip-incarnation-fell");
  });

  test("is not less than what was said of a node that is gone", () => {
    const on = bench();
    on.other.state = "dead";
    expect(judged(on, dead("m1", 9), () => undefined, incarnations)).toBe("gossip-evidence-forgotten");
    const forge = (): void => {
      on.other.incarnation = 9;
    };
    expect(judged(on, dead("m1", 9), forge, incarnations)).toBe("");
  });

  test("may begin anew when the name goes to another address", () => {
    const on = bench();
    on.other.incarnation = 7;
    const forge = (): void =>
      void Object.assign(on.other, {
        incarnation: 1,
        record: { ...on.other.record, address: "10.9.9.9:8301" },
      });
    expect(judged(on, suspect("m1", 3), forge, incarnations)).toBe("");
  });

  test("is contradicted by whoever is accused", () => {
    const on = bench();
    const own = must(on.gossip.nodes.get("m0"), "m0 is in its own list");
    const forge = (incarnation: number) => (): void => {
      own.incarnation = incarnation;
    };
    expect(judged(on, suspect("m0", 4), forge(4), incarnations)).toBe("gossip-accusation-unanswered");
    expect(judged(on, suspect("m0", 4), forge(5), incarnations)).toBe("");
  });

  test("is never above what a node said of itself", () => {
    const on = bench();
    const announced = createAnnounced();
    announced.announce("m1", 3);
    const rule = (gossip: Gossip, mentions: Mentions): void => announced.check("m0", gossip, mentions);
    const forge = (incarnation: number) => (): void => {
      on.other.incarnation = incarnation;
    };
    expect(judged(on, suspect("m1", 3), forge(3), rule)).toBe("");
    expect(judged(on, suspect("m1", 3), forge(4), rule)).toBe("gossip-incarnation-invented");
  });
});

describe("the dead", () => {
  test("are alive again only with a higher incarnation than their end", () => {
    const on = bench();
    Object.assign(on.other, { state: "dead", incarnation: 5 });
    const rise = (incarnation: number) => (): void =>
      void Object.assign(on.other, { state: "alive", incarnation });
    expect(judged(on, dead("m1", 5), rise(5), resurrections)).toBe("gossip-resurrection");
    Object.assign(on.other, { state: "dead", incarnation: 5 });
    expect(judged(on, dead("m1", 5), rise(6), resurrections)).toBe("");
  });

  test("and with a higher one than what the same packet says of them", () => {
    const on = bench();
    Object.assign(on.other, { state: "suspect", incarnation: 5 });
    const rise = (): void => void Object.assign(on.other, { state: "alive", incarnation: 7 });
    expect(judged(on, dead("m1", 8), rise, resurrections)).toBe("gossip-resurrection");
  });
});

describe("a push-pull", () => {
  test("makes nobody dead by itself", () => {
    const on = bench();
    const die = (): void => {
      on.other.state = "dead";
    };
    const hearsay = (gossip: Gossip, mentions: Mentions): void => checkHearsay("m0", gossip, mentions);
    expect(judged(on, dead("m1", 1), die, hearsay)).toBe("gossip-dead-by-hearsay");
    expect(judged(on, dead("m1", 1), die, hearsay)).toBe("");
  });
});

test("a datagram is no longer than memberlist's", () => {
  const of = (length: number): string =>
    idOf(() => checkPackets("m0", [{ type: "packet", to: "10.0.0.2:8301", bytes: new Uint8Array(length) }]));
  expect(of(1405)).toBe("");
  expect(of(1406)).toBe("gossip-packet-too-long");
});

describe("Serf's list", () => {
  test("says of a member what memberlist's says of its node", () => {
    const { gossip, other } = bench();
    expect(idOf(() => checkAgreement("m0", gossip, other))).toBe("");
    other.state = "dead";
    expect(idOf(() => checkAgreement("m0", gossip, other))).toBe("gossip-serf-disagrees");
  });

  test("is looked at record by record, so that each is seen in time", () => {
    const { gossip, other } = bench();
    const sweep = createSweep();
    other.state = "dead";
    const rounds = gossip.peers.map(() => idOf(() => sweep("m0", gossip)));
    expect(rounds.filter((id) => id === "gossip-serf-disagrees")).toHaveLength(1);
  });
});

describe("a false death", () => {
  const declared = (
    world: GossipWorld,
    name: string,
  ): Parameters<ReturnType<typeof createDeathWatch>["look"]>[3] => {
    const member = must(world.members[0]?.gossip?.serf.members.get(name), "m0 knows it");
    return [{ type: "member", event: "failed", member: toMember(member) }];
  };

  test("of a member that is well by one that is well is counted, and more than are allowed are a violation", () => {
    const { world, me } = bench();
    const watch = createDeathWatch((name) => world.byName.get(name), 1, WELL_AFTER_US);
    const look = (): string =>
      idOf(() => watch.look(me, { type: "wake" }, WELL_AFTER_US, declared(world, "m1")));
    expect(look()).toBe("");
    expect(look()).toBe("gossip-false-death");
  });

  test("is none when the member is down, or one of the two was in trouble not long ago", () => {
    const { world, me } = bench();
    const watch = createDeathWatch((name) => world.byName.get(name), 0, WELL_AFTER_US);
    const look = (nowUs: number): string =>
      idOf(() => watch.look(me, { type: "wake" }, nowUs, declared(world, "m1")));
    expect(look(WELL_AFTER_US - 1)).toBe("");
    expect(watch.counts).toEqual({ ofRunning: 1, ofWell: 0 });
    crashMember(world, must(world.members[1], "m1"), false);
    expect(look(2 * WELL_AFTER_US)).toBe("");
  });
});

test("a pool is settled when everybody lists exactly those who are there", () => {
  const { world, gossip, other } = bench();
  expect(whatIsUnsettled(world.members)).toBeUndefined();
  other.state = "dead";
  expect(whatIsUnsettled(world.members)).toContain("m0 has m1 as dead");
  other.state = "alive";
  gossip.counts.suspect = 1;
  expect(whatIsUnsettled(world.members)).toContain("m0 suspects 1");
});
