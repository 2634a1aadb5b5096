// The answer to a name in our zones, by what it asks for.

import { parseDuration } from "../lib/duration.ts";
import { addressBytes, nodeAddress } from "./addresses.ts";
import { findFact } from "./facts.ts";
import { type Asked, EMPTY, FAILED, type Found, NOT_THERE, type Place } from "./found.ts";
import { followName } from "./hosts.ts";
import { isElsewhere, tellInstances } from "./instances.ts";
import { hexBytes, type Lookup, lookupOf } from "./lookup.ts";
import { type DnsRecord, RECORD } from "./message.ts";
import { nameOfText } from "./name.ts";
import { addressRecord, aliasRecord, inDomain, metaRecords } from "./records.ts";
import { serviceTtl } from "./settings.ts";

export function lookUp(asked: Asked, place: Place): Found {
  const lookup = lookupOf(asked.name, asked.type, place.settings, place.datacenter);
  switch (lookup.kind) {
    case "service":
      return lookUpService(lookup, asked, place);
    case "node":
      return lookUpNode(lookup, asked, place);
    case "query":
      return { ...runQuery(lookup, asked, place), isClients: true };
    case "address":
      return tellAddress(lookup, place);
    case "nothing":
      return NOT_THERE;
  }
}

function lookUpService(
  { service, tag, of, datacenter }: Extract<Lookup, { kind: "service" }>,
  asked: Asked,
  place: Place,
): Found {
  const fact = findFact(place, { kind: "instances", service, tag, of, datacenter });
  if (fact.kind === "nothing") return NOT_THERE;
  if (fact.kind !== "instances") return FAILED;
  const ttl = serviceTtl(place.settings, service);
  return tellInstances(fact.rows, { asked, place, datacenter, ttl });
}

function runQuery(
  { name, datacenter }: Extract<Lookup, { kind: "query" }>,
  asked: Asked,
  place: Place,
): Found {
  const fact = findFact(place, { kind: "query", name, datacenter, ip: asked.ip });
  if (fact.kind === "nothing") return NOT_THERE;
  if (fact.kind !== "result") return FAILED;
  const { rows, service, ttl } = fact;
  const seconds = ttl === "" ? serviceTtl(place.settings, service) : wholeSeconds(ttl);
  return tellInstances(rows, { asked, place, datacenter: fact.datacenter, ttl: seconds });
}

function wholeSeconds(duration: string): number {
  const parsed = parseDuration(duration);
  return parsed.ok ? Math.max(0, Math.trunc(parsed.ns / 1e9)) : 0;
}

/** Of a node only these are told; who asks for anything else is told nothing, there or not. */
const OF_NODES: readonly number[] = [RECORD.A, RECORD.AAAA, RECORD.TXT, RECORD.ANY];

function lookUpNode(
  { node: name, datacenter }: Extract<Lookup, { kind: "node" }>,
  asked: Asked,
  place: Place,
): Found {
  const { settings } = place;
  if (!OF_NODES.includes(asked.type)) return EMPTY;
  const fact = findFact(place, { kind: "node", node: name, datacenter });
  if (fact.kind === "nothing") return NOT_THERE;
  if (fact.kind !== "node") return FAILED;
  const { node } = fact;
  const isText = asked.type === RECORD.TXT;
  const all = isText || asked.type === RECORD.ANY;
  const address = nodeAddress(node, asked.type, isElsewhere(node.datacenter, place));
  const addresses = isText ? [] : addressesOf(address, asked, place);
  const meta = all || settings.nodeMetaTxt ? metaRecords(asked.name, node.meta, settings.nodeTtl) : [];
  return {
    ...EMPTY,
    answers: all ? [...addresses, ...meta] : addresses,
    additional: all ? [] : meta,
  };
}

function addressesOf(address: string, asked: Asked, place: Place): readonly DnsRecord[] {
  const { nodeTtl } = place.settings;
  const bytes = addressBytes(address);
  if (bytes !== undefined) {
    const record = addressRecord(asked.name, bytes, asked.type, nodeTtl);
    return record === undefined ? [] : [record];
  }
  const target = address === "" ? undefined : nameOfText(address);
  if (target === undefined) return [];
  const alias = aliasRecord(asked.name, RECORD.CNAME, nodeTtl, target);
  return [alias, ...followName(target, asked, place)];
}

/** Whatever is asked for, it is the address that the name says. What is as long as one and is none is not there. */
function tellAddress({ hex, labels }: Extract<Lookup, { kind: "address" }>, place: Place): Found {
  const bytes = hexBytes(hex);
  if (bytes === undefined) return ADDRESS_BYTES.includes(hex.length >> 1) ? NOT_THERE : EMPTY;
  const name = inDomain(place, labels.join("."));
  const record = name && addressRecord(name, bytes, RECORD.ANY, place.settings.nodeTtl);
  return record === undefined ? EMPTY : { ...EMPTY, answers: [record] };
}

const ADDRESS_BYTES: readonly number[] = [4, 16];
