// Can all who are here and all who are there understand each other? Checked before two pools become one.

import type { ProtocolVersions } from "../model/member.ts";
import { versionsOf } from "../wire/gossip/messages.ts";
import { NODE_STATES, type PushPullNode } from "../wire/gossip/stream-messages.ts";
import type { Gossip } from "./state.ts";

interface Speaker {
  readonly name: string;
  readonly versions: ProtocolVersions;
}

/**
 * Everybody must speak, of either protocol, a version that everybody understands (memberlist's verifyProtocol). Only
 * nodes that are alive count; a record without versions is from before there were any and is passed over.
 * @returns What is wrong, or undefined.
 */
export function checkVersions(gossip: Gossip, remote: readonly PushPullNode[]): string | undefined {
  const speakers: Speaker[] = [];
  for (const { name, versions, state } of gossip.nodes.values())
    if (state === "alive") speakers.push({ name, versions });
  for (const { name, vsn, state } of remote) {
    const versions = versionsOf(vsn);
    if (NODE_STATES[state] === "alive" && versions !== undefined) speakers.push({ name, versions });
  }
  return (
    checkRange(speakers, "protocol", ({ min, max, current }) => [min, max, current]) ??
    checkRange(speakers, "delegate protocol", ({ delegateMin, delegateMax, delegateCurrent }) => [
      delegateMin,
      delegateMax,
      delegateCurrent,
    ])
  );
}

function checkRange(
  speakers: readonly Speaker[],
  what: string,
  pick: (versions: ProtocolVersions) => readonly [min: number, max: number, current: number],
): string | undefined {
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
