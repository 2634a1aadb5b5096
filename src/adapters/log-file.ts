// The log in files: `log_file` names them, each with the time it was begun; a new one is begun after a time or a size, and
// old ones are removed when there are too many (Consul's log_rotate_* settings).

import { closeSync, mkdirSync, openSync, readdirSync, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { LogSettings } from "./config/settings.ts";

/** Consul's own name where the path ends in "/". */
const DEFAULT_NAME = "consul.log";
const FILE_MODE = 0o640;

export interface LogFile {
  write(text: string): void;
  close(): void;
}

/** @throws Error of the system when the first file can't be made. */
export function openLogFile(path: string, settings: LogSettings): LogFile {
  const folder = path.endsWith("/") ? path : dirname(path);
  const name = path.endsWith("/") ? DEFAULT_NAME : basename(path);
  const extension = extname(name) === "" ? ".log" : extname(name);
  const stem = name.slice(0, name.length - extname(name).length);
  let fd = -1;
  let bytes = 0;
  let begunMs = 0;

  function begin(): void {
    mkdirSync(folder, { recursive: true });
    begunMs = Date.now();
    bytes = 0;
    // Nanoseconds, as Consul writes them; the last six digits tell files of one millisecond apart.
    const stamp = `${begunMs}${String(process.hrtime()[1] % 1_000_000).padStart(6, "0")}`;
    fd = openSync(join(folder, `${stem}-${stamp}${extension}`), "a", FILE_MODE);
    removeOld();
  }

  function removeOld(): void {
    const { rotateMaxFiles } = settings;
    if (rotateMaxFiles === 0) return;
    const pattern = /^\d{10,}$/;
    const files = readdirSync(folder)
      .filter((each) => each.startsWith(`${stem}-`) && each.endsWith(extension))
      .filter((each) => pattern.test(each.slice(stem.length + 1, each.length - extension.length)))
      .sort();
    // The one being written is no archive.
    const archives = files.slice(0, -1);
    const kept = Math.max(0, rotateMaxFiles);
    for (const each of archives.slice(0, Math.max(0, archives.length - kept))) unlinkSync(join(folder, each));
  }

  begin();
  return {
    write(text) {
      const full = settings.rotateBytes > 0 && bytes >= settings.rotateBytes;
      if (full || Date.now() - begunMs >= settings.rotateDurationMs) {
        closeSync(fd);
        begin();
      }
      bytes += writeSync(fd, text);
    },
    close: () => closeSync(fd),
  };
}
