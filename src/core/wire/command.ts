// A replicated command's bytes. They are read by every later release: variants and fields are appended, never reordered
// or reused. test/core/wire/command.test.ts holds golden bytes for each.

import { KV_VERBS, type WriteRequest } from "../api/request.ts";
import type { Command } from "../store/commands.ts";
import { configEntry, configKind } from "./config-rows.ts";
import {
  autopilotSettings,
  checkFields,
  coordinateRow,
  intentionEnd,
  intentionFields,
  labels,
  queryFields,
  serviceCheck,
  serviceFields,
  txnOp,
} from "./rows.ts";
import {
  bool,
  byteString,
  bytes,
  type Decoded,
  decode,
  encode,
  int64,
  list,
  nullable,
  optional,
  pair,
  text,
  uint,
  uint64,
  uintUpTo,
  union,
  type Variants,
  word,
} from "./schema.ts";

/** An index from elsewhere: far above any real one, and far enough below 2^53 to count on from. */
const index = uintUpTo(2 ** 52);

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
  "catalog.register": [
    9,
    {
      id: text,
      node: text,
      address: text,
      taggedAddresses: labels,
      meta: labels,
      skipNodeUpdate: bool,
      service: optional(serviceFields),
      checks: list(checkFields),
    },
  ],
  "catalog.deregister": [10, { node: text, serviceId: text, checkId: text }],
  "session.create": [
    11,
    {
      id: text,
      name: text,
      node: text,
      lockDelayNs: int64,
      behavior: text,
      ttl: text,
      nodeChecks: nullable(list(text)),
      serviceChecks: nullable(list(serviceCheck)),
      checks: list(text),
    },
  ],
  "session.destroy": [12, { id: text }],
  "config.set": [136, { entry: configEntry, index: optional(uint64) }],
  "config.delete": [137, { entryKind: configKind, name: text }],
  "config.delete-cas": [189, { entryKind: configKind, name: text, index: uint64 }],
  "query.set": [144, { create: bool, query: queryFields }],
  "query.delete": [145, { id: text }],
  "intention.set": [176, { create: bool, intention: intentionFields }],
  "intention.delete": [177, { id: text }],
  "intention.upsert": [190, { intention: intentionFields }],
  "intention.delete-exact": [191, { source: intentionEnd, destination: intentionEnd }],
  "txn.apply": [28, { ops: list(txnOp) }],
  "autopilot.set": [5, { settings: autopilotSettings, index: optional(uint64) }],
};

const commandVariants: Variants<Command["kind"]> = {
  ...COMMAND_VARIANTS,
  "kv.reap-tombstones": [4, { upToIndex: uint }],
  "kv.reap-lock-delays": [13, { upToIndex: uint }],
  "coordinate.batch-update": [24, { updates: list(coordinateRow) }],
  "restore.begin": [6, { id: text }],
  "restore.part": [7, { id: text, part: uint, rows: bytes }],
  "restore.end": [8, { id: text, parts: uint, lastIndex: index, tableIndexes: list(pair(text, index)) }],
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
