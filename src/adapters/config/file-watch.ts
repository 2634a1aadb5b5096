// Files and folders that are looked at again and again (`auto_reload_config`): by their times, sizes and places, which works for
// files that are replaced, for links that lead elsewhere and on every file system, where notices of the system do not.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Between two looks; so long must nothing have changed before it is told, so that what comes together is told once. */
const LOOK_MS = 1_000;

/**
 * @param paths Absolute; of a folder what is in it, no deeper. They need not be there.
 * @param onChange Called once after each change, when it is over.
 * @returns What ends it.
 */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  let seen = lookAt(paths);
  let changing = false;
  const timer = setInterval(() => {
    const now = lookAt(paths);
    const changed = now !== seen;
    seen = now;
    if (changing && !changed) onChange();
    changing = changed;
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}

function lookAt(paths: readonly string[]): string {
  return paths.map((path) => look(path, true)).join("\n");
}

function look(path: string, intoFolders: boolean): string {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    const itself = `${path} ${ino} ${mtimeMs} ${size}`;
    return intoFolders ? [itself, ...within(path)].join("\n") : itself;
  } catch {
    return `${path} is not there`;
  }
}

function within(path: string): string[] {
  if (!statSync(path).isDirectory()) return [];
  return readdirSync(path)
    .sort()
    .map((name) => look(join(path, name), false));
}
