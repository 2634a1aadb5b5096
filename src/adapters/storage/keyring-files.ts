// The keyrings of an agent's pools when it starts: from the files that remember them, or from `encrypt`, which begins such
// a file where there is none. Consul 1.8's rules and texts (agent.setupKeyrings). While the agent runs its own core
// writes the files (core/agent/keyring-files.ts).

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { KEYRING_FILES } from "../../core/agent/keyring-files.ts";
import { type KeyringConfig, type KeyText, keyBytesFault, keyText } from "../../core/gossip/keyring.ts";
import type { GossipPool } from "../../core/gossip/ports.ts";
import { byteStringOf } from "../../core/lib/bytes.ts";
import { parseJson } from "../../core/lib/go-json.ts";
import { isRawList, jsonKind, type RawValue } from "../../core/lib/raw-value.ts";
import { decodeBase64 } from "../cli/base64.ts";
import type { AgentSettings, EncryptionSettings } from "../config/settings.ts";
import { systemText } from "./disk-error.ts";

export interface Keyrings {
  readonly settings: AgentSettings;
  /** Pools whose kept ring lacks the key that `encrypt` names: the ring is used all the same. */
  readonly lacking: readonly GossipPool[];
}

export type LoadedKeyrings =
  | ({ readonly ok: true } & Keyrings)
  | { readonly ok: false; readonly error: string };

/** What stops the start, in Consul's words. */
class KeyringFault extends Error {}

/** The settings with the keyring of each pool that is encrypted. The data directory, if there is one, is ours. */
export function loadKeyrings(settings: AgentSettings): LoadedKeyrings {
  try {
    return { ok: true, ...load(settings) };
  } catch (fault) {
    if (fault instanceof KeyringFault)
      return { ok: false, error: `Failed to configure keyring: ${fault.message}` };
    throw fault;
  }
}

function load(settings: AgentSettings): Keyrings {
  const { agent, encryption, dataDir } = settings;
  const { gossipWan } = agent;
  if (!encryption.keepsFiles || dataDir === undefined) {
    const keyring = encryption.key === "" ? undefined : ringOf([readKey(encryption.key)], encryption);
    return { settings: withRings(settings, keyring, keyring), lacking: [] };
  }
  const pools: readonly GossipPool[] = gossipWan === undefined ? ["lan"] : ["lan", "wan"];
  const lacking: GossipPool[] = [];
  const rings = pools.map((pool) => {
    const path = join(dataDir, KEYRING_FILES[pool]);
    const existed = existsSync(path);
    if (!existed && encryption.key === "") return undefined;
    if (!existed) beginFile(path, encryption.key);
    const keys = readFile(path);
    if (existed && encryption.key !== "" && !keys.includes(canonical(encryption.key))) lacking.push(pool);
    return ringOf(keys, encryption);
  });
  return { settings: withRings(settings, rings[0], rings[1]), lacking };
}

function withRings(
  settings: AgentSettings,
  lan: KeyringConfig | undefined,
  wan: KeyringConfig | undefined,
): AgentSettings {
  const { agent, encryption } = settings;
  const { gossipLan, gossipWan } = agent;
  return {
    ...settings,
    agent: {
      ...agent,
      keepsKeyrings: encryption.keepsFiles && settings.dataDir !== undefined,
      gossipLan: { ...gossipLan, keyring: lan },
      gossipWan: gossipWan && { ...gossipWan, keyring: wan },
    },
  };
}

function ringOf(
  keys: readonly KeyText[],
  { verifyIncoming, verifyOutgoing }: EncryptionSettings,
): KeyringConfig {
  return { keys, verifyIncoming, verifyOutgoing };
}

/** A key in its one spelling. */
function readKey(text: string): KeyText {
  const decoded = decodeBase64(text);
  if (!decoded.ok) throw new KeyringFault(decoded.error);
  const wrong = keyBytesFault(decoded.bytes);
  if (wrong !== undefined) throw new KeyringFault(wrong);
  return keyText(decoded.bytes);
}

function canonical(text: string): KeyText {
  const decoded = decodeBase64(text);
  return decoded.ok ? keyText(decoded.bytes) : text;
}

function readFile(path: string): KeyText[] {
  const listed = listedIn(path);
  // Go's json reads null as no keys at all, and as a key without bytes.
  const keys = listed.map((each) => readKey(each ?? ""));
  if (keys.length === 0) throw new KeyringFault(`no keys present in keyring: ${path}`);
  return [...new Set(keys)];
}

function listedIn(path: string): (string | null)[] {
  const parsed = parseJson(byteStringOf(contentOf(path)));
  if (!parsed.ok) throw new KeyringFault(parsed.error);
  const { value } = parsed;
  if (value === null) return [];
  if (typeof value !== "object" || !isRawList(value)) throw new KeyringFault(cannotRead(value, "[]string"));
  return value.map((each) => {
    if (each === null || typeof each === "string") return each;
    throw new KeyringFault(cannotRead(each, "string"));
  });
}

function contentOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const did = (error as NodeJS.ErrnoException).code === "EISDIR" ? "read" : "open";
    throw new KeyringFault(`${did} ${path}: ${systemText(error)}`);
  }
}

function cannotRead(value: RawValue, type: string): string {
  return `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`;
}

/** The file of a pool whose first key this is: whole or not at all, and nobody else's to read. */
function beginFile(path: string, key: string): void {
  try {
    readKey(key);
  } catch (fault) {
    throw fault instanceof KeyringFault ? new KeyringFault(`Invalid key: ${fault.message}`) : fault;
  }
  const folder = dirname(path);
  const temporary = `${path}.new`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    withDescriptor(temporary, "w", (fd) => {
      writeSync(fd, JSON.stringify([canonical(key)]));
      fsyncSync(fd);
    });
    renameSync(temporary, path);
    for (const each of [folder, dirname(folder)]) withDescriptor(each, "r", fsyncSync);
  } catch (error) {
    throw new KeyringFault(`open ${path}: ${systemText(error)}`);
  }
}

function withDescriptor(path: string, flags: string, use: (fd: number) => void): void {
  const fd = openSync(path, flags, 0o600);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}
