// A snapshot with nothing in it but sessions: restored into a cluster, it gives clients something to take locks with.

import { createArchiveWriter, isWritten, stepWriter } from "../core/archive/writer.ts";
import { concatBytes } from "../core/lib/bytes.ts";

/** So many sessions' ids, as Consul would give them: UUIDs, the same ones every time. */
export function sessionIds(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `5e551000-0000-4000-8000-${`${at + 1}`.padStart(12, "0")}`);
}

/** The archive, as `consul snapshot save` writes it. Its sessions have no TTL, no checks and no lock-delay. */
export function archiveWithSessions(ids: readonly string[]): Uint8Array {
  const sessions = ids.map((id) => ({
    id,
    name: "",
    node: "elsewhere",
    lockDelayNs: 0,
    behavior: "release" as const,
    ttl: "",
    nodeChecks: [],
    serviceChecks: [],
    checks: [],
    createIndex: 1,
    modifyIndex: 1,
  }));
  const writer = createArchiveWriter(
    {
      kv: [],
      tombstones: [],
      nodes: [],
      services: [],
      checks: [],
      coordinates: [],
      sessions,
      configEntries: [],
      queries: [],
      intentions: [],
      autopilot: undefined,
      tableIndexes: [["sessions", 1]],
      lastIndex: 1,
    },
    { version: 1, id: "1-1-0", index: 1, term: 1, servers: [], configurationIndex: 1 },
  );
  const pieces: Uint8Array[] = [];
  while (!isWritten(writer)) pieces.push(stepWriter(writer));
  return concatBytes(pieces);
}
