// No livelock: two servers that send each other the same kind of message over and over, with nothing coming of it. An
// InstallSnapshot that is taken back at once, an append that is refused for ever: each step is lawful, and the cluster
// burns its network (hashicorp/raft 697). Heartbeats repeat too, ten times a second; this is about a hundred times that.

import { raftOf } from "../faults.ts";
import type { SimNode } from "../node.ts";
import { demand } from "../violation.ts";
import type { Observer, World } from "../world.ts";

/** Messages of one kind from one server to another, within a second, in which nothing changed at either. */
export const MOST_REPEATS = 1_000;
const WINDOW_US = 1_000_000;

interface Repeats {
  sinceUs: number;
  count: number;
  /** What sender and receiver were when the count began. */
  standing: number;
}

export function noLivelock(world: World): Observer {
  const seen = new Map<SimNode, Map<string, Map<string, Repeats>>>();
  const repeatsOf = (node: SimNode, to: string, kind: string): Repeats =>
    seen.get(node)?.get(to)?.get(kind) ?? firstOf(node, to, kind);
  const firstOf = (node: SimNode, to: string, kind: string): Repeats => {
    const peers = getOr(seen, node, () => new Map<string, Map<string, Repeats>>());
    const kinds = getOr(peers, to, () => new Map<string, Repeats>());
    return getOr(kinds, kind, () => ({ sinceUs: world.nowUs, count: 0, standing: -1 }));
  };
  return {
    skipsIdleTurns: true,
    afterStep(node, _input, _nowMs, effects) {
      for (const effect of effects) {
        if (effect.type !== "message") continue;
        const repeats = repeatsOf(node, effect.to, effect.message.type);
        if (world.nowUs - repeats.sinceUs > WINDOW_US) {
          repeats.sinceUs = world.nowUs;
          repeats.count = 0;
        }
        if (repeats.count++ === 0) repeats.standing = standing(world, node, effect.to);
        if (repeats.count < MOST_REPEATS) continue;
        repeats.count = 0;
        demand(
          repeats.standing !== standing(world, node, effect.to),
          "livelock",
          () =>
            `${node.name} sent ${MOST_REPEATS} messages "${effect.message.type}" to ${world.byId.get(effect.to)?.name} within ${(world.nowUs - repeats.sinceUs) / 1e6} s, and neither got anywhere`,
        );
      }
    },
  };
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Grows, or at least changes, with whatever progress either of the two makes. */
function standing(world: World, from: SimNode, to: string): number {
  const peer = world.byId.get(to);
  return progress(from) + (peer === undefined ? 0 : progress(peer));
}

function progress(node: SimNode): number {
  const raft = raftOf(node);
  const asks = node.agent?.service.asks.size ?? 0;
  return raft === undefined
    ? asks
    : raft.currentTerm * 1e9 + raft.log.lastIndex + raft.commitIndex + raft.durability.stableIndex;
}
