// A prepared query: which instances of a service are wanted and where to look for them, kept under a name, or under all
// names that begin with one.

import type { Labels } from "./catalog.ts";

export interface PreparedQuery {
  /** UUID, as it was written last: in Consul the id in an update's path replaces it. */
  readonly id: string;
  /** Unique without regard to case; "" for one that is found by its id, or by every name. */
  readonly name: string;
  /** It ends with this session; "" for none. */
  readonly session: string;
  readonly token: string;
  readonly template: QueryTemplate;
  readonly service: ServiceQuery;
  readonly dns: QueryDns;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface QueryTemplate {
  /** "" for a query that is no template. */
  readonly type: string;
  /** What "match()" takes parts of the name by. */
  readonly regexp: string;
  /** Tags of which nothing is left are left out. */
  readonly removeEmptyTags: boolean;
}

/** The only kind of template there is: its query's name is what the names that it is found by begin with. */
export const NAME_PREFIX_MATCH = "name_prefix_match";

/** Null is what Consul prints for no list or map at all. */
export interface ServiceQuery {
  readonly service: string;
  readonly failover: QueryFailover;
  /** Not even a warning is let pass. */
  readonly onlyPassing: boolean;
  /** Checks that do not count. */
  readonly ignoreCheckIds: readonly string[] | null;
  /** The node that results are to be near to: a name, "_agent", "_ip", or "" for none. */
  readonly near: string;
  /** All of which an instance must have, or with "!" in front, must not have. */
  readonly tags: readonly string[] | null;
  readonly nodeMeta: Labels;
  readonly serviceMeta: Labels;
  readonly connect: boolean;
}

/** Where to look when there is nothing in the datacenter that is asked. */
export interface QueryFailover {
  /** So many of the nearest first. */
  readonly nearestN: number;
  readonly datacenters: readonly string[] | null;
}

export interface QueryDns {
  /** A duration; "" for the agent's. */
  readonly ttl: string;
}

export function isTemplate({ template }: Pick<PreparedQuery, "template">): boolean {
  return template.type !== "";
}

/** Whether a name could be a query's id. */
export function looksLikeQueryId(name: string): boolean {
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(name);
}
