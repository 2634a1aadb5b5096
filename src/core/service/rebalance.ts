// Client agents turn to another server every two to three minutes, more seldom in large clusters: so that they spread anew
// over the servers when some came back. The new order is drawn, and the first of it that answers is asked from then on.

import type { Response } from "../api/response.ts";
import { shuffle } from "../lib/chance.ts";
import { keepOrder } from "./rotation.ts";
import { askServer } from "./route.ts";
import type { Service, ServiceEffect } from "./state.ts";

/** @param agents How many there are in the datacenter. */
export function rebalance(service: Service, agents: number, nowMs: number, out: ServiceEffect[]): void {
  const { rotation, preference, chance } = service;
  keepOrder(service, agents, nowMs);
  rotation.candidates.length = 0;
  if (preference.length < 2) return;
  rotation.candidates.push(...shuffle(chance, "service.rebalance-order", [...preference]));
  tryNext(service, nowMs, out);
}

function tryNext(service: Service, nowMs: number, out: ServiceEffect[]): void {
  const { candidates } = service.rotation;
  let server = candidates.shift();
  while (server !== undefined && !service.preference.includes(server)) server = candidates.shift();
  if (server === undefined) return;
  const origin = { by: "duty", duty: { kind: "try-server", server } } as const;
  askServer(service, origin, server, { kind: "status.raft" }, nowMs, out);
}

/** The first that answers is asked first from now on, and after it the others as they were drawn. */
export function onTried(
  service: Service,
  server: string,
  response: Response,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { preference, rotation } = service;
  if (!response.ok) return tryNext(service, nowMs, out);
  if (!preference.includes(server)) return;
  const rest = rotation.candidates.splice(0).filter((id) => preference.includes(id));
  const unanswering = preference.filter((id) => id !== server && !rest.includes(id));
  preference.splice(0, preference.length, server, ...rest, ...unanswering);
}
