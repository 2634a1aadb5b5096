// What a strike is given, and what it answers. One file for each family of kinds; strikes/table.ts has them by name.

import type { Chance } from "../../core/lib/chance.ts";
import type { Cluster } from "../datacenters.ts";
import type { FaultAtlas } from "../fault-atlas.ts";
import type { Undo } from "../faults.ts";
import type { SimNode } from "../node.ts";
import type { LinkWeather } from "../weather.ts";
import type { World } from "../world.ts";

export interface Strike {
  readonly world: World;
  readonly chance: Chance;
  /** The datacenter that is struck: victim, servers and whoever leads are of it. */
  readonly cluster: Cluster;
  /** Whom it is aimed at; undefined when everybody is down. */
  readonly victim: SimNode | undefined;
  /** All servers of it, up or not, in an order drawn for this strike. */
  readonly servers: readonly SimNode[];
  /** When it is undone, in true time. */
  readonly untilUs: number;
  /** When all trouble ends. */
  readonly endUs: number;
  readonly atlas: FaultAtlas;
  /**
   * Every server whose disk is safe has had its vote. Before that those are no quorum: servers that were late at the founding
   * of their cluster get their vote by and by (ADR 12).
   */
  readonly formed: boolean;
  /** The network's everyday. */
  readonly weather: LinkWeather;
}

/**
 * Does it. Whether it took effect is counted by whatever it meets (effects.ts).
 * @returns How to undo it at `untilUs`; undefined when there was nothing to strike.
 */
export type Striker = (strike: Strike) => Undo | undefined;

/** For what is over at once. */
export const NOTHING_TO_UNDO: Undo = () => undefined;

export function uniformBetween(chance: Chance, site: string, least: number, most: number): number {
  return least + chance.choose(site, most - least + 1);
}
