// The program that is compared: ours, as the sources say now.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export const PROGRAM: string = join(ROOT, "dist/quorate.js");

export function buildIfStale(): void {
  const built = existsSync(PROGRAM) ? statSync(PROGRAM).mtimeMs : 0;
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const isStale = sources.some((file) => statSync(join(ROOT, "src", file)).mtimeMs > built);
  if (!isStale) return;
  const { status } = spawnSync(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), "scripts/build.ts"],
    { cwd: ROOT, stdio: "inherit" },
  );
  if (status !== 0) throw new Error("scripts/build.ts failed");
}

/** Whether there is a program of this name to compare with. */
export function isThere(program: string): boolean {
  return spawnSync(program, ["version"]).error === undefined;
}
