// A replicated command's bytes. They are read by every later release: variants and fields are appended, never reordered
// or reused. test/core/wire/command.test.ts holds golden bytes for each.

import { KV_VERBS, type WriteRequest } from "../api/request.ts";
import type { AutopilotSettings } from "../model/autopilot.ts";
import type { Command } from "../store/commands.ts";
import {
  bool,
  byteString,
  bytes,
  type Decoded,
  decode,
  encode,
  int,
  list,
  nullable,
  optional,
  pair,
  record,
  type Schema,
  text,
  uint,
  uint64,
  union,
  type Variants,
  word,
} from "./schema.ts";

/** Names with values; null for none. */
export const labels: Schema<readonly (readonly [string, string])[] | null> = nullable(list(pair(text, text)));

/** Fields of autopilot's configuration that an operator sets. */
export const autopilotSettings: { readonly [K in keyof AutopilotSettings]: Schema<AutopilotSettings[K]> } = {
  cleanupDeadServers: bool,
  lastContactThresholdNs: int,
  maxTrailingLogs: uint64,
  minQuorum: uint64,
  serverStabilizationTimeNs: int,
  redundancyZoneTag: text,
  disableUpgradeMigration: bool,
  upgradeVersionTag: text,
};

/** The variants of the write requests, which the RPC between agents carries too. */
export const COMMAND_VARIANTS: Variants<WriteRequest["kind"]> = {
  "kv.write": [
    1,
    { verb: word(KV_VERBS), key: byteString, value: bytes, flags: uint64, index: uint64, session: text },
  ],
  "catalog.register-node": [
    2,
    { id: text, node: text, address: text, taggedAddresses: labels, meta: labels },
  ],
  "catalog.deregister-node": [3, { node: text }],
  "autopilot.set": [5, { settings: record(autopilotSettings), index: optional(uint64) }],
};

const commandVariants: Variants<Command["kind"]> = {
  ...COMMAND_VARIANTS,
  "kv.reap-tombstones": [4, { upToIndex: uint }],
};
const command = union<Command>("kind", commandVariants);

/**
 * A longer command is refused before it enters the log: its entry would fit into no frame of the RPC, so no follower
 * could ever get it, nor anything after it. HTTP's limit for values is far lower unless an operator raises it.
 */
export const MAX_COMMAND_BYTES: number = 32 << 20;

export function encodeCommand(value: Command): Uint8Array {
  return encode(command, value);
}

/** @returns An error for bytes that no release of ours wrote, or that a later one did. */
export function decodeCommand(bytes: Uint8Array): Decoded<Command> {
  return decode(command, bytes);
}
