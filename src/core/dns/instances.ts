// Instances of a service as records: their addresses, or where to reach them with port and weight. Consul's order of choices,
// 1.8: the service's own address before its node's, an address before the name of a host.

import type { HealthRow } from "../api/response.ts";
import type { ByteString } from "../lib/bytes.ts";
import { CRITICAL, type Node, PASSING, WARNING } from "../model/catalog.ts";
import { addressBytes, hexText, nodeAddress, serviceAddress, servicePort } from "./addresses.ts";
import { type Asked, EMPTY, type Found, NO_RECORDS, NOT_THERE, type Place, type Records } from "./found.ts";
import { recordsOfHost } from "./hosts.ts";
import { type DnsRecord, RECORD } from "./message.ts";
import { type DnsName, lowerName, nameOfText } from "./name.ts";
import { addressName, addressRecord, aliasRecord, metaRecords, nodeName } from "./records.ts";

/** What all instances of an answer have in common. */
export interface Context {
  readonly asked: Asked;
  readonly place: Place;
  /** Whose instances they are. */
  readonly datacenter: string;
  readonly ttl: number;
}

export function tellInstances(rows: readonly HealthRow[], context: Context): Found {
  if (rows.length === 0) return NOT_THERE;
  const found = context.asked.type === RECORD.SRV ? tellServers(rows, context) : tellAddresses(rows, context);
  return { ...EMPTY, ...found, withSoa: found.answers.length === 0, trims: true };
}

/** Addresses, each once; where no instance has one, the host's name of the first that has one. */
function tellAddresses(rows: readonly HealthRow[], context: Context): Records {
  const { asked, place, ttl } = context;
  const { aRecordLimit } = place.settings;
  const most = aRecordLimit > 0 ? aRecordLimit : Number.POSITIVE_INFINITY;
  const answers = new Map<string, DnsRecord>();
  let host: string | undefined;
  for (const row of rows) {
    const where = whereIs(row, context);
    if (where.kind === "host") host ??= where.host;
    if (where.kind !== "ip") continue;
    const record = addressRecord(asked.name, where.bytes, asked.type, ttl);
    if (record !== undefined) answers.set(where.bytes, record);
    // One more than will be sent says that there are more.
    if (answers.size >= most || answers.size > asked.mostAnswers) break;
  }
  if (answers.size > 0 || host === undefined) return { answers: [...answers.values()], additional: [] };
  const target = nameOfText(host);
  if (target === undefined) return NO_RECORDS;
  const alias = aliasRecord(asked.name, RECORD.CNAME, ttl, target);
  return { answers: [alias, ...recordsOfHost(target, ttl, asked, place)], additional: [] };
}

/** Each with the address of its target, and what its node says of itself. */
function tellServers(rows: readonly HealthRow[], context: Context): Records {
  const { asked, place, datacenter, ttl } = context;
  const servers: Server[] = [];
  const told = new Set<string>();
  const wan = isElsewhere(datacenter, place);
  for (const row of rows) {
    const port = servicePort(row.service, wan);
    const key = `${row.node.node}\0${serviceAddress(row.service, RECORD.SRV, wan)}\0${port}`;
    if (told.has(key)) continue;
    told.add(key);
    const server = tellServer(row, port, context);
    if (server !== undefined) servers.push(server);
    if (servers.length > asked.mostAnswers) break;
  }
  // Where answers are cut, only the addresses of those that are left are kept.
  const tellsMeta = place.settings.nodeMetaTxt && servers.length <= asked.mostAnswers;
  return {
    answers: servers.map(({ answer }) => answer),
    additional: servers.flatMap(({ node, additional }) => {
      const owner = tellsMeta ? nodeName(place, node.node, datacenter) : undefined;
      return owner === undefined ? additional : [...additional, ...metaRecords(owner, node.meta, ttl)];
    }),
  };
}

interface Server {
  readonly node: Node;
  readonly answer: DnsRecord;
  readonly additional: readonly DnsRecord[];
}

/** @returns undefined for one that has no address, or whose node has a name that DNS can't say. */
function tellServer(row: HealthRow, port: number, context: Context): Server | undefined {
  const { asked, place, datacenter, ttl } = context;
  const where = whereIs(row, context);
  const server = (target: DnsName, additional: readonly DnsRecord[]): Server => ({
    node: row.node,
    answer: {
      name: asked.name,
      type: RECORD.SRV,
      ttl,
      data: { kind: "srv", priority: 1, weight: weightOf(row), port, target },
    },
    additional,
  });
  if (where.kind === "none") return undefined;
  if (where.kind === "host") {
    const target = nameOfText(where.host);
    return target && server(target, recordsOfHost(target, ttl, asked, place));
  }
  const { bytes, isNodes } = where;
  const target = isNodes
    ? nodeName(place, row.node.node, datacenter)
    : addressName(place, hexText(bytes), datacenter);
  const glue = target && addressRecord(target, bytes, RECORD.SRV, ttl);
  return glue && server(glue.name, [glue]);
}

/** Whether it is told by the addresses that other datacenters reach it at. */
export function isElsewhere(datacenter: string, { translatesWan, datacenter: own }: Place): boolean {
  return translatesWan && datacenter !== own;
}

type Where =
  | { readonly kind: "ip"; readonly bytes: ByteString; readonly isNodes: boolean }
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "none" };

function whereIs({ node, service }: HealthRow, { asked, place, datacenter }: Context): Where {
  const own = serviceAddress(service, asked.type, isElsewhere(datacenter, place));
  const its = nodeAddress(node, asked.type, isElsewhere(node.datacenter, place));
  const itsBytes = addressBytes(its);
  // An address for the WAN is not what the node's name stands for here.
  const atNode: Where | undefined =
    itsBytes === undefined ? undefined : { kind: "ip", bytes: itsBytes, isNodes: its === node.address };
  if (service.address === "") return atNode ?? (its === "" ? { kind: "none" } : { kind: "host", host: its });
  if (own === "") return { kind: "none" };
  const ownBytes = addressBytes(own);
  if (ownBytes !== undefined) return { kind: "ip", bytes: ownBytes, isNodes: false };
  // A service that is said to be where it is being asked for is on its node.
  const isAsked = nameOfText(own) === lowerName(asked.name);
  if (!isAsked) return { kind: "host", host: own };
  return atNode === undefined ? { kind: "none" } : { ...atNode, isNodes: true };
}

/** By the worst of its checks and its node's. */
function weightOf({ service, checks }: HealthRow): number {
  let warns = false;
  for (const { status, serviceName } of checks) {
    if (serviceName !== "" && serviceName !== service.service) continue;
    if (status === CRITICAL) return 0;
    if (status !== PASSING && status !== WARNING) return 1;
    if (status === WARNING) warns = true;
  }
  return warns ? service.weights.warning : service.weights.passing;
}
