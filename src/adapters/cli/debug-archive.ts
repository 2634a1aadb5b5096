// What `debug` gathered as one archive: the folder and all below it, compressed, as tar files it.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { type TarEntry, tarEnd, tarHeader, tarPadding } from "../../core/archive/tar.ts";

/** The folder as `folder.tar.gz`, which only we may read: there may be secrets in it. */
export function writeArchive(folder: string): void {
  const base = dirname(folder);
  const below = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  const parts = [folder, ...below.sort()].flatMap((path) => partsOf(path, relative(base, path)));
  writeFileSync(`${folder}.tar.gz`, gzipSync(Buffer.concat([...parts, tarEnd()])), { mode: 0o600 });
}

function partsOf(path: string, name: string): Uint8Array[] {
  const stats = statSync(path);
  const entry: TarEntry = {
    type: stats.isDirectory() ? "folder" : "file",
    mode: stats.mode & 0o777,
    modifiedSeconds: Math.floor(stats.mtimeMs / 1000),
  };
  if (entry.type === "folder") return [tarHeader(name, 0, entry)];
  const bytes = readFileSync(path);
  return [tarHeader(name, bytes.length, entry), bytes, tarPadding(bytes.length)];
}

/** Whether the folder's name leaves room for those of its files in an archive's headers. */
export function isArchivable(folder: string): boolean {
  return Buffer.byteLength(basename(folder)) <= MAX_NAME_BYTES;
}

/** Of the hundred bytes of a name in a tar, less those of the longest below it: "/1795301812/metrics.json". */
const MAX_NAME_BYTES = 70;
