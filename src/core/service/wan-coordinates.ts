// Where the servers of all datacenters are in the WAN pool, as far as they were measured: what /v1/coordinate/datacenters
// tells, and in which order datacenters are near.

import type { AgentConfig } from "../agent/config.ts";
import type { DatacenterCoordinates, Response } from "../api/response.ts";
import { compareStrings } from "../lib/bytes.ts";
import { type Coordinate, distanceBetween, type NodeCoordinate, ORIGIN } from "../model/coordinate.ts";
import type { Service } from "./state.ts";

/** By the name in the pool ("a1.dc1"); ourselves too, from the beginning. Empty where there is no such pool. */
export type WanCoordinates = Map<string, Coordinate>;

export function createWanCoordinates({ gossipWan, disableCoordinates }: AgentConfig): WanCoordinates {
  return new Map(gossipWan === undefined || disableCoordinates === true ? [] : [[gossipWan.name, ORIGIN]]);
}

/** A round trip moved us, and a member said where it is. */
export function noteWanCoordinate(
  { config, wanCoordinates }: Service,
  {
    own,
    node,
    coordinate,
  }: { readonly own: Coordinate; readonly node: string; readonly coordinate: Coordinate },
): void {
  if (config.gossipWan !== undefined) wanCoordinates.set(config.gossipWan.name, own);
  wanCoordinates.set(node, coordinate);
}

/** The pool has forgotten the member. */
export function forgetWanCoordinate({ wanCoordinates }: Service, node: string): void {
  wanCoordinates.delete(node);
}

/** By datacenter, the servers of each by their names there. Who was never measured is left out. */
export function datacenterCoordinates({ config, router, wanCoordinates }: Service): Response {
  const { datacenter, gossipWan } = config;
  const all = [...router.servers.values(), { name: gossipWan?.name ?? "", datacenter }];
  const byDatacenter = new Map<string, NodeCoordinate[]>();
  for (const { name, datacenter: its } of all.sort((a, b) => compareStrings(a.name, b.name))) {
    const coordinate = wanCoordinates.get(name);
    if (coordinate === undefined) continue;
    const node = name.endsWith(`.${its}`) ? name.slice(0, -its.length - 1) : name;
    const rows = byDatacenter.get(its) ?? [];
    byDatacenter.set(its, [...rows, { node, segment: "", coordinate }]);
  }
  const datacenters: DatacenterCoordinates[] = [...byDatacenter]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([each, coordinates]) => ({ datacenter: each, area: "wan", coordinates }));
  return { ok: true, body: { kind: "coordinate-datacenters", datacenters } };
}

/**
 * How far a datacenter is: the round trip to the one of its servers that is in the middle, in milliseconds; Infinity
 * where that one was never measured.
 * @param names Of its servers, in the WAN.
 */
export function datacenterDistanceMs({ config, wanCoordinates }: Service, names: readonly string[]): number {
  const own = wanCoordinates.get(config.gossipWan?.name ?? "");
  const seconds = names.map((name) => distanceBetween(own, wanCoordinates.get(name)));
  // Infinity less itself is no number.
  seconds.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return (seconds[seconds.length >> 1] ?? Number.POSITIVE_INFINITY) * 1000;
}
