// The file in which an agent keeps what was registered with it: changes are appended, all that wait with one write; when it
// is full a new one, of what there is by then, takes its place. Whoever was told that a change is kept finds it again.
// Knows nothing of what changes mean.

import { must } from "../lib/assert.ts";
import { concatBytes } from "../lib/bytes.ts";
import { type DiskEffect, type DiskInput, type DiskRequest, OP_CLASSES, OP_STEP } from "../wal/disk.ts";
import { type ConsulFiles, createConsulFiles, nextConsulRead, onConsulRead } from "./consul-files.ts";
import {
  type Change,
  encodeChange,
  encodeRecords,
  FIRST_SUM,
  journalMark,
  readJournal,
} from "./journal-format.ts";

export const JOURNAL_FOLDER = "local";
const NAME = "registrations";
export const REGISTRATIONS: string = `${JOURNAL_FOLDER}/${NAME}`;
const NEW_FILE = `${REGISTRATIONS}.new`;

/** A file has room for so much more than what is needed when it is made, zeroed ahead so that a write need not grow it. */
const SPARE = 3;
const LEAST_BYTES = 64 * 1024;
/** What could not be written is tried again after so long. */
const RETRY_MS = 5_000;

export interface Journal {
  stage:
    | "new"
    | "listing"
    | "consul"
    | "reading"
    | "idle"
    | "appending"
    | "creating"
    | "filling"
    | "renaming";
  /** The question that is open. */
  op: number;
  nextOp: number;
  /** How many bytes the file has; 0 while there is none. */
  size: number;
  /** Where the next record goes, and from where its checksum goes on. */
  end: number;
  sum: number;
  /** Changes that are not on the disk yet, encoded, oldest first. */
  readonly waiting: Uint8Array[];
  /** How many of those are in the write under way. */
  writing: number;
  /** What becomes of `end`, `sum` and `size` when it is done. */
  next: { readonly end: number; readonly sum: number; readonly size: number };
  /** What Consul left in this directory, while that is read. */
  consul: ConsulFiles | undefined;
  /** The new file's content, while it is being made. */
  content: Uint8Array | undefined;
  /** It has been read twice: something stands behind its end, and a disk may err when it reads. */
  reread: boolean;
  /** Changes that are on the disk, and that were ever asked for. */
  kept: number;
  asked: number;
  /** When a failed write is tried again; Infinity for not. */
  retryAtMs: number;
}

export type JournalNews =
  /** What was found when it was opened. */
  | { readonly type: "read"; readonly changes: readonly Change[]; readonly torn: boolean }
  /** There was no file, but what Consul has kept here; and what of that could not be read. */
  | {
      readonly type: "taken-over";
      readonly changes: readonly Change[];
      readonly passedOver: readonly string[];
    }
  | { readonly type: "unreadable"; readonly reason: string }
  /** All changes up to this one are on the disk. */
  | { readonly type: "kept"; readonly upTo: number }
  /** The disk refuses: those up to this one may be on it, or not; they are tried again. */
  | { readonly type: "refused"; readonly upTo: number; readonly reason: string };

/** Where questions to the disk go. */
interface Out {
  push(effect: DiskEffect): unknown;
}

/** What there is, as changes that lead to it: asked for when a new file is made. */
export type Everything = () => readonly Change[];

export function createJournal(): Journal {
  const next = { end: 0, sum: 0, size: 0 };
  return {
    stage: "new",
    op: 0,
    nextOp: OP_CLASSES.local,
    size: 0,
    end: 0,
    sum: FIRST_SUM,
    waiting: [],
    writing: 0,
    next,
    consul: undefined,
    content: undefined,
    reread: false,
    kept: 0,
    asked: 0,
    retryAtMs: Number.POSITIVE_INFINITY,
  };
}

export function openJournal(journal: Journal, out: Out): void {
  journal.stage = "listing";
  ask(journal, { kind: "list", folder: JOURNAL_FOLDER }, out);
}

/** It is on the disk when news come that so many are kept as were asked for by now. */
export function keepChange(journal: Journal, change: Change, all: Everything, out: Out): void {
  journal.waiting.push(encodeChange(change));
  journal.asked++;
  if (journal.stage === "idle") write(journal, all, out);
}

/** Tries a failed write again, when it is due. */
export function wakeJournal(journal: Journal, nowMs: number, all: Everything, out: Out): void {
  if (nowMs < journal.retryAtMs) return;
  journal.retryAtMs = Number.POSITIVE_INFINITY;
  if (journal.stage === "idle" && journal.waiting.length > 0) write(journal, all, out);
}

/** The disk answered somebody; if it was this journal, the next step follows. */
export function stepJournal(
  journal: Journal,
  input: DiskInput,
  nowMs: number,
  all: Everything,
  out: Out,
): JournalNews | undefined {
  const { op, result } = input;
  if (op !== journal.op || journal.stage === "new" || journal.stage === "idle") return undefined;
  if (journal.stage === "consul") return takeOver(journal, input, out);
  if (journal.stage === "listing" || journal.stage === "reading") {
    if (!result.ok) return { type: "unreadable", reason: result.error.detail };
    if (journal.stage === "listing") return onListed(journal, result.files ?? [], out);
    return onRead(journal, result.bytes ?? new Uint8Array(0), out);
  }
  if (!result.ok) return onRefused(journal, result.error.detail, nowMs);
  switch (journal.stage) {
    case "creating":
      journal.stage = "filling";
      ask(
        journal,
        { kind: "write", file: NEW_FILE, offset: 0, parts: [journal.content ?? new Uint8Array(0)] },
        out,
      );
      return undefined;
    case "filling":
      journal.stage = "renaming";
      ask(journal, { kind: "rename", file: NEW_FILE, to: REGISTRATIONS }, out);
      return undefined;
    case "renaming":
    case "appending":
      return onWritten(journal, all, out);
  }
}

function onListed(
  journal: Journal,
  files: readonly { readonly name: string; readonly size: number }[],
  out: Out,
): JournalNews | undefined {
  const found = files.find(({ name }) => name === NAME);
  if (found === undefined) {
    journal.stage = "consul";
    journal.consul = createConsulFiles();
    askNextOfConsul(journal, journal.consul, out);
    return undefined;
  }
  journal.stage = "reading";
  journal.size = found.size;
  readAll(journal, out);
  return undefined;
}

/** @returns Whether there was anything more to ask. */
function askNextOfConsul(journal: Journal, consul: ConsulFiles, out: Out): boolean {
  const request = nextConsulRead(consul);
  if (request !== undefined) ask(journal, request, out);
  return request !== undefined;
}

function takeOver(journal: Journal, input: DiskInput, out: Out): JournalNews | undefined {
  const consul = must(journal.consul, "what Consul left is being read");
  onConsulRead(consul, input);
  if (askNextOfConsul(journal, consul, out)) return undefined;
  journal.stage = "idle";
  journal.consul = undefined;
  return { type: "taken-over", changes: consul.found, passedOver: consul.passedOver };
}

function readAll(journal: Journal, out: Out): void {
  ask(journal, { kind: "read", file: REGISTRATIONS, offset: 0, length: journal.size }, out);
}

function onRead(journal: Journal, bytes: Uint8Array, out: Out): JournalNews | undefined {
  const read = readJournal(bytes);
  if (!journal.reread && (!read.ok || read.torn)) {
    journal.reread = true;
    readAll(journal, out);
    return undefined;
  }
  if (!read.ok) return { type: "unreadable", reason: `${REGISTRATIONS}: ${read.why}` };
  journal.stage = "idle";
  journal.end = read.end;
  journal.sum = read.sum;
  return { type: "read", changes: read.changes, torn: read.torn };
}

function onWritten(journal: Journal, all: Everything, out: Out): JournalNews {
  Object.assign(journal, journal.next);
  journal.waiting.splice(0, journal.writing);
  journal.kept += journal.writing;
  settle(journal);
  if (journal.waiting.length > 0) write(journal, all, out);
  return { type: "kept", upTo: journal.kept };
}

/** Nobody knows what became of it, so that the next write makes a new file. */
function onRefused(journal: Journal, reason: string, nowMs: number): JournalNews {
  const upTo = journal.kept + journal.waiting.length;
  journal.size = 0;
  settle(journal);
  journal.retryAtMs = nowMs + RETRY_MS;
  return { type: "refused", upTo, reason };
}

function settle(journal: Journal): void {
  journal.stage = "idle";
  journal.writing = 0;
  journal.content = undefined;
}

/** Everything that waits, with one write: behind what is there, or in a new file where that has no room for it. */
function write(journal: Journal, all: Everything, out: Out): void {
  journal.writing = journal.waiting.length;
  journal.retryAtMs = Number.POSITIVE_INFINITY;
  const records = encodeRecords(journal.waiting, journal.sum);
  const end = journal.end + records.bytes.length;
  if (end <= journal.size) {
    journal.stage = "appending";
    journal.next = { end, sum: records.sum, size: journal.size };
    ask(journal, { kind: "write", file: REGISTRATIONS, offset: journal.end, parts: [records.bytes] }, out);
    return;
  }
  const fresh = encodeRecords(all().map(encodeChange), FIRST_SUM);
  journal.content = concatBytes([journalMark(), fresh.bytes]);
  const size = Math.max(LEAST_BYTES, journal.content.length * (1 + SPARE));
  journal.next = { end: journal.content.length, sum: fresh.sum, size };
  journal.stage = "creating";
  ask(journal, { kind: "create", file: NEW_FILE, size }, out);
}

function ask(journal: Journal, request: DiskRequest, out: Out): void {
  journal.op = journal.nextOp;
  journal.nextOp += OP_STEP;
  out.push({ type: "disk", op: journal.op, request });
}
