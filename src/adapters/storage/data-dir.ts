// The agent's data directory: made where it is missing, refused with a clear word where it is unusable, and locked,
// since two agents on one directory would write each other's logs to pieces.

import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { systemText } from "./disk-error.ts";

export interface DataDir {
  /** Absolute. */
  readonly path: string;
  /** The open lock file: the lock goes when it is closed, or the process ends, however it ends. */
  readonly lock: number;
}

/** `error` is what the user is told; where Consul knows the case it is Consul's text. */
export type OpenedDataDir =
  | { readonly ok: true; readonly dataDir: DataDir }
  | { readonly ok: false; readonly error: string };

const LOCK_FILE = "agent.lock";
/** The log of a Consul server. To begin an empty one beside it would serve an empty store without a word. */
const CONSUL_LOG = "raft/raft.db";

/** Opens and locks a data directory, and makes it if it is not there. */
export function openDataDir(path: string): OpenedDataDir {
  const absolute = resolve(path);
  const unusable = makeDirectory(path, absolute);
  if (unusable !== undefined) return { ok: false, error: unusable };
  if (existsSync(join(absolute, CONSUL_LOG)))
    return {
      ok: false,
      error: `data_dir "${path}" holds the log of a Consul server (${CONSUL_LOG}), which can't be read here: use another directory`,
    };
  let lock: number;
  try {
    lock = openSync(join(absolute, LOCK_FILE), constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    return { ok: false, error: `cannot write to data_dir "${path}": ${systemText(error)}` };
  }
  return lockDirectory(path, { path: absolute, lock });
}

/** Lets go of the directory. The lock file stays: to remove it would let two processes lock two files of one name. */
export function closeDataDir(dataDir: DataDir): void {
  closeSync(dataDir.lock);
}

/** @returns What stands in the way of using the directory, if anything. */
function makeDirectory(path: string, absolute: string): string | undefined {
  try {
    return statSync(absolute).isDirectory() ? undefined : `data_dir "${path}" is not a directory`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      return `Error getting info on data_dir: stat ${path}: ${systemText(error)}`;
  }
  try {
    makeWithParents(absolute);
    return undefined;
  } catch (error) {
    return `cannot create data_dir "${path}": ${systemText(error)}`;
  }
}

/** Not by mkdir's `recursive`: on Node 20 that never returns for a place like /proc/a/b, where nothing can be made. */
function makeWithParents(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path || existsSync(parent))
      throw error;
    makeWithParents(parent);
    mkdirSync(path);
  }
}

function lockDirectory(path: string, dataDir: DataDir): OpenedDataDir {
  const { lock } = dataDir;
  try {
    if (tryLock(lock)) {
      ftruncateSync(lock);
      writeSync(lock, `${process.pid}\n`, 0);
      return { ok: true, dataDir };
    }
    const holder = readFileSync(lock, "utf8").trim();
    const who = /^\d+$/.test(holder) ? ` (process ${holder})` : "";
    closeSync(lock);
    return { ok: false, error: `data_dir "${path}" is in use by another agent${who}` };
  } catch (error) {
    closeSync(lock);
    return { ok: false, error: `cannot lock data_dir "${path}": ${systemText(error)}` };
  }
}

interface LockExtensions {
  /** @throws EAGAIN when somebody else holds the lock. */
  tryLock(fd: number, offset: number, length: number, exclusive: boolean): void;
}

/** Locks the file until its descriptor is closed. @returns False when somebody else holds the lock. */
function tryLock(fd: number): boolean {
  try {
    loadExtensions().tryLock(fd, 0, 0, true);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
    throw error;
  }
}

/**
 * The addon of fs-native-extensions, loaded when it is needed. Its own loader looks through its packages for ten
 * milliseconds, a seventh of a start; the file that it finds on common systems is there in a fifth of one.
 */
function loadExtensions(): LockExtensions {
  const load = createRequire(import.meta.url);
  const host = `${process.platform}-${process.arch}`;
  try {
    return load(`fs-native-extensions/prebuilds/${host}/fs-native-extensions.node`) as LockExtensions;
  } catch {
    return load("fs-native-extensions/binding") as LockExtensions;
  }
}
