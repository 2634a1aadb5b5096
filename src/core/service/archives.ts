// A server's part in saving and restoring archives: it makes one piece by piece of the state as it was when it was asked,
// or takes one in piece by piece and, when all of it has proved good, puts its rows into the log (store/restore.ts). Each
// step is bounded; what nobody asks for any more is let go of. Whoever was asked over HTTP is in transfers.ts.

import { apiError, LEADERSHIP_LOST } from "../api/error.ts";
import { ARCHIVE_PIECE_BYTES, type ArchiveRequest } from "../api/operator.ts";
import { failed, type Response, type ResponseBody } from "../api/response.ts";
import {
  type ArchiveReader,
  createArchiveReader,
  endArchive,
  feedArchive,
  stepArchive,
} from "../archive/reader.ts";
import { type ArchiveWriter, createArchiveWriter, isWritten, stepWriter } from "../archive/writer.ts";
import { unreachable } from "../lib/assert.ts";
import { beginMetric, countMetric } from "../lib/metrics.ts";
import { latestConfiguration } from "../raft/log.ts";
import { isLeader } from "../raft/role.ts";
import { dumpStore, type StoreDump } from "../store/snapshot.ts";
import { CONSUL_INDEXES, SERVICE_INDEX } from "./archive-indexes.ts";
import { createRestoreParts, type RestoreParts, takeRows } from "./restore-parts.ts";
import { advanceRestoring, beginRestoring, type Restoring } from "./restoring.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

export interface Archives {
  nextId: number;
  readonly saving: Map<number, Saving>;
  /** One at a time: two could only overwrite each other. */
  receiving: Receiving | undefined;
  restoring: Restoring | undefined;
}

/** An archive that is being made. */
export interface Saving {
  /** Undefined once all of it is made: the state of the past is let go of. */
  writer: ArchiveWriter | undefined;
  /** Bytes made before `piece`. */
  offset: number;
  /** The last piece that was handed out: it may have been lost. */
  piece: Uint8Array;
  expiresAtMs: number;
}

/** An archive that comes in. */
export interface Receiving {
  readonly id: number;
  readonly reader: ArchiveReader;
  /** What the reader has read, taken out of its contents. */
  readonly parts: RestoreParts;
  received: number;
  /** What has come is not worked through yet. */
  busy: boolean;
  expiresAtMs: number;
}

/** Being made at a time: each holds on to a state of the past. */
const MAX_SAVING = 4;
/** Made, with the last piece kept for whoever did not get it. */
const MAX_SAVED = 16;
/** Without a word from whoever asked, an archive is let go of. */
const IDLE_MS = 60_000;

export function createArchives(): Archives {
  return { nextId: 1, saving: new Map(), receiving: undefined, restoring: undefined };
}

function refused(detail: string): Extract<Response, { ok: false }> {
  return { ok: false, error: apiError("refused", detail) };
}

function answer(body: ResponseBody): Response {
  return { ok: true, body };
}

/** Begins an archive of the state as it is now, of this index. */
export function openSnapshot(
  service: Service,
  server: Server,
  nowMs: number,
): { readonly ok: true; readonly body: ResponseBody; readonly index: number } | ReturnType<typeof refused> {
  const { archives, config } = service;
  expire(archives, nowMs);
  const { making, made } = countSaving(archives);
  if (making >= MAX_SAVING)
    return refused("too many snapshots are being saved at this server, try again later");
  if (made.length >= MAX_SAVED) archives.saving.delete(made[0] as number);
  const id = archives.nextId++;
  const { raft, store } = server;
  const { servers, index: configurationIndex } = latestConfiguration(raft.log);
  const index = store.lastApplied + store.indexShift;
  const dump = dumpStore(store);
  const rows = { ...dump, tableIndexes: indexesOf(dump), lastIndex: index };
  const ms = Math.floor(nowMs + (config.wallOffsetMs ?? 0));
  const meta = {
    version: 1,
    id: `${raft.currentTerm}-${index}-${ms}`,
    index,
    term: raft.currentTerm,
    servers,
    configurationIndex,
  };
  archives.saving.set(id, {
    writer: createArchiveWriter(rows, meta),
    offset: 0,
    piece: new Uint8Array(0),
    expiresAtMs: nowMs + IDLE_MS,
  });
  return { ok: true, body: { kind: "archive-opened", server: config.nodeId, id }, index };
}

/** The indexes of the tables and of the services, by Consul's names. */
function indexesOf({ tableIndexes, serviceIndexes }: StoreDump): (readonly [name: string, index: number])[] {
  const ofTables = CONSUL_INDEXES.map(([ours, name]) => [name, tableIndexes[ours]] as const);
  const ofServices = serviceIndexes.map(([name, at]) => [`${SERVICE_INDEX}${name}`, at] as const);
  return [...ofTables.filter(([, at]) => at > 0), ...ofServices];
}

/** Numbers of those that are made, oldest first. */
function countSaving({ saving }: Archives): { readonly making: number; readonly made: readonly number[] } {
  const made = [...saving].filter(([, { writer }]) => writer === undefined).map(([id]) => id);
  return { making: saving.size - made.length, made };
}

/** Takes up what is asked about an archive; undefined where a leader has to be found first. */
export function serveArchive(
  service: Service,
  server: Server,
  request: ArchiveRequest,
  nowMs: number,
): Response | undefined {
  switch (request.kind) {
    case "snapshot.read":
      return readSnapshot(service.archives, request.id, request.offset, nowMs);
    case "restore.open":
      return isLeader(server.raft) ? openRestore(service, nowMs) : undefined;
    case "restore.push":
      return receivePiece(service.archives, request.id, request.offset, request.data, nowMs);
    case "restore.finish":
      return finishRestore(service, server, request.id, nowMs);
    default:
      return unreachable(request);
  }
}

const UNKNOWN = "the server has let go of this snapshot, begin again";

function readSnapshot(archives: Archives, id: number, offset: number, nowMs: number): Response {
  const saving = archives.saving.get(id);
  if (saving === undefined) return refused(UNKNOWN);
  if (offset === saving.offset + saving.piece.length) {
    const { writer } = saving;
    saving.offset = offset;
    saving.piece = writer === undefined ? new Uint8Array(0) : stepWriter(writer);
    if (writer !== undefined && isWritten(writer)) saving.writer = undefined;
  } else if (offset !== saving.offset) return refused(`no piece of this snapshot begins at byte ${offset}`);
  saving.expiresAtMs = nowMs + IDLE_MS;
  return answer({ kind: "archive-piece", data: saving.piece, last: saving.writer === undefined });
}

function openRestore({ archives, config }: Service, nowMs: number): Response {
  expire(archives, nowMs);
  if (archives.receiving !== undefined || archives.restoring?.stage === "running")
    return refused("another snapshot is being restored, try again later");
  const id = archives.nextId++;
  archives.receiving = {
    id,
    reader: createArchiveReader("take"),
    parts: createRestoreParts(),
    received: 0,
    busy: false,
    expiresAtMs: nowMs + IDLE_MS,
  };
  return answer({ kind: "archive-opened", server: config.nodeId, id });
}

function receivePiece(
  archives: Archives,
  id: number,
  offset: number,
  data: Uint8Array,
  nowMs: number,
): Response {
  const { receiving } = archives;
  if (receiving?.id !== id) return refused(UNKNOWN);
  if (data.length > ARCHIVE_PIECE_BYTES)
    return refused(`a piece of ${data.length} bytes is longer than ${ARCHIVE_PIECE_BYTES}`);
  receiving.expiresAtMs = nowMs + IDLE_MS;
  const { reader, parts } = receiving;
  if (offset === receiving.received && !receiving.busy && data.length > 0) {
    feedArchive(reader, data);
    receiving.received += data.length;
    receiving.busy = true;
  }
  if (receiving.busy) receiving.busy = stepArchive(reader, (contents) => takeRows(parts, contents));
  if (reader.error === undefined)
    return answer({ kind: "archive-received", received: receiving.received, busy: receiving.busy });
  archives.receiving = undefined;
  return refused(reader.error);
}

function finishRestore(service: Service, server: Server, id: number, nowMs: number): Response {
  const { archives } = service;
  const { receiving } = archives;
  if (receiving?.id === id) {
    archives.receiving = undefined;
    const result = endArchive(receiving.reader);
    if (!result.ok) return refused(result.error);
    beginMetric(service.telemetry, "raft.restoreUserSnapshot");
    countMetric(service.telemetry, "raft.restore");
    const begun = beginRestoring(server, id, result.archive, receiving.parts, nowMs);
    if (!begun.ok) return begun.response;
    archives.restoring = begun.restoring;
  }
  const { restoring } = archives;
  if (restoring?.id !== id) return isLeader(server.raft) ? refused(UNKNOWN) : failed(LEADERSHIP_LOST);
  if (restoring.stage === "failed") return failed(restoring.error);
  return answer({ kind: "archive-restored", done: restoring.stage === "done" });
}

/** When `wakeArchives` has something to do. */
export function archivesDeadline({ saving, receiving, restoring }: Archives): number {
  let atMs = Math.min(
    receiving?.expiresAtMs ?? Number.POSITIVE_INFINITY,
    restoring?.lookAtMs ?? Number.POSITIVE_INFINITY,
  );
  for (const { expiresAtMs } of saving.values()) atMs = Math.min(atMs, expiresAtMs);
  return atMs;
}

/** Goes on with a restore, and lets go of what nobody asks for any more. */
export function wakeArchives(service: Service, server: Server, nowMs: number, out: ServiceEffect[]): void {
  expire(service.archives, nowMs);
  advanceRestoring(service, server, nowMs, out);
}

function expire(archives: Archives, nowMs: number): void {
  for (const [id, { expiresAtMs }] of archives.saving) if (nowMs >= expiresAtMs) archives.saving.delete(id);
  if (nowMs >= (archives.receiving?.expiresAtMs ?? Number.POSITIVE_INFINITY)) archives.receiving = undefined;
}
