// Recovery by hand, after the loss of a majority: raft/peers.json is looked for once, before anything else is read. If it is
// there, its members take the place of the old ones once snapshot and log are in place: all that is in the log is applied, a
// snapshot with the new members is written, the log begins after it, and only then the file goes; so a crash at any moment
// leads here again. A marker, peers.info, says that this directory is not new: a file that was there before the marker is
// removed unread, as in Consul. A small machine over the disk.

import { type Notice, notice } from "../api/notice.ts";
import { must } from "../lib/assert.ts";
import { byteStringOf, textOf, utf8Bytes } from "../lib/bytes.ts";
import { PLANTED, planted } from "../lib/planted.ts";
import { latestConfiguration } from "../raft/log.ts";
import { finishRewrite, rewriteMembers } from "../raft/recovery.ts";
import { resetElectionTimer } from "../raft/role.ts";
import type { Raft } from "../raft/state.ts";
import { isBlank } from "../raft/step.ts";
import type { SnapshotMeta } from "../snapshot/ports.ts";
import {
  type DiskEffect,
  type DiskInput,
  type DiskRequest,
  type DiskResult,
  OP_CLASSES,
  OP_STEP,
} from "../wal/disk.ts";
import { namePeers, type PeerEntry, parsePeers } from "./peers-file.ts";

const FOLDER = "raft";
const PEERS_FILE = "raft/peers.json";
const INFO_FILE = "raft/peers.info";
/** A longer file is no list of servers. */
const MAX_FILE_BYTES = 1 << 20;

const INFO = `This file says that raft/peers.json may be used to recover this server's cluster.

When a majority of the servers is lost for good, and only then: stop all servers that are left, write the same
raft/peers.json into the data directory of each, and start them again.

[
  { "id": "<node id of a server that is left>", "address": "10.1.0.1:8300", "non_voter": false },
  { "id": "<node id of another one>", "address": "10.1.0.2:8300", "non_voter": false }
]

A server's node id is in the file node-id of its data directory. The server reads the file once, when it starts, and
removes it when it is done. docs/recover.md tells the rest.
`;

export interface PeersRecovery {
  readonly planted?: string | undefined;
  step:
    | "new"
    /** What is in the folder? */
    | "list"
    /** A peers.json of before the marker goes. */
    | "discard"
    /** The marker is made, and written. */
    | "mark"
    | "describe"
    | "read"
    /** The file has been read, or there is none. */
    | "ready"
    /** The snapshot with the new members is being written. */
    | "snapshot"
    /** The log is beginning anew. */
    | "log"
    | "remove"
    | "done";
  op: number;
  nextOp: number;
  /** As they were found in the file. */
  peers: readonly PeerEntry[] | undefined;
}

export type PeersEffect =
  | DiskEffect
  | Notice
  /** It is known what the file says, if there is one. */
  | { readonly type: "peers-known" }
  /** All that was to be done is done. */
  | { readonly type: "peers-done" }
  | { readonly type: "peers-failed"; readonly reason: string };

export function createPeersRecovery(bug: string | undefined): PeersRecovery {
  return { planted: bug, step: "new", op: 0, nextOp: OP_CLASSES.peersFile, peers: undefined };
}

function ask(p: PeersRecovery, step: PeersRecovery["step"], request: DiskRequest, out: PeersEffect[]): void {
  p.step = step;
  p.op = p.nextOp;
  p.nextOp += OP_STEP;
  out.push({ type: "disk", op: p.op, request });
}

/** Looks for the file; `peers-known` or `peers-failed` will come, at once when that has been done already. */
export function lookForPeers(p: PeersRecovery, out: PeersEffect[]): void {
  if (p.step === "new") ask(p, "list", { kind: "list", folder: FOLDER }, out);
  else out.push({ type: "peers-known" });
}

export function stepPeers(p: PeersRecovery, { op, result }: DiskInput, out: PeersEffect[]): void {
  if (op !== p.op) return;
  p.op = 0;
  switch (p.step) {
    case "list":
      return onListed(p, result, out);
    case "discard":
      if (!result.ok)
        return fail(
          p,
          `failed to delete peers.json, please delete manually (see peers.info for details): ${why(result)}`,
          out,
        );
      out.push(notice("info", "server", "deleted peers.json file (see peers.info for details)"));
      return mark(p, out);
    case "mark":
      if (!result.ok) return unmarked(p, why(result), out);
      return ask(p, "describe", { kind: "write", file: INFO_FILE, offset: 0, parts: [utf8Bytes(INFO)] }, out);
    case "describe":
      return result.ok ? ready(p, out) : unmarked(p, why(result), out);
    case "read":
      return onRead(p, result, out);
    case "remove":
      if (!result.ok)
        return fail(
          p,
          `recovery failed to delete peers.json, please delete manually (see peers.info for details): ${why(result)}`,
          out,
        );
      out.push(notice("info", "server", "deleted peers.json file after successful recovery"));
      p.step = "done";
      out.push({ type: "peers-done" });
      return;
    default:
      return;
  }
}

function why(result: DiskResult): string {
  return result.ok ? "" : `${result.error.detail} (${result.error.code})`;
}

function fail(p: PeersRecovery, reason: string, out: PeersEffect[]): void {
  p.step = "done";
  out.push({ type: "peers-failed", reason });
}

function ready(p: PeersRecovery, out: PeersEffect[]): void {
  p.step = "ready";
  out.push({ type: "peers-known" });
}

function onListed(p: PeersRecovery, result: DiskResult, out: PeersEffect[]): void {
  if (!result.ok) return fail(p, `the folder raft cannot be read: ${why(result)}`, out);
  const files = new Map(result.files?.map(({ name, size }) => [name, size]));
  const size = files.get("peers.json");
  if (!files.has("peers.info")) {
    if (size === undefined) return mark(p, out);
    return ask(p, "discard", { kind: "remove", file: PEERS_FILE }, out);
  }
  if (size === undefined) return ready(p, out);
  out.push(notice("info", "server", "found peers.json file, recovering Raft configuration..."));
  if (size > MAX_FILE_BYTES) return unreadable(p, `it has ${size} bytes`, out);
  ask(p, "read", { kind: "read", file: PEERS_FILE, offset: 0, length: size }, out);
}

function mark(p: PeersRecovery, out: PeersEffect[]): void {
  ask(p, "mark", { kind: "create", file: INFO_FILE, size: utf8Bytes(INFO).length }, out);
}

/** Unlike Consul a server starts all the same: the file is for a day that may never come. */
function unmarked(p: PeersRecovery, error: string, out: PeersEffect[]): void {
  out.push(notice("warn", "server", "failed to write peers.info file", { error }));
  ready(p, out);
}

function onRead(p: PeersRecovery, result: DiskResult, out: PeersEffect[]): void {
  if (!result.ok) return unreadable(p, why(result), out);
  const parsed = parsePeers(textOf(byteStringOf(result.bytes ?? new Uint8Array(0))));
  if (!parsed.ok) return unreadable(p, parsed.error, out);
  p.peers = parsed.peers;
  ready(p, out);
}

function unreadable(p: PeersRecovery, reason: string, out: PeersEffect[]): void {
  fail(p, `recovery failed to parse peers.json: ${reason}`, out);
}

/** Whether members are to be rewritten now that snapshot and log are in place. */
export function mustRewrite({ step, peers }: PeersRecovery): boolean {
  return step === "ready" && peers !== undefined;
}

/**
 * Begins to rewrite the members.
 * @returns What the snapshot is to say of itself, once everything that is committed now has been applied; or what is wrong.
 */
export function startRewrite(p: PeersRecovery, raft: Raft): SnapshotMeta | string {
  const peers = must(p.peers, "the file has been read");
  // As in hashicorp/raft: without anything to recover this must be a mistake.
  if (isBlank(raft) || raft.log.lastIndex === 0)
    return "recovery failed: refused to recover cluster with no initial state, this is probably an operator error";
  const members = namePeers(peers, latestConfiguration(raft.log).servers);
  if (typeof members === "string") return `recovery failed to parse peers.json: ${members}`;
  p.step = "snapshot";
  // Nobody campaigns by the old members, nor before all is done.
  raft.electionAtMs = Number.POSITIVE_INFINITY;
  return rewriteMembers(raft, members);
}

/** The snapshot is durable: the log begins after it. */
export function onSnapshotWritten(
  p: PeersRecovery,
  raft: Raft,
  meta: SnapshotMeta,
  nowMs: number,
  out: PeersEffect[],
): void {
  if (p.step !== "snapshot") return;
  finishRewrite(raft, meta, nowMs);
  raft.electionAtMs = Number.POSITIVE_INFINITY;
  p.step = "log";
  if (PLANTED && planted(p, "peers-file-removed-early"))
    ask(p, "remove", { kind: "remove", file: PEERS_FILE }, out);
}

export function onSnapshotFailed(p: PeersRecovery, reason: string, out: PeersEffect[]): void {
  if (p.step === "snapshot") fail(p, `recovery failed: failed to take snapshot: ${reason}`, out);
}

/**
 * The log has made something durable. Only when it is known to begin anew may the file go: the old log names the old
 * members, and would bring them back.
 */
export function onLogStored(p: PeersRecovery, raft: Raft, out: PeersEffect[]): void {
  if (p.step !== "log") return;
  const { restartAfter, stored, asked } = raft.durability;
  if (restartAfter !== undefined || stored < asked) return;
  ask(p, "remove", { kind: "remove", file: PEERS_FILE }, out);
}

/** Raft may begin. */
export function endRecovery(raft: Raft, nowMs: number): void {
  resetElectionTimer(raft, nowMs);
  const { servers } = latestConfiguration(raft.log);
  // Nobody else could lead: no need to wait for one.
  if (servers.filter(({ voter }) => voter).length === 1 && Number.isFinite(raft.electionAtMs))
    raft.electionAtMs = nowMs;
}
