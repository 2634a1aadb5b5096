// The leader puts a verified archive into its log: a beginning, parts of bounded size, an end (store/restore.ts). Only so
// many of them are under way at a time, so that other writes get their turn and followers keep up.

import { type ApiError, apiError, LEADERSHIP_LOST, NO_LEADER } from "../api/error.ts";
import { failed, type Response } from "../api/response.ts";
import type { Contents } from "../archive/contents.ts";
import type { ReadArchive } from "../archive/reader.ts";
import { printPlain } from "../lib/plain.ts";
import { isLeader } from "../raft/role.ts";
import { propose } from "../raft/step.ts";
import type { Command } from "../store/commands.ts";
import { encodeRestoreRows, type RestoreRows } from "../store/restore.ts";
import type { Outcome } from "../store/store.ts";
import { encodeCommand, MAX_COMMAND_BYTES } from "../wire/command.ts";
import { CONSUL_INDEXES, SERVICE_INDEX } from "./archive-indexes.ts";
import type { Server, Service, ServiceEffect } from "./state.ts";

export interface Restoring {
  readonly id: number;
  /** The same in the log: unique in the life of the cluster. */
  readonly name: string;
  readonly term: number;
  readonly archive: ReadArchive;
  readonly serviceIndexes: RestoreRows["serviceIndexes"];
  /** Rows already proposed, by table. */
  taken: Readonly<Record<keyof RestoreRows, number>>;
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
/** Rows of a part, by the bytes of their keys and values and a little for each. One row more at most. */
const PART_BYTES = 512 << 10;
const ROW_BYTES = 64;
const COORDINATE_BYTES = 100;
const LOOK_MS = 5;
/** Whoever waits for the result asks much sooner. */
const FORGET_MS = 60_000;
/** Far above any real index, and far below what numbers can count: rows above it would leave no room to go on. */
const MAX_INDEX = 2 ** 52;

const NOTHING_TAKEN: Restoring["taken"] = {
  kv: 0,
  tombstones: 0,
  nodes: 0,
  services: 0,
  serviceIndexes: 0,
  checks: 0,
  configEntries: 0,
  coordinates: 0,
  sessions: 0,
  queries: 0,
  intentions: 0,
  autopilot: 0,
};

type Begun =
  | { readonly ok: true; readonly restoring: Restoring }
  | { readonly ok: false; readonly response: Response };

export function beginRestoring(server: Server, id: number, archive: ReadArchive, nowMs: number): Begun {
  const { raft } = server;
  if (!isLeader(raft)) return { ok: false, response: failed(NO_LEADER) };
  if (highestIndex(archive) >= MAX_INDEX) {
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
    serviceIndexes: serviceIndexesOf(archive.contents),
    taken: NOTHING_TAKEN,
    parts: 0,
    proposed: begun.index,
    endIndex: 0,
    stage: "running",
    error: LEADERSHIP_LOST,
    lookAtMs: nowMs,
  };
  return { ok: true, restoring };
}

/** The highest index that the archive knows of: indexes go on above it. */
function highestIndex({ meta, contents }: ReadArchive): number {
  let highest = meta.index;
  for (const { modifyIndex } of contents.kv) highest = Math.max(highest, modifyIndex);
  for (const [, buriedAt] of contents.tombstones) highest = Math.max(highest, buriedAt);
  const { nodes, services, checks, sessions, queries, configEntries, intentions } = contents;
  for (const rows of [nodes, services, checks, sessions, queries, configEntries, intentions])
    for (const { modifyIndex } of rows) highest = Math.max(highest, modifyIndex);
  highest = Math.max(highest, contents.autopilot?.modifyIndex ?? 0);
  for (const index of contents.tableIndexes.values()) highest = Math.max(highest, index);
  return highest;
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
    const next = nextStep(restoring);
    const command = encodeCommand(next.command);
    if (command.length > MAX_COMMAND_BYTES) {
      const error = apiError("refused", `failed to restore snapshot: a row needs ${command.length} bytes`);
      propose(raft, encodeCommand({ kind: "restore.begin", id: "" }));
      return end(restoring, "failed", error, nowMs, out);
    }
    const taken = propose(raft, command);
    // Too much on its way: later.
    if (typeof taken === "string") return;
    restoring.proposed = taken.index;
    if (next.taken === undefined) restoring.endIndex = taken.index;
    else {
      restoring.taken = next.taken;
      restoring.parts++;
    }
  }
}

/** The next part, with what is taken once it is in the log; or the end. */
function nextStep({ name, archive, serviceIndexes, taken, parts }: Restoring): {
  readonly command: Command;
  readonly taken: Restoring["taken"] | undefined;
} {
  const next = takeRows(archive.contents, serviceIndexes, taken);
  if (next !== undefined) {
    const rows = encodeRestoreRows(next.rows);
    return { command: { kind: "restore.part", id: name, part: parts, rows }, taken: next.taken };
  }
  const { tableIndexes } = archive.contents;
  const command: Command = {
    kind: "restore.end",
    id: name,
    parts,
    lastIndex: highestIndex(archive),
    tableIndexes: CONSUL_INDEXES.map(([ours, theirs]) => [ours, tableIndexes.get(theirs) ?? 0]),
  };
  return { command, taken: undefined };
}

/** The next rows; undefined when all are taken. */
function takeRows(
  contents: Contents,
  indexes: Restoring["serviceIndexes"],
  from: Restoring["taken"],
): { readonly rows: RestoreRows; readonly taken: Restoring["taken"] } | undefined {
  let left = PART_BYTES;
  const take = <T>(rows: readonly T[], start: number, bytesOf: (row: T) => number): readonly T[] => {
    let at = start;
    for (; at < rows.length && left > 0; at++) left -= bytesOf(rows[at] as T) + ROW_BYTES;
    return rows.slice(start, at);
  };
  const kv = take(contents.kv, from.kv, ({ key, value }) => key.length + value.length);
  const tombstones = take(contents.tombstones, from.tombstones, ([key]) => key.length);
  const nodes = take(contents.nodes, from.nodes, (node) => JSON.stringify(node).length);
  const services = take(contents.services, from.services, (service) => JSON.stringify(service).length);
  const checks = take(contents.checks, from.checks, (check) => JSON.stringify(check).length);
  const coordinates = take(
    contents.coordinates,
    from.coordinates,
    ({ node }) => node.length + COORDINATE_BYTES,
  );
  const serviceIndexes = take(indexes, from.serviceIndexes, ([name]) => name.length);
  const configEntries = take(contents.configEntries, from.configEntries, (entry) => printPlain(entry).length);
  const sessions = take(contents.sessions, from.sessions, (session) => JSON.stringify(session).length);
  const queries = take(contents.queries, from.queries, (query) => JSON.stringify(query).length);
  const intentions = take(contents.intentions, from.intentions, (each) => JSON.stringify(each).length);
  const all = contents.autopilot === undefined ? [] : [contents.autopilot];
  const [autopilot] = take(all, from.autopilot, () => 0);
  if (left === PART_BYTES) return undefined;
  return {
    rows: {
      kv,
      tombstones,
      nodes,
      services,
      serviceIndexes,
      checks,
      coordinates,
      configEntries,
      sessions,
      queries,
      intentions,
      ...(autopilot === undefined ? {} : { autopilot }),
    },
    taken: {
      kv: from.kv + kv.length,
      tombstones: from.tombstones + tombstones.length,
      nodes: from.nodes + nodes.length,
      services: from.services + services.length,
      serviceIndexes: from.serviceIndexes + serviceIndexes.length,
      checks: from.checks + checks.length,
      coordinates: from.coordinates + coordinates.length,
      configEntries: from.configEntries + configEntries.length,
      sessions: from.sessions + sessions.length,
      queries: from.queries + queries.length,
      intentions: from.intentions + intentions.length,
      autopilot: from.autopilot + (autopilot === undefined ? 0 : 1),
    },
  };
}

function serviceIndexesOf({ tableIndexes }: Contents): Restoring["serviceIndexes"] {
  return [...tableIndexes]
    .filter(([name]) => name.startsWith(SERVICE_INDEX))
    .map(([name, at]) => [name.slice(SERVICE_INDEX.length).toLowerCase(), at]);
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
  if (restoring?.endIndex !== index || restoring.stage !== "running") return;
  if (restoring.term !== term || outcome === undefined)
    return end(restoring, "failed", LEADERSHIP_LOST, nowMs, out);
  if (!outcome.ok) return end(restoring, "failed", apiError("refused", outcome.error), nowMs, out);
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
    out.push({
      type: "notice",
      level: "error",
      logger: "server",
      message: "failed to restore snapshot",
      fields,
    });
    return;
  }
  const fields = {
    snapshot: meta.id,
    keys: contents.kv.length,
    nodes: contents.nodes.length,
    services: contents.services.length,
    checks: contents.checks.length,
    sessions: contents.sessions.length,
  };
  out.push({ type: "notice", level: "info", logger: "server", message: "restored snapshot", fields });
  if (contents.left.size === 0) return;
  const left = [...contents.left].map(([name, count]) => `${name} ${count}`).join(", ");
  out.push({
    type: "notice",
    level: "warn",
    logger: "server",
    message: "the snapshot has records that this version has no table for; they were left out",
    fields: { snapshot: meta.id, left_out: left },
  });
}

/** A leader that died in the middle left parts behind, which nobody will go on with. To be called now and then. */
export function dropAbandonedRestore(service: Service, server: Server): void {
  if (server.store.restoring.size === 0 || service.archives.restoring?.stage === "running") return;
  if (isLeader(server.raft)) propose(server.raft, encodeCommand({ kind: "restore.begin", id: "" }));
}
