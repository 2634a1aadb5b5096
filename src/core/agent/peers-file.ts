// peers.json: the members that an operator writes down by hand when a majority of the servers is gone for good. Both of
// Consul's forms are read: objects with ids (Raft protocol 3), and plain addresses (before it). The errors are those of
// Consul and hashicorp/raft. Source: hashicorp/raft, peersjson.go and configuration.go.

import { splitHostPort } from "../model/address.ts";
import type { ServerRecord } from "../raft/configuration.ts";

export type PeerEntry = Pick<ServerRecord, "id" | "address" | "voter">;

export type ParsedPeers =
  /** An entry without an id is named by its address alone; `namePeers` finds its id. */
  | { readonly ok: true; readonly peers: readonly PeerEntry[] }
  | { readonly ok: false; readonly error: string };

const TARGET = "raft.configEntry";

/** Reads the file, whatever its bytes are. */
export function parsePeers(text: string): ParsedPeers {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return wrong("it is not valid JSON");
  }
  if (json !== null && !Array.isArray(json))
    return wrong(`json: cannot unmarshal ${goKind(json)} into Go value of type []${TARGET}`);
  const list: readonly unknown[] = json ?? [];
  if (list.length > 0 && list.every((each) => typeof each === "string"))
    return checked(list.map((address) => ({ id: "", address, voter: true })));
  const peers: PeerEntry[] = [];
  for (const each of list) {
    const entry = readEntry(each);
    if (typeof entry === "string") return wrong(entry);
    peers.push(entry);
  }
  const nameless = peers.find(({ id }) => id === "");
  return nameless === undefined ? checked(peers) : wrong(`empty ID in configuration: ${printPeers(peers)}`);
}

function wrong(error: string): ParsedPeers {
  return { ok: false, error };
}

/** Go matches the names of fields whatever their case, and ignores those that it does not know. */
function readEntry(value: unknown): PeerEntry | string {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return `json: cannot unmarshal ${goKind(value)} into Go value of type ${TARGET}`;
  const fields = new Map(
    Object.entries(value).map(([name, field]) => [name.toLowerCase(), field as unknown]),
  );
  const id = fields.get("id") ?? "";
  const address = fields.get("address") ?? "";
  const nonVoter = fields.get("non_voter") ?? false;
  if (typeof id !== "string") return mistyped(id, "id", "string");
  if (typeof address !== "string") return mistyped(address, "address", "string");
  if (typeof nonVoter !== "boolean") return mistyped(nonVoter, "non_voter", "bool");
  return { id, address, voter: !nonVoter };
}

function mistyped(value: unknown, field: string, type: string): string {
  return `json: cannot unmarshal ${goKind(value)} into Go struct field configEntry.${field} of type ${type}`;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : value === null ? "null" : typeof value;
}

/** What every configuration must be. Empty ids are judged by the caller. */
function checked(peers: readonly PeerEntry[]): ParsedPeers {
  const ids = new Set<string>();
  const addresses = new Set<string>();
  for (const { id, address } of peers) {
    if (address === "") return wrong(`empty address in configuration: ${printPeers(peers)}`);
    if (splitHostPort(address) === undefined)
      return wrong(`address without a port in configuration: ${address}`);
    if (id !== "" && ids.has(id)) return wrong(`found duplicate ID in configuration: ${id}`);
    if (addresses.has(address)) return wrong(`found duplicate address in configuration: ${address}`);
    ids.add(id);
    addresses.add(address);
  }
  if (!peers.some(({ voter }) => voter))
    return wrong(`need at least one voter in configuration: ${printPeers(peers)}`);
  return { ok: true, peers };
}

/** As Go prints the configuration with %v. */
function printPeers(peers: readonly PeerEntry[]): string {
  const rows = peers.map(({ id, address, voter }) => `{${voter ? "Voter" : "Nonvoter"} ${id} ${address}}`);
  return `{[${rows.join(" ")}]}`;
}

/**
 * Gives ids to entries that are addresses alone: those by which the servers were known so far.
 * @returns The address that no server is known by, in words, if there is one.
 */
export function namePeers(
  peers: readonly PeerEntry[],
  known: readonly ServerRecord[],
): readonly PeerEntry[] | string {
  const named: PeerEntry[] = [];
  for (const peer of peers) {
    const id = peer.id === "" ? known.find(({ address }) => address === peer.address)?.id : peer.id;
    if (id === undefined)
      return `no server is known by the address ${peer.address}: write its id too, as in [{"id": "<node id>", "address": "${peer.address}"}]`;
    named.push({ ...peer, id });
  }
  return named;
}
