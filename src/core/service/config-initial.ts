// Configuration entries that this server's own configuration brings along (config_entries.bootstrap): a new leader, and one whose
// configuration is read again, writes those that are not there, once, in their order. What operators remove later stays away
// until then, as in Consul.

import { notice } from "../api/notice.ts";
import { propose } from "../raft/step.ts";
import { graphFault } from "../store/config-graph.ts";
import { entryOf } from "../store/config-tables.ts";
import { encodeCommand } from "../wire/command.ts";
import { isEstablished } from "./established.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

/** How far a leader has come with its entries. */
export interface InitialEntries {
  /** The term in which it leads; 0 for none yet. */
  term: number;
  next: number;
  /** Index of the entry that was proposed last: the next is judged by what that has made. */
  awaited: number;
}

export function createInitialEntries(): InitialEntries {
  return { term: 0, next: 0, awaited: 0 };
}

/** To be called when something was committed. */
export function writeMissingEntries(service: Service, server: Server, out: ServiceEffect[]): void {
  const { configEntries = [] } = service.config;
  const { initialEntries } = service.duties;
  const { raft, store } = server;
  if (configEntries.length === 0 || !isEstablished(server)) return;
  if (initialEntries.term !== raft.currentTerm)
    Object.assign(initialEntries, { term: raft.currentTerm, next: 0, awaited: 0 });
  while (initialEntries.next < configEntries.length && store.lastApplied >= initialEntries.awaited) {
    const entry = configEntries[initialEntries.next];
    if (entry === undefined) return;
    const { kind, name } = entry;
    const isThere = entryOf(store.configEntries, kind, name) !== undefined;
    const fault = isThere ? undefined : graphFault(store.configEntries, kind, name, entry);
    if (fault !== undefined) {
      const fields = { kind, name, error: fault };
      const message = "failed to write a config entry of the configuration";
      out.push(notice("error", "server", message, fields));
    }
    if (!isThere && fault === undefined) {
      // Only if nobody has been quicker: nothing that is there has the index 0.
      const proposed = propose(raft, encodeCommand({ kind: "config.set", entry, index: 0 }));
      if (typeof proposed === "string") return;
      initialEntries.awaited = proposed.index;
    }
    initialEntries.next++;
  }
}

/** The configuration was read again. */
export function writeEntriesAgain(service: Service, out: ServiceEffect[]): void {
  const { server } = service;
  service.duties.initialEntries.term = 0;
  if (server !== undefined) writeMissingEntries(service, server, out);
}
