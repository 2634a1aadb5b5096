// What a member's disk remembers of its keys, in a gossip-only world that is encrypted.

import type { GossipConfig } from "../../core/gossip/config.ts";
import type { KeyringConfig, KeyText } from "../../core/gossip/keyring.ts";
import type { GossipEffect, GossipInput } from "../../core/gossip/ports.ts";
import { pushEvent } from "../event-queue.ts";
import { simKey } from "../keyrings.ts";
import type { SimMember } from "./member.ts";
import { callGossipAt, type GossipWorld } from "./world.ts";

/** Of a pool whose gossip is encrypted from the beginning. */
export const FIRST_RING: KeyringConfig = { keys: [simKey(1)], verifyIncoming: true, verifyOutgoing: true };

/** Until a changed ring is on the disk. */
const DISK_US = 2_000;

/** The configuration of a member's next life: with the ring that its disk remembers. */
export function withKeptKeys({ config, keptKeys }: SimMember): GossipConfig {
  return withKeys(config, keptKeys);
}

/** The configuration with these keys, if it has a ring and there are any. */
export function withKeys(config: GossipConfig, keys: readonly KeyText[] | undefined): GossipConfig {
  const { keyring } = config;
  return keyring === undefined || keys === undefined ? config : { ...config, keyring: { ...keyring, keys } };
}

/** A member's ring changed: its disk has it a moment later, unless the process ends before. */
export function keepKeys(
  world: GossipWorld,
  member: SimMember,
  { change, keys }: Extract<GossipEffect, { type: "keyring" }>,
): void {
  const { life } = member;
  const atUs = world.nowUs + DISK_US;
  callGossipAt(world, atUs, () => {
    if (member.life === life) member.keptKeys = keys;
  });
  const input: GossipInput = { type: "keyring-kept", change };
  pushEvent(world.queue, atUs, { kind: "input", to: member.index, life, input });
}
