// Handing leadership over, as an operator or a server that is about to leave wants it.

import type { RaftEffect } from "../raft/state.ts";
import { type TransferRefusal, transferLeadership } from "../raft/transfer.ts";
import { serverAddress } from "./serve.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

/**
 * Begins it. What comes of it, Raft's effect `transfer` says within an election timeout.
 * @param target The other voter that has most of the log unless it is given.
 */
export function handOver(
  service: Service,
  server: Server,
  target: string | undefined,
  nowMs: number,
  out: ServiceEffect[],
): "started" | TransferRefusal {
  const effects: RaftEffect[] = [];
  const outcome = transferLeadership(server.raft, target, nowMs, effects);
  for (const effect of effects)
    if (effect.type === "send") {
      const { to, message } = effect;
      out.push({ type: "message", to, address: serverAddress(service, server, to), message });
    }
  return outcome;
}
