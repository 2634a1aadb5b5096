// With what autopilot begins: what this server's own configuration says, if it leads before anybody has configured
// autopilot. From then on the replicated configuration alone counts, and operators change that, as in Consul.

import { propose } from "../raft/step.ts";
import { encodeCommand } from "../wire/command.ts";
import { isEstablished } from "./established.ts";
import type { Server, Service } from "./state.ts";

/** To be called when something was committed. Proposes it once in a leadership; Consul's defaults need no entry. */
export function initializeAutopilot(service: Service, server: Server): void {
  const { config, duties } = service;
  const { raft, store } = server;
  if (config.autopilot === undefined || duties.autopilot.initialized || !isEstablished(server)) return;
  if (store.autopilot === undefined) {
    // Only if nobody has been quicker: nothing that was set has the index 0.
    const command = encodeCommand({ kind: "autopilot.set", settings: config.autopilot, index: 0 });
    if (typeof propose(raft, command) === "string") return;
  }
  duties.autopilot.initialized = true;
}
