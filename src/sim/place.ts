// Where clients mean what they ask for, wherever they ask it. In a world of one datacenter nobody says so.

import type { SimNode } from "./node.ts";

export interface Place {
  /** The datacenter that every question names; undefined: none is named, which means that of whoever is asked. */
  readonly datacenter: string | undefined;
  /** Is added to all numbers of their requests, so that clients of two datacenters share none. */
  readonly firstRequest: number;
}

/** Whatever is asked of an agent is meant for its own datacenter. */
export const RIGHT_HERE: Place = { datacenter: undefined, firstRequest: 0 };

/** More than any kind of clients begins its numbers with. */
const REQUESTS_OF_A_PLACE = 100_000_000;

/** @param at Which of the datacenters of its world it is, from 0. */
export function placeIn(datacenter: string, at = 0): Place {
  return { datacenter, firstRequest: at * REQUESTS_OF_A_PLACE };
}

export function isIn({ config }: SimNode, { datacenter }: Place): boolean {
  return datacenter === undefined || config.datacenter === datacenter;
}

/** A path and query that names the place. */
export function placed(target: string, { datacenter }: Place): string {
  return datacenter === undefined ? target : `${target}${target.includes("?") ? "&" : "?"}dc=${datacenter}`;
}
