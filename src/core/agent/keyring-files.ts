// The files that remember the pools' keyrings, `serf/local.keyring` and `serf/remote.keyring`: each change of a ring is
// written here before it is reported as done, so that an agent that said "installed" still has the key after its machine
// lost power. One change at a time, each whole or not at all: a file beside the old one, moved into its place. What is in
// them when an agent starts is read before it exists (adapters/storage/keyring-files.ts, sim/keyrings.ts).

import { encodeKeyringFile, type KeyText } from "../gossip/keyring.ts";
import type { GossipPool } from "../gossip/ports.ts";
import { utf8Bytes } from "../lib/bytes.ts";
import { type DiskInput, type DiskRequest, OP_CLASSES, OP_STEP } from "../wal/disk.ts";
import type { ToGossip } from "./pools.ts";
import type { Effect } from "./ports.ts";

/** Below the data directory, as Consul has them. */
export const KEYRING_FILES: Readonly<Record<GossipPool, string>> = {
  lan: "serf/local.keyring",
  wan: "serf/remote.keyring",
};

const STEPS = ["create", "write", "rename"] as const;

/** A ring as it is to be remembered. */
export interface KeyringChange {
  readonly pool: GossipPool;
  /** The pool's own number for it. */
  readonly change: number;
  readonly keys: readonly KeyText[];
}

export interface KeyringFiles {
  /** The first is being written. */
  readonly waiting: KeyringChange[];
  /** Index into STEPS. */
  step: number;
  /** The question that is open. */
  op: number;
  nextOp: number;
}

export function createKeyringFiles(): KeyringFiles {
  return { waiting: [], step: 0, op: 0, nextOp: OP_CLASSES.keyrings };
}

/** Has a pool's ring kept: input `keyring-kept` says when it is. Where rings are not kept, that is at once. */
export function keepRing(
  files: KeyringFiles | undefined,
  change: KeyringChange,
  toGossip: ToGossip,
  out: Effect[],
): void {
  if (files === undefined) return toGossip(change.pool, { type: "keyring-kept", change: change.change });
  files.waiting.push(change);
  if (files.waiting.length === 1) begin(files, change, out);
}

/** The disk answered somebody; if it was us, the next step follows. */
export function onKeyringDisk(
  files: KeyringFiles | undefined,
  { op, result }: DiskInput,
  toGossip: ToGossip,
  out: Effect[],
): void {
  const change = files?.waiting[0];
  if (files === undefined || change === undefined || op !== files.op) return;
  if (result.ok && files.step < STEPS.length - 1) {
    files.step++;
    return ask(files, change, out);
  }
  files.waiting.shift();
  const [next] = files.waiting;
  if (next !== undefined) begin(files, next, out);
  const error = result.ok ? {} : { error: `Failed to write keyring file: ${result.error.detail}` };
  toGossip(change.pool, { type: "keyring-kept", change: change.change, ...error });
}

function begin(files: KeyringFiles, change: KeyringChange, out: Effect[]): void {
  files.step = 0;
  ask(files, change, out);
}

function ask(files: KeyringFiles, change: KeyringChange, out: Effect[]): void {
  files.op = files.nextOp;
  files.nextOp += OP_STEP;
  out.push({ type: "disk", op: files.op, request: requestOf(STEPS[files.step], change) });
}

function requestOf(step: (typeof STEPS)[number] | undefined, { pool, keys }: KeyringChange): DiskRequest {
  const to = KEYRING_FILES[pool];
  const file = `${to}.new`;
  const content = utf8Bytes(encodeKeyringFile(keys));
  if (step === "create") return { kind: "create", file, size: content.length };
  if (step === "write") return { kind: "write", file, offset: 0, parts: [content] };
  return { kind: "rename", file, to };
}
