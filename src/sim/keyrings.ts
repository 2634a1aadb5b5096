// Keys in the simulated world: which ring an agent starts with, and whether what an operator was told of keys is true.

import type { AgentConfig } from "../core/agent/config.ts";
import { KEYRING_FILES } from "../core/agent/keyring-files.ts";
import type { GossipConfig } from "../core/gossip/config.ts";
import { type KeyText, keyText } from "../core/gossip/keyring.ts";
import type { GossipPool } from "../core/gossip/ports.ts";
import { byteStringOf } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import { listSimFiles, type SimDisk, simFile } from "./disk.ts";
import type { SimNode } from "./node.ts";
import { demand } from "./violation.ts";
import type { World } from "./world.ts";

/** The key with this number. */
export function simKey(number: number): KeyText {
  return keyText(new Uint8Array(32).fill(number));
}

/** Of so many runs of the swarm one is encrypted. */
const RUNS_FOR_ENCRYPTION = 4;

/**
 * The configurations as they are, or encrypted: all agents have two keys, and some send under the one, some under the other,
 * as when the change of a key was interrupted.
 */
export function withDrawnKeys(configs: readonly AgentConfig[], chance: Chance): readonly AgentConfig[] {
  if (chance.choose("swarm.encrypted", RUNS_FOR_ENCRYPTION) > 0) return configs;
  return configs.map((config) => {
    const first = 1 + chance.choose("swarm.primary-key", 2);
    const keyring = { keys: [simKey(first), simKey(3 - first)], verifyIncoming: true, verifyOutgoing: true };
    const { gossipLan, gossipWan } = config;
    return {
      ...config,
      keepsKeyrings: true,
      gossipLan: { ...gossipLan, keyring },
      ...(gossipWan && { gossipWan: { ...gossipWan, keyring } }),
    };
  });
}

/** The configuration with the rings that the disk remembers, where it remembers any: as adapters/storage starts agents. */
export function withKeptRings(config: AgentConfig, disk: SimDisk): AgentConfig {
  if (config.keepsKeyrings !== true) return config;
  const { gossipLan, gossipWan } = config;
  return {
    ...config,
    gossipLan: withKeptRing(gossipLan, disk, "lan"),
    ...(gossipWan && { gossipWan: withKeptRing(gossipWan, disk, "wan") }),
  };
}

function withKeptRing(config: GossipConfig, disk: SimDisk, pool: GossipPool): GossipConfig {
  const keys = keptRing(disk, pool);
  const { keyring } = config;
  return keys === undefined || keyring === undefined ? config : { ...config, keyring: { ...keyring, keys } };
}

function keptRing(disk: SimDisk, pool: GossipPool): readonly KeyText[] | undefined {
  const path = KEYRING_FILES[pool];
  if (!listSimFiles(disk).includes(path)) return undefined;
  return JSON.parse(byteStringOf(simFile(disk, path))) as KeyText[];
}

/** What an operator was told has been done at every member of every pool. */
export type RingPromise =
  | { readonly operation: "install"; readonly key: KeyText }
  | { readonly operation: "use"; readonly key: KeyText }
  | { readonly operation: "remove"; readonly key: KeyText };

/**
 * @param nodes The members that were counted.
 * @throws Violation when one of them has not done it, or would have forgotten after losing its power.
 */
export function checkRings(nodes: readonly SimNode[], promise: RingPromise): void {
  for (const node of nodes) {
    for (const pool of ["lan", "wan"] as const) {
      const ring = node.agent?.pools[pool]?.keyring?.keys;
      if (ring === undefined) continue;
      for (const [keys, where] of [
        [ring, "in memory"],
        [keptRing(node.disk, pool) ?? givenRing(node, pool), "on its disk"],
      ] as const)
        demand(
          holds(keys, promise),
          "keyring-promise",
          () => `${promise.operation} was answered as done, and is not at ${node.name}'s ${pool} ${where}`,
        );
    }
  }
}

/** With which an agent begins whose disk remembers none. */
function givenRing({ config }: SimNode, pool: GossipPool): readonly KeyText[] {
  return (pool === "lan" ? config.gossipLan : config.gossipWan)?.keyring?.keys ?? [];
}

/** Whether a ring is as the promise says. */
export function holds(keys: readonly KeyText[], { operation, key }: RingPromise): boolean {
  if (operation === "use") return keys[0] === key;
  return keys.includes(key) === (operation === "install");
}

/** Every death that an agent of this world speaks of from now on: "b says y failed". */
export function deathsIn(world: World): string[] {
  const deaths: string[] = [];
  const known = new Map<string, number>();
  world.observers.push({
    afterStep(node) {
      for (const pool of ["lan", "wan"] as const) {
        const gossip = node.agent?.pools[pool];
        if (gossip === undefined) continue;
        const place = `${node.name} ${node.life} ${pool}`;
        const { failed } = gossip.serf.counts;
        if (failed > (known.get(place) ?? 0))
          for (const { name, status } of gossip.serf.members.values())
            if (status === "failed") deaths.push(`${node.name} says ${name} failed`);
        known.set(place, failed);
      }
    },
  });
  return deaths;
}
