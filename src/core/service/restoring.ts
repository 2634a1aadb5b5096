// The leader puts a verified archive into its log: a beginning, parts of bounded size (restore-parts.ts), an end
// (store/restore.ts). Only so many of them are under way at a time, so that other writes get their turn and followers keep up.

import { type ApiError, apiError, LEADERSHIP_LOST, NO_LEADER } from "../api/error.ts";
import { notice } from "../api/notice.ts";
import { failed, type Response } from "../api/response.ts";
import type { ReadArchive } from "../archive/reader.ts";
import { endMetric } from "../lib/metrics.ts";
import { isLeader } from "../raft/role.ts";
import { propose } from "../raft/step.ts";
import type { Command } from "../store/commands.ts";
import type { Outcome } from "../store/store.ts";
import { encodeCommand, MAX_COMMAND_BYTES } from "../wire/command.ts";
import { CONSUL_INDEXES } from "./archive-indexes.ts";
import { type RestoreParts, rowCount, takeParts } from "./restore-parts.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

export interface Restoring {
  readonly id: number;
  /** The same in the log: unique in the life of the cluster. */
  readonly name: string;
  readonly term: number;
  /** But for its rows, which are in the parts. */
  readonly archive: ReadArchive;
  /** How many rows of a kind the archive has, for the log. */
  readonly counts: Readonly<Record<string, number>>;
  /** The highest index that the archive knows of: indexes go on above it. */
  readonly highestIndex: number;
  /** Parts that are still to go into the log, in their order. */
  readonly waiting: Uint8Array[];
  /** Parts in the log. */
  parts: number;
  /** Index of the last entry proposed. */
  proposed: number;
  /** Index of the entry that ends it; 0 before it is proposed. */
  endIndex: number;
  stage: "running" | "done" | "failed";
  /** Why it failed. */
  error: ApiError;
  /** When it is looked at next; long after its end it is forgotten. */
  lookAtMs: number;
}

/** Entries under way. */
const WINDOW = 4;
const LOOK_MS = 5;
/** Whoever waits for the result asks much sooner. */
const FORGET_MS = 60_000;
/** Far above any real index, and far below what numbers can count: rows above it would leave no room to go on. */
const MAX_INDEX = 2 ** 52;

type Begun =
  | { readonly ok: true; readonly restoring: Restoring }
  | { readonly ok: false; readonly response: Response };

/** @param gathered Its rows. */
export function beginRestoring(
  server: Server,
  id: number,
  archive: ReadArchive,
  gathered: RestoreParts,
  nowMs: number,
): Begun {
  const { raft } = server;
  if (!isLeader(raft)) return { ok: false, response: failed(NO_LEADER) };
  const waiting = takeParts(gathered, archive.contents);
  const highestIndex = Math.max(archive.meta.index, gathered.highestIndex);
  if (highestIndex >= MAX_INDEX) {
    const error = apiError("refused", "failed to restore snapshot: its indexes are too high to go on from");
    return { ok: false, response: failed(error) };
  }
  const name = `${raft.currentTerm}.${raft.log.lastIndex}.${id}`;
  const begun = propose(raft, encodeCommand({ kind: "restore.begin", id: name }));
  if (typeof begun === "string") return { ok: false, response: failed(NO_LEADER) };
  const restoring: Restoring = {
    id,
    name,
    term: begun.term,
    archive,
    counts: countsOf(gathered),
    highestIndex,
    waiting,
    parts: 0,
    proposed: begun.index,
    endIndex: 0,
    stage: "running",
    error: LEADERSHIP_LOST,
    lookAtMs: nowMs,
  };
  return { ok: true, restoring };
}

function countsOf(gathered: RestoreParts): Restoring["counts"] {
  return {
    keys: rowCount(gathered, "kv"),
    nodes: rowCount(gathered, "nodes"),
    services: rowCount(gathered, "services"),
    checks: rowCount(gathered, "checks"),
    sessions: rowCount(gathered, "sessions"),
  };
}

/** Proposes what comes next, as far as the window allows. */
export function advanceRestoring(
  service: Service,
  server: Server,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { archives } = service;
  const { restoring } = archives;
  if (restoring === undefined || nowMs < restoring.lookAtMs) return;
  if (restoring.stage !== "running") {
    archives.restoring = undefined;
    return;
  }
  restoring.lookAtMs = nowMs + LOOK_MS;
  const { raft, store } = server;
  if (!isLeader(raft) || raft.currentTerm !== restoring.term)
    return end(restoring, "failed", LEADERSHIP_LOST, nowMs, out);
  while (restoring.endIndex === 0 && restoring.proposed - store.lastApplied < WINDOW) {
    const next = nextCommand(restoring);
    const command = encodeCommand(next);
    if (command.length > MAX_COMMAND_BYTES) {
      const error = apiError("refused", `failed to restore snapshot: a row needs ${command.length} bytes`);
      propose(raft, encodeCommand({ kind: "restore.begin", id: "" }));
      return end(restoring, "failed", error, nowMs, out);
    }
    const taken = propose(raft, command);
    // Too much on its way: later.
    if (typeof taken === "string") return;
    restoring.proposed = taken.index;
    if (next.kind === "restore.end") restoring.endIndex = taken.index;
    else {
      restoring.waiting.shift();
      restoring.parts++;
    }
  }
}

/** The next part, or the end. */
function nextCommand({ name, archive, highestIndex, waiting, parts }: Restoring): Command {
  const [rows] = waiting;
  if (rows !== undefined) return { kind: "restore.part", id: name, part: parts, rows };
  const { tableIndexes } = archive.contents;
  return {
    kind: "restore.end",
    id: name,
    parts,
    lastIndex: highestIndex,
    tableIndexes: CONSUL_INDEXES.map(([ours, theirs]) => [ours, tableIndexes.get(theirs) ?? 0]),
  };
}

/** An entry was applied: it may be the one that ends the restore. */
export function noteRestoreApplied(
  service: Service,
  index: number,
  term: number,
  outcome: Outcome | undefined,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { restoring } = service.archives;
  if (restoring === undefined || restoring.stage !== "running") return;
  // Others can follow: the disk need not wait for the next look.
  if (index <= restoring.proposed) restoring.lookAtMs = nowMs;
  if (restoring.endIndex !== index) return;
  if (restoring.term !== term || outcome === undefined)
    return end(restoring, "failed", LEADERSHIP_LOST, nowMs, out);
  if (!outcome.ok) return end(restoring, "failed", apiError("refused", outcome.error), nowMs, out);
  endMetric(service.telemetry, "raft.restoreUserSnapshot");
  out.push(notice("info", "server.raft", "restored user snapshot", { index: restoring.archive.meta.index }));
  end(restoring, "done", LEADERSHIP_LOST, nowMs, out);
  // Who is a member now belongs into the catalog, whatever came from elsewhere.
  service.duties.reconcileAtMs = nowMs;
}

function end(
  restoring: Restoring,
  stage: "done" | "failed",
  error: ApiError,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const { meta, contents } = restoring.archive;
  restoring.stage = stage;
  restoring.error = error;
  restoring.lookAtMs = nowMs + FORGET_MS;
  if (stage === "failed") {
    const fields = { snapshot: meta.id, error: error.detail };
    out.push(notice("error", "server", "failed to restore snapshot", fields));
    return;
  }
  const fields = { snapshot: meta.id, ...restoring.counts };
  out.push(notice("info", "server", "restored snapshot", fields));
  if (contents.left.size === 0) return;
  const left = [...contents.left].map(([name, count]) => `${name} ${count}`).join(", ");
  out.push(
    notice(
      "warn",
      "server",
      "the snapshot has records that this version has no table for; they were left out",
      { snapshot: meta.id, left_out: left },
    ),
  );
}

/** A leader that died in the middle left parts behind, which nobody will go on with. To be called now and then. */
export function dropAbandonedRestore(service: Service, server: Server): void {
  if (server.store.restoring.size === 0 || service.archives.restoring?.stage === "running") return;
  if (isLeader(server.raft)) propose(server.raft, encodeCommand({ kind: "restore.begin", id: "" }));
}
