// Who is in the cluster. A configuration takes effect when its entry is appended, committed or not (thesis §4.1); so the
// log remembers every one that it holds, and a truncation takes it away again. On disk it is JSON, read a few times a year.

import { type ByteString, byteStringOf, textOf, utf8Bytes } from "../lib/bytes.ts";
import type { LogIdentity, ServerId } from "./messages.ts";

export interface ServerRecord {
  readonly id: ServerId;
  /** "ip:port" where it took RPC when it was added; gossip may know a newer one. */
  readonly address: string;
  /** False for a learner: it gets the log and counts for nothing. */
  readonly voter: boolean;
  /** The log that it had when it was added. With another one it is a stranger under a known name (identity.ts). */
  readonly identity: LogIdentity;
}

export interface Configuration {
  /** Index of its entry; 0 for that of a server which was never told of any. */
  readonly index: number;
  readonly servers: readonly ServerRecord[];
}

export function encodeServers(servers: readonly ServerRecord[]): Uint8Array {
  // An identity of 0 is left out: the first configuration of a cluster reads as every release has written it.
  const rows = servers.map(({ id, address, voter, identity }) => ({
    id,
    address,
    voter,
    ...(identity === 0 ? {} : { identity }),
  }));
  return utf8Bytes(JSON.stringify(rows));
}

/** @returns undefined when the data is not what `encodeServers` writes. */
export function decodeServers(data: Uint8Array): readonly ServerRecord[] | undefined {
  const parsed = parseJson(byteStringOf(data));
  if (!Array.isArray(parsed)) return undefined;
  const servers = parsed.map(readServer);
  return servers.every((server) => server !== undefined) ? servers : undefined;
}

function parseJson(bytes: ByteString): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return undefined;
  }
}

function readServer(value: unknown): ServerRecord | undefined {
  const {
    id,
    address,
    voter,
    identity = 0,
  } = (value ?? {}) as Readonly<Record<string, unknown>> & Partial<ServerRecord>;
  if (typeof id !== "string" || typeof address !== "string" || typeof voter !== "boolean") return undefined;
  return Number.isSafeInteger(identity) && identity >= 0 ? { id, address, voter, identity } : undefined;
}

// Loops, where filter and some would do: these are asked many times for each message that a leader gets.

/** Ids of the servers that count. */
export function voters(configuration: Configuration): ServerId[] {
  let count = 0;
  for (const { voter } of configuration.servers) if (voter) count++;
  const ids = new Array<ServerId>(count);
  let at = 0;
  for (const { id, voter } of configuration.servers) if (voter) ids[at++] = id;
  return ids;
}

export function recordOf(configuration: Configuration, id: ServerId): ServerRecord | undefined {
  for (const server of configuration.servers) if (server.id === id) return server;
  return undefined;
}

export function isVoter({ servers }: Pick<Configuration, "servers">, id: ServerId): boolean {
  for (const server of servers) if (server.id === id && server.voter) return true;
  return false;
}

/** Whether the server is the only one that counts: a quorum by itself. */
export function isOnlyVoter({ servers }: Configuration, id: ServerId): boolean {
  let votes = false;
  for (const server of servers) {
    if (!server.voter) continue;
    if (server.id !== id) return false;
    votes = true;
  }
  return votes;
}
