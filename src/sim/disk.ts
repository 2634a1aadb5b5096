// One machine's disk as plain data: it keeps exactly the promises of core/wal/disk.ts and not a byte more, so that what
// rests on more is found out. When an operation ends, and that it takes time, is the world's business; this file knows
// what a crash leaves of those under way, and how to do damage on purpose.

import { assert, must } from "../core/lib/assert.ts";
import { compareStrings } from "../core/lib/bytes.ts";
import type { Chance } from "../core/lib/chance.ts";
import {
  type DiskError,
  type DiskFile,
  type DiskRequest,
  type DiskResult,
  SECTOR_BYTES,
} from "../core/wal/disk.ts";
import { type Effects, tookEffect } from "./effects.ts";

type WriteRequest = Extract<DiskRequest, { kind: "write" }>;

export interface PlannedFailure {
  readonly kind: DiskRequest["kind"];
  /** Only where the path contains this; "" for any. */
  readonly path: string;
  readonly error: DiskError;
  /** How many sectors of a write reach the disk all the same. */
  readonly sectors: number;
}

/** A lie that the disk will tell once, about the next operation that it fits. */
export interface PlannedLie {
  /** Confirmed and not made; made a few sectors further on; made, and read with a bit turned. */
  readonly kind: "lost-write" | "misdirected-write" | "read-corruption";
  /** Says where: which bit, how many sectors further on. A number of at least 0. */
  readonly dice: number;
}

/**
 * What a full disk refuses: nothing; what needs more room; or all that writes, as where nothing is ever overwritten in
 * place (copy on write, thin volumes).
 */
export type Fullness = "no" | "growth" | "all";

export interface SimDisk {
  /** What survives a crash, by path. */
  readonly files: Map<string, Uint8Array>;
  /** Operations under way, in the order they began. */
  readonly pending: Map<number, DiskRequest>;
  readonly failures: PlannedFailure[];
  readonly lies: PlannedLie[];
  full: Fullness;
  /** How often something that was confirmed has been lost, forged or put elsewhere here. */
  struck: number;
  /** A write that was confirmed and not made, and behind which nothing has been written yet. */
  lost: WriteRequest | undefined;
  /** A write that was made elsewhere, and behind which nothing has been written yet. */
  misplaced: WriteRequest | undefined;
}

export function createSimDisk(): SimDisk {
  return {
    files: new Map(),
    pending: new Map(),
    failures: [],
    lies: [],
    full: "no",
    struck: 0,
    lost: undefined,
    misplaced: undefined,
  };
}

/** No failure or lie is planned any more, and there is room. What was done to the files stays. */
export function calmDisk(disk: SimDisk): void {
  disk.failures.length = 0;
  disk.lies.length = 0;
  disk.full = "no";
  makeLost(disk);
}

/** An operation begins. Until it is finished a crash may undo it, do it, or tear it. */
export function beginDisk(disk: SimDisk, op: number, request: DiskRequest): void {
  assert(!disk.pending.has(op), "each operation has a number of its own");
  disk.pending.set(op, request);
}

/**
 * An operation ends: it is done and durable, or it failed, or the disk lies. Bytes that were read are the asker's own.
 * @param effects Where it is counted when something went wrong on purpose.
 */
export function finishDisk(disk: SimDisk, op: number, effects?: Effects): DiskResult {
  const request = must(disk.pending.get(op), "an operation begins before it ends");
  disk.pending.delete(op);
  const failure = takeFailure(disk, request);
  if (failure !== undefined) {
    if (request.kind === "write") writeSectors(disk, request, (sector) => sector < failure.sectors);
    if (effects !== undefined) tookEffect(effects, "disk-error");
    return { ok: false, error: failure.error };
  }
  if (needsRoom(disk, request)) {
    if (effects !== undefined) tookEffect(effects, "disk-full");
    return { ok: false, error: { code: "ENOSPC", detail: `${request.kind}: no space left on device` } };
  }
  const lie = takeLie(disk, request);
  if (lie === undefined) {
    noteWriteBehind(disk, request, effects);
    return perform(disk, request);
  }
  if (lie.kind === "lost-write" && request.kind === "write") {
    noteWriteBehind(disk, request, effects);
    makeLost(disk);
    disk.lost = request;
    return { ok: true };
  }
  disk.struck++;
  if (effects !== undefined) tookEffect(effects, lie.kind);
  return tell(disk, request, lie);
}

/** What was lost is lost for good once something stands behind it: in the same log, or the same snapshot. */
function noteWriteBehind(disk: SimDisk, request: DiskRequest, effects: Effects | undefined): void {
  if (disk.misplaced !== undefined && standsBehind(disk.misplaced, request)) disk.misplaced = undefined;
  if (disk.lost === undefined || !standsBehind(disk.lost, request)) return;
  disk.lost = undefined;
  disk.struck++;
  if (effects !== undefined) tookEffect(effects, "lost-write");
}

/** An empty file beside it, the log's next segment, says nothing of what was before. */
function standsBehind({ file }: WriteRequest, request: DiskRequest): boolean {
  if (request.kind === "list" || request.kind === "read") return false;
  return request.file === file || (request.kind === "write" && folderOf(request.file) === folderOf(file));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/**
 * A lost write behind which nothing was written is made after all: no log can tell one from a write that never was, so
 * nobody can claim to survive it.
 */
function makeLost(disk: SimDisk): void {
  const { lost } = disk;
  disk.lost = undefined;
  if (lost !== undefined) perform(disk, lost);
}

function needsRoom({ full, files }: SimDisk, request: DiskRequest): boolean {
  if (full === "no") return false;
  if (request.kind === "create") return request.size > 0;
  if (request.kind !== "write") return false;
  const end = request.offset + request.parts.reduce((sum, part) => sum + part.length, 0);
  return full === "all" || end > (files.get(request.file)?.length ?? 0);
}

function takeLie(disk: SimDisk, { kind }: DiskRequest): PlannedLie | undefined {
  const at = disk.lies.findIndex((lie) => (lie.kind === "read-corruption" ? "read" : "write") === kind);
  return at < 0 ? undefined : disk.lies.splice(at, 1)[0];
}

function tell(disk: SimDisk, request: DiskRequest, { kind, dice }: PlannedLie): DiskResult {
  if (kind === "misdirected-write" && request.kind === "write") {
    const sectors = 1 + (dice % MOST_MISDIRECTED_SECTORS);
    disk.misplaced = request;
    return perform(disk, { ...request, offset: request.offset + sectors * SECTOR_BYTES });
  }
  const result = perform(disk, request);
  if (!result.ok || result.bytes === undefined || result.bytes.length === 0) return result;
  const bit = dice % (result.bytes.length * 8);
  result.bytes[bit >> 3] = (result.bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return result;
}

/** How far off a misdirected write lands, at most. */
const MOST_MISDIRECTED_SECTORS = 8;

/** What a crash did to the writes that were under way: none of a write is there, or a part of it. */
export interface Leftover {
  lost: number;
  torn: number;
}

/** The machine stops: `chance` says what is left of each operation under way, and all of them are forgotten. */
export function crashDisk(disk: SimDisk, chance: Chance): Leftover {
  const leftover: Leftover = { lost: 0, torn: 0 };
  makeLost(disk);
  for (const request of disk.pending.values()) interrupt(disk, request, chance, leftover);
  disk.pending.clear();
  disk.misplaced = undefined;
  return leftover;
}

/** The next operation of this kind (on such a path) fails. */
export function failNext(
  disk: SimDisk,
  kind: DiskRequest["kind"],
  error: DiskError,
  { path = "", sectors = 0 }: { readonly path?: string; readonly sectors?: number } = {},
): void {
  disk.failures.push({ kind, path, error, sectors });
}

/** Paths of all files, sorted. */
export function listSimFiles(disk: SimDisk): string[] {
  return [...disk.files.keys()].sort(compareStrings);
}

/** The disk's own bytes of a file: look, or do damage. @throws InvariantError when there is no such file. */
export function simFile(disk: SimDisk, path: string): Uint8Array {
  return must(disk.files.get(path), `there is a file ${path}`);
}

/** Damage: the bits of `mask` (1…255) are turned. */
export function flipBits(disk: SimDisk, path: string, offset: number, mask: number): void {
  const bytes = simFile(disk, path);
  disk.struck++;
  bytes[offset] = must(bytes[offset], "the byte is within the file") ^ mask;
}

/** Damage: the disk was replaced by an empty one. Only while nothing is under way. */
export function emptyDisk(disk: SimDisk): void {
  assert(disk.pending.size === 0, "a disk is replaced while its machine is down");
  disk.files.clear();
  disk.lost = undefined;
  disk.misplaced = undefined;
  disk.struck++;
}

/** Damage: a sector holds `fill` (0…255) in every byte, as one that was lost or never written. */
export function fillSector(disk: SimDisk, path: string, sector: number, fill: number): void {
  disk.struck++;
  simFile(disk, path).fill(fill, sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
}

/** Damage: a sector holds what belongs to another one of the file, as after a misdirected write. */
export function misdirectSector(disk: SimDisk, path: string, sector: number, to: number): void {
  disk.struck++;
  simFile(disk, path).copyWithin(to * SECTOR_BYTES, sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
}

function takeFailure(disk: SimDisk, request: DiskRequest): PlannedFailure | undefined {
  const subject = request.kind === "list" ? request.folder : request.file;
  const at = disk.failures.findIndex(({ kind, path }) => kind === request.kind && subject.includes(path));
  return at < 0 ? undefined : disk.failures.splice(at, 1)[0];
}

function perform(disk: SimDisk, request: DiskRequest): DiskResult {
  switch (request.kind) {
    case "list":
      return { ok: true, files: filesIn(disk, request.folder) };
    case "read": {
      const bytes = disk.files.get(request.file);
      if (bytes === undefined) return absent("open", request.file);
      return { ok: true, bytes: bytes.slice(request.offset, request.offset + request.length) };
    }
    case "create":
      disk.files.set(request.file, new Uint8Array(request.size));
      return { ok: true };
    case "write":
      if (!disk.files.has(request.file)) return absent("open", request.file);
      writeWhole(disk, request);
      return { ok: true };
    case "rename": {
      if (!disk.files.has(request.file)) return absent("rename", request.file);
      rename(disk, request.file, request.to);
      return { ok: true };
    }
    case "remove":
      disk.files.delete(request.file);
      return { ok: true };
  }
}

function absent(verb: string, path: string): DiskResult {
  return { ok: false, error: { code: "ENOENT", detail: `${verb} ${path}: no such file or directory` } };
}

function filesIn(disk: SimDisk, folder: string): DiskFile[] {
  const start = `${folder}/`;
  const inside = listSimFiles(disk).filter(
    (path) => path.startsWith(start) && !path.includes("/", start.length),
  );
  return inside.map((path) => ({ name: path.slice(start.length), size: simFile(disk, path).length }));
}

function rename(disk: SimDisk, from: string, to: string): void {
  const bytes = simFile(disk, from);
  disk.files.delete(from);
  disk.files.set(to, bytes);
}

/** All of it reaches the disk. */
function writeWhole(disk: SimDisk, { file, offset, parts }: WriteRequest): void {
  let at = offset;
  for (const part of parts) {
    if (part.length > 0) put(disk, file, at, part);
    at += part.length;
  }
}

/**
 * Writes those sectors that `reaches` says, counted from 0 for the first one that the write touches. The file grows
 * only as far as they go.
 */
function writeSectors(disk: SimDisk, request: WriteRequest, reaches: (sector: number) => boolean): void {
  const firstSector = Math.floor(request.offset / SECTOR_BYTES);
  let at = request.offset;
  for (const part of request.parts) {
    let from = 0;
    while (from < part.length) {
      const sector = Math.floor((at + from) / SECTOR_BYTES);
      const to = Math.min(part.length, (sector + 1) * SECTOR_BYTES - at);
      if (reaches(sector - firstSector)) put(disk, request.file, at + from, part.subarray(from, to));
      from = to;
    }
    at += part.length;
  }
}

function put(disk: SimDisk, path: string, offset: number, bytes: Uint8Array): void {
  let file = simFile(disk, path);
  if (offset + bytes.length > file.length) {
    file = grown(file, offset + bytes.length);
    disk.files.set(path, file);
  }
  file.set(bytes, offset);
}

/** Buffers that only one file is in, with zeros behind it. */
const ROOMY = new WeakSet<ArrayBufferLike>();

/** The file with zeros up to a new length, and room for as much again: who appends does not have all of it copied. */
function grown(file: Uint8Array, length: number): Uint8Array {
  if (ROOMY.has(file.buffer) && length <= file.buffer.byteLength)
    return new Uint8Array(file.buffer, 0, length);
  const buffer = new ArrayBuffer(2 * length);
  ROOMY.add(buffer);
  const roomy = new Uint8Array(buffer, 0, length);
  roomy.set(file);
  return roomy;
}

/** What a crash leaves of an operation under way. */
function interrupt(disk: SimDisk, request: DiskRequest, chance: Chance, leftover: Leftover): void {
  switch (request.kind) {
    case "list":
    case "read":
      return;
    case "write":
      if (disk.files.has(request.file))
        writeTorn(disk, request, tearSparing(disk, request, chance), leftover);
      return;
    case "create": {
      const bytes = chance.choose("disk.crash.create", request.size + 2) - 1;
      if (bytes >= 0) disk.files.set(request.file, new Uint8Array(bytes));
      return;
    }
    case "rename":
    case "remove":
      if (chance.choose(`disk.crash.${request.kind}`, 2) === 1) perform(disk, request);
  }
}

/**
 * What comes over a misplaced write is there or is not there: torn, it could bury the only trace that something was written
 * elsewhere, and leave what is left of a write that was interrupted and nothing else. No log can tell the two, so nobody can
 * claim to survive it.
 */
function tearSparing(
  { misplaced }: SimDisk,
  request: WriteRequest,
  chance: Chance,
): (sector: number) => boolean {
  const reaches = tear(request, chance);
  if (misplaced === undefined || !standsBehind(misplaced, request)) return reaches;
  return () => reaches(0);
}

function writeTorn(
  disk: SimDisk,
  request: WriteRequest,
  reaches: (sector: number) => boolean,
  leftover: Leftover,
): void {
  let some = false;
  let all = true;
  writeSectors(disk, request, (sector) => {
    const reached = reaches(sector);
    some ||= reached;
    all &&= reached;
    return reached;
  });
  if (!some) leftover.lost++;
  else if (!all) leftover.torn++;
}

/**
 * Which sectors of an interrupted write are on the disk. Any of the 2^n outcomes can come up; those that a coin for
 * each sector would hardly ever show (nothing, everything, all up to one point) come up often.
 */
function tear({ offset, parts }: WriteRequest, chance: Chance): (sector: number) => boolean {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const sectors = Math.floor((offset + bytes - 1) / SECTOR_BYTES) - Math.floor(offset / SECTOR_BYTES) + 1;
  const site = "disk.crash.write";
  if (bytes === 0) return () => false;
  if (chance.choose(site, 2) === 0) {
    const upTo = chance.choose(site, sectors + 1);
    return (sector) => sector < upTo;
  }
  const reached = Array.from({ length: sectors }, () => chance.choose(site, 2) === 1);
  return (sector) => reached[sector] === true;
}
