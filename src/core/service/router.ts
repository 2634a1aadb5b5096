// The servers of all datacenters, as the WAN pool tells them: which datacenters there are, and which of their servers takes
// a question that is meant for another datacenter than ours. Servers that failed are kept, as the last to be asked: a
// datacenter that is cut off is still one. Who left is forgotten.

import type { MemberEvent } from "../gossip/ports.ts";
import { compareStrings } from "../lib/bytes.ts";
import type { Address } from "../model/address.ts";
import { type Member, serverTags } from "../model/member.ts";
import type { Service } from "./state.ts";
import { forgetWanCoordinate } from "./wan-coordinates.ts";

/** A server, by the WAN pool; of our own datacenter too. */
export interface WanServer {
  readonly id: string;
  /** "a1.dc1". */
  readonly name: string;
  readonly datacenter: string;
  /** Where it takes RPC. */
  readonly address: Address;
  /** False for one that failed. */
  readonly alive: boolean;
}

export interface Router {
  /** By node id. We are not among them. */
  readonly servers: Map<string, WanServer>;
  /** Datacenter → ids of its servers, the one to ask first in front. A datacenter without servers is not there. */
  readonly order: Map<string, string[]>;
}

export function createRouter(): Router {
  return { servers: new Map(), order: new Map() };
}

/** Notes what the WAN pool says of a member. */
export function noteWanMember(service: Service, event: MemberEvent, member: Member): void {
  const { servers } = service.router;
  if (event === "reap") forgetWanCoordinate(service, member.name);
  const tags = serverTags(member);
  // A name is one server's: who comes back with another id, on a fresh disk, is not the one that it was.
  for (const known of [...servers.values()])
    if (known.name === member.name && known.id !== tags?.id) removeServer(service, known);
  if (tags === undefined || tags.id === "" || tags.id === service.config.nodeId) return;
  const { id, datacenter, rpcAddress: address } = tags;
  const known = servers.get(id);
  if (known !== undefined && (event === "leave" || event === "reap" || known.datacenter !== datacenter))
    removeServer(service, known);
  if (event === "leave" || event === "reap") return;
  servers.set(id, { id, name: member.name, datacenter, address, alive: event !== "failed" });
  enter(service, datacenter, id);
}

/** A newcomer takes a random place, so that the servers of a datacenter spread over those of another. */
function enter({ router, chance }: Service, datacenter: string, id: string): void {
  const order = router.order.get(datacenter) ?? [];
  router.order.set(datacenter, order);
  if (!order.includes(id)) order.splice(chance.choose("service.router-order", order.length + 1), 0, id);
}

function removeServer({ router }: Service, { id, datacenter }: WanServer): void {
  router.servers.delete(id);
  const rest = (router.order.get(datacenter) ?? []).filter((each) => each !== id);
  if (rest.length === 0) router.order.delete(datacenter);
  else router.order.set(datacenter, rest);
}

/** Whom to ask in a datacenter: the first that lives, or else the first; undefined when it has no servers. */
export function nextServer({ router }: Service, datacenter: string): string | undefined {
  const order = router.order.get(datacenter) ?? [];
  return order.find((id) => router.servers.get(id)?.alive === true) ?? order[0];
}

/** How many servers of a datacenter could be asked. */
export function countServers({ router }: Service, datacenter: string): number {
  return router.order.get(datacenter)?.length ?? 0;
}

/** A server did not answer: the others of its datacenter are asked first from now on. */
export function putLast({ router }: Service, id: string): void {
  const order = router.order.get(router.servers.get(id)?.datacenter ?? "") ?? [];
  const place = order.indexOf(id);
  if (place >= 0) order.push(...order.splice(place, 1));
}

/**
 * All datacenters: ours, then the others by how far their servers are.
 * @param distanceMs Of a datacenter's servers, by their names in the WAN; Infinity where that is not known. Those that are
 *   equally far come in the order of their names.
 */
export function listDatacenters(
  { router, config }: Service,
  distanceMs: (names: readonly string[]) => number = () => Number.POSITIVE_INFINITY,
): string[] {
  const names = new Map<string, string[]>([[config.datacenter, []]]);
  for (const { name, datacenter } of router.servers.values())
    names.set(datacenter, [...(names.get(datacenter) ?? []), name]);
  const far = [...names].map(([datacenter, servers]) => {
    const isOurs = datacenter === config.datacenter;
    return { datacenter, distanceMs: isOurs ? 0 : distanceMs(servers) };
  });
  return far
    .sort(
      (a, b) => compareDistances(a.distanceMs, b.distanceMs) || compareStrings(a.datacenter, b.datacenter),
    )
    .map(({ datacenter }) => datacenter);
}

/** Infinity less itself is no number. */
function compareDistances(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
