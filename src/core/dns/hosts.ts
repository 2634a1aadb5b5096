// Nodes and services whose address is the name of a host: what is told of that name. One of ours is looked up here, any
// other is asked of the recursors.

import { findFact } from "./facts.ts";
import type { Asked, Place } from "./found.ts";
import { zoneOf } from "./lookup.ts";
import { CLASS_IN, type DnsRecord, RECORD } from "./message.ts";
import { type DnsName, lowerName } from "./name.ts";

/** Names that lead to names: so many in a row. */
export const MAX_DEPTH = 3;
/** So much is told of it to who does not say how much it takes. */
const MOST_RECORDS = 5;
/** On the way no more is found than a plain question over UDP is told. */
const MOST_ON_THE_WAY = 3;

/** Of the host that a service is at: aliases and addresses, with the time to live of what led there. */
export function recordsOfHost(name: DnsName, ttl: number, asked: Asked, place: Place): DnsRecord[] {
  const most = asked.hasEdns ? Number.POSITIVE_INFINITY : MOST_RECORDS;
  return followName(name, asked, place)
    .filter(({ type }) => type === RECORD.CNAME || type === RECORD.A || type === RECORD.AAAA)
    .slice(0, most)
    .map((record) => ({ ...record, ttl }));
}

/** Whatever is said of a name, as it is said. */
export function followName(name: DnsName, asked: Asked, place: Place): readonly DnsRecord[] {
  if (zoneOf(lowerName(name), place.settings) === "own") {
    if (asked.depth < 1) return [];
    const { answers, trims } = place.lookUp(
      {
        name,
        type: RECORD.ANY,
        class: CLASS_IN,
        ip: "",
        hasEdns: false,
        mostAnswers: MOST_ON_THE_WAY,
        depth: asked.depth - 1,
      },
      place,
    );
    return trims ? answers.slice(0, MOST_ON_THE_WAY) : answers;
  }
  if (place.settings.recursors.length === 0) return [];
  const fact = findFact(place, { kind: "elsewhere", name });
  return fact.kind === "records" ? fact.records : [];
}
