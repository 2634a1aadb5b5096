// The program that the tests run: what `npm run build` makes, built when its sources are newer, and copied, so that
// somebody who builds meanwhile does not pull it out from under a running cluster.

import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(ROOT, "dist");
const ENTRY = "quorate.js";
/** Below the checkout, because the program looks for its packages in the folders above it. */
const COPY = join(ROOT, "build/program", String(process.pid));
/** How often to try again when somebody else builds at the same moment. */
const ATTEMPTS = 5;

let copied: string | undefined;

/** Path of quorate.js. The first call may build, for seconds; the copy is gone when this process ends. */
export function programPath(): string {
  copied ??= copyProgram();
  return copied;
}

function copyProgram(): string {
  process.once("exit", () => rmSync(COPY, { recursive: true, force: true }));
  for (let attempt = 1; ; attempt++) {
    try {
      buildIfStale();
      const built = changedMs(join(DIST, ENTRY));
      rmSync(COPY, { recursive: true, force: true });
      cpSync(DIST, COPY, { recursive: true });
      if (changedMs(join(DIST, ENTRY)) === built) return join(COPY, ENTRY);
    } catch (error) {
      if (attempt >= ATTEMPTS) throw error;
    }
  }
}

function buildIfStale(): void {
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(ROOT, "src", file));
  const newest = Math.max(...[...sources, join(ROOT, "scripts/build.ts")].map(changedMs));
  if (changedMs(join(DIST, ENTRY)) >= newest) return;
  execFileSync(process.execPath, ["--import", import.meta.resolve("tsx"), join(ROOT, "scripts/build.ts")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** When a file was last written; 0 for one that is not there. */
function changedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
