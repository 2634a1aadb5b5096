// meta.json and SHA256SUMS: what an archive says of itself.

import { base64, byteStringOf, concatBytes, hexOf, isAscii, textOf, utf8, utf8Bytes } from "../lib/bytes.ts";
import { createWriter, writeArrayHeader, writeText, written } from "../wire/gossip/msgpack.ts";

/** The server set of the cluster it comes from. For information: a restore keeps the servers that it finds. */
export interface ArchiveServer {
  readonly id: string;
  readonly address: string;
  readonly voter: boolean;
}

/** meta.json (Consul's raft.SnapshotMeta). */
export interface ArchiveMeta {
  readonly version: number;
  /** "<term>-<index>-<milliseconds>". */
  readonly id: string;
  readonly index: number;
  readonly term: number;
  readonly servers: readonly ArchiveServer[];
  readonly configurationIndex: number;
  /** Bytes of state.bin. */
  readonly size: number;
}

/** As Go's encoder writes it, with a newline. */
export function encodeMeta(meta: ArchiveMeta): Uint8Array {
  const json = JSON.stringify({
    Version: meta.version,
    ID: meta.id,
    Index: meta.index,
    Term: meta.term,
    Peers: base64(byteStringOf(legacyPeers(meta.servers))),
    Configuration: {
      Servers: meta.servers.map(({ id, address, voter }) => ({
        Suffrage: voter ? 0 : 1,
        ID: id,
        Address: address,
      })),
    },
    ConfigurationIndex: meta.configurationIndex,
    Size: meta.size,
  });
  return utf8Bytes(`${json}\n`);
}

/** The addresses of the voters as versions 0 and 1 of Consul's Raft library had them. */
function legacyPeers(servers: readonly ArchiveServer[]): Uint8Array {
  const voters = servers.filter(({ voter }) => voter);
  const writer = createWriter();
  writeArrayHeader(writer, voters.length);
  for (const { address } of voters) writeText(writer, address);
  return written(writer);
}

export type DecodedMeta =
  | { readonly ok: true; readonly meta: ArchiveMeta }
  | { readonly ok: false; readonly error: string };

/** Missing fields are zero, as Go reads them. */
export function decodeMeta(bytes: Uint8Array): DecodedMeta {
  const object = parseObject(bytes);
  if (object === undefined) return { ok: false, error: "not a JSON object" };
  const number = (name: string): number | undefined => {
    const value = object[name] ?? 0;
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  };
  const [version, index, term, configurationIndex, size] = [
    "Version",
    "Index",
    "Term",
    "ConfigurationIndex",
    "Size",
  ].map(number);
  const { ID: id = "", Configuration } = object;
  if (
    version === undefined ||
    index === undefined ||
    term === undefined ||
    configurationIndex === undefined ||
    size === undefined ||
    typeof id !== "string"
  )
    return { ok: false, error: "a field is not of its type" };
  const servers = serversOf(Configuration);
  return { ok: true, meta: { version, id, index, term, servers, configurationIndex, size } };
}

type Fields = Readonly<Record<string, unknown>> & { readonly ID?: unknown; readonly Configuration?: unknown };

function parseObject(bytes: Uint8Array): Fields | undefined {
  try {
    const value: unknown = JSON.parse(textOf(byteStringOf(bytes)));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What can be read of them: nothing rests on it. */
function serversOf(configuration: unknown): ArchiveServer[] {
  const servers = (configuration as { readonly Servers?: unknown } | null | undefined)?.Servers;
  if (!Array.isArray(servers)) return [];
  return servers.map((server: unknown) => {
    const { ID, Address, Suffrage } = (server ?? {}) as Readonly<Record<string, unknown>> & {
      readonly ID?: unknown;
      readonly Address?: unknown;
      readonly Suffrage?: unknown;
    };
    return {
      id: typeof ID === "string" ? ID : "",
      address: typeof Address === "string" ? Address : "",
      voter: Suffrage === 0,
    };
  });
}

/** Lines of `sha256sum`: "<64 hexadecimal digits>  <name>". */
export function encodeSums(sums: readonly (readonly [name: string, hash: Uint8Array])[]): Uint8Array {
  return concatBytes(sums.map(([name, hash]) => utf8Bytes(`${hexOf(hash)}  ${name}\n`)));
}

/**
 * Compares the lines with the hashes of what was read.
 * @returns What does not fit, in Consul's words; undefined when every file is listed and every listed file is right.
 */
export function verifySums(bytes: Uint8Array, hashes: ReadonlyMap<string, Uint8Array>): string | undefined {
  const seen = new Set<string>();
  const text = textOf(byteStringOf(bytes));
  for (const line of text.split(/\r?\n/)) {
    if (line === "") continue;
    const match = /^([0-9a-fA-F]{64}) +(\S+)/.exec(line);
    if (match === null) return `unreadable line ${shown(line)} in SHA256SUMS`;
    const name = match[2] as string;
    const hash = hashes.get(name);
    if (hash === undefined) return `list missing hash for ${JSON.stringify(name)}`;
    if (hexOf(hash) !== (match[1] as string).toLowerCase())
      return `hash check failed for ${JSON.stringify(name)}`;
    seen.add(name);
  }
  for (const name of hashes.keys()) if (!seen.has(name)) return `file missing for ${JSON.stringify(name)}`;
  return undefined;
}

function shown(line: string): string {
  return JSON.stringify(isAscii(line) ? line.slice(0, 80) : utf8(line).slice(0, 80));
}
