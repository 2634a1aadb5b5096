// A disk that is soon full: a file system of some megabytes in memory. Only the superuser of Linux may mount one.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether this process may mount at all: tried, since containers differ. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "quorate-mount-"));
  const mounted = mount(folder, "1m");
  if (mounted) unmount(folder);
  rmdirSync(folder);
  return mounted;
}

/** Mounts one at the folder, which is made. @throws Error when the system refuses. */
export function mountSmallDisk(folder: string, size: string): void {
  mkdirSync(folder, { recursive: true });
  if (!mount(folder, size)) throw new Error(`no file system could be mounted at ${folder}`);
}

/** Makes room. */
export function growDisk(folder: string, size: string): void {
  spawnSync("mount", ["-o", `remount,size=${size}`, folder]);
}

/** Does nothing where none is mounted. */
export function unmount(folder: string): void {
  spawnSync("umount", ["-l", folder], { stdio: "ignore" });
}

function mount(folder: string, size: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]).status === 0;
}
