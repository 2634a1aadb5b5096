// The questions that Serf asks itself, by the names they have on the wire, and what each is answered. They never reach
// the agent.

import { textOfBytes } from "../../lib/bytes.ts";
import { notice } from "../notice.ts";
import type { GossipEffect } from "../ports.ts";
import { type Gossip, isSelf } from "../state.ts";
import { describeMember } from "./name-conflict.ts";

/** What all their names begin with. */
const PREFIX = "_serf_";

/** @returns The payload of the answer, with its Serf type byte; undefined for none. */
type InternalQuery = (
  gossip: Gossip,
  payload: Uint8Array,
  nowMs: number,
  out: GossipEffect[],
) => Uint8Array | undefined;

const INTERNAL_QUERIES: ReadonlyMap<string, InternalQuery> = new Map([
  // Is asked with acks wanted: those are the answer (`serf reachability`).
  [`${PREFIX}ping`, () => undefined],
  [`${PREFIX}conflict`, whoIs],
]);

export function isInternal(name: string): boolean {
  return name.startsWith(PREFIX);
}

export function answerInternal(
  gossip: Gossip,
  name: string,
  payload: Uint8Array,
  nowMs: number,
  out: GossipEffect[],
): Uint8Array | undefined {
  const query = INTERNAL_QUERIES.get(name);
  if (query !== undefined) return query(gossip, payload, nowMs, out);
  notice(out, "warn", "serf", `Unhandled internal query '${name}'`);
  return undefined;
}

/** Whom we mean by a name. Whoever has the name itself has no say in it. */
function whoIs(
  gossip: Gossip,
  payload: Uint8Array,
  _nowMs: number,
  out: GossipEffect[],
): Uint8Array | undefined {
  const name = textOfBytes(payload);
  if (isSelf(gossip, name)) return undefined;
  notice(out, "debug", "serf", `Got conflict resolution query for '${name}'`);
  return describeMember(gossip, name);
}
