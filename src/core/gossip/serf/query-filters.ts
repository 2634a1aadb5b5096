// Whom a query asks: by name, or by the value of a tag.

import { decodeFilter } from "../../wire/gossip/serf-messages.ts";
import type { Gossip } from "../state.ts";
import { ownMember } from "./members.ts";

/** More filters do not fit into a query of the size that Serf allows, 1024 bytes, and say something. */
export const MAX_FILTERS = 64;

/** Whether all filters let us answer. One that we cannot judge does not. */
export function isForUs(gossip: Gossip, filters: readonly (Uint8Array | null)[]): boolean {
  return filters.every((each) => {
    const filter = decodeFilter(each ?? new Uint8Array(0));
    if (!filter.ok) return false;
    if (filter.value.type === "nodes") return filter.value.names.includes(gossip.config.name);
    return matches(filter.value.expr, ownMember(gossip).tags.get(filter.value.tag) ?? "");
  });
}

/**
 * Whether a tag's value matches an expression that is plain text, anchored or not. Go's regular expressions run in
 * linear time whatever they are; JavaScript's do not, so we run none that comes from the network.
 */
function matches(expr: string, value: string): boolean {
  const [, start, plain, end] = /^(\^?)([\w \-:/]*)(\$?)$/.exec(expr) ?? [];
  if (plain === undefined) return false;
  if (start === "^" && end === "$") return value === plain;
  if (start === "^") return value.startsWith(plain);
  return end === "$" ? value.endsWith(plain) : value.includes(plain);
}
