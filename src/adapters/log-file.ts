// The log in files: `log_file` names them, each with the time it was begun; a new one is begun after a time or a size, and
// old ones are removed when there are too many (Consul's log_rotate_* settings).

import { closeSync, existsSync, openSync, readdirSync, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { LogSettings } from "./config/settings.ts";
import { systemText } from "./storage/disk-error.ts";

/** Consul's own name where the path ends in "/". */
const DEFAULT_NAME = "consul.log";
const FILE_MODE = 0o640;

export interface LogFile {
  /** A line that can't be written is lost: that the disk is full must not end the agent. */
  write(text: string): void;
  close(): void;
}

export type OpenedLogFile =
  | { readonly ok: true; readonly logFile: LogFile }
  /** In Go's words: "open /nowhere/consul-17.log: no such file or directory". */
  | { readonly ok: false; readonly error: string };

/** Begins the first file, in a folder that exists. */
export function openLogFile(path: string, settings: LogSettings): OpenedLogFile {
  const { folder, stem, extension } = namingOf(path);
  let current = "";
  let fd: number | undefined;
  let bytes = 0;
  let begunMs = 0;

  function begin(): void {
    // First, so that a rotation that fails is not tried again with every line.
    begunMs = Date.now();
    bytes = 0;
    // Nanoseconds, as Consul writes them; the last six digits tell files of one millisecond apart.
    const stamp = `${begunMs}${String(process.hrtime()[1] % 1_000_000).padStart(6, "0")}`;
    current = join(folder, `${stem}-${stamp}${extension}`);
    const next = openSync(current, "a", FILE_MODE);
    if (fd !== undefined) closeSync(fd);
    fd = next;
    removeOld();
  }

  function removeOld(): void {
    const { rotateMaxFiles } = settings;
    if (rotateMaxFiles === 0) return;
    const files = logFilesOf(path);
    // The one being written is no archive.
    const archives = files.slice(0, -1);
    const kept = Math.max(0, rotateMaxFiles);
    for (const each of archives.slice(0, Math.max(0, archives.length - kept))) unlinkSync(each);
  }

  function write(text: string): void {
    const full = settings.rotateBytes > 0 && bytes >= settings.rotateBytes;
    if (full || Date.now() - begunMs >= settings.rotateDurationMs) begin();
    if (fd !== undefined) bytes += writeSync(fd, text);
  }

  try {
    begin();
  } catch (error) {
    return { ok: false, error: `open ${current}: ${systemText(error)}` };
  }
  const logFile: LogFile = {
    write: (text) => attempt(() => write(text)),
    close: () => fd !== undefined && closeSync(fd),
  };
  return { ok: true, logFile };
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Nowhere to complain: the terminal has the line, and a log that can't be written is no reason to stop.
  }
}

interface Naming {
  readonly folder: string;
  /** What stands before the time, and after it. */
  readonly stem: string;
  readonly extension: string;
}

function namingOf(path: string): Naming {
  const folder = path.endsWith("/") ? path : dirname(path);
  const name = path.endsWith("/") ? DEFAULT_NAME : basename(path);
  const extension = extname(name) === "" ? ".log" : extname(name);
  return { folder, stem: name.slice(0, name.length - extname(name).length), extension };
}

/** The files there are of a log whose settings say this path, the oldest first; none where there is no such folder. */
export function logFilesOf(path: string): string[] {
  const { folder, stem, extension } = namingOf(path);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((each) => each.startsWith(`${stem}-`) && each.endsWith(extension))
    .filter((each) => /^\d{10,}$/.test(each.slice(stem.length + 1, each.length - extension.length)))
    .sort()
    .map((each) => join(folder, each));
}
