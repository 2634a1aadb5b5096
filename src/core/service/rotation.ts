// The order in which a client agent asks the servers (`Service.preference`): one that could not answer goes to the end, and
// from time to time all of it is drawn anew (rebalance.ts). Consul's agent/router/manager.go, 1.8.

import { notice } from "../api/notice.ts";
import { chooseMs } from "../lib/chance.ts";
import type { Service, ServiceEffect } from "./state.ts";

/** Consul's clientRPCMinReuseDuration, and up to half as much again. */
const KEPT_MS: readonly [number, number] = [120_000, 180_000];
/** How many agents may turn to another server in a second, for each server (newRebalanceConnsPerSecPerServer). */
const TURNS_PER_SECOND = 64;

export interface Rotation {
  /** When the order is drawn anew; Infinity for a server, which asks the leader. */
  atMs: number;
  /** Servers that are yet to be tried for the first place. */
  readonly candidates: string[];
}

export function createRotation(): Rotation {
  return { atMs: Number.POSITIVE_INFINITY, candidates: [] };
}

/** A server is known: from now on there is something to put in order. */
export function startRotation(service: Service, nowMs: number): void {
  if (service.server !== undefined || service.rotation.atMs < Number.POSITIVE_INFINITY) return;
  keepOrder(service, 0, nowMs);
}

/** @param agents How many there are in the datacenter: the servers must not see all of them turn at once. */
export function keepOrder({ rotation, chance, servers }: Service, agents: number, nowMs: number): void {
  const [least, most] = KEPT_MS;
  const spread = (agents / (TURNS_PER_SECOND * Math.max(1, servers.size))) * 1000;
  rotation.atMs = nowMs + Math.max(spread, chooseMs(chance, "service.rebalance", least, most));
}

/** A server could not answer: the others are asked before it. */
export function putBehind(service: Service, id: string, out: ServiceEffect[]): void {
  const { preference, server: own } = service;
  if (own !== undefined || preference[0] !== id || preference.length < 2) return;
  preference.push(...preference.splice(0, 1));
  tellOfCycling(service, id, out);
}

/** A client agent asked this server first, and asks another one from now on. */
export function tellOfCycling(service: Service, id: string, out: ServiceEffect[]): void {
  const { servers, config, server: own } = service;
  const known = servers.get(id);
  if (known === undefined || own !== undefined) return;
  const server = `${known.name} (Addr: tcp/${known.address}) (DC: ${config.datacenter})`;
  out.push(notice("debug", "router.manager", "cycled away from server", { server }));
}
