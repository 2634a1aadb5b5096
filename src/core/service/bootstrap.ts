// The first configuration of a new cluster: alone (`bootstrap`), or once `bootstrap_expect` servers have found each other
// and none of them is part of a cluster already. Every server writes the same list, in the same order, as entry 1. One that
// comes a moment later finds that others have written it already; it may do so too as long as that is all they have. Not
// before all of them have said so: a server that lost its disk looks just like one that is late, and must not pass for the
// voter that it was (raft/identity.ts); but then somebody remembers more than that first entry.

import { notice } from "../api/notice.ts";
import type { Response } from "../api/response.ts";
import { compareStrings } from "../lib/bytes.ts";
import { equalPlain } from "../lib/plain.ts";
import { joinHostPort } from "../model/address.ts";
import { majority } from "../raft/quorum.ts";
import { bootstrapRaft, FOUNDING_TERM, isBlank } from "../raft/step.ts";
import { askServer } from "./route.ts";
import type { KnownServer, Server, Service, ServiceEffect } from "./state.ts";

/** Times a silent server is asked whether it has peers, a minute in all as in Consul; then `isSafeWithout` decides. */
const MAX_TRIES = 17;
/**
 * The questions are 1, 2, 4, 4… s apart. Consul goes on to 32: then a cluster whose servers were parted when it began has no
 * leader for half a minute after nothing is in its way any more (seed 5610).
 */
const MOST_DOUBLINGS = 2;

/** Looks whether it is time; to be called when the log has been read, when servers come and go, and when due. */
export function considerBootstrap(
  service: Service,
  server: Server,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { config, duties } = service;
  if (!server.recovered) return;
  if (!isBlank(server.raft) || server.lostLog) return giveUp(service);
  if (config.bootstrap || config.dev) return bootstrap(service, server, [self(service)], nowMs, out);
  if (duties.bootstrapDone) return;
  const servers = allServers(service);
  const stranger = servers.find(
    (each) => each.bootstrap || (each.expect !== 0 && each.expect !== config.bootstrapExpect),
  );
  if (stranger !== undefined) {
    const message = stranger.bootstrap
      ? "Member has bootstrap mode. Expect disabled."
      : "Member has a conflicting expect value. All nodes should expect the same number.";
    out.push(notice("error", "server", message, { member: stranger.name }));
    return;
  }
  if (servers.length < config.bootstrapExpect) return;
  const begun = [...duties.bootstrapAnswers.values()].includes(true);
  const patient = begun || duties.bootstrapTries < MAX_TRIES || !isSafeWithout(service, servers);
  if (patient && !everyoneAnswered(service, servers)) return askForPeers(service, servers, nowMs, out);
  bootstrap(service, server, servers, nowMs, out);
}

function giveUp(service: Service): void {
  service.duties.bootstrapDone = true;
  service.duties.bootstrapAtMs = Number.POSITIVE_INFINITY;
}

function self({ config }: Service): KnownServer {
  return {
    id: config.nodeId,
    name: config.nodeName,
    address: joinHostPort(config.advertiseIp, config.ports.server),
    expect: config.bootstrapExpect,
    bootstrap: config.bootstrap,
    alive: true,
    version: "",
  };
}

function allServers(service: Service): KnownServer[] {
  const others = [...service.servers.values()].filter(({ id }) => id !== service.config.nodeId);
  return [self(service), ...others].sort((a, b) => compareStrings(a.id, b.id));
}

function everyoneAnswered(service: Service, servers: readonly KnownServer[]): boolean {
  const { bootstrapAnswers } = service.duties;
  return servers.every(({ id }) => id === service.config.nodeId || bootstrapAnswers.get(id) !== undefined);
}

/**
 * Whether the silent may be taken to have no peers: so many others have said that they have none that the silent and we, who
 * may have lost our disk, were never a majority of these servers. Consul asks no such question.
 */
function isSafeWithout({ duties }: Service, servers: readonly KnownServer[]): boolean {
  const said = servers.filter(({ id }) => duties.bootstrapAnswers.get(id) === false).length;
  return said > servers.length - majority(servers.length);
}

function askForPeers(
  service: Service,
  servers: readonly KnownServer[],
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { duties, config } = service;
  if (nowMs < duties.bootstrapAtMs && duties.bootstrapAtMs !== Number.POSITIVE_INFINITY) return;
  duties.bootstrapAtMs = nowMs + 1000 * 2 ** Math.min(duties.bootstrapTries, MOST_DOUBLINGS);
  duties.bootstrapTries++;
  for (const { id } of servers)
    if (id !== config.nodeId && duties.bootstrapAnswers.get(id) === undefined)
      askServer(
        service,
        { by: "duty", duty: { kind: "bootstrap", server: id } },
        id,
        { kind: "status.raft" },
        nowMs,
        out,
      );
}

/** A server said whether it is part of a cluster, or could not be asked. */
export function onBootstrapAnswer(
  service: Service,
  server: Server,
  peer: string,
  response: Response,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { duties } = service;
  if (!response.ok || response.body.kind !== "raft-status" || duties.bootstrapDone) return;
  const { lastIndex, servers, term } = response.body.status;
  if (lastIndex > 1) {
    const fields = { server: service.servers.get(peer)?.name ?? peer };
    const message = "Existing Raft peers reported by server, disabling bootstrap mode";
    out.push(notice("info", "server", message, fields));
    return giveUp(service);
  }
  // Somebody has campaigned for the next term already, and may have had our vote, if it is the disk that has forgotten it
  // (seed 7887). Pre-votes let nobody campaign whom a majority would not elect: whoever leads will let us in.
  if (term > FOUNDING_TERM) return;
  const ours = allServers(service).map(({ id }) => id);
  // Somebody who has found other servers than we have: we, or they, have not found them all yet. Asked again later.
  if (servers.length > 0 && !equalPlain(servers, ours)) return;
  duties.bootstrapAnswers.set(peer, servers.length > 0);
  considerBootstrap(service, server, nowMs, out);
}

function bootstrap(
  service: Service,
  server: Server,
  servers: readonly KnownServer[],
  nowMs: number,
  out: ServiceEffect[],
): void {
  giveUp(service);
  const addresses = servers.map(({ address }) => address).join(",");
  if (servers.length > 1)
    out.push(
      notice("info", "server", "Found expected number of peers, attempting bootstrap", { peers: addresses }),
    );
  bootstrapRaft(
    server.raft,
    servers.map(({ id, address }) => ({ id, address, voter: true })),
    nowMs,
  );
}
