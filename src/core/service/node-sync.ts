// Every agent registers its own node record, with what only it knows: tagged addresses and metadata.

import { notice } from "../api/notice.ts";
import type { Response } from "../api/response.ts";
import { chooseMs } from "../lib/chance.ts";
import { ownNode } from "../model/own-node.ts";
import { ask } from "./route.ts";
import type { Service, ServiceEffect } from "./state.ts";

/** After a failure, as Consul's anti-entropy: 15 s and up to as much again. */
const RETRY_MS: readonly [number, number] = [15_000, 30_000];

/** Sends the record, once there is somebody to send it to. */
export function syncNode(service: Service, nowMs: number, out: ServiceEffect[]): void {
  const { duties, server } = service;
  if (duties.nodeSynced || nowMs < duties.syncNodeAtMs) return;
  const someone = server === undefined ? service.preference.length > 0 : server.raft.leader !== undefined;
  // Nobody yet: whoever learns of a server or a leader calls again.
  if (!someone) return;
  duties.syncNodeAtMs = Number.POSITIVE_INFINITY;
  ask(service, { by: "duty", duty: { kind: "sync-node" } }, ownNode(service.config), nowMs, out);
}

/** The catalog has another record than it was sent, or none. */
export function syncNodeAgain(service: Service, nowMs: number, out: ServiceEffect[]): void {
  const { duties } = service;
  if (!duties.nodeSynced) return;
  duties.nodeSynced = false;
  duties.syncNodeAtMs = nowMs;
  syncNode(service, nowMs, out);
}

/** When to try again; Infinity while it waits for a server, a leader or an answer, and when it is done. */
export function syncNodeDeadline({ duties }: Service, nowMs: number): number {
  return duties.nodeSynced || duties.syncNodeAtMs <= nowMs ? Number.POSITIVE_INFINITY : duties.syncNodeAtMs;
}

export function onNodeSynced(
  service: Service,
  response: Response,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { duties } = service;
  duties.nodeSynced = response.ok;
  if (response.ok) {
    out.push(notice("info", "", "Synced node info"));
    return;
  }
  const [least, most] = RETRY_MS;
  duties.syncNodeAtMs = nowMs + chooseMs(service.chance, "service.sync-retry", least, most);
  out.push(notice("error", "anti_entropy", "failed to sync remote state", { error: response.error.detail }));
}
