// An agent's part in saving and restoring archives for a caller of its own: it pulls an archive from the server that
// makes it, or pushes one to the leader, piece by piece, and then answers. What waits is the caller's row, so that a
// caller who hangs up ends it; every question to a server is one for a duty, whose answer comes back here.

import { apiError, NO_DATACENTER, TOO_MANY_OPEN } from "../api/error.ts";
import {
  ARCHIVE_PIECE_BYTES,
  MAX_ARCHIVE_BYTES,
  type RestoreOpen,
  type SnapshotOpen,
} from "../api/operator.ts";
import type { ServerRequest } from "../api/request.ts";
import { failed, type QueryMeta, type Response } from "../api/response.ts";
import { answerAsk, isFull, moveAsk, openAsk } from "./asks.ts";
import { ask, askServer } from "./route.ts";
import { answerAtOnce } from "./serve.ts";
import type { Ask, Origin, Service, ServiceEffect } from "./state.ts";

export interface Transfer {
  readonly kind: "save" | "restore";
  /** Where the archive is made, or goes to; undefined until somebody has taken it up. */
  server: string | undefined;
  /** Its number there. */
  id: number;
  /** save: of the state in it. */
  meta: QueryMeta | undefined;
  /** save: what has come. restore: what is sent. */
  readonly pieces: Uint8Array[];
  /** Bytes that have come, or have arrived. */
  offset: number;
  /** A question is under way. */
  asked: boolean;
  /** restore: all of it has arrived. */
  sent: boolean;
}

/** Each holds an archive in memory. */
const MAX_TRANSFERS = 4;
/** Work that is done here goes on in another turn, so that others get theirs. */
const NEXT_TURN_MS = 1;
/** How often it is asked whether a restore is done. */
const POLL_MS = 50;
/** A row that waits for an answer ends by that answer; this is for the bug that would lose it. */
const FOREVER_MS = 3_600_000;

export function startSave(
  service: Service,
  origin: Origin,
  request: SnapshotOpen,
  nowMs: number,
  out: ServiceEffect[],
  datacenter = "",
): Response | undefined {
  const transfer: Transfer = { ...EMPTY, kind: "save", pieces: [] };
  return start(service, origin, request, transfer, datacenter, nowMs, out);
}

export function startRestore(
  service: Service,
  origin: Origin,
  archive: Uint8Array,
  nowMs: number,
  out: ServiceEffect[],
  datacenter = "",
): Response | undefined {
  const transfer: Transfer = { ...EMPTY, kind: "restore", pieces: [archive] };
  return start(service, origin, { kind: "restore.open" }, transfer, datacenter, nowMs, out);
}

const EMPTY = { server: undefined, id: 0, meta: undefined, offset: 0, asked: false, sent: false };

function start(
  service: Service,
  origin: Origin,
  request: SnapshotOpen | RestoreOpen,
  transfer: Transfer,
  datacenter: string,
  nowMs: number,
  out: ServiceEffect[],
): Response | undefined {
  // A client agent knows no server of another datacenter, and an archive's pieces come from the very server that has it.
  if (service.server === undefined && datacenter !== "" && datacenter !== service.config.datacenter)
    return failed(NO_DATACENTER);
  let open = 0;
  for (const { stage } of service.asks.values()) if (stage.at === "transferring") open++;
  if (isFull(service) || open >= MAX_TRANSFERS) return failed(TOO_MANY_OPEN);
  const row = openAsk(service, origin, request, datacenter, nowMs);
  moveAsk(service, row, { at: "transferring", transfer }, nowMs + FOREVER_MS);
  transfer.asked = true;
  const response = ask(service, duty(row), request, nowMs, out, datacenter);
  if (response !== undefined) onTransferAnswer(service, row.id, response, nowMs, out);
  return undefined;
}

function duty(row: Ask): Origin {
  return { by: "duty", duty: { kind: "transfer", ask: row.id } };
}

function transferOf(row: Ask | undefined): Transfer | undefined {
  return row?.stage.at === "transferring" ? row.stage.transfer : undefined;
}

/** A server answered. Its caller may have hung up meanwhile: then nobody asks on. */
export function onTransferAnswer(
  service: Service,
  id: number,
  response: Response,
  nowMs: number,
  out: ServiceEffect[],
): void {
  const row = service.asks.get(id);
  const transfer = transferOf(row);
  if (row === undefined || transfer === undefined || !transfer.asked) return;
  transfer.asked = false;
  const done = response.ok ? takeAnswer(transfer, response) : failed(plainError(response));
  if (done === "wait") moveAsk(service, row, row.stage, nowMs + POLL_MS);
  else if (done === undefined) moveAsk(service, row, row.stage, nowMs + NEXT_TURN_MS);
  else answerAsk(service, row, done, out);
}

/** Consul's own path for archives does not say that an error came from another agent. */
function plainError({ error }: Extract<Response, { ok: false }>): typeof error {
  return apiError(error.code, error.detail.replace(/^(?:rpc error making call: )+/, ""));
}

const STRANGE = failed(apiError("refused", "a server answered what it was not asked"));

/** @returns The caller's answer when all is done; "wait" to ask again later; undefined to go on. */
function takeAnswer(
  transfer: Transfer,
  { body, meta }: Extract<Response, { ok: true }>,
): Response | "wait" | undefined {
  switch (body.kind) {
    case "archive-opened":
      if (transfer.server !== undefined) return STRANGE;
      transfer.server = body.server;
      transfer.id = body.id;
      transfer.meta = meta;
      return undefined;
    case "archive-piece": {
      if (transfer.kind !== "save") return STRANGE;
      transfer.offset += body.data.length;
      if (transfer.offset > MAX_ARCHIVE_BYTES)
        return failed(apiError("refused", `the snapshot is longer than ${MAX_ARCHIVE_BYTES} bytes`));
      if (body.data.length > 0) transfer.pieces.push(body.data);
      if (!body.last) return undefined;
      return {
        ok: true,
        body: { kind: "archive", pieces: transfer.pieces },
        ...(transfer.meta === undefined ? {} : { meta: transfer.meta }),
      };
    }
    case "archive-received":
      if (transfer.kind !== "restore" || body.received < transfer.offset) return STRANGE;
      transfer.offset = body.received;
      transfer.sent = !body.busy && transfer.offset >= (transfer.pieces[0]?.length ?? 0);
      return undefined;
    case "archive-restored":
      return body.done ? { ok: true, body: { kind: "done" } } : "wait";
    default:
      return STRANGE;
  }
}

/** The row is due: asks the next question. */
export function advanceTransfer(service: Service, row: Ask, nowMs: number, out: ServiceEffect[]): void {
  const transfer = transferOf(row);
  if (transfer?.server === undefined || transfer.asked)
    return answerAsk(service, row, failed(apiError("connection-lost", "i/o timeout")), out);
  const request = nextRequest(transfer);
  transfer.asked = true;
  moveAsk(service, row, row.stage, nowMs + FOREVER_MS);
  const { server, config } = service;
  if (transfer.server !== config.nodeId)
    return askServer(service, duty(row), transfer.server, request, nowMs, out);
  const response = server === undefined ? undefined : answerAtOnce(service, server, request, nowMs);
  onTransferAnswer(service, row.id, response ?? STRANGE, nowMs, out);
}

function nextRequest({ kind, id, offset, sent, pieces }: Transfer): ServerRequest {
  if (kind === "save") return { kind: "snapshot.read", id, offset };
  if (sent) return { kind: "restore.finish", id };
  const data = (pieces[0] ?? new Uint8Array(0)).subarray(offset, offset + ARCHIVE_PIECE_BYTES);
  return { kind: "restore.push", id, offset, data };
}
