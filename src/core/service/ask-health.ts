// How a leader asks its servers how they are; what it makes of the answers is server-health.ts's business.

import { askServer } from "./route.ts";
import { watchedServer } from "./server-health.ts";
import type { Service, ServiceEffect } from "./state.ts";

/** Asks a server how far it is, unless it is being asked. The answer comes as one of the agent's duties. */
export function askHealth(service: Service, id: string, nowMs: number, out: ServiceEffect[]): void {
  const watched = watchedServer(service, id, nowMs);
  if (watched.asked) return;
  watched.asked = true;
  const origin = { by: "duty", duty: { kind: "watch-server", server: id } } as const;
  askServer(service, origin, id, { kind: "status.raft" }, nowMs, out);
}
