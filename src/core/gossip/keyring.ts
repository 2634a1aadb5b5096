// A pool's encryption keys: an ordered list, the primary first. It seals what goes out; each of them opens what comes in,
// which is what lets a pool change its key member by member. Nothing here knows ciphers, files or queries. Source:
// memberlist keyring.go; the texts are its own, since operators read them.

import { assert } from "../lib/assert.ts";
import { type ByteString, base64, byteStringOf, decodeBase64 } from "../lib/bytes.ts";

/** A key as files, commands and HTTP carry it: standard base64, in its one canonical spelling. */
export type KeyText = string;

/** What a pool is started with. */
export interface KeyringConfig {
  /** The primary first; at least one. */
  readonly keys: readonly KeyText[];
  /** Refuse what comes without a seal (`encrypt_verify_incoming`). */
  readonly verifyIncoming: boolean;
  /** Seal what goes out (`encrypt_verify_outgoing`). */
  readonly verifyOutgoing: boolean;
}

export interface Keyring extends KeyringConfig {
  /** Replaced when it changes, never changed in place. */
  keys: readonly KeyText[];
}

/** Lengths of AES-128, AES-192 and AES-256. */
const KEY_LENGTHS: readonly number[] = [16, 24, 32];
export const BAD_KEY_SIZE = "key size must be 16, 24 or 32 bytes";
/** Beyond what an operator installs; every packet that no key opens costs one attempt for each. */
const MAX_KEYS = 256;

/** Why a change was refused. */
export type KeyringFault = string;

export function createKeyring(config: KeyringConfig): Keyring {
  assert(config.keys.length > 0, "a keyring has a primary key");
  for (const key of config.keys)
    assert(keyFault(key) === undefined, "keys were checked where they came from");
  return { ...config };
}

export function primaryKey({ keys }: Keyring): KeyText {
  return keys[0] as KeyText;
}

/** What is wrong with a key's bytes. */
export function keyBytesFault(bytes: { readonly length: number }): KeyringFault | undefined {
  return KEY_LENGTHS.includes(bytes.length) ? undefined : BAD_KEY_SIZE;
}

/** The text of a key's bytes. */
export function keyText(bytes: Uint8Array): KeyText {
  return base64(byteStringOf(bytes));
}

/** The bytes of a key; undefined where the text is none. */
export function keyBytes(key: KeyText): ByteString | undefined {
  const bytes = decodeBase64(key);
  return bytes === undefined || keyBytesFault(bytes) !== undefined ? undefined : bytes;
}

function keyFault(key: KeyText): KeyringFault | undefined {
  return keyBytes(key) === undefined ? BAD_KEY_SIZE : undefined;
}

/** Opens what comes in under it from now on. A key that is there already stays where it is. */
export function addKey(keyring: Keyring, key: KeyText): KeyringFault | undefined {
  if (keyFault(key) !== undefined) return BAD_KEY_SIZE;
  if (keyring.keys.includes(key)) return undefined;
  if (keyring.keys.length >= MAX_KEYS) return `a keyring holds at most ${MAX_KEYS} keys`;
  keyring.keys = [...keyring.keys, key];
  return undefined;
}

/** Makes a key that is there the primary. */
export function useKey(keyring: Keyring, key: KeyText): KeyringFault | undefined {
  if (!keyring.keys.includes(key)) return "Requested key is not in the keyring";
  keyring.keys = [key, ...keyring.keys.filter((each) => each !== key)];
  return undefined;
}

/** Forgets a key; one that is not there is forgotten already. */
export function removeKey(keyring: Keyring, key: KeyText): KeyringFault | undefined {
  if (key === primaryKey(keyring)) return "Removing the primary key is not allowed";
  keyring.keys = keyring.keys.filter((each) => each !== key);
  return undefined;
}

/** The file that remembers a ring: a JSON array, indented as Go's json.MarshalIndent does. */
export function encodeKeyringFile(keys: readonly KeyText[]): string {
  return `[\n${keys.map((key) => `  "${key}"`).join(",\n")}\n]`;
}
