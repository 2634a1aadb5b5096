// Whom a query asks: by name, or by the value of a tag.

import { compileRe2, matchesRe2 } from "../../lib/re2/re2.ts";
import { decodeFilter } from "../../wire/gossip/serf-messages.ts";
import type { Gossip } from "../state.ts";
import { ownMember } from "./members.ts";

/** More do not fit into a query of the size that Serf allows, 1024 bytes, and say something. */
export const MAX_FILTERS = 64;

/** Instructions of all expressions together: one may have as many, but not each of many. */
const MAX_INSTRUCTIONS = 10_000;

/** Whether all filters let us answer. One that we cannot judge does not. */
export function isForUs(gossip: Gossip, filters: readonly (Uint8Array | null)[]): boolean {
  let room = MAX_INSTRUCTIONS;
  return filters.every((each) => {
    const filter = decodeFilter(each ?? new Uint8Array(0));
    if (!filter.ok) return false;
    if (filter.value.type === "nodes") return filter.value.names.includes(gossip.config.name);
    const { tag, expr } = filter.value;
    const compiled = compileRe2(expr);
    if (compiled.ok) room -= compiled.re2.instructions.length - 1;
    return compiled.ok && room >= 0 && matchesRe2(compiled.re2, ownMember(gossip).record.tags.get(tag) ?? "");
  });
}
