// Real files: carries out what the core asks of its disk (core/wal/disk.ts) in one directory, and decides nothing.
// Writes take the short road of durable-write.ts; everything else is rare. On macOS O_DSYNC does not reach through
// the drive's own cache: good enough to develop on.

import { closeSync, constants, openSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compareStrings } from "../../core/lib/bytes.ts";
import type { DiskFile, DiskRequest, DiskResult } from "../../core/wal/disk.ts";
import { diskError } from "./disk-error.ts";
import { type DurableWrite, writeThroughPool } from "./durable-write.ts";

/** Files that stay open for writing. The log writes to one; the rest is for whoever else writes. */
const MAX_OPEN_FILES = 8;
/**
 * Zeros are written in pieces of this size, each durable before the next: one sync of a whole segment would hold up a
 * write to the log behind it (8 MiB: for 4 ms instead of 0.7).
 */
const ZERO_BYTES = 256 << 10;
/** What the agent keeps is its own business: values and tokens are in there. */
const FILE_MODE = 0o600;

interface OpenFile {
  readonly fd: number;
  /** Writes under way. */
  users: number;
  /** Its name now means another file, or none: it is closed when the last write is done. */
  retired: boolean;
}

export interface Files {
  readonly root: string;
  readonly write: DurableWrite;
  /** By path below the root, oldest first. */
  readonly open: Map<string, OpenFile>;
}

/** Files below `root`, which exists. */
export function openFiles(root: string, write: DurableWrite = writeThroughPool): Files {
  return { root, write, open: new Map() };
}

/** Carries out one request. `done` is told once, later; it is never a throw. */
export function performDisk(files: Files, request: DiskRequest, done: (result: DiskResult) => void): void {
  if (request.kind === "write") performWrite(files, request, done);
  else void perform(files, request).then(done);
}

/** Closes what is open. Nothing may be under way any more. */
export function closeFiles(files: Files): void {
  for (const file of files.open.keys()) retire(files, file);
}

function performWrite(
  files: Files,
  { file, offset, parts }: DiskRequest & { kind: "write" },
  done: (result: DiskResult) => void,
): void {
  const path = join(files.root, file);
  let target: OpenFile;
  try {
    target = openForWriting(files, file);
  } catch (error) {
    const result: DiskResult = { ok: false, error: diskError("open", path, error) };
    return void setImmediate(done, result);
  }
  target.users++;
  files.write(target.fd, parts, offset, (error) => {
    target.users--;
    closeIfIdle(target);
    done(error === null ? { ok: true } : { ok: false, error: diskError("write", path, error) });
  });
}

/** @throws what the system says. Opening blocks for some microseconds, once for each file. */
function openForWriting(files: Files, file: string): OpenFile {
  const found = files.open.get(file);
  if (found !== undefined) return found;
  const opened: OpenFile = {
    fd: openSync(join(files.root, file), constants.O_RDWR | constants.O_DSYNC),
    users: 0,
    retired: false,
  };
  files.open.set(file, opened);
  const [oldest] = files.open.keys();
  if (files.open.size > MAX_OPEN_FILES && oldest !== undefined) retire(files, oldest);
  return opened;
}

function retire(files: Files, file: string): void {
  const target = files.open.get(file);
  if (target === undefined) return;
  files.open.delete(file);
  target.retired = true;
  closeIfIdle(target);
}

function closeIfIdle(target: OpenFile): void {
  if (target.retired && target.users === 0) closeSync(target.fd);
}

type RareRequest = Exclude<DiskRequest, { kind: "write" }>;

async function perform(files: Files, request: RareRequest): Promise<DiskResult> {
  const path = join(files.root, request.kind === "list" ? request.folder : request.file);
  try {
    switch (request.kind) {
      case "list":
        return { ok: true, files: await list(path) };
      case "read":
        return { ok: true, bytes: await read(path, request.offset, request.length) };
      case "create":
        retire(files, request.file);
        await create(files.root, path, request.size);
        break;
      case "rename":
        retire(files, request.file);
        retire(files, request.to);
        await moveFile(path, join(files.root, request.to));
        break;
      case "remove":
        retire(files, request.file);
        await remove(path);
    }
    return { ok: true };
  } catch (error) {
    return { ok: false, error: diskError(request.kind, path, error) };
  }
}

async function list(folder: string): Promise<DiskFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(orIfAbsent([]));
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ name }) => stat(join(folder, name))));
  return files
    .map(({ name }, at) => ({ name, size: sizes[at]?.size ?? 0 }))
    .sort((a, b) => compareStrings(a.name, b.name));
}

async function read(path: string, offset: number, length: number): Promise<Uint8Array> {
  return withFile(path, constants.O_RDONLY, async (handle) => {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  });
}

async function create(root: string, path: string, size: number): Promise<void> {
  await makeFolder(root, dirname(path));
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC;
  await withFile(path, flags, async (handle) => {
    const zeros = new Uint8Array(Math.min(size, ZERO_BYTES));
    for (let offset = 0; offset < size; ) {
      const { bytesWritten } = await handle.write(zeros, 0, Math.min(zeros.length, size - offset), offset);
      offset += bytesWritten;
    }
  });
  await syncFolder(dirname(path));
}

async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch(orIfAbsent(undefined));
  await syncFolder(dirname(path)).catch(orIfAbsent(undefined));
}

/** Makes a folder and those above it, up to the root, which exists; each is durable in the one that holds it. */
async function makeFolder(root: string, folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || folder === root) throw error;
    await makeFolder(root, dirname(folder));
    await mkdir(folder);
  }
  await syncFolder(dirname(folder));
}

/** A name is durable when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  await withFile(folder, constants.O_RDONLY, (handle) => handle.sync());
}

async function withFile<T>(path: string, flags: number, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, flags, FILE_MODE);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

function orIfAbsent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return value;
    throw error;
  };
}
