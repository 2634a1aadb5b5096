// Can all who are here and all who are there understand each other? Checked before two pools become one.

import type { ProtocolVersions } from "../model/member.ts";
import { versionsOf } from "../wire/gossip/messages.ts";
import { NODE_STATES } from "../wire/gossip/node-line.ts";
import type { PushPullNode } from "../wire/gossip/stream-messages.ts";
import type { Gossip } from "./state.ts";

/** What one speaks of a protocol. */
type Pick = (versions: ProtocolVersions) => readonly [min: number, max: number, current: number];

const PROTOCOLS: readonly (readonly [what: string, pick: Pick])[] = [
  ["protocol", ({ min, max, current }) => [min, max, current]],
  [
    "delegate protocol",
    ({ delegateMin, delegateMax, delegateCurrent }) => [delegateMin, delegateMax, delegateCurrent],
  ],
];

/**
 * Everybody must speak, of either protocol, a version that everybody understands (memberlist's verifyProtocol). Only
 * nodes that are alive count; a record without versions is from before there were any and is passed over.
 * @returns What is wrong, or undefined.
 */
export function checkVersions(gossip: Gossip, remote: readonly PushPullNode[]): string | undefined {
  // In a pool of thousands a handful of combinations: each is judged once, by the first who speaks so.
  const speakers = new Map<number, Speaker>();
  for (const { name, record, state } of gossip.nodes.values())
    if (state === "alive") hear(speakers, name, record.versions);
  for (const { name, vsn, state } of remote) {
    const versions = NODE_STATES[state] === "alive" ? versionsOf(vsn) : undefined;
    if (versions !== undefined) hear(speakers, name, versions);
  }
  for (const [what, pick] of PROTOCOLS) {
    const wrong = checkRange([...speakers.values()], what, pick);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

interface Speaker {
  readonly name: string;
  readonly versions: ProtocolVersions;
}

function hear(speakers: Map<number, Speaker>, name: string, versions: ProtocolVersions): void {
  const { min, max, current, delegateMin, delegateMax, delegateCurrent } = versions;
  // Each is a byte: six of them are a whole number that is exact.
  let key = min;
  key = key * 256 + max;
  key = key * 256 + current;
  key = key * 256 + delegateMin;
  key = key * 256 + delegateMax;
  key = key * 256 + delegateCurrent;
  if (!speakers.has(key)) speakers.set(key, { name, versions });
}

function checkRange(speakers: readonly Speaker[], what: string, pick: Pick): string | undefined {
  let highestMin = 0;
  let lowestMax = 255;
  for (const { versions } of speakers) {
    const [min, max] = pick(versions);
    highestMin = Math.max(highestMin, min);
    lowestMax = Math.min(lowestMax, max);
  }
  for (const { name, versions } of speakers) {
    const [, , current] = pick(versions);
    if (current < highestMin || current > lowestMax)
      return `Node '${name}' ${what} version (${current}) is incompatible: [${highestMin}, ${lowestMax}]`;
  }
  return undefined;
}
