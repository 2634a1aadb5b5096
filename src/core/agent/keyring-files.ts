// The files that remember the pools' keyrings, `serf/local.keyring` and `serf/remote.keyring`: each change of a ring is
// written here before it is reported as done, so that an agent that said "installed" still has the key after its machine
// lost power. One change at a time, each whole or not at all: a file beside the old one, moved into its place. What is in
// them when an agent starts is read before it exists (adapters/storage/keyring-files.ts, sim/keyrings.ts).

import { encodeKeyringFile, type KeyText } from "../gossip/keyring.ts";
import type { GossipPool } from "../gossip/ports.ts";
import { utf8Bytes } from "../lib/bytes.ts";
import type { DiskEffect, DiskInput, DiskRequest } from "../wal/disk.ts";

/** Below the data directory, as Consul has them. */
export const KEYRING_FILES: Readonly<Record<GossipPool, string>> = {
  lan: "serf/local.keyring",
  wan: "serf/remote.keyring",
};

/** Our questions to the disk have numbers of their own: these, modulo OP_STEP (core/wal/disk.ts). */
const OP_CLASS = 6;
const OP_STEP = 8;
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
  return { waiting: [], step: 0, op: 0, nextOp: OP_CLASS };
}

/** Remembers a ring. `stepKeyringFiles` says when that is done. */
export function keepKeyring(files: KeyringFiles, change: KeyringChange, out: DiskEffect[]): void {
  files.waiting.push(change);
  if (files.waiting.length === 1) begin(files, change, out);
}

/** @returns The change that is over with this, and what went wrong, if anything. */
export function stepKeyringFiles(
  files: KeyringFiles,
  { op, result }: DiskInput,
  out: DiskEffect[],
): { readonly change: KeyringChange; readonly error: string | undefined } | undefined {
  const [change] = files.waiting;
  if (change === undefined || op !== files.op) return undefined;
  if (result.ok && files.step < STEPS.length - 1) {
    files.step++;
    ask(files, change, out);
    return undefined;
  }
  files.waiting.shift();
  const [next] = files.waiting;
  if (next !== undefined) begin(files, next, out);
  return { change, error: result.ok ? undefined : `Failed to write keyring file: ${result.error.detail}` };
}

function begin(files: KeyringFiles, change: KeyringChange, out: DiskEffect[]): void {
  files.step = 0;
  ask(files, change, out);
}

function ask(files: KeyringFiles, change: KeyringChange, out: DiskEffect[]): void {
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
