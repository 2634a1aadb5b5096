// Consul's user events: small news with a name, for all agents of a datacenter or for those that its filters choose. They
// are gossiped, not replicated: each agent remembers the latest that came to it.

import { compileRe2, matchesRe2 } from "../lib/re2/re2.ts";

export interface UserEvent {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  /** Null: none. */
  readonly payload: Uint8Array | null;
  /** Regular expressions; "" lets everybody through. */
  readonly nodeFilter: string;
  readonly serviceFilter: string;
  readonly tagFilter: string;
  readonly version: number;
  /** Serf's Lamport time of it; 0 for one that is only about to be fired. */
  readonly lTime: number;
}

/** Of the name and the encoded event together (Serf's UserEventSizeLimit). */
export const USER_EVENT_MAX_BYTES = 512;
/** The version that we fire, and the latest that we understand whole. */
export const USER_EVENT_VERSION = 1;

/** The services of an agent, by id, with their tags. */
export type LocalServices = ReadonlyMap<string, readonly string[]>;

type Filters = Pick<UserEvent, "nodeFilter" | "serviceFilter" | "tagFilter">;

/** Why nobody could judge an event by these filters; undefined if all could. In Consul's words and order. */
export function filterFault({ nodeFilter, serviceFilter, tagFilter }: Filters): string | undefined {
  if (tagFilter !== "" && serviceFilter === "") return "Cannot provide tag filter without service filter";
  for (const [what, expression] of [
    ["node", nodeFilter],
    ["service", serviceFilter],
    ["tag", tagFilter],
  ] as const) {
    const compiled = compileRe2(expression);
    if (!compiled.ok) return `Invalid ${what} filter: ${compiled.error}`;
  }
  return undefined;
}

/** A filter that cannot be read; else whether it lets the agent through. */
export type Passes =
  | { readonly ok: true; readonly passes: boolean }
  | { readonly ok: false; readonly what: "node" | "service" | "tag"; readonly error: string };

/** Whether an event is for an agent: by its node's name, and by a service of its own, with a tag if that is asked. */
export function passesFilters(filters: Filters, nodeName: string, services: LocalServices): Passes {
  const node = compileRe2(filters.nodeFilter);
  if (!node.ok) return { ok: false, what: "node", error: node.error };
  if (!matchesRe2(node.re2, nodeName)) return { ok: true, passes: false };
  if (filters.serviceFilter === "") return { ok: true, passes: true };
  const service = compileRe2(filters.serviceFilter);
  if (!service.ok) return { ok: false, what: "service", error: service.error };
  const tag = compileRe2(filters.tagFilter);
  if (!tag.ok) return { ok: false, what: "tag", error: tag.error };
  for (const [id, tags] of services) {
    if (!matchesRe2(service.re2, id)) continue;
    if (filters.tagFilter === "" || tags.some((each) => matchesRe2(tag.re2, each)))
      return { ok: true, passes: true };
  }
  return { ok: true, passes: false };
}
