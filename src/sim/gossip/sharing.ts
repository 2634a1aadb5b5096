// A pool of thousands holds millions of records that say the same: every member's address and tags, and the news that it is
// there, once for each of the others. This keeps one copy of each for all machines. Nothing of it shows: what is shared is
// never changed in place.

import type { Sharing } from "../../core/gossip/config.ts";
import { sameVersions } from "../../core/gossip/nodes.ts";
import type { MemberState } from "../../core/gossip/serf/state.ts";
import type { Gossip, NodeState } from "../../core/gossip/state.ts";
import { type ByteString, bytesOf, equalBytes } from "../../core/lib/bytes.ts";
import { decodeTags } from "../../core/wire/gossip/tags.ts";
import type { GossipObserver } from "./world.ts";

type SharedNode = Pick<NodeState, "ip" | "addr" | "address" | "port" | "meta" | "versions">;
type SharedMember = Pick<MemberState, "ip" | "port" | "tags" | "versions">;

interface Copy {
  readonly node: SharedNode;
  readonly member: SharedMember;
}

/** Whenever a machine learns what a member says of itself. */
export function shareRecords(): GossipObserver {
  const copies = new Map<string, Copy>();
  return {
    afterStep({ gossip }, _input, _nowMs, effects) {
      if (gossip === undefined) return;
      for (const effect of effects)
        if (effect.type === "member" && (effect.event === "join" || effect.event === "update"))
          giveCopies(copies, gossip, effect.member.name);
    },
  };
}

/** Gives a machine the copies that others have of what it knows of a member. */
function giveCopies(copies: Map<string, Copy>, gossip: Gossip, name: string): void {
  const node = gossip.nodes.get(name);
  const member = gossip.serf.members.get(name);
  if (node === undefined || member === undefined) return;
  const copy = copies.get(name);
  if (copy === undefined || !isSame(copy.node, node)) copies.set(name, copyOf(node, member));
  else share(copy, node, member);
}

function isSame(copy: SharedNode, node: NodeState): boolean {
  return (
    copy.meta === node.meta && copy.address === node.address && sameVersions(copy.versions, node.versions)
  );
}

function copyOf(node: NodeState, member: MemberState): Copy {
  const { ip, addr, address, port, meta, versions } = node;
  return {
    node: { ip, addr, address, port, meta, versions },
    member: { ip: member.ip, port: member.port, tags: member.tags, versions: member.versions },
  };
}

function share({ node: sharedNode, member: sharedMember }: Copy, node: NodeState, member: MemberState): void {
  Object.assign(node, sharedNode);
  Object.assign(member, sharedMember);
}

/** Twice as many as a pool of five thousand has different rumours under way. */
const SLOTS = 1 << 17;

/** What all members of a pool keep for themselves where it does not matter whose it is (GossipConfig.sharing). */
export function createSharing(): Sharing {
  const rumours: (Uint8Array | undefined)[] = Array.from({ length: SLOTS });
  const names = new Map<string, string>();
  const tags = new Map<ByteString, ReadonlyMap<string, string>>();
  return {
    /** A place has room for one, the latest: what is not found is only kept once more. */
    bytes(bytes) {
      const slot = hashOf(bytes) & (SLOTS - 1);
      const known = rumours[slot];
      if (known !== undefined && equalBytes(known, bytes)) return known;
      // Memory of its own: what was just written shares its with many that are forgotten soon.
      const kept = new Uint8Array(bytes);
      rumours[slot] = kept;
      return kept;
    },
    name(name) {
      const known = names.get(name);
      if (known === undefined) names.set(name, name);
      return known ?? name;
    },
    tags(meta) {
      let known = tags.get(meta);
      if (known === undefined) {
        known = decodeTags(bytesOf(meta));
        tags.set(meta, known);
      }
      return known;
    },
  };
}

function hashOf(bytes: Uint8Array): number {
  let hash = bytes.length;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}
