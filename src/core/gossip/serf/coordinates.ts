// Network coordinates in a pool: each ack tells where its sender is, and how long it was on its way moves us a little
// (vivaldi.ts). What a member says of its place is believed only as far as it could be true: one that lies must not be
// able to push others out of the world, who would then tell it on.

import { PLANTED, planted } from "../../lib/planted.ts";
import { type Coordinate, distanceNs, MAX_ERROR, rawDistance } from "../../model/coordinate.ts";
import { decodePingPayload, encodePingPayload } from "../../wire/gossip/coordinate.ts";
import { measureCount, measureSample } from "../measure.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import type { Gossip } from "../state.ts";
import { createVivaldi, forgetLatencies, MAX_RTT_NS, updateVivaldi, type Vivaldi } from "./vivaldi.ts";

export interface Coordinates {
  readonly own: Vivaldi;
  /** What the members that we probed said last, by name. */
  readonly cache: Map<string, Coordinate>;
  /** Measurements that were not believed. */
  rejected: number;
}

export function createCoordinates(): Coordinates {
  return { own: createVivaldi(), cache: new Map(), rejected: 0 };
}

/** What we tell whoever pings us. */
export function ackPayload({ serf: { coordinates } }: Gossip): Uint8Array | null {
  return coordinates === undefined ? null : encodePingPayload(coordinates.own.coordinate);
}

/** A member answered our ping, straight and in time. Whoever keeps no coordinates says nothing of any. */
export function onRoundTrip(
  gossip: Gossip,
  node: string,
  payload: Uint8Array | null,
  rttMs: number,
  out: GossipEffect[],
): void {
  const { coordinates } = gossip.serf;
  if (coordinates === undefined || payload === null || payload.length === 0) return;
  if (!gossip.serf.members.has(node)) return; // Forgotten meanwhile: nobody would forget it again.
  const decoded = decodePingPayload(payload);
  const fault = decoded.ok
    ? takeIn(gossip, coordinates, node, decoded.value, Math.round(rttMs * 1e6), out)
    : decoded.error;
  if (fault === undefined) return;
  coordinates.rejected++;
  measureCount(gossip, "serf.coordinate.rejected", out);
  notice(out, "debug", "serf", `Rejected coordinate from ${node}: ${fault}`);
}

function takeIn(
  gossip: Gossip,
  { own, cache }: Coordinates,
  node: string,
  other: Coordinate,
  rttNs: number,
  out: GossipEffect[],
): string | undefined {
  const before = own.coordinate;
  const believed = PLANTED && planted(gossip.config, "coordinate-believes-anything");
  const fault =
    (believed ? undefined : implausible(own.coordinate, other)) ??
    updateVivaldi(own, node, other, rttNs, gossip.chance);
  if (fault !== undefined) return fault;
  cache.set(node, other);
  if (gossip.config.measures === true)
    measureSample(gossip, "serf.coordinate.adjustment-ms", distanceNs(before, own.coordinate) / 1e6, out);
  out.push({ type: "coordinate", own: own.coordinate, node, coordinate: other });
  return undefined;
}

/**
 * What no honest node says of itself: an error, a height or an adjustment that the computation cannot come to; or a
 * place further from ours than any round trip that we would believe. Gravity sees to it that two halves of a pool that
 * drifted apart are within that of each other again before long.
 */
function implausible(own: Coordinate, other: Coordinate): string | undefined {
  const most = MAX_RTT_NS / 1e9;
  if (!(other.error >= 0 && other.error <= MAX_ERROR)) return `an error of ${other.error}`;
  if (!(other.height >= 0 && other.height <= most)) return `a height of ${other.height}s`;
  if (!(Math.abs(other.adjustment) <= most)) return `an adjustment of ${other.adjustment}s`;
  if (!(rawDistance(own, other) <= most)) return "further away than any round trip";
  return undefined;
}

/** Where a member said that it is; ourselves too. Undefined for one that did not, or keeps no coordinates. */
export function coordinateOf(gossip: Gossip, node: string): Coordinate | undefined {
  const { coordinates } = gossip.serf;
  return node === gossip.config.name ? coordinates?.own.coordinate : coordinates?.cache.get(node);
}

/** The member is forgotten, and where it was. */
export function forgetCoordinate({ serf: { coordinates } }: Gossip, node: string): void {
  if (coordinates === undefined) return;
  coordinates.cache.delete(node);
  forgetLatencies(coordinates.own, node);
}
