// The answer to a question, whole: the zone's own records, addresses turned around, what was found for a name; with the bits
// of its header, and cut to what the client takes.

import type { HealthRow } from "../api/response.ts";
import { bytesOf } from "../lib/bytes.ts";
import { ipText } from "../model/address.ts";
import { CONSUL_SERVICE } from "../model/catalog.ts";
import { dnsFault } from "../model/service-rules.ts";
import { addressBytes, nodeAddress } from "./addresses.ts";
import { lookUp } from "./answer-lookup.ts";
import { findFact, type View } from "./facts.ts";
import { EMPTY, FAILED, type Found, NOT_THERE, type Place } from "./found.ts";
import { MAX_DEPTH } from "./hosts.ts";
import { isElsewhere } from "./instances.ts";
import { reversedAddress, zoneOf } from "./lookup.ts";
import {
  type DnsMessage,
  type DnsRecord,
  FLAG,
  OPCODE_QUERY,
  type Query,
  RCODE,
  type Rcode,
  RECORD,
} from "./message.ts";
import { type DnsName, lowerName } from "./name.ts";
import { wholeAddress } from "./read-message.ts";
import { addressRecord, aliasRecord, inDomain, nodeName, soaRecord } from "./records.ts";
import type { DnsSettings } from "./settings.ts";
import { mostAnswers, type Transport, trimMessage } from "./trim.ts";

export type Answer =
  | { readonly kind: "message"; readonly message: DnsMessage }
  /** It is for others to answer. */
  | { readonly kind: "recurse" };

/** @param ip Who asks. */
export function answerQuery(query: Query, transport: Transport, ip: string, view: View): Answer {
  const { settings } = view;
  const place: Place = { ...view, lookUp };
  const name = lowerName(query.name);
  const zone = zoneOf(name, settings);
  const recurses = settings.recursors.length > 0;
  if (zone === "other")
    return recurses ? { kind: "recurse" } : { kind: "message", message: bareMessage(query, RCODE.refused) };
  if (zone === "own") {
    const found = findOwn(query, transport, ip, place);
    return { kind: "message", message: wholeMessage(query, transport, found, place) };
  }
  const found = turnAround(query, place);
  if (found === undefined && recurses) return { kind: "recurse" };
  return { kind: "message", message: wholeMessage(query, transport, found ?? NOT_THERE, place) };
}

/** What is said where there is nobody to ask for a name that is not ours. */
function bareMessage(query: Query, rcode: Rcode): DnsMessage {
  const { id, opcode, name, type, class: its } = query;
  return {
    id,
    opcode,
    flags: FLAG.response | echoed(query),
    rcode,
    question: { name, type, class: its },
    answers: [],
    authority: [],
    additional: [],
    edns: undefined,
  };
}

/** By what name Consul counts a question; it counts none that is not for it. */
export function metricOf(
  name: DnsName,
  settings: DnsSettings,
): "dns.domain_query" | "dns.ptr_query" | undefined {
  const zone = zoneOf(lowerName(name), settings);
  if (zone === "other") return undefined;
  return zone === "own" ? "dns.domain_query" : "dns.ptr_query";
}

/** What is said when nobody of whom it was asked has answered. */
export function failedMessage(query: Query): DnsMessage {
  const bare = bareMessage(query, RCODE.serverFailure);
  const { edns } = query;
  const subnet = edns?.subnet && { ...edns.subnet, scopePrefix: 0 };
  return {
    ...bare,
    flags: bare.flags | FLAG.recursionAvailable,
    edns: edns && { udpBytes: edns.udpBytes, subnet },
  };
}

function echoed({ opcode, recursionDesired, checkingDisabled }: Query): number {
  if (opcode !== OPCODE_QUERY) return 0;
  return (recursionDesired ? FLAG.recursionDesired : 0) | (checkingDisabled ? FLAG.checkingDisabled : 0);
}

type OwnFound = Found & { readonly authority?: readonly DnsRecord[] };

function findOwn(query: Query, transport: Transport, ip: string, place: Place): OwnFound {
  const { type, edns } = query;
  const { settings } = place;
  if (type === RECORD.AXFR) return { ...EMPTY, rcode: RCODE.notImplemented };
  if (type === RECORD.NS) return { ...EMPTY, ...serversOf(place) };
  if (type === RECORD.SOA) {
    const { answers, additional } = serversOf(place);
    return { ...EMPTY, answers: [soaRecord(place)], authority: answers, additional };
  }
  const asked = {
    name: query.name,
    type,
    class: query.class,
    ip: edns?.subnet === undefined ? ip : (ipText(bytesOf(wholeAddress(edns.subnet))) ?? ip),
    hasEdns: edns !== undefined,
    mostAnswers: mostAnswers(transport, edns?.udpBytes, type, settings),
    depth: MAX_DEPTH,
  };
  return lookUp(asked, place);
}

/** So many servers speak for the zone. */
const MOST_SERVERS = 3;

/** Who speaks for the zone: servers of our datacenter, those whose names DNS can say. */
function serversOf(place: Place): {
  readonly answers: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
} {
  const { datacenter, settings } = place;
  const fact = findFact(place, {
    kind: "instances",
    service: CONSUL_SERVICE,
    tag: "",
    of: "service",
    datacenter,
  });
  const rows = fact.kind === "instances" ? fact.rows : [];
  const answers: DnsRecord[] = [];
  const additional: DnsRecord[] = [];
  for (const { node } of rows.filter(isSayable).slice(0, MOST_SERVERS)) {
    const name = nodeName(place, node.node.toLowerCase(), node.datacenter);
    if (name === undefined) continue;
    answers.push(aliasRecord(settings.domain, RECORD.NS, settings.nodeTtl, name));
    const bytes = addressBytes(nodeAddress(node, RECORD.ANY, isElsewhere(node.datacenter, place)));
    const record = bytes && addressRecord(name, bytes, RECORD.ANY, settings.nodeTtl);
    if (record !== undefined) additional.push(record);
  }
  return { answers, additional };
}

function isSayable({ node }: HealthRow): boolean {
  return dnsFault(node.node) === undefined;
}

/** Whose address that is. @returns undefined where it is nobody's here. */
function turnAround(query: Query, place: Place): Found | undefined {
  const ip = reversedAddress(lowerName(query.name));
  if (ip === undefined) return undefined;
  const fact = findFact(place, { kind: "names", ip });
  if (fact.kind === "failed") return FAILED;
  if (fact.kind !== "names" || (fact.node === "" && fact.service === "")) return undefined;
  const target =
    fact.node === ""
      ? inDomain(place, `${fact.service}.service.${place.datacenter}`)
      : nodeName(place, fact.node, place.datacenter);
  if (target === undefined) return undefined;
  const answers = [aliasRecord(query.name, RECORD.PTR, 0, target)];
  return { ...EMPTY, answers, withSoa: query.type === RECORD.SOA };
}

function wholeMessage(query: Query, transport: Transport, found: OwnFound, place: Place): DnsMessage {
  const { settings } = place;
  const { edns } = query;
  const scopePrefix =
    found.isClients && found.rcode === RCODE.noError ? (edns?.subnet?.sourcePrefix ?? 0) : 0;
  const available = settings.recursors.length > 0 ? FLAG.recursionAvailable : 0;
  const bare = bareMessage(query, found.rcode);
  const message: DnsMessage = {
    ...bare,
    flags: bare.flags | FLAG.authoritative | available,
    answers: found.answers,
    authority: found.authority ?? [],
    additional: found.additional,
    edns: edns && { udpBytes: edns.udpBytes, subnet: edns.subnet && { ...edns.subnet, scopePrefix } },
  };
  const { message: cut, trimmed } = found.trims
    ? trimMessage(message, transport, settings)
    : { message, trimmed: false };
  const told = trimmed && settings.enableTruncate ? { ...cut, flags: cut.flags | FLAG.truncated } : cut;
  return found.withSoa ? { ...told, authority: [...told.authority, soaRecord(place)] } : told;
}
